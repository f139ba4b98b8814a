#include "playhead/lanes.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "schedule/crew.h"
#include "schedule/lane_signal.h"
#include "schedule/serial_lane.h"
#include "schedule/worker_pool.h"

namespace playhead {
namespace {

using schedule::Crew;
using schedule::LaneSignal;
using schedule::SerialLane;
using schedule::SignalBook;
using schedule::ThreadPriority;
using schedule::WorkerPool;

constexpr Duration end_bound = std::chrono::milliseconds(100);

int width_of(const LanesOptions& options) {
    if (options.workers > 0) {
        return options.workers;
    }
    return std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
}

// A handle: each lane is held by its own threads, so this may be destroyed on any of them.
class Lanes final : public Executor {
public:
    explicit Lanes(const LanesOptions& options)
        : crew_(std::make_shared<Crew>()),
          signals_(std::make_shared<SignalBook>()),
          control_(std::make_shared<SerialLane>(
              crew_, Crew::Role{.name = options.control_name, .priority = ThreadPriority::timely})),
          work_(std::make_shared<WorkerPool>(crew_, options.worker_name, width_of(options))),
          events_(std::make_shared<SerialLane>(crew_, Crew::Role{.name = options.events_name})) {}

    Lanes(const Lanes&) = delete;
    Lanes& operator=(const Lanes&) = delete;

    ~Lanes() override {
        control_->end();
        work_->end();
        events_->end();
        signals_->end();
        crew_->end(end_bound);
    }

    bool start() { return control_->start() && work_->start(); }

    HostTime now() const noexcept override { return std::chrono::steady_clock::now(); }

    void post(Task task) override { control_->post(std::move(task)); }
    bool on_control_lane() const noexcept override { return control_->here(); }
    TimerId at(HostTime due, Task task) override { return control_->at(due, std::move(task)); }
    void cancel(TimerId id) override { control_->cancel(id); }

    WorkId post_work(WorkOptions options, Task task) override {
        return work_->post(options, std::move(task));
    }
    bool write_off(WorkId id) override { return work_->write_off(id); }

    WorkId start_blocking(std::string name, Task task) override {
        const schedule::ThreadId id = crew_->reserve();
        const bool started =
            crew_->start(id, {.name = std::move(name), .blocking = true}, std::move(task));
        return started ? id : 0;
    }
    void abandon(WorkId id) override { crew_->make_orphan(id); }

    TaskQueue& events() override { return *events_; }

    std::unique_ptr<Signal> make_signal() override {
        return std::make_unique<LaneSignal>(signals_, control_);
    }

    ExecutorStatistics statistics() const override {
        const Crew::Count count = crew_->count();
        return {.threads = count.threads,
                .workers = work_->width(),
                .blocking = count.blocking,
                .orphans = count.orphans,
                .control_tasks = control_->tasks(),
                .work_items = work_->items()};
    }

    bool simulated() const noexcept override { return false; }

private:
    const std::shared_ptr<Crew> crew_;
    const std::shared_ptr<SignalBook> signals_;
    const std::shared_ptr<SerialLane> control_;
    const std::shared_ptr<WorkerPool> work_;
    const std::shared_ptr<SerialLane> events_;
};

} // namespace

std::shared_ptr<Executor> make_lanes(LanesOptions options) {
    auto lanes = std::make_shared<Lanes>(options);
    if (!lanes->start()) {
        return nullptr;
    }
    return lanes;
}

} // namespace playhead
