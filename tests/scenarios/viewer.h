// Viewer: looks at a video output as a window would that is never late, and remembers what it saw.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "playhead/backend/executor.h"
#include "playhead/video_output.h"

namespace playhead::test {

// Pulls like a window that is never late: woken by changes, then at each time it was told.
class Viewer : public std::enable_shared_from_this<Viewer> {
public:
    struct Shown {
        MediaTime pts{};
        std::optional<Duration> duration;
        MediaTime clock{};
        HostTime when{};
    };
    Viewer(std::shared_ptr<Executor> executor, VideoOutput& video)
        : executor_(std::move(executor)),
          video_(video) {}
    void watch() {
        video_.on_change([weak = weak_from_this()] {
            if (auto self = weak.lock()) self->ask(self->executor_->now());
        });
    }
    std::vector<Shown> shown;

private:
    void ask(HostTime when) {
        executor_->cancel(timer_);
        timer_ = executor_->at(when, [weak = weak_from_this()] {
            if (auto self = weak.lock()) self->look();
        });
    }
    void look() {
        const auto now = executor_->now();
        const auto due = video_.frame_due(now);
        if (due.is_new && due.frame) {
            shown.push_back({due.frame->pts, due.frame->duration, due.clock_position, now});
            video_.presented(*due.frame, now);
        }
        if (due.ask_again) ask(*due.ask_again);
    }
    const std::shared_ptr<Executor> executor_;
    VideoOutput& video_;
    TimerId timer_ = 0;
};

} // namespace playhead::test
