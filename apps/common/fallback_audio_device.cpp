#include "common/fallback_audio_device.h"

#include <atomic>
#include <utility>

namespace playhead::apps {
namespace {

class FallbackAudioDevice final : public AudioDevice {
public:
    FallbackAudioDevice(std::shared_ptr<AudioDevice> first, std::shared_ptr<AudioDevice> second,
                        std::function<void(const Status&)> say)
        : first_(std::move(first)),
          second_(std::move(second)),
          say_(std::move(say)) {}

    Result<AudioFormat> open(const AudioFormat& wanted, AudioFeed& feed) override {
        if (!fallen_) {
            auto opened = first_->open(wanted, feed);
            if (opened) {
                return opened;
            }
            fallen_ = true;
            say_(opened.error());
        }
        return second_->open(wanted, feed);
    }

    void close() override { current().close(); }
    Duration latency() const override { return current().latency(); }

private:
    AudioDevice& current() const { return fallen_ ? *second_ : *first_; }

    const std::shared_ptr<AudioDevice> first_;
    const std::shared_ptr<AudioDevice> second_;
    const std::function<void(const Status&)> say_;
    std::atomic<bool> fallen_{false}; // written by open(), read by latency() on any thread
};

} // namespace

std::shared_ptr<AudioDevice> with_fallback(std::shared_ptr<AudioDevice> first,
                                           std::shared_ptr<AudioDevice> second,
                                           std::function<void(const Status&)> say) {
    return std::make_shared<FallbackAudioDevice>(std::move(first), std::move(second),
                                                 std::move(say));
}

} // namespace playhead::apps
