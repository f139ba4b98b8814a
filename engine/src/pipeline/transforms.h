// What stands between a decoder and its output, and how a stage sees it: as a decoder whose samples
// have been through all of it.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "playhead/backend/decoder.h"
#include "playhead/backend/transform.h"
#include "playhead/transform.h"

namespace playhead {

// Converts to `to`, whatever comes in. Null factory, or one that cannot: set_input() says so.
// Threads: as Transform.
std::unique_ptr<Transform> make_converter(std::shared_ptr<ConverterFactory> converters, MediaType to);

// Threads: as Decoder.
class TransformedDecoder final : public Decoder {
public:
    // At least one transform, in the order in which samples go through them.
    TransformedDecoder(std::unique_ptr<Decoder> decoder,
                       std::vector<std::unique_ptr<Transform>> transforms);

    Result<SendOutcome> send(const Packet& packet) override { return decoder_->send(packet); }
    void drain() override { decoder_->drain(); }
    DecodeOutcome receive() override;
    void flush() override;
    void set_skip(SkipLevel level) override { decoder_->set_skip(level); }
    void set_followed(bool followed) override { decoder_->set_followed(followed); }

private:
    struct Step {
        std::unique_ptr<Transform> transform;
        MediaType input = {};  // what it was told
    };
    Result<void> pass(Sample sample, std::size_t first);
    Result<void> drain_transforms();

    const std::unique_ptr<Decoder> decoder_;
    std::vector<Step> steps_;
    std::deque<Sample> ready_;
    bool drained_ = false;
};

} // namespace playhead
