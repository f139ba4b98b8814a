#include "playhead/quality.h"

#include <algorithm>
#include <utility>

namespace playhead {
namespace {

DropMode moved(DropMode mode, int by) { return static_cast<DropMode>(static_cast<int>(mode) + by); }

} // namespace

std::string_view to_string(DropMode mode) {
    switch (mode) {
    case DropMode::none: return "none";
    case DropMode::mode_1: return "mode_1";
    case DropMode::mode_2: return "mode_2";
    case DropMode::mode_3: return "mode_3";
    case DropMode::mode_4: return "mode_4";
    case DropMode::mode_5: return "mode_5";
    }
    return "unknown";
}

DropMode SteppedQuality::judge(const QualityNotice& notice) {
    auto& part = parts_[notice.part];
    if (part.patience == Duration{}) part.patience = figures_.healthy;
    const bool late =
        notice.dropped > 0 || (notice.lateness && *notice.lateness > figures_.tolerance);
    return late ? on_late(part, notice) : on_healthy(part, notice);
}

DropMode SteppedQuality::on_late(Part& part, const QualityNotice& notice) {
    part.healthy_since.reset();
    const auto before = std::exchange(part.lateness, notice.lateness);
    if (before && notice.lateness && *notice.lateness * 10 <= *before * 9) {
        part.late_at.reset();
        return notice.mode;
    }
    const auto first = std::exchange(part.late_at, notice.at);
    if (!first || notice.mode >= notice.last) return notice.mode;
    part.late_at.reset();
    part.lateness.reset();
    const auto eased = std::exchange(part.eased_at, std::nullopt);
    part.patience = eased && notice.at - *eased <= part.patience
                        ? std::min(part.patience * 2, figures_.longest)
                        : figures_.healthy;
    return moved(notice.mode, 1);
}

DropMode SteppedQuality::on_healthy(Part& part, const QualityNotice& notice) {
    part.lateness.reset();
    if (part.late_at && notice.at - *part.late_at > figures_.within) part.late_at.reset();
    if (notice.mode == DropMode::none || !notice.lateness) return notice.mode;
    if (!part.healthy_since) part.healthy_since = notice.at;
    if (notice.at - *part.healthy_since < part.patience) return notice.mode;
    part.healthy_since = part.eased_at = notice.at;
    return moved(notice.mode, -1);
}

void SteppedQuality::interrupted() {
    for (auto& [id, part] : parts_) {
        part.late_at.reset();
        part.lateness.reset();
        part.healthy_since.reset();
        part.eased_at.reset();
    }
}

} // namespace playhead
