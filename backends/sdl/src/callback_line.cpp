#include "playhead/sdl/callback_line.h"

#include <algorithm>
#include <cmath>

namespace playhead::sdl {
namespace {

constexpr double block_length = 250e6; // ns: some ten requests, of which one will have been prompt
constexpr double longest_fill = 400e6; // a device that still asks in haste then is not filling
constexpr double far = 30e6;        // more than drift explains: the device stood still, or skipped
constexpr double most_drift = 0.02; // SDL's dummy driver rounds a buffer's length to milliseconds

// A loop of second order, critically damped: what is left of an error decays within six blocks.
constexpr double position_gain = 0.4;
constexpr double slope_gain = 0.04;

} // namespace

CallbackLine::CallbackLine(int rate_hz, Duration latency)
    : rate_hz_(std::max(rate_hz, 1)),
      latency_(static_cast<double>(latency.count())) {}

CallbackLine::Heard CallbackLine::request(HostTime now, std::int64_t frames) {
    if (!start_) {
        start_ = now;
    }
    const double length = static_cast<double>(frames_to_duration(frames, rate_hz_).count());
    const double due = static_cast<double>(frames_to_duration(frames_, rate_hz_).count());
    const double since = static_cast<double>((now - *start_).count());
    const double late = since - due;

    if (phase_ == Phase::filling) {
        // A request that comes sooner than its predecessor lasts still fills the queue.
        const bool hasty = frames_ == 0 || since - previous_ < length / 2;
        offset_ = late;
        if (!hasty || since > longest_fill) {
            phase_ = Phase::first_block;
            block_begin_ = since;
        }
    } else {
        look(late - line(due), due);
        if (since - block_begin_ >= block_length) {
            close_block();
            block_begin_ = since;
        }
    }
    previous_ = since;
    frames_ += frames;
    return {*start_ + Duration{std::llround(due + line(due) + latency_)},
            phase_ == Phase::following};
}

void CallbackLine::look(double error, double due) {
    if (phase_ == Phase::first_block && error < 0) {
        offset_ += error; // what the line began from was itself late
        error = 0;
        least_.reset();
    }
    if (!least_ || error < *least_) {
        least_ = error;
        least_due_ = due;
    }
}

void CallbackLine::close_block() {
    const double error = *least_;
    least_.reset();
    astray_ = std::abs(error) > far ? astray_ + 1 : 0;
    if (phase_ == Phase::first_block || astray_ >= 2) {
        offset_ += error;
        phase_ = Phase::following;
        astray_ = 0;
        return;
    }
    if (astray_ == 1) {
        return; // once is an accident
    }
    // Turn the line about the point where the error was seen, then move it.
    const double slope =
        std::clamp(slope_ + slope_gain * error / block_length, -most_drift, most_drift);
    offset_ += position_gain * error - (slope - slope_) * least_due_;
    slope_ = slope;
}

} // namespace playhead::sdl
