#include "pipeline/pipeline_parts.h"

#include <algorithm>
#include <utility>

#include "media/sample_type.h"

namespace playhead {

namespace {

// design.md, lanes: a worker held longer than this after its item's epoch was raised is replaced.
constexpr Duration step_patience = std::chrono::milliseconds{50};

} // namespace

Pipeline::Pipeline(std::shared_ptr<Executor> executor, std::shared_ptr<PresentationClock> clock,
                   SinkBackends backends, std::vector<BranchPlan> plans, SessionId session,
                   EpochCounter epochs, std::shared_ptr<SinkStrands> strands)
    : executor_(std::move(executor)),
      clock_(std::move(clock)),
      backends_(std::move(backends)),
      session_(session),
      epochs_(std::move(epochs)),
      strands_(std::move(strands)),
      epoch_(*epochs_) {
    for (auto& plan : plans) {
        auto branch = std::make_unique<Branch>();
        branch->plan = std::move(plan);
        for (auto& other : branches_) {
            if (branch->plan.tee && other->plan.tee == branch->plan.tee)
                branch->trunk = other->trunk;
        }
        if (!branch->trunk) {
            branch->trunk = std::make_shared<Trunk>();
            branch->trunk->recipe = branch->plan.recipe;
            branch->trunk->tee = branch->plan.tee;
            branch->trunk->epoch = epoch_;
        }
        branch->trunk->outputs.push_back(branch.get());
        branches_.push_back(std::move(branch));
    }
    for (auto* trunk : trunks()) {
        const bool gates = trunk->any([](auto* b) { return b->plan.sink->traits().gating; });
        trunk->queue = std::make_shared<PacketQueue>(trunk->plan().stream, gates);
    }
    group_feeds();
}

Pipeline::~Pipeline() = default;

void Pipeline::prepare(std::weak_ptr<PipelineListener> listener) {
    listener_ = std::move(listener);
    if (!buffers_) {
        buffers_ = std::make_shared<BufferWatch>(executor_, [weak = weak_from_this()](bool begins) {
            auto self = weak.lock();
            if (!self) return;
            if (auto l = self->listener_.lock())
                l->on_source_news(*self, -1, SourceBuffers{begins});
        });
    }
    for (auto* trunk : trunks()) {
        if (trunk->stage) continue;
        watch_quality(*trunk);
        auto& first = trunk->outputs.front()->plan;
        make_stage(*trunk, std::move(first.decoder),
                   trunk->tee ? std::move(trunk->tee->outlet) : nullptr);
    }
}

// In the order of their outputs, each once.
std::vector<Pipeline::Trunk*> Pipeline::trunks() const {
    std::vector<Trunk*> found;
    for (auto& branch : branches_) {
        auto* trunk = branch->trunk.get();
        if (std::find(found.begin(), found.end(), trunk) == found.end()) found.push_back(trunk);
    }
    return found;
}

// Null: made anew, by the stage itself.
void Pipeline::make_stage(Trunk& trunk, std::unique_ptr<Decoder> decoder,
                          std::unique_ptr<Outlet> outlet) {
    if (!outlet) {
        outlet = trunk.tee ? std::make_unique<Outlet>(trunk.tee->limbs)
                           : std::make_unique<Outlet>(trunk.plan().output_node);
    }
    std::vector<Outlet::Port> ports;
    for (auto* branch : trunk.outputs) {
        if (branch->port && !branch->dead)
            ports.push_back({branch->plan.output_node, branch->port});
    }
    trunk.stage =
        std::make_shared<DecodeStage>(executor_, trunk.recipe, std::move(decoder), trunk.queue,
                                      std::move(outlet), std::move(ports), clock_, session_);
    connect(trunk);
}

void Pipeline::connect(Trunk& trunk) {
    const auto weak = weak_from_this();
    const std::weak_ptr<Trunk> of = trunk.outputs.front()->trunk;
    DecodeStage::Listener listener{
        [weak, of](const LastSample& last) {
            auto self = weak.lock();
            auto t = of.lock();
            if (!self || !t || last.epoch != t->epoch) return;
            t->delivered = true;
            t->last = last.interval;
            self->check_ends();
        },
        [weak, stream = trunk.plan().stream](Status status) {
            if (auto self = weak.lock()) self->tell_damage(std::move(status), stream);
        },
        [weak](Status status) {
            auto self = weak.lock();
            if (!self) return;
            if (auto l = self->listener_.lock()) l->on_pipeline_failed(*self, std::move(status));
        },
    };
    if (trunk.quality) {
        listener.took = [watch = trunk.quality] { watch->took(); };
        listener.gave = [watch = trunk.quality](std::optional<Duration> by) { watch->gave(by); };
        // A stage that takes the place of another one leaves out as much.
        const DropMode mode = trunk.quality->mode();
        if (mode != DropMode::none) {
            trunk.stage->set_skip_floor(*skip_level(trunk.plan().kind, mode));
        }
    }
    listener.types_changed = [weak](const std::vector<TypeChange>& changes) {
        auto self = weak.lock();
        if (!self) return;
        std::vector<TypeChange> told;
        for (const auto& change : changes) {
            auto* branch = self->find_output(change.output_node);
            if (!branch) continue;
            const auto before = std::exchange(branch->type, change.type);
            if (before.index() != 0 && !same_type(before, change.type)) told.push_back(change);
        }
        if (told.empty()) return;
        if (auto l = self->listener_.lock()) l->on_types_changed(*self, told);
    };
    if (trunk.plan().forbid_dynamic_change) trunk.stage->forbid_type_changes();
    trunk.stage->connect(std::move(listener));
}

void Pipeline::tell_damage(Status status, StreamIndex stream) {
    if (auto l = listener_.lock()) l->on_damage(*this, std::move(status), stream);
}

void Pipeline::watch_buffers(const Feed& feed) {
    for (const auto* trunk : feed.trunks) {
        const bool slow = trunk->plan().source->presentation().may_stall;
        for (const auto* branch : trunk->outputs) {
            buffers_->watch(branch->plan.output_node, feed.handle.get(),
                            slow ? trunk->queue : nullptr);
        }
    }
}

// What a source tells while it is read for the current epoch. One that is not played yet is not
// waited for.
std::function<void(SourceNews)> Pipeline::news_from(const std::shared_ptr<Feed>& feed,
                                                    int source_node) const {
    const auto shared = std::const_pointer_cast<Pipeline>(shared_from_this());
    return [weak = std::weak_ptr<Pipeline>(shared), from = std::weak_ptr<Feed>(feed),
            epoch = epoch_, source_node](const SourceNews& news) {
        auto self = weak.lock();
        auto source = from.lock();
        if (!self || !source || epoch != self->epoch_) return;
        if (const auto* buffers = std::get_if<SourceBuffers>(&news)) {
            const auto& feeds = self->feeds_;
            const bool played = std::find(feeds.begin(), feeds.end(), source) != feeds.end();
            if (buffers->begins ? !played || !self->is_awaited(*source) : source->buffering == 0)
                return;
            source->buffering += buffers->begins ? 1 : -1;
        }
        if (auto l = self->listener_.lock()) l->on_source_news(*self, source_node, news);
    };
}

void Pipeline::watch_quality(Trunk& trunk) {
    if (!desk_ || is_sparse(trunk.plan().kind)) return;
    trunk.quality = desk_->watch(
        trunk.plan().stream, trunk.plan().kind,
        [weak = weak_from_this(), of = std::weak_ptr<Trunk>(trunk.outputs.front()->trunk)](
            DropMode from, DropMode to, Duration lateness) {
            auto self = weak.lock();
            auto t = of.lock();
            if (!self || !t) return;
            t->stage->set_skip_floor(*skip_level(t->plan().kind, to));
            if (auto l = self->listener_.lock()) {
                l->on_quality_changed(*self, {t->plan().stream, from, to, lateness});
            }
        });
}

void Pipeline::raise() {
    epoch_ = ++*epochs_;
    bool any_busy = false;
    for (auto* trunk : trunks()) {
        trunk->epoch = epoch_;
        trunk->queue->raise(epoch_, std::nullopt, trunk->dead());
        trunk->delivered = false;
        trunk->last.reset();
        any_busy |= trunk->stage && trunk->stage->busy();
    }
    for (auto& branch : branches_) {
        if (branch->port && !branch->dead) branch->port->raise(epoch_);
        branch->rendered = branch->scrubbing = false;
    }
    delivered_told_ = rendered_told_ = false;
    read_error_ = {};
    expected_.reset();
    if (buffers_) buffers_->off();
    if (!any_busy) return;
    executor_->at(executor_->now() + step_patience, [weak = weak_from_this(), epoch = epoch_] {
        auto self = weak.lock();
        if (!self) return;
        for (auto* trunk : self->trunks()) {
            if (!trunk->stage->stuck_since(epoch)) continue;
            const auto stuck = trunk->stage;
            self->backends_.log->warn("session {}: a decoder was left behind in a call",
                                      self->session_);
            stuck->detach();
            self->remake_stage(*trunk);
            trunk->stage->set_skip_floor(stuck->skip_floor());
            const auto& restart = stuck->last_restart();
            if (restart && restart->epoch == trunk->epoch) trunk->stage->restart(*restart);
        }
    });
}

Status Pipeline::start_sources(const SourcesStart& wanted) {
    if (auto status = revive(); !status.ok()) return status;
    group_feeds();
    make_missing_ports();
    for (auto& feed : feeds_) {
        auto& handle = *feed->handle;
        if (handle.user != 0 && handle.user != session_) {
            return {Errc::component_busy, "the source is playing in another session"};
        }
        handle.user = session_;
        handle.owner = this;
    }
    wanted_ = wanted;
    offset_ = wanted.offset;
    begun_at_ = wanted.at;
    const Duration own = wanted.at - media_zero - wanted.offset;
    const bool reverse = wanted.direction == Direction::reverse;
    for (auto* trunk : trunks()) {
        const bool previews = trunk->any([](auto* b) { return b->plan.sink->traits().previews; });
        DecodeOrder order = order_of(trunk->plan(), own);
        order.preview = wanted.preview && !wanted.to_key && previews;
        // On the way to a key frame nothing is left out in advance: it is not known where it is.
        const bool aims = !reverse && !wanted.to_key;
        trunk->queue->raise(epoch_, aims ? std::optional(order.target) : std::nullopt,
                            trunk->dead());
        trunk->order = order;
        if (!trunk->dead() && !wanted.to_key) trunk->stage->restart(order);
    }
    sources_awaited_ = static_cast<int>(std::count_if(
        feeds_.begin(), feeds_.end(), [this](const auto& feed) { return is_awaited(*feed); }));
    sources_status_ = {};
    landed_.reset();
    for (auto& feed : feeds_) {
        watch_buffers(*feed);
        feed->reading = true;
        auto start = reader_start(feed, feed->trunks.front()->plan(), own);
        start.epoch = epoch_;
        for (auto* trunk : feed->trunks) {
            start.queues.push_back(trunk->queue);
            if (!reverse) start.stops.push_back(trunk->plan().media_stop);
        }
        const auto weak = weak_from_this();
        const bool awaited = is_awaited(*feed);
        start.done = [weak, epoch = epoch_, awaited, queues = start.queues,
                      stream = feed->trunks.front()->plan().stream](Status status) {
            auto self = weak.lock();
            if (!self || epoch != self->epoch_) return;
            if (!awaited) {
                if (status.ok()) return;
                for (const auto& queue : queues) queue->push_end(epoch); // nothing more comes of it
                self->tell_damage(std::move(status), stream);
                return;
            }
            if (!status.ok()) self->sources_status_ = std::move(status);
            if (--self->sources_awaited_ > 0) return;
            self->restart_at_key();
            if (auto l = self->listener_.lock()) {
                l->on_sources_started(*self, self->sources_status_, self->landed_);
            }
        };
        if (wanted.to_key && awaited) {
            start.landed = [weak, epoch = epoch_,
                            shift = wanted.offset -
                                    feed->trunks.front()->plan().media_start](MediaTime at) {
                auto self = weak.lock();
                if (!self || epoch != self->epoch_) return;
                // Of several sources the one that reaches back furthest.
                self->landed_ = self->landed_ ? std::min(*self->landed_, at + shift) : at + shift;
            };
        }
        feed->handle->start(std::move(start));
    }
    return {};
}

// Where the key frame was found, every stream begins.
void Pipeline::restart_at_key() {
    for (auto* trunk : trunks()) {
        if (trunk->dead() || !trunk->order) continue;
        const auto& latest = trunk->stage->last_restart();
        if (latest && latest->epoch == epoch_) continue;
        if (landed_) trunk->order->target = *landed_ - trunk->order->shift;
        trunk->stage->restart(*trunk->order);
    }
}

void Pipeline::stop_sources() {
    sources_awaited_ = static_cast<int>(feeds_.size());
    for (auto& feed : feeds_) {
        feed->handle->stop([weak = weak_from_this(), epoch = epoch_] {
            auto self = weak.lock();
            if (!self || epoch != self->epoch_ || --self->sources_awaited_ > 0) return;
            if (auto l = self->listener_.lock()) l->on_sources_stopped(*self);
        });
    }
}

void Pipeline::preroll(MediaTime at) {
    expect(Ack::prerolled);
    for (auto& branch : branches_) {
        if (branch->dead || !branch->port) continue;
        branch->port->preroll(at);
        const auto traits = branch->plan.sink->traits();
        branch->acked = branch->plan.disable_preroll || !traits.can_preroll || !traits.gating;
    }
    check_acks();
}

void Pipeline::flush_sinks() {
    expect(Ack::flushed);
    for (auto& branch : branches_) {
        if (!branch->dead && branch->port) branch->port->flush();
    }
    check_acks();
}

void Pipeline::admit() {
    for (auto* trunk : trunks()) {
        std::vector<int> silent;
        for (auto* branch : trunk->outputs) {
            if (!branch->plan.sink->traits().scrubs) silent.push_back(branch->plan.output_node);
        }
        if (trunk->tee && !silent.empty()) trunk->stage->rest(std::move(silent));
    }
    for (auto& branch : branches_) {
        if (!branch->dead && branch->port && branch->plan.sink->traits().scrubs) {
            branch->port->admit();
        }
    }
    await_scrub();
}

void Pipeline::step() {
    for (auto& branch : branches_) {
        if (!branch->dead && branch->port && branch->plan.sink->traits().scrubs) {
            branch->port->step();
        }
    }
    await_scrub();
}

void Pipeline::set_followed(bool followed) {
    for (auto* trunk : trunks()) {
        if (trunk->stage) trunk->stage->set_followed(followed);
    }
}

void Pipeline::set_thinning(Thinning thinning) {
    wanted_.thinning = thinning;
    for (auto* trunk : trunks()) {
        if (trunk->plan().kind == StreamKind::video && !trunk->dead()) {
            trunk->stage->set_thinning(thinning);
        }
    }
}

} // namespace playhead
