#include "show.h"

#include <algorithm>

namespace playhead::bench {
namespace {

class Nowhere final : public Show {
public:
    Nowhere(std::shared_ptr<Executor> executor, VideoOutput& video)
        : executor_(std::move(executor)),
          video_(video),
          bell_(executor_->make_signal()) {
        video_.on_change([bell = bell_] { bell->set(); });
    }
    ~Nowhere() override { video_.on_change({}); }

    void turn(HostTime until, const Shown& shown) override {
        const HostTime now = executor_->now();
        const DueFrame answer = video_.frame_due(now);
        if (answer.is_new && answer.frame) {
            video_.presented(*answer.frame, now);
            shown(*answer.frame, now);
            return;
        }
        bell_->wait(answer.ask_again ? std::min(*answer.ask_again, until) : until);
    }

    std::function<void()> wake() override {
        return [bell = bell_] { bell->set(); };
    }

private:
    const std::shared_ptr<Executor> executor_;
    VideoOutput& video_;
    const std::shared_ptr<Signal> bell_;
};

} // namespace

std::unique_ptr<Show> show_nowhere(std::shared_ptr<Executor> executor, VideoOutput& video) {
    return std::make_unique<Nowhere>(std::move(executor), video);
}

} // namespace playhead::bench
