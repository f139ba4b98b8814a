#include "outputs/callback_fit.h"

#include <algorithm>

namespace playhead {

HostTime CallbackFit::lay(std::int64_t frame, HostTime heard) noexcept {
    frame_ = frame;
    heard_ = heard;
    outliers_ = 0;
    return heard;
}

HostTime CallbackFit::update(std::int64_t frame, const FeedTime& told) noexcept {
    if (told.quality == FeedTime::Quality::exact || callbacks_ == 0) {
        ++callbacks_;
        return lay(frame, told.audible_at);
    }
    const Duration elapsed = frames_to_duration(frame - frame_, rate_hz_);
    const HostTime predicted = heard_ + elapsed;
    const Duration error = told.audible_at - predicted;
    if (error > outlier || error < -outlier) {
        if (++outliers_ >= believed_after) {
            callbacks_ = 1;
            return lay(frame, told.audible_at);
        }
        return predicted;
    }
    outliers_ = 0;
    callbacks_ = std::min<std::int64_t>(callbacks_ + 1, settled_after);
    Duration shift = error / callbacks_;
    if (in_use_) {
        const auto most =
            Duration{static_cast<Duration::rep>(static_cast<double>(elapsed.count()) * slew)};
        shift = std::clamp(shift, -most, most);
    }
    // Unshifted, the line keeps its anchor: nothing is rounded twice.
    return shift == Duration{} ? predicted : lay(frame, predicted + shift);
}

} // namespace playhead
