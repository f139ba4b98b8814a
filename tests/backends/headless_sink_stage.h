// SinkStage: a sink that writes or hashes what it is given, with a stand-in for its pipeline, samples to
// give it and a folder for its files.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "playhead/headless/simulation.h"
#include "playhead/headless/sinks.h"
#include "playhead/headless/synthetic.h"
#include "support/catch.h"

namespace playhead::test {

using namespace std::chrono_literals;

// A folder of its own for a test's files, gone with it.
class SinkFolder {
public:
    SinkFolder() {
        static int made = 0;
        path_ = std::filesystem::path(PLAYHEAD_BINARY_DIR) /
                ("headless-" +
                 std::to_string(
                     std::hash<std::string>{}(Catch::getResultCapture().getCurrentTestName())) +
                 "-" + std::to_string(++made));
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
    }
    ~SinkFolder() { std::filesystem::remove_all(path_); }
    std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

inline std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class SinkPipeline final : public StreamSinkHost {
public:
    void request(int n) override { open += n; }
    void prerolled() override { said.emplace_back("prerolled"); }
    void started() override { said.emplace_back("started"); }
    void paused() override { said.emplace_back("paused"); }
    void stopped() override { said.emplace_back("stopped"); }
    void rate_set(Status) override {}
    void marker_reached(const Marker&, Status status) override {
        said.push_back("marker " + status.word());
    }
    void scrub_complete(std::optional<MediaTime> rendered) override {
        said.push_back(rendered ? "scrubbed " + std::to_string(rendered->time_since_epoch() / 1ms)
                                : "scrubbed none");
    }
    void failed(Status status) override { failures.push_back(std::move(status)); }
    void post(Task task) override { task(); }
    void dropped(int) override {}

    int open = 0;
    std::vector<std::string> said;
    std::vector<Status> failures;
};

struct SinkStage {
    explicit SinkStage(std::shared_ptr<StreamSink> s, std::shared_ptr<ConverterFactory> converters =
                                                          headless::synthetic_converters())
        : sink(std::move(s)) {
        sink->attach({simulation, pipeline, clock, std::move(converters)});
    }
    void play(const std::vector<Sample>& samples) {
        sink->preroll(media_zero);
        sink->on_start(simulation->now(), media_zero);
        give(samples);
        sink->place_marker({Marker::Kind::end_of_segment, {}, 1});
    }
    void give(const std::vector<Sample>& samples) {
        for (const Sample& sample : samples) {
            REQUIRE(pipeline->open > 0);
            --pipeline->open;
            sink->process(sample);
        }
    }

    std::shared_ptr<headless::Simulation> simulation = headless::Simulation::create();
    std::shared_ptr<SinkPipeline> pipeline = std::make_shared<SinkPipeline>();
    std::shared_ptr<PresentationClock> clock = std::make_shared<PresentationClock>(simulation);
    std::shared_ptr<StreamSink> sink;
};

inline std::vector<Sample> pictures(std::int64_t n, int width = 62, int height = 47) {
    headless::SyntheticOptions options;
    options.width = width;
    options.height = height;
    std::vector<Sample> all;
    for (std::int64_t i = 0; i < n; ++i) {
        VideoFrame frame;
        frame.picture = headless::numbered_picture(i, headless::synthetic_video_format(options));
        frame.pts = media_at(i * 40ms);
        frame.duration = 40ms;
        all.emplace_back(std::move(frame));
    }
    return all;
}

inline std::vector<Sample> blocks(std::int64_t n) {
    std::vector<Sample> all;
    for (std::int64_t i = 0; i < n; ++i) {
        AudioBlock block;
        block.buffer = headless::ramp_buffer(i * 1024, 1024, headless::synthetic_audio_format());
        block.frames = 1024;
        block.pts = media_zero + frames_to_duration(i * 1024, 48000);
        all.emplace_back(std::move(block));
    }
    return all;
}

} // namespace playhead::test
