// What stands between a decoder and its output, and how a stage sees it: as a decoder whose samples
// have been through all of it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "playhead/backend/decoder.h"
#include "playhead/backend/transform.h"
#include "playhead/transform.h"

namespace playhead {

// Converts to `to`, whatever comes in. Null factory, or one that cannot: set_input() says so.
// Threads: as Transform.
std::unique_ptr<Transform> make_converter(std::shared_ptr<ConverterFactory> converters,
                                          MediaType to);

// How a transform is made anew each time.
using TransformRecipe = std::function<Result<std::unique_ptr<Transform>>()>;

// An error is the factory's; a factory that gives nothing is topo_unsupported.
Result<std::vector<std::unique_ptr<Transform>>>
make_all(const std::vector<TransformRecipe>& recipes);

// Transforms one behind the other. Each is told of a type before the first sample that has it.
// Threads: as Transform.
class TransformChain {
public:
    // In the order in which samples go through them; none: samples stay as they are.
    explicit TransformChain(std::vector<std::unique_ptr<Transform>> transforms = {});

    bool empty() const { return steps_.empty(); }
    // Appends what comes out at the end. Errors: topo_cannot_connect (one takes no such input), or the
    // transform's own, which costs this sample.
    Result<void> pass(Sample sample, std::vector<Sample>& out);
    // What each holds goes through those behind it before they are drained in turn. One that fails
    // does not keep the others from theirs.
    Result<void> drain(std::vector<Sample>& out);
    void flush();

private:
    struct Step {
        std::unique_ptr<Transform> transform;
        MediaType input = {}; // what it was told
    };
    Result<void> pass_from(std::size_t first, Sample sample, std::vector<Sample>& out);

    std::vector<Step> steps_;
};

// Threads: as Decoder.
class TransformedDecoder final : public Decoder {
public:
    TransformedDecoder(std::unique_ptr<Decoder> decoder, TransformChain transforms);

    Result<SendOutcome> send(const Packet& packet) override { return decoder_->send(packet); }
    void drain() override { decoder_->drain(); }
    DecodeOutcome receive() override;
    void flush() override;
    void set_skip(SkipLevel level) override { decoder_->set_skip(level); }
    void set_followed(bool followed) override { decoder_->set_followed(followed); }

private:
    const std::unique_ptr<Decoder> decoder_;
    TransformChain transforms_;
    std::vector<Sample> ready_;
    std::size_t given_ = 0; // of ready_
    bool drained_ = false;
};

} // namespace playhead
