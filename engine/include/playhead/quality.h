// Quality management: what is left out so that a session that cannot keep up stays on time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "playhead/media_type.h"
#include "playhead/result.h"
#include "playhead/time.h"

namespace playhead {

// How much a component leaves out, from nothing to the most. What each means is the component's
// affair, and beyond its last it says no_more_drop_modes. A video decoder has three: 1 skips the loop
// filter, 2 also the pictures that no other picture needs, 3 leaves key frames only. Sound has none.
enum class DropMode { none, mode_1, mode_2, mode_3, mode_4, mode_5 };
std::string_view to_string(DropMode mode);

// What has happened at one stream's decoder since the notice before.
struct QualityNotice {
    std::uint64_t part = 0; // which decoder: a number that no other in the process has
    StreamIndex stream = -1;
    StreamKind kind = StreamKind::data;
    HostTime at{};
    std::uint64_t entered = 0; // packets
    std::uint64_t left = 0;    // pictures or blocks handed to the output
    std::uint64_t dropped = 0; // by the output, since they came too late
    // The worst of what left: handed out so long after it was due; negative: before. None: nothing
    // left, or the clock stood.
    std::optional<Duration> lateness;
    DropMode mode = DropMode::none; // as it is
    DropMode last = DropMode::none; // the component's last
};

// Decides the drop modes of a session's streams; it can do nothing else to the session.
// Threads: one call at a time, on the work lane, never on the control lane: one that blocks stops the
// quality management and nothing else. One that several sessions share is called by each.
class QualityManager {
public:
    virtual ~QualityManager() = default;
    // The mode that the component is to work in from here on. Comes while samples flow, at most
    // every quality_notice_interval for each stream.
    virtual DropMode judge(const QualityNotice& notice) = 0;
    // The clock was started, stopped, paused or given another rate: what was measured before says
    // nothing of what comes.
    virtual void interrupted() {}
    // The component has no such mode (no_more_drop_modes): it stays as it is.
    virtual void refused(const QualityNotice& notice, DropMode wanted, const Status& status) {
        static_cast<void>(notice), static_cast<void>(wanted), static_cast<void>(status);
    }
    // This decoder is gone.
    virtual void forget(std::uint64_t part) { static_cast<void>(part); }
};

inline constexpr Duration quality_notice_interval = std::chrono::milliseconds{250};

struct QualityFigures {
    // A picture that is handed out by less than this too late still comes within one refresh of its
    // time: nobody sees it.
    Duration tolerance = std::chrono::milliseconds{20};
    // Up a step at the second late notice, unless this time has passed since the first one with others
    // on time. A lateness that falls by a tenth or more from notice to notice does not count: what was
    // done works, and needs time.
    Duration within = std::chrono::seconds{1};
    // Down a step after so long without a late one. Each time that this turns out to have been too
    // soon, that is, the step is taken back within as long again, the wait doubles, up to the longest.
    Duration healthy = std::chrono::seconds{4};
    Duration longest = std::chrono::seconds{64};
};

// The one that sessions have unless they are told otherwise: up soon, down late.
class SteppedQuality final : public QualityManager {
public:
    explicit SteppedQuality(QualityFigures figures = {}) : figures_(figures) {}
    DropMode judge(const QualityNotice& notice) override;
    void interrupted() override;
    void forget(std::uint64_t part) override { parts_.erase(part); }

private:
    struct Part {
        std::optional<HostTime> late_at; // of the late notice that counts
        std::optional<Duration> lateness;
        std::optional<HostTime> healthy_since;
        std::optional<HostTime> eased_at; // the last step down
        Duration patience{};
    };
    DropMode on_late(Part& part, const QualityNotice& notice);
    DropMode on_healthy(Part& part, const QualityNotice& notice);

    const QualityFigures figures_;
    std::map<std::uint64_t, Part> parts_;
};

// What a session is given: SteppedQuality of its own (but nothing where the engine is to be bit
// exact), nothing, or the application's.
struct DefaultQuality {};
struct NoQuality {};
using QualityChoice = std::variant<DefaultQuality, NoQuality, std::shared_ptr<QualityManager>>;

} // namespace playhead
