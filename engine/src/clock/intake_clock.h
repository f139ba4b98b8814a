// The clock of a presentation whose outputs are all rateless: as fast as they take.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "playhead/backend/mutex.h"
#include "playhead/clock.h"
#include "playhead/command.h"

namespace playhead {

// How far an output has come that takes what it is given without a look at the clock. What it is given
// before it is told that the clock runs waits there, and counts as taken from then on.
// Threads: any; the calls that change it come in the order of the output's own.
class Intake {
public:
    // Given to the output, in presentation time.
    void took(MediaTime begin, MediaTime end);
    void ended(); // nothing follows: nobody is to wait for it
    // More follows after all, behind what it has taken.
    void goes_on();
    void run();    // the output is about to hear that the clock runs
    void wait();   // and that it does not
    void forget(); // what it was given was dropped

    // Where it is, the way that the clock goes; none: it has taken nothing.
    struct Reading {
        std::optional<MediaTime> reached;
        bool ended = false;
    };
    Reading reading(Direction direction) const;
    // Told of every change of the reading.
    void watch(std::weak_ptr<TimelineWatcher> watcher);

private:
    template <class Change>
    void change(Change change_it);

    mutable Mutex mutex_;
    std::optional<MediaRange> given_, taken_; // the latest of each
    bool given_end_ = false, taken_end_ = false;
    bool running_ = false;
    std::vector<std::weak_ptr<TimelineWatcher>> watchers_;
};

// Follows the one that has taken least of those that have not ended; when all have, it shows where the
// last of them did. It never goes back but by a start. The rate says which way it goes and, at 0, that
// it stands; how fast is the outputs' affair. Its line always has rate 0: nobody knows when it moves
// on, and watchers are told when it has.
// Threads: as ClockTimeSource says.
class IntakeClock final : public ClockTimeSource,
                          public TimelineWatcher,
                          public std::enable_shared_from_this<IntakeClock> {
public:
    static std::shared_ptr<IntakeClock> create(std::vector<std::shared_ptr<Intake>> outputs);

    bool follows(const std::vector<std::shared_ptr<Intake>>& outputs) const {
        return outputs == outputs_;
    }

    Result<void> try_start(HostTime when, MediaTime at) override;
    Result<void> try_restart(HostTime when) override;
    Result<void> try_pause(HostTime when) override;
    Result<void> try_stop(HostTime when) override;
    Result<void> try_set_rate(HostTime when, double rate) override;
    Timeline timeline(HostTime now) const override;
    void watch(std::weak_ptr<TimelineWatcher> watcher) override;

    void on_turn() override; // of an intake

private:
    explicit IntakeClock(std::vector<std::shared_ptr<Intake>> outputs)
        : outputs_(std::move(outputs)) {}
    MediaTime follow_locked() const;

    const std::vector<std::shared_ptr<Intake>> outputs_;
    mutable Mutex mutex_; // held while the intakes are asked, which are not held by anybody then
    bool running_ = false;
    double rate_ = 1.0;
    mutable MediaTime shown_{};
    MediaTime told_{}; // to watchers
    std::vector<std::weak_ptr<TimelineWatcher>> watchers_;
};

} // namespace playhead
