#include "pipeline/pipeline.h"

#include <algorithm>
#include <utility>

namespace playhead {

namespace {

// design.md, lanes: a worker held longer than this after its item's epoch was raised is replaced.
constexpr Duration step_patience = std::chrono::milliseconds{50};

}  // namespace

struct Pipeline::Branch {
    BranchPlan plan;
    std::shared_ptr<PacketQueue> queue;
    std::shared_ptr<SinkPort> port;
    std::shared_ptr<DecodeStage> stage;
    std::shared_ptr<SinkPort> stuck_port;  // left behind inside a call of the sink
    bool dead = false;       // its sink is lost: the rest plays on
    bool acked = false;
    bool delivered = false;
    bool rendered = false;
};

// A reader and the branches it feeds.
struct Pipeline::Feed {
    std::shared_ptr<Source> source;
    std::vector<Branch*> branches;
};

Pipeline::Pipeline(std::shared_ptr<Executor> executor, std::shared_ptr<PresentationClock> clock,
                   SinkBackends backends, std::vector<BranchPlan> plans,
                   SessionId session)
    : executor_(std::move(executor)), clock_(std::move(clock)), backends_(std::move(backends)),
      session_(session) {
    for (auto& plan : plans) {
        auto branch = std::make_unique<Branch>();
        branch->plan = std::move(plan);
        branch->queue = std::make_shared<PacketQueue>(branch->plan.stream,
                                                      branch->plan.sink->traits().gating);
        auto feed = std::find_if(feeds_.begin(), feeds_.end(), [&](const Feed& f) {
            return f.source->handle() == branch->plan.source->handle();
        });
        if (feed == feeds_.end()) feed = feeds_.insert(feeds_.end(), Feed{branch->plan.source, {}});
        feed->branches.push_back(branch.get());
        branches_.push_back(std::move(branch));
    }
}

Pipeline::~Pipeline() = default;

void Pipeline::open(std::weak_ptr<PipelineListener> listener) {
    listener_ = std::move(listener);
    for (auto& branch : branches_) {
        branch->port = make_port(*branch);
        branch->stage = std::make_shared<DecodeStage>(
            executor_, branch->plan.recipe, std::move(branch->plan.decoder), branch->queue,
            branch->port, clock_, session_);
        connect(*branch);
    }
}

std::shared_ptr<SinkPort> Pipeline::make_port(Branch& branch) {
    auto port = std::make_shared<SinkPort>(executor_, branch.plan.sink, branch.plan.output_node,
                                           session_);
    port->raise(epoch_);
    port->attach(weak_from_this(), clock_, backends_);
    (void)clock_->add_state_sink(port->clock_sink(), port->notify());
    return port;
}

void Pipeline::connect(Branch& branch) {
    const auto weak = weak_from_this();
    Branch* const b = &branch;  // lives as long as the pipeline, which `weak` holds or misses
    branch.stage->connect({
        [weak, b](const LastSample& last) {
            auto self = weak.lock();
            if (!self || last.epoch != self->epoch_) return;
            b->delivered = true;
            self->check_ends();
        },
        [weak, b](Status status) {
            auto self = weak.lock();
            if (!self) return;
            if (auto l = self->listener_.lock()) l->on_damage(std::move(status), b->plan.stream);
        },
        [weak](Status status) {
            auto self = weak.lock();
            if (!self) return;
            if (auto l = self->listener_.lock()) l->on_pipeline_failed(std::move(status));
        },
    });
}

void Pipeline::release(std::function<void()> done) {
    listener_.reset();
    raise();
    for (auto& feed : feeds_) {
        if (feed.source->handle()->user != session_) continue;
        feed.source->handle()->user = 0;
        feed.source->handle()->stop([] {});
    }
    // Runs when the last task that holds it is through.
    std::shared_ptr<void> last(nullptr, [executor = executor_, done = std::move(done)](void*) {
        if (done) executor->post(done);
    });
    for (auto& branch : branches_) {
        (void)clock_->remove_state_sink(branch->port->clock_sink());
        if (branch->plan.keep_alive) {
            branch->port->leave_sink(last);
        } else {
            branch->port->shut_down_sink(last);
        }
    }
    feeds_.clear();
}

void Pipeline::raise() {
    ++epoch_;
    bool any_busy = false;
    for (auto& branch : branches_) {
        branch->queue->raise(epoch_, std::nullopt, branch->dead);
        branch->port->raise(epoch_);
        branch->delivered = branch->rendered = false;
        any_busy |= branch->stage->busy();
    }
    delivered_told_ = rendered_told_ = false;
    read_error_ = {};
    expected_.reset();
    if (!any_busy) return;
    executor_->at(executor_->now() + step_patience, [weak = weak_from_this(), epoch = epoch_] {
        auto self = weak.lock();
        if (!self) return;
        for (auto& branch : self->branches_) {
            if (!branch->stage->stuck_since(epoch)) continue;
            branch->stage->detach();
            auto fresh = std::make_shared<DecodeStage>(self->executor_, branch->plan.recipe, nullptr,
                                                       branch->queue, branch->port, self->clock_,
                                                       self->session_);
            const auto restart = branch->stage->last_restart();
            branch->stage = std::move(fresh);
            self->connect(*branch);
            if (restart && restart->epoch == self->epoch_) {
                branch->stage->restart(*restart);
            }
        }
    });
}

// What was left behind is made again, where it can be.
Status Pipeline::revive() {
    for (auto& branch : branches_) {
        if (!branch->stuck_port) continue;
        if (branch->stuck_port->busy()) {
            if (!branch->plan.sink_factory) {
                return {Errc::component_busy, "an output has not come back from its last call"};
            }
            auto sink = branch->plan.sink_factory->create();
            if (!sink) return sink.error();
            branch->plan.sink = std::move(*sink);
        }
        branch->stuck_port.reset();
        branch->port = make_port(*branch);
        branch->stage = std::make_shared<DecodeStage>(executor_, branch->plan.recipe, nullptr,
                                                      branch->queue, branch->port, clock_, session_);
        connect(*branch);
    }
    return {};
}

Status Pipeline::start_sources(MediaTime at) {
    if (auto status = revive(); !status.ok()) return status;
    for (auto& feed : feeds_) {
        auto& user = feed.source->handle()->user;
        if (user != 0 && user != session_) {
            return {Errc::component_busy, "the source is playing in another session"};
        }
        user = session_;
    }
    // A start at the very beginning leaves nothing out, whatever the first stamps are.
    const MediaTime target = at <= media_zero ? MediaTime::min() : at;
    for (auto& branch : branches_) {
        branch->queue->raise(epoch_, target, branch->dead);
        if (branch->dead) continue;
        DecodeOrder order;
        order.epoch = epoch_;
        order.target = target;
        branch->stage->restart(order);
    }
    sources_awaited_ = static_cast<int>(feeds_.size());
    sources_status_ = {};
    for (auto& feed : feeds_) {
        ReaderStart start;
        start.epoch = epoch_;
        start.at = std::max(at, media_zero);
        for (auto* branch : feed.branches) start.queues.push_back(branch->queue);
        const auto weak = weak_from_this();
        start.done = [weak, epoch = epoch_](Status status) {
            auto self = weak.lock();
            if (!self || epoch != self->epoch_) return;
            if (!status.ok()) self->sources_status_ = std::move(status);
            if (--self->sources_awaited_ > 0) return;
            if (auto l = self->listener_.lock()) l->on_sources_started(self->sources_status_);
        };
        start.failed = [weak, epoch = epoch_](Status status) {
            auto self = weak.lock();
            if (!self || epoch != self->epoch_) return;
            self->read_error_ = std::move(status);
            self->check_ends();
        };
        start.trouble = [weak](Status status) {
            auto self = weak.lock();
            if (!self) return;
            if (auto l = self->listener_.lock()) l->on_damage(std::move(status), -1);
        };
        feed.source->handle()->start(std::move(start));
    }
    return {};
}

void Pipeline::stop_sources() {
    sources_awaited_ = static_cast<int>(feeds_.size());
    for (auto& feed : feeds_) {
        feed.source->handle()->stop([weak = weak_from_this(), epoch = epoch_] {
            auto self = weak.lock();
            if (!self || epoch != self->epoch_ || --self->sources_awaited_ > 0) return;
            if (auto l = self->listener_.lock()) l->on_sources_stopped();
        });
    }
}

void Pipeline::preroll(MediaTime at) {
    expect(Ack::prerolled);
    for (auto& branch : branches_) {
        if (branch->dead) continue;
        branch->port->preroll(at);
        const auto traits = branch->plan.sink->traits();
        branch->acked = branch->plan.disable_preroll || !traits.can_preroll || !traits.gating;
    }
    check_acks();
}

void Pipeline::flush_sinks() {
    expect(Ack::flushed);
    for (auto& branch : branches_) {
        if (!branch->dead) branch->port->flush();
    }
    check_acks();
}

void Pipeline::expect(Ack ack) {
    expected_ = ack;
    for (auto& branch : branches_) branch->acked = branch->dead || branch->stuck_port;
}

void Pipeline::leave_stragglers() {
    for (auto& feed : feeds_) {
        if (sources_awaited_ > 0) feed.source->handle()->detach_if_silent();
    }
    for (auto& branch : branches_) {
        if (branch->dead || branch->acked || !branch->port->busy()) continue;
        if (!branch->port->detach()) continue;
        (void)clock_->remove_state_sink(branch->port->clock_sink());
        branch->stuck_port = branch->port;
        branch->stage->detach();
    }
    expected_.reset();
    sources_awaited_ = 0;
}

std::shared_ptr<ClockTimeSource> Pipeline::choose_time_source() const {
    for (auto& branch : branches_) {
        if (branch->dead) continue;
        const auto& sink = branch->plan.sink;
        if (auto* source = sink->time_source()) return {sink, source};
    }
    return std::make_shared<SystemClockSource>();
}

std::optional<MediaTime> Pipeline::shown_pts() const {
    for (auto& branch : branches_) {
        if (branch->plan.kind == StreamKind::video && !branch->dead) return branch->stage->first_pts();
    }
    return std::nullopt;
}

bool Pipeline::any_live() const {
    return std::any_of(branches_.begin(), branches_.end(), [](auto& b) { return !b->dead; });
}

void Pipeline::statistics(SessionStatistics& into) const {
    for (auto& branch : branches_) {
        const auto& counters = branch->stage->counters();
        const auto level = branch->queue->level();
        StreamStatistics s;
        s.stream = branch->plan.stream;
        s.kind = branch->plan.kind;
        s.packets = counters.packets.load();
        s.decoded = counters.decoded.load();
        s.before_start = counters.before_start.load();
        s.errors = counters.errors.load();
        s.decode_time = Duration{counters.decode_ns.load()};
        s.delivered = branch->port->delivered();
        s.late = branch->port->dropped_late();
        s.stale = branch->port->stale() + branch->queue->stale();
        s.samples = branch->port->samples();
        s.queued_packets = level.packets;
        s.queued_bytes = level.bytes;
        into.streams.push_back(s);
    }
}

Pipeline::Branch* Pipeline::find(const SinkPort& port) {
    for (auto& branch : branches_) {
        if (branch->port.get() == &port) return branch.get();
    }
    return nullptr;
}

void Pipeline::on_ack(SinkPort& port, Ack ack, Epoch epoch) {
    auto* branch = find(port);
    if (!branch || expected_ != ack) return;
    if ((ack == Ack::prerolled || ack == Ack::flushed) && epoch != epoch_) return;
    branch->acked = true;
    check_acks();
}

void Pipeline::check_acks() {
    if (!expected_) return;
    for (auto& branch : branches_) {
        if (!branch->acked && !branch->dead) return;
    }
    const auto ack = *std::exchange(expected_, std::nullopt);
    // Always from the lane's queue, so that whoever asked has returned first.
    executor_->post([weak = listener_, self = weak_from_this(), ack, epoch = epoch_] {
        auto alive = self.lock();
        auto listener = weak.lock();
        if (alive && listener && epoch == alive->epoch_) listener->on_acked(ack);
    });
}

void Pipeline::on_end_rendered(SinkPort& port, Epoch epoch) {
    auto* branch = find(port);
    if (!branch || epoch != epoch_) return;
    branch->rendered = branch->delivered = true;
    check_ends();
}

void Pipeline::check_ends() {
    bool delivered = true, rendered = true;
    for (auto& branch : branches_) {
        if (branch->dead) continue;
        delivered &= branch->delivered;
        rendered &= branch->rendered;
    }
    auto listener = listener_.lock();
    if (!listener) return;
    const bool broken = !read_error_.ok();
    if (delivered && !std::exchange(delivered_told_, true) && !broken) listener->on_all_delivered();
    if (!rendered || !delivered || std::exchange(rendered_told_, true)) return;
    if (broken) {
        listener->on_pipeline_failed(read_error_);
    } else {
        listener->on_all_rendered();
    }
}

void Pipeline::on_scrubbed(SinkPort& port, std::optional<MediaTime> shown, Epoch epoch) {
    static_cast<void>(port);
    static_cast<void>(shown);
    static_cast<void>(epoch);
}

// The sink is of no use any more: its stream is let go, the rest plays on without it.
void Pipeline::on_sink_failed(SinkPort& port, Status status) {
    auto* branch = find(port);
    if (!branch || branch->dead) return;
    branch->dead = true;
    branch->queue->raise(epoch_, std::nullopt, true);
    (void)clock_->remove_state_sink(branch->port->clock_sink());
    branch->port->shut_down_sink(nullptr);
    if (auto l = listener_.lock()) l->on_sink_lost(std::move(status), port.node());
    check_acks();
    check_ends();
}

}  // namespace playhead
