// Figures: how measured values are read, summed up and printed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "playhead/result.h"
#include "playhead/time.h"

namespace playhead::bench {

double milliseconds(Duration length);
double seconds(Duration length);

// "12.480": with so many digits after the point, whatever the locale.
std::string fixed(double value, int digits);

// The smallest of the values that at least `share` (0 to 1) of them do not exceed; 0 of none.
Duration percentile(std::vector<Duration> values, double share);

// "n 150 p50 0.62 p99 3.10 max 5.05": of their magnitudes, in milliseconds.
std::string spread(const std::vector<Duration>& values, int digits = 2);

// "12.5" or "0": seconds, not negative, at most nine digits after the point.
Result<Duration> parse_seconds(std::string_view text);

// Comma-separated seconds, or the name of a file with them, separated by commas or white space.
Result<std::vector<MediaTime>> parse_targets(const std::string& text);

} // namespace playhead::bench
