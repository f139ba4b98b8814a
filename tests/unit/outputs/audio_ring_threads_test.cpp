// The audio path with real threads: what ThreadSanitizer looks at.
#include <atomic>
#include <memory>
#include <thread>

#include "outputs/audio_sink.h"
#include "outputs/published.h"
#include "playhead/backend/work_strand.h"
#include "playhead/headless/synthetic.h"
#include "playhead/lanes.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

// A device whose own thread asks as fast as it can, and looks at what it gets: within runs of
// samples that follow each other (all but the short fades) nothing is missing, repeated or torn.
class HungryDevice final : public AudioDevice {
public:
    explicit HungryDevice(std::shared_ptr<Executor> executor)
        : executor_(std::move(executor)),
          closed_(executor_->make_signal()) {}

    Result<AudioFormat> open(const AudioFormat& wanted, AudioFeed& feed) override {
        stop_ = false;
        ended_ = executor_->make_signal();
        executor_->start_blocking("hungry", [this, &feed, wanted] {
            std::vector<float> buffer(static_cast<std::size_t>(480 * wanted.channels));
            while (!stop_.load(std::memory_order_acquire)) {
                feed.render(buffer, {executor_->now(), FeedTime::Quality::guess});
                for (std::size_t i = 0; i < buffer.size();
                     i += static_cast<std::size_t>(wanted.channels)) {
                    look(headless::ramp_position(buffer[i]));
                }
            }
            ended_->set();
        });
        return wanted;
    }
    void close() override {
        stop_.store(true, std::memory_order_release);
        ended_->wait();
        closed_->set();
    }
    Signal& closed() { return *closed_; }
    Duration latency() const override { return {}; }

    std::int64_t in_runs() const { return in_runs_.load(); }
    std::int64_t out_of_order() const { return out_of_order_.load(); }

private:
    void look(std::optional<std::int64_t> position) {
        if (position && run_ > 0 && *position == last_ + 1) {
            ++run_;
            last_ = *position;
            if (run_ == 16) {
                if (last_ < highest_) ++out_of_order_;
                in_runs_ += 16;
            } else if (run_ > 16) {
                ++in_runs_;
            }
            if (run_ >= 16) highest_ = last_;
            return;
        }
        run_ = position ? 1 : 0;
        last_ = position.value_or(-1);
    }

    const std::shared_ptr<Executor> executor_;
    const std::unique_ptr<Signal> closed_;
    std::unique_ptr<Signal> ended_;
    std::atomic<bool> stop_{false};
    std::int64_t last_ = -1;
    std::int64_t run_ = 0;
    std::int64_t highest_ = -1;
    std::atomic<std::int64_t> in_runs_{0};
    std::atomic<std::int64_t> out_of_order_{0};
};

class Host final : public StreamSinkHost, public std::enable_shared_from_this<Host> {
public:
    Host(std::shared_ptr<Executor> executor, std::shared_ptr<StreamSink> sink)
        : executor_(std::move(executor)),
          strand_(executor_, 1),
          sink_(std::move(sink)) {}

    // Makes the sink ready for the next `frames`, which begin where the last ones ended.
    void prepare(std::int64_t frames) {
        done_ = executor_->make_signal();
        ready_ = executor_->make_signal();
        call([this, frames](StreamSink& sink) {
            end_ = at_ + frames;
            ended_ = false;
            sink.preroll(media_zero + frames_to_duration(at_, 48000));
            request(std::exchange(owed_, 0)); // asked for behind the last end
        });
    }

    void request(int n) override {
        for (; n > 0; --n) strand_.post([self = shared_from_this()] { self->give(); });
    }
    void prerolled() override { ready_->set(); }
    void started() override {}
    void paused() override {}
    void stopped() override {}
    void rate_set(Status) override {}
    void marker_reached(const Marker&, Status status) override {
        if (status.ok()) done_->set();
    }
    void scrub_complete(std::optional<MediaTime>) override {}
    void failed(Status) override {}
    void post(Task task) override { strand_.post(std::move(task)); }
    void dropped(int) override {}

    void call(std::function<void(StreamSink&)> what) {
        strand_.post([self = shared_from_this(), what = std::move(what)] { what(*self->sink_); });
    }
    Signal& done() { return *done_; }
    Signal& ready() { return *ready_; }

private:
    void give() {
        if (at_ >= end_) {
            if (!std::exchange(ended_, true))
                sink_->place_marker({Marker::Kind::end_of_segment, {}, 1});
            ++owed_;
            return;
        }
        AudioBlock block;
        block.frames = std::min<std::int64_t>(1000, end_ - at_);
        block.buffer = headless::ramp_buffer(at_, block.frames, headless::synthetic_audio_format());
        block.pts = media_zero + frames_to_duration(at_, 48000);
        at_ += block.frames;
        sink_->process(Sample{block});
    }

    const std::shared_ptr<Executor> executor_;
    WorkStrand strand_;
    const std::shared_ptr<StreamSink> sink_;
    std::unique_ptr<Signal> done_;
    std::unique_ptr<Signal> ready_;
    std::int64_t end_ = 0;
    std::int64_t at_ = 0;
    int owed_ = 0;
    bool ended_ = false;
};

} // namespace

TEST_CASE("the ring hands every sample over once and in order between real threads",
          "[outputs][audio][threads]") {
    constexpr std::int64_t frames = 480000;
    constexpr int short_ones = 50;
    constexpr std::int64_t short_frames = 2000;
    auto executor = make_lanes({.workers = 2});
    auto device = std::make_shared<HungryDevice>(executor);
    // On a loaded machine the device's thread may stand for longer than a player would wait for it, and
    // what is due meanwhile is left out. That has cases of its own, in virtual time.
    AudioOutputOptions patient;
    patient.device_patience = 60s;
    AudioOutput output(device, patient);
    static_cast<void>(output.sink()->negotiate(headless::synthetic_audio_format()));
    auto clock = std::make_shared<PresentationClock>(executor);
    clock->set_time_source({output.sink(), output.sink()->time_source()});
    auto host = std::make_shared<Host>(executor, output.sink());
    output.sink()->attach({executor, host, clock, nullptr});
    static_cast<void>(
        clock->add_state_sink(output.sink(), [host](Task task) { host->post(std::move(task)); }));

    // Others look at the clock and turn the volume all the while. (Only to full: the ramp must show.)
    std::atomic<bool> watching{true};
    const auto watched = executor->make_signal();
    executor->start_blocking("watcher", [&] {
        MediaTime last{};
        while (watching.load(std::memory_order_acquire)) {
            const auto position = clock->time();
            if (position && *position > last) last = *position;
            output.set_volume(1.0);
            static_cast<void>(output.frames_played() + output.underruns());
            std::this_thread::yield(); // the locks it takes are wanted by others
        }
        watched->set();
    });

    const auto control = [&](std::function<void()> what) {
        const auto ran = executor->make_signal();
        executor->post([&] {
            what();
            ran->set();
        });
        REQUIRE(ran->wait(executor->now() + 60s));
    };
    host->prepare(frames);
    REQUIRE(host->ready().wait(executor->now() + 60s));
    control([&] { static_cast<void>(clock->start(media_zero)); });
    for (int i = 0; i < 20; ++i) {
        control([&] { static_cast<void>(clock->pause()); });
        control([&] { static_cast<void>(clock->start_current()); });
    }
    REQUIRE(host->done().wait(executor->now() + 60s));
    control([&] { static_cast<void>(clock->stop()); });

    // Many ends, each met by a device that has taken everything before it was told of the end, or just
    // after, or in between.
    MediaTime at = media_zero + frames_to_duration(frames, 48000);
    for (int i = 0; i < short_ones; ++i) {
        host->prepare(short_frames);
        REQUIRE(host->ready().wait(executor->now() + 60s));
        control([&] { static_cast<void>(clock->start(at)); });
        REQUIRE(host->done().wait(executor->now() + 60s));
        control([&] { static_cast<void>(clock->stop()); });
        at = at + frames_to_duration(short_frames, 48000);
    }
    watching = false;
    REQUIRE(watched->wait(executor->now() + 60s));
    CHECK(output.frames_played() == frames + short_ones * short_frames);
    CHECK(device->out_of_order() == 0);
    CHECK(device->in_runs() > frames / 2);

    const auto left = executor->make_signal();
    host->call([&](StreamSink& sink) {
        sink.shut_down();
        left->set();
    });
    REQUIRE(left->wait(executor->now() + 60s));
    REQUIRE(device->closed().wait(executor->now() + 60s));
}

TEST_CASE("a published value is never seen half", "[outputs][threads]") {
    struct Triple {
        std::int64_t a = 0, b = 0, c = 0;
    };
    auto executor = make_lanes({.workers = 2});
    Published<Triple> published;
    std::atomic<bool> stop{false};
    const auto ended = executor->make_signal();
    executor->start_blocking("writer", [&] {
        for (std::int64_t i = 1; i <= 200'000; ++i) published.publish({i, -i, 2 * i});
        stop = true;
        ended->set();
    });
    std::int64_t torn = 0;
    std::int64_t backwards = 0;
    std::int64_t last = 0;
    while (!stop) {
        Triple seen;
        if (!published.try_read(seen)) continue;
        torn += seen.b != -seen.a || seen.c != 2 * seen.a;
        backwards += seen.a < last;
        last = seen.a;
    }
    REQUIRE(ended->wait(executor->now() + 60s));
    CHECK(torn == 0);
    CHECK(backwards == 0);
    CHECK(published.read().a == 200'000);
}
