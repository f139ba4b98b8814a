// Referee: the rules of media-session.md for a random sequence of commands.
#pragma once

#include <map>
#include <string>

#include "playhead/event.h"
#include "session/random_commands.h"

namespace playhead::test {

// The rules, as far as the order of events tells what a command found. The first breach is the complaint.
class Referee {
public:
    explicit Referee(std::string& complaint) : complaint_(complaint) {}

    void accepted(CommandId id, const Op& op) {
        pending_[id] = op;
        if (op.what == Do::stop || op.what == Do::close) last_stop_ = id;
    }
    void faulty() { faults_ = true; }
    void shutting_down() { shutting_ = true; }
    bool awaits_start() const {
        for (const auto& [id, op] : pending_) {
            if (op.what == Do::start || op.what == Do::start_at || op.what == Do::cue ||
                op.what == Do::start_segment || op.what == Do::set_topology) {
                return true;
            }
        }
        return false;
    }
    bool quiet() const { return pending_.empty(); }
    bool stopped() const { return stopped_; }
    SessionState state() const { return state_; }
    bool buffering() const { return buffering_ > 0; }

    void hear(const Event& event);

private:
    void completion(const Event& event);
    void status(const Event& event);
    void complain(const std::string& what, const Event& event);

    std::string& complaint_;
    std::map<CommandId, Op> pending_;
    std::map<TopologyId, int> statuses_;
    CommandId last_stop_ = 0;
    std::uint64_t sequence_ = 0;
    SessionState state_ = SessionState::idle;
    Capabilities caps_ = 0;
    double rate_ = 1.0;
    int buffering_ = 0;
    bool closed_ = false, stopped_ = false, faults_ = false, cleared_ = false, shutting_ = false;
    bool cut_short_ = false; // a presentation was cleared while it went on: an end is due
};

} // namespace playhead::test
