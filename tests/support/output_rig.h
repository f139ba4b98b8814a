// OutputRig: a sink, its strand and a clock in a simulation, with a stand-in for the pipeline that
// answers each request with the next sample.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "playhead/backend/stream_sink.h"
#include "playhead/backend/work_strand.h"
#include "playhead/headless/simulation.h"
#include "playhead/headless/synthetic.h"

namespace playhead::test {

using namespace std::chrono_literals;

// The pipeline's side. Threads: the simulation's, one at a time.
class StandInPipeline final : public StreamSinkHost,
                              public std::enable_shared_from_this<StandInPipeline> {
public:
    StandInPipeline(std::shared_ptr<headless::Simulation> simulation,
                    std::shared_ptr<StreamSink> sink)
        : simulation_(std::move(simulation)),
          sink_(std::move(sink)),
          strand_(simulation_, 1) {}

    // Gives the next sample; nothing = the end.
    std::function<std::optional<Sample>()> supply;
    bool serving = true;
    int open = 0; // requests not answered
    int most_open = 0;
    int delivered = 0;
    int late = 0;
    std::vector<Duration> differences;
    bool ended = false;
    std::vector<std::string> said;
    std::vector<Status> failures;

    // Has the sink said this since forget()?
    bool has(const std::string& word) const;
    int count(const std::string& word) const;
    void forget() { said.clear(); }

    void call(std::function<void(StreamSink&)> what);
    // Answers what is open.
    void serve();
    // From here on: what was delivered before does not count as the end.
    void reopen(std::function<std::optional<Sample>()> from);

    void request(int n) override;
    void prerolled() override { said.emplace_back("prerolled"); }
    void started() override { said.emplace_back("started"); }
    void paused() override { said.emplace_back("paused"); }
    void stopped() override { said.emplace_back("stopped"); }
    void rate_set(Status status) override { said.push_back("rate " + status.word()); }
    void marker_reached(const Marker& marker, Status status) override;
    void scrub_complete(std::optional<MediaTime> rendered) override;
    void failed(Status status) override { failures.push_back(std::move(status)); }
    void post(Task task) override { strand_.post(std::move(task)); }
    void dropped(int samples) override;
    void underran(int times) override;
    void presented(Duration difference) override { differences.push_back(difference); }

    HostTime marker_at{}; // when the last marker was reached

private:
    const std::shared_ptr<headless::Simulation> simulation_;
    const std::shared_ptr<StreamSink> sink_;
    WorkStrand strand_;
};

class OutputRig {
public:
    explicit OutputRig(std::shared_ptr<headless::Simulation> simulation,
                       std::shared_ptr<StreamSink> sink, bool drives_clock);
    ~OutputRig();

    HostTime now() const { return simulation->now(); }
    MediaTime position() const { return *clock->time(); }
    bool run(Duration length) { return simulation->run_for(length); }

    // The session's ways. `from` supplies what the pipeline gives from then on.
    void preroll(MediaTime t, std::function<std::optional<Sample>()> from);
    void start(MediaTime t);
    void play(MediaTime t, std::function<std::optional<Sample>()> from); // both, waiting between
    void seek(MediaTime t, std::function<std::optional<Sample>()> from);
    void cue(MediaTime t, std::function<std::optional<Sample>()> from);
    void pause();
    void resume();
    void stop();

    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<StreamSink> sink;
    std::shared_ptr<StandInPipeline> pipeline;
    std::shared_ptr<PresentationClock> clock;
};

// Blocks of the ramp: `frames` each, from `from` until `end` (frames of the programme).
std::function<std::optional<Sample>()> ramp_blocks(std::int64_t from, std::int64_t end,
                                                   std::int64_t frames = 1024, int rate_hz = 48000);
// Numbered pictures at `fps` from number `from` until `end`.
std::function<std::optional<Sample>()> numbered_pictures(std::int64_t from, std::int64_t end,
                                                         int fps = 25, bool durations = true);

} // namespace playhead::test
