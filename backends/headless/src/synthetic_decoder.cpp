#include <algorithm>
#include <deque>
#include <map>

#include "fault_gate.h"
#include "synthetic_media.h"

namespace playhead::headless {
namespace {

constexpr std::size_t most_held = 16;

class PictureDecoder final : public Decoder {
public:
    explicit PictureDecoder(const SyntheticOptions& options) : options_(options) {}

    Result<SendOutcome> send(const Packet& packet) override {
        const auto* data = dynamic_cast<const SyntheticPacket*>(packet.data.get());
        if (data == nullptr || !data->video)
            return fail(Errc::damaged, "This is no packet of a synthetic picture.");
        if (held_.size() >= most_held) return SendOutcome::full;
        if (packet.key) from_key_ = true;
        if (!from_key_) return SendOutcome::accepted; // nothing to build on
        if (skip_ >= SkipLevel::non_key && !packet.key) return SendOutcome::accepted;
        if (skip_ >= SkipLevel::non_reference && !data->reference) return SendOutcome::accepted;
        VideoFrame frame;
        frame.pts = packet.pts.value_or(picture_time(options_, data->index));
        if (options_.frame_durations) frame.duration = picture_length(options_);
        frame.key = packet.key;
        frame.picture = numbered_picture(data->index, synthetic_video_format(options_));
        held_.emplace(data->index, std::move(frame));
        return SendOutcome::accepted;
    }

    void drain() override { draining_ = true; }

    DecodeOutcome receive() override {
        // A picture may leave once the next one to be decoded cannot come before it.
        const std::size_t delay = options_.b_frames > 0 && !draining_ ? 1 : 0;
        if (held_.size() <= delay) {
            if (draining_ && held_.empty()) return EndOfStream{};
            return NotYet{};
        }
        VideoFrame frame = std::move(held_.begin()->second);
        held_.erase(held_.begin());
        return Sample{std::move(frame)};
    }

    void flush() override {
        held_.clear();
        draining_ = from_key_ = false;
    }

    void set_skip(SkipLevel level) override { skip_ = level; }

private:
    const SyntheticOptions options_;
    std::map<std::int64_t, VideoFrame> held_; // by number: the order of time
    bool draining_ = false;
    bool from_key_ = false;
    SkipLevel skip_ = SkipLevel::none;
    Counted counted_;
};

class SoundDecoder final : public Decoder {
public:
    explicit SoundDecoder(const SyntheticOptions& options) : options_(options) {}

    Result<SendOutcome> send(const Packet& packet) override {
        const auto* data = dynamic_cast<const SyntheticPacket*>(packet.data.get());
        if (data == nullptr || data->video)
            return fail(Errc::damaged, "This is no packet of synthetic sound.");
        if (blocks_.size() >= most_held) return SendOutcome::full;
        const AudioFormat format = synthetic_audio_format(options_);
        const std::int64_t position = block_position(options_, data->index);
        const std::int64_t frames = block_length(options_, data->index);
        AudioBlock block;
        block.buffer = options_.sine ? sine_buffer(position, frames, format)
                                     : ramp_buffer(position, frames, format);
        block.frames = frames;
        block.pts = packet.pts.value_or(block_time(options_, data->index));
        blocks_.push_back(std::move(block));
        return SendOutcome::accepted;
    }

    void drain() override { draining_ = true; }

    DecodeOutcome receive() override {
        if (blocks_.empty()) {
            if (draining_) return EndOfStream{};
            return NotYet{};
        }
        AudioBlock block = std::move(blocks_.front());
        blocks_.pop_front();
        return Sample{std::move(block)};
    }

    void flush() override {
        blocks_.clear();
        draining_ = false;
    }

private:
    const SyntheticOptions options_;
    std::deque<AudioBlock> blocks_;
    bool draining_ = false;
    Counted counted_;
};

class SyntheticDecoders final : public DecoderFactory {
public:
    explicit SyntheticDecoders(std::shared_ptr<Executor> executor)
        : executor_(std::move(executor)) {}

    Result<std::unique_ptr<Decoder>> create(const StreamInfo& stream,
                                            const DecoderContext&) override {
        const auto* config = dynamic_cast<const SyntheticConfig*>(stream.config.get());
        if (config == nullptr) {
            return fail(Errc::topo_codec_not_found,
                        "There is no synthetic decoder for '" + stream.codec + "'.");
        }
        const SyntheticOptions& options = config->options;
        std::unique_ptr<Decoder> decoder;
        if (stream.kind == StreamKind::video) {
            decoder = std::make_unique<PictureDecoder>(options);
        } else {
            decoder = std::make_unique<SoundDecoder>(options);
        }
        return with_faults(
            std::move(decoder), stream.kind, options.faults, executor_, [](const Packet& packet) {
                const auto* data = dynamic_cast<const SyntheticPacket*>(packet.data.get());
                return data != nullptr ? data->index : -1;
            });
    }

private:
    const std::shared_ptr<Executor> executor_;
};

} // namespace

std::shared_ptr<DecoderFactory> synthetic_decoders(std::shared_ptr<Executor> executor) {
    return std::make_shared<SyntheticDecoders>(std::move(executor));
}

} // namespace playhead::headless
