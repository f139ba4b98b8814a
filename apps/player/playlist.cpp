#include "playlist.h"

#include <algorithm>
#include <utility>

namespace playhead::apps {

Playlist::Playlist(std::vector<std::string> items)
    : items_(std::move(items)),
      outcomes_(items_.size(), Outcome::untried) {}

bool Playlist::next() {
    if (at_ + 1 >= items_.size()) {
        return false;
    }
    ++at_;
    return true;
}

bool Playlist::previous() {
    if (at_ == 0) {
        return false;
    }
    --at_;
    return true;
}

std::optional<std::string> Playlist::peek() const {
    if (at_ + 1 >= items_.size()) {
        return std::nullopt;
    }
    return items_[at_ + 1];
}

int Playlist::exit_code() const {
    const bool failed = std::ranges::count(outcomes_, Outcome::failed) > 0;
    const bool played = std::ranges::count(outcomes_, Outcome::played) > 0;
    if (!failed) {
        return 0;
    }
    return played ? 3 : 2;
}

} // namespace playhead::apps
