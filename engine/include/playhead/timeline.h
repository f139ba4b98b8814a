// The line from host time to media time: a point and a rate; rate 0 is a pause.
//
// media(h) = media_anchor + rate * (h - host_anchor)         (MF's system time source: same formula)
// Threads: an immutable value; publish a new one, never edit.
#pragma once

#include <optional>

#include "playhead/time.h"

namespace playhead {

class Timeline {
public:
    Timeline() = default;
    Timeline(HostTime host, MediaTime media, double rate)
        : host_(host),
          media_(media),
          rate_(rate) {}

    MediaTime media_at(HostTime host) const;
    // When the line passes t; nothing if it never does (rate 0).
    std::optional<HostTime> host_at(MediaTime t) const;
    double rate() const { return rate_; }
    HostTime host_anchor() const { return host_; }
    MediaTime media_anchor() const { return media_; }

    friend bool operator==(const Timeline&, const Timeline&) = default;

private:
    HostTime host_{};
    MediaTime media_{};
    double rate_ = 0.0;
};

} // namespace playhead
