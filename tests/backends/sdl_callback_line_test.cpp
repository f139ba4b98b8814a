#include <cmath>
#include <vector>

#include "playhead/sdl/callback_line.h"
#include "support/catch.h"

using namespace playhead;
using sdl::CallbackLine;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

constexpr int rate_hz = 48'000;
constexpr int buffer = 1024;
constexpr HostTime begin{std::chrono::seconds{1000}};
constexpr Duration latency = milliseconds{15};

// A device whose queue holds `queue_buffers`, that runs `slower` than it says and answers late by
// what a small generator says.
class Device {
public:
    double slower = 0;
    Duration most_late = milliseconds{4};
    Duration pause{}; // it stood still for so long

    // When the k-th buffer is asked for, if the queue is filled at once in the beginning.
    HostTime asks(int k, int queue_buffers) {
        const int steady = std::max(0, k - queue_buffers);
        const double length = 1e9 * buffer / rate_hz * (1 + slower);
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        const double late = steady == 0 ? 0
                                        : static_cast<double>(state_ >> 40) / (1 << 24) *
                                              static_cast<double>(most_late.count());
        return begin + pause + Duration{std::llround(steady * length + late)};
    }
    // When it truly is heard: `latency` after a prompt request.
    HostTime heard(int k, int queue_buffers) const {
        const double length = 1e9 * buffer / rate_hz * (1 + slower);
        return begin + pause + latency + Duration{std::llround((k - queue_buffers) * length)};
    }

private:
    std::uint64_t state_ = 7;
};

double ms(Duration d) { return static_cast<double>(d.count()) / 1e6; }

// The worst error from request `from` to `to`, in ms.
double worst(CallbackLine& line, Device& device, int from, int to, int queue) {
    double result = 0;
    for (int k = from; k < to; ++k) {
        const auto heard = line.request(device.asks(k, queue), buffer);
        result = std::max(result, std::abs(ms(heard.at - device.heard(k, queue))));
    }
    return result;
}

} // namespace

TEST_CASE("a device that fills its queue first is settled at its first steady request",
          "[sdl][callback_line]") {
    Device device;
    CallbackLine line{rate_hz, latency};
    for (int k = 0; k <= 3; ++k) {
        line.request(device.asks(k, 3), buffer);
        CHECK_FALSE(line.settled());
    }
    line.request(device.asks(4, 3), buffer);
    CHECK(line.settled());
}

TEST_CASE("requests that come late do not move the line", "[sdl][callback_line]") {
    Device device;
    CallbackLine line{rate_hz, latency};
    worst(line, device, 0, 5, 3); // the burst, and one request to settle
    CHECK(worst(line, device, 5, 30, 3) < 4.0);
    CHECK(worst(line, device, 30, 3000, 3) < 2.0);
}

TEST_CASE("a device that runs slower than it says is followed", "[sdl][callback_line]") {
    for (const double slower : {-0.012, -0.0002, 0.0002, 0.012}) {
        CAPTURE(slower);
        Device device;
        device.slower = slower;
        CallbackLine line{rate_hz, latency};
        worst(line, device, 0, 250, 0); // five seconds to learn the slope
        CHECK(worst(line, device, 250, 3000, 0) < 3.0);
    }
}

TEST_CASE("after an interruption the line begins anew within a second", "[sdl][callback_line]") {
    Device device;
    CallbackLine line{rate_hz, latency};
    worst(line, device, 0, 200, 1);
    device.pause = milliseconds{180};
    CHECK(worst(line, device, 200, 201, 1) > 100); // nobody could know at once
    worst(line, device, 201, 248, 1);
    CHECK(worst(line, device, 248, 1000, 1) < 2.5);
}

TEST_CASE("one request that comes very late is an accident", "[sdl][callback_line]") {
    Device device;
    device.most_late = Duration{};
    CallbackLine line{rate_hz, latency};
    worst(line, device, 0, 100, 0);
    line.request(device.asks(100, 0) + milliseconds{200}, buffer);
    CHECK(worst(line, device, 101, 200, 0) < 0.5);
}

TEST_CASE("once settled the line never runs backwards", "[sdl][callback_line]") {
    Device device;
    device.most_late = milliseconds{15};
    CallbackLine line{rate_hz, latency};
    HostTime last{};
    for (int k = 0; k < 5000; ++k) {
        const HostTime at = line.request(device.asks(k, 2), buffer).at;
        if (line.settled()) {
            REQUIRE(at > last);
            last = at;
        }
    }
}
