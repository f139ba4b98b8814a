#include "support/output_rig.h"

#include <algorithm>

namespace playhead::test {

bool StandInPipeline::has(const std::string& word) const { return count(word) > 0; }

int StandInPipeline::count(const std::string& word) const {
    return static_cast<int>(std::count(said.begin(), said.end(), word));
}

void StandInPipeline::call(std::function<void(StreamSink&)> what) {
    strand_.post([self = shared_from_this(), what = std::move(what)] { what(*self->sink_); });
}

void StandInPipeline::request(int n) {
    open += n;
    most_open = std::max(most_open, open);
    serve();
}

void StandInPipeline::serve() {
    while (serving && open > 0 && !ended && supply) {
        std::optional<Sample> sample = supply();
        if (!sample) {
            ended = true;
            call([](StreamSink& sink) {
                sink.place_marker({Marker::Kind::end_of_segment, {}, 7});
            });
            return;
        }
        --open;
        ++delivered;
        strand_.post([self = shared_from_this(), sample = std::move(*sample)]() mutable {
            self->sink_->process(std::move(sample));
        });
    }
}

void StandInPipeline::reopen(std::function<std::optional<Sample>()> from) {
    supply = std::move(from);
    ended = false;
}

void StandInPipeline::marker_reached(const Marker& marker, Status status) {
    said.push_back("marker " + std::to_string(marker.context) + " " + status.word());
    marker_at = simulation_->now();
}

void StandInPipeline::scrub_complete(std::optional<MediaTime> rendered) {
    said.push_back(rendered ? "scrubbed " + std::to_string(rendered->time_since_epoch() / 1ms)
                            : "scrubbed none");
}

void StandInPipeline::dropped(int samples) {
    late += samples;
    said.emplace_back("dropped");
}

void StandInPipeline::underran(int times) {
    for (; times > 0; --times) said.emplace_back("underrun");
}

OutputRig::OutputRig(std::shared_ptr<headless::Simulation> s, std::shared_ptr<StreamSink> k,
                     bool drives_clock)
    : simulation(std::move(s)),
      sink(std::move(k)),
      pipeline(std::make_shared<StandInPipeline>(simulation, sink)),
      clock(std::make_shared<PresentationClock>(simulation)) {
    if (drives_clock) {
        clock->set_time_source({sink, sink->time_source()});
    } else {
        clock->set_time_source(std::make_shared<SystemClockSource>());
    }
    sink->attach({simulation, pipeline, clock, headless::synthetic_converters()});
    static_cast<void>(
        clock->add_state_sink(sink, [p = pipeline](Task task) { p->post(std::move(task)); }));
}

OutputRig::~OutputRig() {
    if (!simulation->settle()) return; // another rig of the same simulation has ended it
    pipeline->call([](StreamSink& k) { k.shut_down(); });
    simulation->settle();
    pipeline->supply = nullptr;
    simulation->end();
}

void OutputRig::preroll(MediaTime t, std::function<std::optional<Sample>()> from) {
    pipeline->call([this, t, from = std::move(from)](StreamSink& k) {
        pipeline->reopen(from);
        k.preroll(t);
        pipeline->serve();
    });
}

void OutputRig::start(MediaTime t) {
    simulation->post([this, t] { static_cast<void>(clock->start(t)); });
    simulation->settle();
}

void OutputRig::play(MediaTime t, std::function<std::optional<Sample>()> from) {
    pipeline->forget();
    preroll(t, std::move(from));
    simulation->run_until([this] { return pipeline->has("prerolled"); }, now() + 10s);
    start(t);
}

void OutputRig::seek(MediaTime t, std::function<std::optional<Sample>()> from) {
    simulation->post([this, t] { static_cast<void>(clock->hold(t)); });
    pipeline->call([this](StreamSink& k) {
        pipeline->serving = false;
        k.flush();
        pipeline->serving = true;
    });
    play(t, std::move(from));
}

void OutputRig::cue(MediaTime t, std::function<std::optional<Sample>()> from) {
    simulation->post([this, t] { static_cast<void>(clock->hold(t)); });
    pipeline->call([](StreamSink& k) { k.flush(); });
    pipeline->forget();
    preroll(t, std::move(from));
    simulation->run_until([this] { return pipeline->has("prerolled"); }, now() + 10s);
    simulation->post([this, t] { static_cast<void>(clock->cue(t)); });
    simulation->settle();
}

void OutputRig::pause() {
    simulation->post([this] { static_cast<void>(clock->pause()); });
    simulation->settle();
}

void OutputRig::resume() {
    simulation->post([this] { static_cast<void>(clock->start_current()); });
    simulation->settle();
}

void OutputRig::stop() {
    simulation->post([this] { static_cast<void>(clock->stop()); });
    simulation->settle();
    pipeline->call([](StreamSink& k) { k.flush(); });
    simulation->settle();
}

std::function<std::optional<Sample>()> ramp_blocks(std::int64_t from, std::int64_t end,
                                                   std::int64_t frames, int rate_hz) {
    headless::SyntheticOptions options;
    options.rate_hz = rate_hz;
    return [at = from, end, frames,
            format = headless::synthetic_audio_format(options)]() mutable -> std::optional<Sample> {
        const std::int64_t n = std::min(frames, end - at);
        if (n <= 0) return std::nullopt;
        AudioBlock block;
        block.buffer = headless::ramp_buffer(at, n, format);
        block.frames = n;
        block.pts = media_zero + frames_to_duration(at, format.rate_hz);
        at += n;
        return Sample{std::move(block)};
    };
}

std::function<std::optional<Sample>()> numbered_pictures(std::int64_t from, std::int64_t end,
                                                         int fps, bool durations) {
    headless::SyntheticOptions options;
    options.frame_rate = {fps, 1};
    return [at = from, end, durations,
            format = headless::synthetic_video_format(options)]() mutable -> std::optional<Sample> {
        if (at >= end) return std::nullopt;
        VideoFrame frame;
        const TimeBase base{1, format.frame_rate.num};
        frame.picture = headless::numbered_picture(at, format);
        frame.pts = media_zero + rescale(at, base);
        if (durations) frame.duration = rescale(1, base);
        ++at;
        return Sample{std::move(frame)};
    };
}

} // namespace playhead::test
