// The part of Pipeline that changes what feeds a branch. While the rest plays the new stream gets a
// reader of its own; from the next start on the streams of one source are read by one reader again.
#include <algorithm>
#include <utility>

#include "pipeline/pipeline_parts.h"

namespace playhead {

std::shared_ptr<StreamSink> Pipeline::sink_of(int node) const {
    for (auto& branch : branches_) {
        if (branch->plan.output_node == node) return branch->plan.sink;
    }
    return nullptr;
}

Pipeline::Branch* Pipeline::find_output(int node) {
    for (auto& branch : branches_) {
        if (branch->plan.output_node == node) return branch.get();
    }
    return nullptr;
}

// One feed for each source, and every stream in it that goes somewhere.
void Pipeline::group_feeds() {
    const auto before = std::exchange(feeds_, {});
    for (auto* trunk : trunks()) {
        if (trunk->dead()) continue;
        const auto& handle = trunk->plan().source->handle();
        auto feed = std::find_if(feeds_.begin(), feeds_.end(),
                                 [&](const auto& f) { return f->handle == handle; });
        if (feed == feeds_.end()) {
            feed = feeds_.insert(feeds_.end(), std::make_shared<Feed>());
            (*feed)->handle = handle;
        }
        (*feed)->trunks.push_back(trunk);
    }
    for (auto& feed : before) {
        const bool kept = std::any_of(feeds_.begin(), feeds_.end(),
                                      [&](const auto& f) { return f->handle == feed->handle; });
        if (!kept) let_go(*feed->handle);
    }
}

// Nobody reads from it any more.
void Pipeline::let_go(ReaderHandle& handle) {
    handle.stop([] {});
    for (auto& branch : branches_) {
        if (!branch->off && branch->plan.source->handle().get() == &handle) return; // still ours
    }
    if (handle.user != session_ || handle.owner != this) return;
    handle.user = 0;
    handle.owner = nullptr;
}

// Takes the stream out of its feed, whose reader stops if it reads nothing else.
void Pipeline::unfeed(Trunk& trunk) {
    for (auto& feed : feeds_) std::erase(feed->trunks, &trunk);
    const auto empty = std::stable_partition(feeds_.begin(), feeds_.end(),
                                             [](const auto& f) { return !f->trunks.empty(); });
    const std::vector<std::shared_ptr<Feed>> left(empty, feeds_.end());
    feeds_.erase(empty, feeds_.end());
    for (auto& feed : left) let_go(*feed->handle);
}

void Pipeline::check_read() {
    for (auto& feed : feeds_) {
        if (feed->reading && is_awaited(*feed)) return;
    }
    if (auto l = listener_.lock()) l->on_sources_read(*this);
}

DecodeOrder Pipeline::order_of(const BranchPlan& plan, Duration own) const {
    const MediaTime begin = media_zero + plan.media_start;
    const bool reverse = wanted_.direction == Direction::reverse;
    DecodeOrder order;
    order.epoch = epoch_;
    order.target = begin + std::max(own, Duration{});
    order.stop = plan.media_stop;
    if (reverse) {
        order.stop = begin;
    } else if (own <= Duration{} && plan.media_start == Duration{}) {
        // The very beginning leaves nothing out, whatever the first stamps are.
        order.target = MediaTime::min();
    }
    order.shift = offset_ - plan.media_start;
    order.direction = wanted_.direction;
    order.thinning = plan.kind == StreamKind::video ? wanted_.thinning : Thinning::none;
    return order;
}

// What every start of a reader has in common, whatever it reads for.
ReaderStart Pipeline::reader_start(const std::shared_ptr<Feed>& feed, const BranchPlan& plan,
                                   Duration own) const {
    ReaderStart start;
    start.at = media_zero + plan.media_start + std::max(own, Duration{});
    start.direction = wanted_.direction;
    start.thinning = wanted_.thinning;
    start.stop = plan.media_stop;
    if (wanted_.direction == Direction::reverse) start.stop = media_zero + plan.media_start;
    const auto weak = std::const_pointer_cast<Pipeline>(shared_from_this());
    const std::weak_ptr<Pipeline> self = weak;
    const std::weak_ptr<Feed> of = feed;
    start.failed = [self, of, epoch = epoch_, stream = plan.stream](Status status) {
        auto alive = self.lock();
        const auto from = of.lock();
        if (!alive || !from || epoch != alive->epoch_) return;
        if (!alive->is_awaited(*from)) return alive->tell_damage(std::move(status), stream);
        alive->read_error_ = std::move(status);
        alive->check_ends();
    };
    start.trouble = [self](Status status) {
        if (auto alive = self.lock()) alive->tell_damage(std::move(status), -1);
    };
    start.news = news_from(feed, plan.source_node);
    start.finished = [self, of, epoch = epoch_] {
        auto alive = self.lock();
        auto done = of.lock();
        if (!alive || !done || epoch != alive->epoch_) return;
        done->reading = false;
        alive->check_read();
    };
    return start;
}

Duration Pipeline::own_time() const {
    return clock_->time().value_or(media_zero) - media_zero - offset_;
}

Status Pipeline::begin_switch(BranchPlan plan) {
    const auto& handle = plan.source->handle();
    const bool in_use = (handle->user == session_ && handle->owner != this) ||
                        std::any_of(branches_.begin(), branches_.end(), [&](const auto& branch) {
                            return !branch->off && branch->plan.source->handle() == handle;
                        });
    if (in_use && handle->request().io) {
        return {Errc::component_busy,
                "an application's own I/O is not read by two at once: stop first"};
    }
    if (handle->user != 0 && handle->user != session_) {
        return {Errc::component_busy, "the source is playing in another session"};
    }
    switching_ = std::make_unique<Switching>();
    auto& made = *switching_;
    made.epoch = ++*epochs_;
    made.feed = std::make_shared<Feed>();
    made.feed->handle = in_use ? handle->again() : handle;
    made.feed->handle->user = session_;
    made.feed->handle->owner = this;
    made.feed->reading = true;
    made.queue = std::make_shared<PacketQueue>(plan.stream, plan.sink->traits().gating);
    const Duration own = own_time();
    made.queue->raise(made.epoch, order_of(plan, own).target);
    auto start = reader_start(made.feed, plan, own);
    start.epoch = made.epoch;
    start.queues.push_back(made.queue);
    start.done = [weak = weak_from_this(), epoch = made.epoch](Status status) {
        auto self = weak.lock();
        if (!self || !self->switching_ || self->switching_->epoch != epoch) return;
        if (auto l = self->listener_.lock()) l->on_switch_ready(*self, std::move(status));
    };
    made.plan = std::move(plan);
    made.feed->handle->start(std::move(start));
    return {};
}

void Pipeline::abandon_switch() {
    const auto gone = std::exchange(switching_, nullptr);
    if (gone) let_go(*gone->feed->handle);
}

// Another stream is to reach its output. The one that it leaves goes on for other outputs; else it has
// ended and is returned, to be taken out of its feed.
std::shared_ptr<Pipeline::Trunk> Pipeline::leave_trunk(Branch& branch) {
    auto trunk = branch.trunk;
    trunk->stage->drop_port(branch.plan.output_node);
    std::erase(trunk->outputs, &branch);
    if (!trunk->dead()) return nullptr;
    trunk->queue->raise(trunk->epoch, std::nullopt, true); // its reader may go on for others
    return trunk;
}

// The branch of that plan with a queue and a decoder for the new stream; its port is as it was.
Pipeline::Branch& Pipeline::replace_stream(BranchPlan plan, std::shared_ptr<PacketQueue> queue,
                                           Epoch epoch) {
    auto* branch = find_output(plan.output_node);
    std::shared_ptr<Trunk> left;
    if (!branch) {
        branches_.push_back(std::make_unique<Branch>());
        branch = branches_.back().get();
    } else {
        left = leave_trunk(*branch);
    }
    branch->plan = std::move(plan);
    branch->trunk = std::make_shared<Trunk>();
    if (left) unfeed(*left);
    branch->dead = branch->off = false;
    branch->acked = branch->acked || !branch->port; // it was asked nothing so far
    branch->type = {};
    auto& trunk = *branch->trunk;
    trunk.recipe = branch->plan.recipe;
    trunk.outputs.push_back(branch);
    trunk.queue = std::move(queue);
    trunk.epoch = epoch;
    watch_quality(trunk);
    make_stage(trunk, std::move(branch->plan.decoder), nullptr);
    return *branch;
}

void Pipeline::commit_switch() {
    const auto made = std::exchange(switching_, nullptr);
    auto* before = find_output(made->plan.output_node);
    const bool revived = before && (before->dead || before->stuck_port);
    if (revived) {
        before->port.reset();
        before->stuck_port.reset();
    }
    auto& branch = replace_stream(std::move(made->plan), made->queue, made->epoch);
    auto& trunk = *branch.trunk;
    made->feed->trunks.push_back(&trunk);
    feeds_.push_back(made->feed);
    watch_buffers(*made->feed);
    const MediaTime now = clock_->time().value_or(media_zero);
    trunk.order = order_of(branch.plan, own_time());
    trunk.order->epoch = trunk.epoch;
    if (branch.port) {
        branch.port->raise(trunk.epoch);
        branch.port->change_over(now);
    } else {
        // It has played nothing so far, and joins the clock where that is.
        const auto& sink = branch.plan.sink;
        branch.port = std::make_shared<SinkPort>(executor_, sink, branch.plan.output_node,
                                                 strands_->of(sink, executor_, session_));
        branch.port->raise(trunk.epoch);
        branch.port->attach(weak_from_this(), clock_, backends_);
        branch.port->preroll(now);
        (void)clock_->add_state_sink(branch.port->clock_sink(), branch.port->notify());
        give_ports(trunk, trunk.order->shift);
    }
    trunk.stage->restart(*trunk.order);
    branch.portless = branch.rendered = branch.scrubbing = false;
    delivered_told_ = rendered_told_ = false;
    if (std::dynamic_pointer_cast<IntakeClock>(clock_->time_source())) renew_time_source();
    if (!made->feed->reading) check_read();
}

void Pipeline::postpone_switch() {
    auto plan = std::move(switching_->plan);
    abandon_switch();
    change_stream(std::move(plan));
}

void Pipeline::change_stream(BranchPlan plan) {
    auto* before = find_output(plan.output_node);
    // Also one that has been changed before, and has had no start since.
    const bool fresh = !before || before->dead || before->portless;
    if (before && fresh) {
        before->port.reset();
        before->stuck_port.reset();
    }
    auto queue = std::make_shared<PacketQueue>(plan.stream, plan.sink->traits().gating);
    queue->raise(epoch_, std::nullopt);
    auto& branch =
        replace_stream(std::move(plan), std::move(queue), fresh ? epoch_ : before->trunk->epoch);
    branch.portless = fresh && !branch.lent;
    // What is at the outputs is all that there is until the next start.
    if (fresh) branch.trunk->delivered = branch.rendered = true;
}

void Pipeline::switch_off(int node) {
    auto* branch = find_output(node);
    if (!branch || branch->off) return;
    const bool lost = branch->dead;
    branch->off = branch->dead = true;
    leave_out(*branch);
    if (branch->trunk->dead()) {
        unfeed(*branch->trunk);
        branch->trunk->stage->take_ports({}, {});
    }
    branch->portless = branch->scrubbing = false;
    if (const auto port = std::exchange(branch->port, nullptr); port && !lost) {
        (void)clock_->remove_state_sink(port->clock_sink());
        renew_time_source();
        if (branch->plan.keep_alive) {
            port->flush();
            port->leave_sink(nullptr);
        } else {
            port->shut_down_sink(nullptr);
        }
    }
    check_acks();
    check_ends();
}

// Outputs that were added while nothing played, or what played was at the outputs already.
void Pipeline::make_missing_ports() {
    for (auto& branch : branches_) {
        if (!std::exchange(branch->portless, false) || branch->dead || branch->port) continue;
        branch->port = make_port(*branch);
        give_ports(*branch->trunk, {});
    }
}

} // namespace playhead
