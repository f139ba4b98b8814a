// Playlist: what to play, where we are, and how it went.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace playhead::apps {

// Threads: one. A value.
class Playlist {
public:
    explicit Playlist(std::vector<std::string> items);

    const std::string& current() const { return items_[at_]; }
    std::size_t index() const { return at_; }
    std::size_t size() const { return items_.size(); }

    // False, and nothing moves, when there is none.
    bool next();
    bool previous();
    std::optional<std::string> peek() const; // the one behind this

    enum class Outcome { untried, played, failed };
    void set_outcome(Outcome outcome) { outcomes_[at_] = outcome; }
    // 0: what was tried was played; 2: nothing could be; 3: some could.
    int exit_code() const;

private:
    std::vector<std::string> items_;
    std::vector<Outcome> outcomes_;
    std::size_t at_ = 0;
};

} // namespace playhead::apps
