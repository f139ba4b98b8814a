#include "playhead/sequencer.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "playhead/backend/mutex.h"
#include "session/session_core.h"

namespace playhead {

// Threads: the list is under the lock, so that it can be changed and asked for from anywhere; what
// concerns the session happens on the control lane.
class SequencerCore final : public SegmentProvider,
                            public std::enable_shared_from_this<SequencerCore> {
public:
    SequencerCore(std::shared_ptr<SessionCore> session, SequencerOptions options)
        : session_(std::move(session)),
          feeds_(options.feeds_session),
          repeat_(options.repeat) {}

    Result<SegmentId> add(SegmentId before, Topology topology, SegmentFlags flags) {
        if (auto status = check(topology); !status.ok()) return fail(std::move(status));
        SegmentId id = 0;
        {
            std::lock_guard lock(mutex_);
            auto place = entries_.end();
            if (before != 0) {
                place = find_locked(before);
                if (place == entries_.end()) return unknown();
            }
            id = ++last_id_;
            entries_.insert(place, Entry{id, flags, std::move(topology)});
        }
        on_control([](SequencerCore& self) { self.order_changed(); });
        return id;
    }

    Result<void> remove(SegmentId segment) {
        {
            std::lock_guard lock(mutex_);
            if (find_locked(segment) == entries_.end()) return unknown();
        }
        on_control([segment](SequencerCore& self) { self.take_out(segment); });
        return {};
    }

    Result<void> update(SegmentId segment, Topology topology) {
        if (auto status = check(topology); !status.ok()) return fail(std::move(status));
        {
            std::lock_guard lock(mutex_);
            const auto entry = find_locked(segment);
            if (entry == entries_.end()) return unknown();
            entry->topology = std::move(topology);
        }
        on_control([segment](SequencerCore& self) {
            self.requeue(segment);
            if (auto session = self.session_.lock()) session->tell(TopologyUpdated{segment});
        });
        return {};
    }

    Result<void> set_flags(SegmentId segment, SegmentFlags flags) {
        {
            std::lock_guard lock(mutex_);
            const auto entry = find_locked(segment);
            if (entry == entries_.end()) return unknown();
            entry->flags = flags;
        }
        on_control([](SequencerCore& self) { self.order_changed(); });
        return {};
    }

    void set_repeat(bool repeat) {
        {
            std::lock_guard lock(mutex_);
            repeat_ = repeat;
        }
        on_control([](SequencerCore& self) { self.order_changed(); });
    }

    std::vector<SegmentId> segments() const {
        std::lock_guard lock(mutex_);
        std::vector<SegmentId> ids;
        for (const auto& entry : entries_) ids.push_back(entry.id);
        return ids;
    }

    Result<std::shared_ptr<const Topology>> topology(SegmentId segment) const {
        std::lock_guard lock(mutex_);
        const auto entry = find_locked(segment);
        if (entry == entries_.end()) return unknown();
        auto made = std::make_shared<Topology>(entry->topology);
        made->segment = entry->id;
        made->last_segment = last_locked(*entry);
        return std::shared_ptr<const Topology>(std::move(made));
    }

    // SegmentProvider
    Result<std::shared_ptr<const Topology>> choose(SegmentId segment,
                                                   std::int32_t entries) override {
        SegmentId wanted = segment;
        if (entries != 0) {
            std::lock_guard lock(mutex_);
            const auto from = find_locked(segment);
            if (from == entries_.end()) return unknown();
            const auto count = static_cast<std::int64_t>(entries_.size());
            auto at = (from - entries_.begin()) + static_cast<std::int64_t>(entries);
            if (repeat_) at = ((at % count) + count) % count;
            if (at < 0 || at >= count) return unknown();
            wanted = entries_[static_cast<std::size_t>(at)].id;
        }
        return topology(wanted);
    }

    StartSegment place(MediaTime of_the_whole) const override {
        std::lock_guard lock(mutex_);
        StartSegment found;
        for (const auto& entry : entries_) {
            const auto& start = entry.topology.project_start;
            const auto& stop = entry.topology.project_stop;
            if (!start || !stop || of_the_whole < *start || of_the_whole > *stop) continue;
            found = {entry.id, of_the_whole - *start}; // where two meet, the later one
        }
        return found;
    }

    void wants_next(SegmentId behind) override {
        // What is still on its way was to come behind another one.
        const auto session = session_.lock();
        if (session) (void)session->withdraw(queued_by_);
        waiting_behind_ = behind;
        feed();
    }

private:
    struct Entry {
        SegmentId id = 0;
        SegmentFlags flags = SegmentFlags::none;
        Topology topology;
    };

    static tl::unexpected<Error> unknown() {
        return fail(Errc::not_found, "the sequence has no such segment");
    }
    Status check(const Topology& topology) const {
        if (auto status = validate(topology); !status.ok()) return status;
        auto session = session_.lock();
        if (!session) return {Errc::shut_down, "the session is gone"};
        if (auto status = session->takes_commands(); !status.ok()) return status;
        return session->check_times(topology);
    }
    std::vector<Entry>::iterator find_locked(SegmentId segment) {
        return std::find_if(entries_.begin(), entries_.end(),
                            [&](const Entry& entry) { return entry.id == segment; });
    }
    std::vector<Entry>::const_iterator find_locked(SegmentId segment) const {
        return std::find_if(entries_.begin(), entries_.end(),
                            [&](const Entry& entry) { return entry.id == segment; });
    }
    bool last_locked(const Entry& entry) const {
        return !repeat_ && entry.flags == SegmentFlags::last;
    }
    // The one behind, or behind where a removed one was; 0: none yet, or never.
    SegmentId behind_locked(SegmentId segment) const {
        if (entries_.empty()) return 0;
        const bool was_removed = removed_.contains(segment);
        for (auto gone = removed_.find(segment); gone != removed_.end();
             gone = removed_.find(segment)) {
            segment = gone->second;
        }
        if (segment == 0) return entries_.front().id;
        const auto at = find_locked(segment);
        if (at == entries_.end()) return 0;
        if (last_locked(*at) && !was_removed) return 0;
        if (at + 1 != entries_.end()) return (at + 1)->id;
        return repeat_ ? entries_.front().id : 0;
    }

    template <class F>
    void on_control(F what) {
        auto session = session_.lock();
        if (!session) return;
        session->services()->executor->post([weak = weak_from_this(), what] {
            if (auto self = weak.lock()) what(*self);
        });
    }

    // ---- control lane ----
    void feed() {
        auto session = session_.lock();
        if (!session || !waiting_behind_) return;
        SegmentId next = 0;
        {
            std::lock_guard lock(mutex_);
            next = behind_locked(*waiting_behind_);
        }
        if (next == 0) return;
        const SegmentId behind = *waiting_behind_;
        waiting_behind_.reset();
        if (behind != 0 || !feeds_) session->tell(NewPresentation{next});
        if (feeds_) queue(*session, next, behind);
    }

    void mark() {
        auto session = session_.lock();
        if (!session) return;
        std::vector<std::pair<SegmentId, bool>> marks;
        {
            std::lock_guard lock(mutex_);
            for (const auto& entry : entries_) marks.emplace_back(entry.id, last_locked(entry));
        }
        for (const auto& [id, last] : marks) session->mark_last(id, last);
    }

    // What waits in the session gives way where another one, or none, comes there now.
    void order_changed() {
        bool gives_way = false;
        {
            std::lock_guard lock(mutex_);
            gives_way = queued_ != 0 && behind_locked(queued_behind_) != queued_;
        }
        if (gives_way) requeue(queued_);
        mark();
        feed();
    }

    void take_out(SegmentId segment) {
        auto session = session_.lock();
        if (!session) return;
        SegmentId next = 0;
        {
            std::lock_guard lock(mutex_);
            const auto entry = find_locked(segment);
            if (entry == entries_.end()) return;
            next = behind_locked(segment);
            if (next == segment) next = 0;
            removed_[segment] = entry == entries_.begin() ? 0 : std::prev(entry)->id;
            entries_.erase(entry);
        }
        const bool plays = session->current_segment() == segment;
        if (!plays && segment == queued_) {
            requeue(segment);
            return;
        }
        const bool waited = session->withdraw(segment, segment == queued_ ? queued_by_ : 0);
        if (!plays) {
            if (waited) session->ask_again();
            return;
        }
        if (next == 0) {
            waiting_behind_ = segment;
        } else if (next != queued_ || !feeds_) {
            CommandInput clear;
            clear.kind = CommandKind::clear_topologies;
            (void)session->submit(clear);
            session->tell(NewPresentation{next});
            queue(*session, next, segment);
        }
        leave(*session, segment);
    }

    void leave(SessionCore& session, SegmentId segment) {
        CommandInput command;
        command.kind = CommandKind::set_topology;
        command.segment = left_ = segment;
        left_by_ = session.submit(command, {nullptr, SetTopology::clear_current}).value_or(0);
    }

    void requeue(SegmentId segment) {
        auto session = session_.lock();
        if (!session || queued_ != segment) return;
        // The current one that is about to leave does so behind what takes its place.
        const bool leaves = session->withdraw(left_by_);
        if (session->withdraw(segment, queued_by_)) {
            queued_ = 0;
            waiting_behind_ = queued_behind_;
            feed();
        }
        if (leaves) leave(*session, left_);
    }

    void queue(SessionCore& session, SegmentId next, SegmentId behind) {
        auto made = topology(next);
        if (!made) return;
        CommandInput command;
        command.kind = CommandKind::set_topology;
        waiting_behind_.reset();
        queued_ = next;
        queued_behind_ = behind;
        queued_by_ = session.submit(command, {std::move(*made), SetTopology::none}).value_or(0);
    }

    const std::weak_ptr<SessionCore> session_;
    mutable Mutex mutex_;
    std::vector<Entry> entries_;
    std::map<SegmentId, SegmentId> removed_; // the one it was behind then; 0: the first
    SegmentId last_id_ = 0;
    const bool feeds_;
    bool repeat_;

    // Control lane. What the session has nothing behind: 0 at first, none while it has.
    std::optional<SegmentId> waiting_behind_ = 0;
    SegmentId queued_ = 0; // handed to the session last
    SegmentId queued_behind_ = 0;
    SegmentId left_ = 0; // the current one that was removed last
    CommandId left_by_ = 0;
    CommandId queued_by_ = 0;
};

Sequencer::Sequencer(Session& session, SequencerOptions options)
    : core_(std::make_shared<SequencerCore>(session.core(), options)) {
    if (session.core()) session.core()->attach(core_);
}
Sequencer::~Sequencer() = default;
Sequencer::Sequencer(Sequencer&&) noexcept = default;
Sequencer& Sequencer::operator=(Sequencer&&) noexcept = default;

Result<SegmentId> Sequencer::append(Topology topology, SegmentFlags flags) {
    return core_->add(0, std::move(topology), flags);
}
Result<SegmentId> Sequencer::insert_before(SegmentId segment, Topology topology) {
    if (segment == 0) return fail(Errc::not_found, "the sequence has no such segment");
    return core_->add(segment, std::move(topology), SegmentFlags::none);
}
Result<void> Sequencer::remove(SegmentId segment) { return core_->remove(segment); }
Result<void> Sequencer::update(SegmentId segment, Topology topology) {
    return core_->update(segment, std::move(topology));
}
Result<void> Sequencer::set_flags(SegmentId segment, SegmentFlags flags) {
    return core_->set_flags(segment, flags);
}
void Sequencer::set_repeat(bool repeat) { core_->set_repeat(repeat); }
std::vector<SegmentId> Sequencer::segments() const { return core_->segments(); }
Result<std::shared_ptr<const Topology>> Sequencer::topology(SegmentId segment) const {
    return core_->topology(segment);
}

} // namespace playhead
