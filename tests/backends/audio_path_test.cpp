// The audio output with the resampler and the stretcher that applications use, in virtual time.
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "playhead/audio_output.h"
#include "playhead/backend/work_strand.h"
#include "playhead/ffmpeg/backend.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/headless/simulation.h"
#include "playhead/soundtouch/stretcher.h"
#include "support/catch.h"
#include "support/floats.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

constexpr int rate = 48000;
constexpr double pi = std::numbers::pi;

// An item of a queue: `value` at each moment of the programme, from `begin` on.
struct Item {
    MediaTime begin{};
    std::int64_t frames = 0;
    int rate_hz = rate;
    int channels = 2;
    std::function<double(double seconds)> value;

    MediaTime end() const { return begin + frames_to_duration(frames, rate_hz); }
    std::optional<AudioBlock> block(std::int64_t at) const {
        const std::int64_t n = std::min<std::int64_t>(1024, frames - at);
        if (n <= 0) return std::nullopt;
        AudioFormat format;
        format.rate_hz = rate_hz;
        format.channels = channels;
        format.channel_mask = channels == 1 ? 0x4 : 0x3;
        std::vector<float> samples;
        const double start = std::chrono::duration<double>(begin - media_zero).count();
        for (std::int64_t i = at; i < at + n; ++i) {
            const double t = start + static_cast<double>(i) / rate_hz;
            samples.insert(samples.end(), static_cast<std::size_t>(channels),
                           static_cast<float>(value(t)));
        }
        AudioBlock out;
        out.buffer = std::make_shared<Floats>(format, std::move(samples));
        out.frames = n;
        out.pts = begin + frames_to_duration(at, rate_hz);
        return out;
    }
};

// The pipeline's side: hands out the items one after another, each with an end marker.
class Supplier final : public StreamSinkHost, public std::enable_shared_from_this<Supplier> {
public:
    Supplier(const std::shared_ptr<Executor>& executor, std::shared_ptr<StreamSink> sink,
             std::vector<Item> items)
        : strand_(executor, 1),
          sink_(std::move(sink)),
          items_(std::move(items)) {}

    bool ready = false;
    int markers = 0;
    int underruns = 0;
    std::vector<Status> failures;

    void request(int n) override {
        for (; n > 0 && item_ < items_.size();) {
            const auto block = items_[item_].block(at_);
            if (!block) {
                call([](StreamSink& sink) {
                    sink.place_marker({Marker::Kind::end_of_segment, {}, 1});
                });
                ++item_;
                at_ = 0;
                continue;
            }
            at_ += block->frames;
            --n;
            call([sample = Sample{*block}](StreamSink& sink) { sink.process(sample); });
        }
    }
    void call(std::function<void(StreamSink&)> what) {
        strand_.post([self = shared_from_this(), what = std::move(what)] { what(*self->sink_); });
    }
    void prerolled() override { ready = true; }
    void started() override {}
    void paused() override {}
    void stopped() override {}
    void rate_set(Status) override {}
    void marker_reached(const Marker&, Status status) override { markers += status.ok() ? 1 : 0; }
    void scrub_complete(std::optional<MediaTime>) override {}
    void failed(Status status) override { failures.push_back(std::move(status)); }
    void post(Task task) override { strand_.post(std::move(task)); }
    void dropped(int) override {}
    void underran(int times) override { underruns += times; }

private:
    WorkStrand strand_;
    const std::shared_ptr<StreamSink> sink_;
    const std::vector<Item> items_;
    std::size_t item_ = 0;
    std::int64_t at_ = 0;
};

headless::AudioDeviceOptions stereo_48k() {
    headless::AudioDeviceOptions options;
    options.rate_hz = rate;
    options.channels = 2;
    return options;
}

struct Path {
    explicit Path(std::vector<Item> items)
        : simulation(headless::Simulation::create()),
          device(std::make_shared<headless::CaptureAudioDevice>(simulation, stereo_48k())),
          output(device),
          supplier(std::make_shared<Supplier>(simulation, output.sink(), std::move(items))),
          clock(std::make_shared<PresentationClock>(simulation)) {
        clock->set_time_source({output.sink(), output.sink()->time_source()});
        output.sink()->attach({simulation, supplier, clock, ffmpeg::make_converter_factory(),
                               soundtouch::make_stretcher_factory()});
        static_cast<void>(clock->add_state_sink(
            output.sink(), [s = supplier](Task task) { s->post(std::move(task)); }));
    }
    ~Path() {
        supplier->call([](StreamSink& sink) { sink.shut_down(); });
        simulation->settle();
        simulation->end();
    }
    void set_rate(double to) {
        simulation->post([this, to] { static_cast<void>(clock->set_rate(to)); });
        simulation->settle();
    }
    void start() {
        supplier->call([](StreamSink& sink) { sink.preroll(media_zero); });
        REQUIRE(simulation->run_until([this] { return supplier->ready; }, simulation->now() + 10s));
        simulation->post([this] { static_cast<void>(clock->start(media_zero)); });
        simulation->settle();
    }
    // The left channel, and the time at which its first sample was heard.
    std::vector<float> left() const {
        std::vector<float> samples;
        const auto all = device->samples();
        for (std::size_t i = 0; i < all.size(); i += 2) samples.push_back(all[i]);
        return samples;
    }

    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<headless::CaptureAudioDevice> device;
    AudioOutput output;
    std::shared_ptr<Supplier> supplier;
    std::shared_ptr<PresentationClock> clock;
};

double tone(double t) { return 0.5 * std::sin(2.0 * pi * 1000.0 * t); }
// 100 ms of a tone at each full second.
double beeps(double t) {
    return t - std::floor(t) < 0.1 ? 0.5 * std::sin(2.0 * pi * 880.0 * t) : 0.0;
}

// Where in a 1 kHz tone the samples are, in samples.
double phase(const std::vector<float>& samples, std::size_t from, std::size_t frames) {
    double re = 0.0;
    double im = 0.0;
    const double w = 2.0 * pi * 1000.0 / rate;
    for (std::size_t i = from; i < from + frames; ++i) {
        re += static_cast<double>(samples[i]) * std::sin(w * static_cast<double>(i));
        im += static_cast<double>(samples[i]) * std::cos(w * static_cast<double>(i));
    }
    return std::atan2(im, re) / w;
}

} // namespace

TEST_CASE("a tone goes on through joins of a queue, resampled by libswresample",
          "[backends][audio][join]") {
    std::vector<Item> items;
    std::vector<std::int64_t> ends;
    MediaTime at = media_zero;
    const std::vector<std::pair<int, int>> formats{{44100, 2}, {48000, 2}, {44100, 1}, {44100, 2},
                                                   {32000, 1}, {48000, 1}, {96000, 2}, {44100, 2}};
    for (const auto& [hz, channels] : formats) {
        // One channel in the middle comes out 3 dB lower on each of two.
        const double level = channels == 1 ? std::numbers::sqrt2 : 1.0;
        items.push_back({at, 30011, hz, channels, [=](double t) { return level * tone(t); }});
        at = items.back().end();
        ends.push_back(duration_to_frames(at - media_zero, rate));
    }
    Path path(items);
    path.start();
    path.simulation->run_for(8s);
    CHECK(path.supplier->markers == static_cast<int>(formats.size()));
    CHECK(path.supplier->underruns == 0);
    CHECK(path.supplier->failures.empty());
    CHECK(path.output.frames_played() == static_cast<std::uint64_t>(ends.back()));

    const auto all = path.left();
    std::size_t first = 0;
    while (all[first] == 0.0F) ++first;
    // The tone's own first sample is 0; a resampler's may not be.
    const std::vector<float> heard(all.begin() + static_cast<std::ptrdiff_t>(first), all.end());
    REQUIRE(heard.size() >= static_cast<std::size_t>(ends.back()));
    for (std::size_t join = 0; join + 1 < ends.size(); ++join) {
        const auto seam = static_cast<std::size_t>(ends[join]);
        const double jump = phase(heard, seam + 48, 4800) - phase(heard, seam - 4848, 4800);
        INFO("join " << join << ": " << jump << " samples");
        CHECK(std::abs(jump) <= 0.55);
        float steepest = 0.0F;
        for (std::size_t i = seam - 100; i < seam + 100; ++i) {
            steepest = std::max(steepest, std::abs(heard[i + 1] - heard[i]));
        }
        // A tone of half amplitude climbs 0.0654 a sample at most; half a sample is the seam's own.
        CHECK(steepest <= 0.1F);
    }
}

TEST_CASE("a minute of stretched sound stays with its clock", "[backends][audio][rate]") {
    const double r = GENERATE(0.5, 1.5, 2.0);
    INFO("rate " << r);
    Path path({{media_zero, std::int64_t{rate} * 125, rate, 2, beeps}});
    path.set_rate(r);
    path.start();
    path.simulation->run_for(200ms);
    const HostTime then = path.simulation->now();
    const MediaTime from = *path.clock->time();
    path.simulation->run_for(60s);
    const auto passed = std::chrono::duration<double>(*path.clock->time() - from).count();
    CHECK(std::abs(passed - 60.0 * r) < 0.005);
    CHECK(path.supplier->underruns == 0);
    CHECK(path.supplier->failures.empty());

    // Each beep begins where the clock says that it does.
    const Timeline line = path.clock->timeline();
    const auto all = path.left();
    const HostTime heard = path.device->heard_at(0);
    std::vector<double> errors; // of each beep, in seconds of programme
    std::size_t silent = rate;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (std::abs(all[i]) < 0.05F) {
            ++silent;
            continue;
        }
        const HostTime onset = heard + frames_to_duration(static_cast<std::int64_t>(i), rate);
        if (silent > rate / 10 && onset < then + 60s) {
            const double t =
                std::chrono::duration<double>(line.media_at(onset) - media_zero).count();
            errors.push_back(t - std::round(t));
        }
        silent = 0;
    }
    REQUIRE(errors.size() >= 29);
    const auto mean = [&](std::size_t first, std::size_t last) {
        double sum = 0.0;
        for (std::size_t i = first; i < last; ++i) sum += errors[i];
        return sum / static_cast<double>(last - first);
    };
    // The method plays stretches of some 80 ms at their own speed, so a beep is heard up to that much
    // too early or too late; but that does not grow.
    const std::size_t third = errors.size() / 3;
    const double drift = mean(errors.size() - third, errors.size()) - mean(0, third);
    INFO("mean " << mean(0, errors.size()) * 1000 << " ms, drift " << drift * 1000 << " ms");
    CHECK(std::abs(drift) <= 0.005);
    for (const double error : errors) CHECK(std::abs(error) <= 0.060);
}

TEST_CASE("a tone keeps its pitch through changes of rate, without a click",
          "[backends][audio][rate]") {
    const double hz = GENERATE(1000.0, 777.0, 131.0);
    INFO(hz << " Hz");
    Path path({{media_zero, std::int64_t{rate} * 60, rate, 2,
                [hz](double t) { return 0.5 * std::sin(2.0 * pi * hz * t); }}});
    path.start();
    std::vector<std::size_t> settled;
    for (const double r : {1.0, 1.5, 0.5, 1.0, 2.0, 1.0, 0.77, 1.0, 3.1, 1.0}) {
        path.set_rate(r);
        path.simulation->run_for(2s);
        settled.push_back(path.left().size() - rate / 2);
    }
    CHECK(path.supplier->underruns == 0);
    const auto all = path.left();
    for (const std::size_t from : settled) {
        std::vector<double> rising; // where it crosses zero, in samples
        for (std::size_t i = from; i < from + rate / 2 - 1; ++i) {
            if (all[i] >= 0.0F || all[i + 1] < 0.0F) continue;
            rising.push_back(static_cast<double>(i) +
                             static_cast<double>(all[i] / (all[i] - all[i + 1])));
        }
        REQUIRE(rising.size() > 2);
        const double periods = static_cast<double>(rising.size() - 1);
        CHECK(periods * rate / (rising.back() - rising.front()) == Approx(hz).epsilon(0.005));
    }
    float steepest = 0.0F;
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        steepest = std::max(steepest, std::abs(all[i + 1] - all[i]));
    }
    CHECK(static_cast<double>(steepest) <= 1.3 * 0.5 * 2.0 * pi * hz / rate);
}
