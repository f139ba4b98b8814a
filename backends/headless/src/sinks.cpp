#include "playhead/headless/sinks.h"

#include <utility>

#include "rateless_sink.h"

namespace playhead::headless {

SinkFace::SinkFace(std::shared_ptr<RatelessSink> sink)
    : rateless_(std::move(sink)),
      sink_(rateless_) {}

std::uint64_t SinkFace::frames() const { return rateless_->frames(); }
std::uint64_t SinkFace::samples() const { return rateless_->samples(); }
bool SinkFace::failed() const { return rateless_->failed(); }

NullVideoSink::NullVideoSink()
    : SinkFace(std::make_shared<RatelessSink>(StreamKind::video, std::make_shared<SampleWork>())) {}

NullAudioSink::NullAudioSink()
    : SinkFace(std::make_shared<RatelessSink>(StreamKind::audio, std::make_shared<SampleWork>())) {}

NullSubtitleSink::NullSubtitleSink()
    : SinkFace(
          std::make_shared<RatelessSink>(StreamKind::subtitle, std::make_shared<SampleWork>())) {}

std::shared_ptr<StreamSink> null_video_sink() { return NullVideoSink().sink(); }
std::shared_ptr<StreamSink> null_audio_sink() { return NullAudioSink().sink(); }
std::shared_ptr<StreamSink> null_subtitle_sink() { return NullSubtitleSink().sink(); }

std::shared_ptr<StreamSinkFactory> null_sink_factory(StreamKind kind) {
    class Factory final : public StreamSinkFactory {
    public:
        explicit Factory(StreamKind kind) : kind_(kind) {}
        StreamKind kind() const override { return kind_; }
        Result<std::shared_ptr<StreamSink>> create() override {
            return kind_ == StreamKind::audio   ? null_audio_sink()
                   : kind_ == StreamKind::video ? null_video_sink()
                                                : null_subtitle_sink();
        }

    private:
        StreamKind kind_;
    };
    return std::make_shared<Factory>(kind);
}

} // namespace playhead::headless
