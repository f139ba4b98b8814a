// What synthetic source and decoders share: what lies where in the programme.
#pragma once

#include <utility>

#include "playhead/headless/synthetic.h"

namespace playhead::headless {

// Counts itself, for synthetic_objects_alive().
class Counted {
public:
    Counted();
    Counted(const Counted&);
    Counted& operator=(const Counted&) = default;
    ~Counted();
};

class SyntheticConfig final : public CodecConfig {
public:
    explicit SyntheticConfig(SyntheticOptions o) : options(std::move(o)) {}
    const SyntheticOptions options;
};

class SyntheticPacket final : public PacketData {
public:
    SyntheticPacket(std::int64_t number, bool is_video, bool is_reference, std::size_t size)
        : index(number),
          video(is_video),
          reference(is_reference) {
        size_bytes_ = size;
    }
    const std::int64_t index; // of the picture in time order, or of the audio block
    const bool video;
    const bool reference;

private:
    Counted counted_;
};

std::int64_t picture_count(const SyntheticOptions& options);
MediaTime picture_time(const SyntheticOptions& options, std::int64_t number);
Duration picture_length(const SyntheticOptions& options);
// The number of the picture that is the n-th to be decoded: a key frame first, and of each group the
// last picture before the ones between.
std::int64_t picture_decoded_at(const SyntheticOptions& options, std::int64_t n);
bool is_reference(const SyntheticOptions& options, std::int64_t number);

std::int64_t audio_frame_count(const SyntheticOptions& options);
std::int64_t block_count(const SyntheticOptions& options);
std::int64_t block_length(const SyntheticOptions& options, std::int64_t block);
MediaTime block_time(const SyntheticOptions& options, std::int64_t block);
// Frames from the start of the programme to the block's first one.
std::int64_t block_position(const SyntheticOptions& options, std::int64_t block);

std::shared_ptr<const SampleBuffer> sine_buffer(std::int64_t position, std::int64_t frames,
                                                const AudioFormat& format);
std::shared_ptr<const SampleBuffer> float_buffer(const AudioFormat& format,
                                                 std::vector<float> samples);

} // namespace playhead::headless
