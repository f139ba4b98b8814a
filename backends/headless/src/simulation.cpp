#include "playhead/headless/simulation.h"

#include <utility>

#include "simulation_core.h"

namespace playhead::headless {

using Until = Simulation::Core::Drive::Until;

const char* to_string(TraceStep::Lane lane) {
    switch (lane) {
    case Lane::control: return "control";
    case Lane::timer: return "timer";
    case Lane::work: return "work";
    case Lane::events: return "events";
    case Lane::blocking: return "blocking";
    }
    return "?";
}

std::shared_ptr<Simulation> Simulation::create(SimulationOptions options) {
    return std::shared_ptr<Simulation>(new Simulation(std::move(options)));
}

Simulation::Simulation(SimulationOptions options)
    : core_(std::make_shared<Core>(std::move(options))) {}

Simulation::~Simulation() { core_->end(); }

bool Simulation::settle() { return core_->drive({.until = Until::settled}); }

bool Simulation::run_until_idle() { return core_->drive({.until = Until::idle}); }

bool Simulation::run_until(HostTime time) {
    return core_->drive({.until = Until::time, .deadline = time});
}

bool Simulation::run_for(Duration length) { return run_until(now() + length); }

bool Simulation::run_until(const std::function<bool()>& condition,
                           std::optional<HostTime> deadline) {
    return core_->drive({.until = Until::condition, .deadline = deadline, .condition = &condition});
}

bool Simulation::virtual_sleep(Duration length) { return core_->sleep(length); }

void Simulation::end() { core_->end(); }

std::string Simulation::describe() const { return core_->describe(); }
std::uint64_t Simulation::steps() const { return core_->steps(); }
std::uint64_t Simulation::trace_hash() const { return core_->trace_hash(); }
std::uint64_t Simulation::context_switches() const { return core_->context_switches(); }

HostTime Simulation::now() const noexcept { return core_->now(); }

void Simulation::post(Task task) { core_->post_control(std::move(task)); }

bool Simulation::on_control_lane() const noexcept { return core_->on_control_lane(); }

TimerId Simulation::at(HostTime due, Task task) { return core_->at(due, std::move(task)); }

void Simulation::cancel(TimerId id) { core_->cancel(id); }

WorkId Simulation::post_work(WorkOptions options, Task task) {
    return core_->post_work(options, std::move(task));
}

bool Simulation::write_off(WorkId id) { return core_->write_off(id); }

WorkId Simulation::start_blocking(std::string name, Task task) {
    return core_->start_blocking(std::move(name), std::move(task));
}

void Simulation::abandon(WorkId id) { core_->abandon(id); }

TaskQueue& Simulation::events() { return *core_; }

std::unique_ptr<Signal> Simulation::make_signal() { return core_->make_signal(); }

ExecutorStatistics Simulation::statistics() const { return core_->statistics(); }

} // namespace playhead::headless
