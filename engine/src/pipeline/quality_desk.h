// QualityDesk: where a session's quality manager sits. Decode stages and sinks tell what happens, it
// is told in notices, and its decisions go back to the control lane.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "playhead/backend/decoder.h"
#include "playhead/backend/mutex.h"
#include "playhead/backend/work_strand.h"
#include "playhead/clock.h"
#include "playhead/quality.h"

namespace playhead {

// What a decoder leaves out in that mode: no_more_drop_modes beyond its last.
Result<SkipLevel> skip_level(StreamKind kind, DropMode mode);
DropMode last_drop_mode(StreamKind kind);

class QualityDesk;

// One stream's decoder, as the desk sees it.
// Threads: any.
class QualityWatch : public std::enable_shared_from_this<QualityWatch> {
public:
    // Control lane: the mode has changed, and by how much the worst was late.
    using Changed = std::function<void(DropMode from, DropMode to, Duration lateness)>;

    QualityWatch(std::weak_ptr<QualityDesk> desk, StreamIndex stream, StreamKind kind,
                 Changed changed);
    ~QualityWatch();
    void took();
    void gave(std::optional<Duration> lateness);
    void dropped(int pictures);
    DropMode mode() const { return mode_.load(std::memory_order_relaxed); }
    std::uint64_t steps() const { return steps_.load(std::memory_order_relaxed); }

private:
    friend class QualityDesk;
    bool due(HostTime now); // under the lock: the desk is to be told

    const std::weak_ptr<QualityDesk> desk_;
    const Changed changed_;
    std::atomic<DropMode> mode_{DropMode::none}; // written on the desk's strand
    std::atomic<std::uint64_t> steps_{0};
    Mutex mutex_; // guards these three; held for a few instructions
    QualityNotice since_;
    std::optional<HostTime> begun_; // of the interval
    bool told_ = false;
};

// Threads: watch() on the control lane; the manager, and as a state sink of the clock, on its strand.
class QualityDesk final : public ClockStateSink, public std::enable_shared_from_this<QualityDesk> {
public:
    QualityDesk(std::shared_ptr<Executor> executor, std::shared_ptr<QualityManager> manager,
                std::uint64_t account);

    std::shared_ptr<QualityWatch> watch(StreamIndex stream, StreamKind kind,
                                        QualityWatch::Changed changed);
    // Where the clock tells of its changes.
    ClockNotify notify();

    void on_start(HostTime, MediaTime) override { interrupted(); }
    void on_restart(HostTime) override { interrupted(); }
    void on_pause(HostTime) override { interrupted(); }
    void on_stop(HostTime) override { interrupted(); }
    void on_set_rate(HostTime, double) override { interrupted(); }

private:
    friend class QualityWatch;
    void tell(std::weak_ptr<QualityWatch> watch);
    void judge(const std::shared_ptr<QualityWatch>& watch);
    void interrupted();

    const std::shared_ptr<Executor> executor_;
    const std::shared_ptr<QualityManager> manager_;
    WorkStrand strand_;
    std::vector<std::weak_ptr<QualityWatch>> watches_; // the strand's
};

} // namespace playhead
