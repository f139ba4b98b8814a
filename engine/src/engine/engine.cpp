#include "playhead/engine.h"

#include <algorithm>
#include <utility>

#include "engine/engine_core.h"
#include "playhead/lanes.h"
#include "session/session_core.h"

namespace playhead {

// ---- Source ----------------------------------------------------------------------------------

Source::Source(std::shared_ptr<ReaderHandle> handle) : handle_(std::move(handle)) {}
Source::~Source() = default;
const Presentation& Source::presentation() const { return *handle_->presentation(); }

// ---- services --------------------------------------------------------------------------------

EngineServices::EngineServices(EngineOptions o)
    : options(std::move(o)),
      logs(options.loggers),
      executor(options.executor ? options.executor : make_lanes()),
      bus(executor) {}

ResolverServices EngineServices::resolver_services() const {
    ResolverServices services;
    services.decoders = options.decoders;
    services.converters = options.converters;
    services.threading = options.threading;
    services.single_threaded = executor->simulated();
    services.bit_exact = options.bit_exact;
    services.cores = executor->statistics().workers;
    return services;
}

// ---- core ------------------------------------------------------------------------------------

EngineCore::EngineCore(EngineOptions options)
    : services_(std::make_shared<EngineServices>(std::move(options))) {}

Result<OpenId> EngineCore::open(OpenRequest request) {
    if (request.locator.empty() && !request.io) {
        return fail(Errc::invalid_argument,
                    "there is no name of what to open; give a file, a URL or custom I/O");
    }
    if (!services_->options.sources) {
        return fail(Errc::invalid_argument, "this engine was made without a source backend");
    }
    if (services_->executor->statistics().orphans >= services_->options.max_orphans) {
        return fail(Errc::too_many_orphans,
                    "too many threads are stuck in earlier sources; let some of them return first");
    }
    const OpenId id = services_->next_command();
    services_->logs.engine->debug("open #{}: {}", id,
                                  request.locator.empty() ? "custom I/O" : request.locator);
    auto reader = std::make_shared<ReaderHandle>(services_->executor, services_->options.sources,
                                                 std::move(request));
    {
        std::lock_guard lock(mutex_);
        if (shut_) return fail(Errc::shut_down, "the engine was shut down");
        opening_.emplace(id, reader);
        std::erase_if(readers_, [](auto& r) { return r.expired(); });
        readers_.push_back(reader);
    }
    services_->executor->post([weak = weak_from_this(), id, reader = std::weak_ptr(reader)] {
        auto self = weak.lock();
        auto r = reader.lock();
        if (!self || !r) return;
        r->open([weak, id](Status status) {
            auto core = weak.lock();
            std::shared_ptr<ReaderHandle> opened;
            if (core && core->take(id, &opened)) {
                core->publish(id, std::move(status), std::move(opened));
            }
        });
    });
    return id;
}

Result<void> EngineCore::cancel(OpenId id) {
    if (!take(id)) return fail(Errc::not_found, "no such open is under way");
    // From the lane, like every other completion; the reader is let go with the table's entry.
    services_->executor->post([self = shared_from_this(), id] {
        self->publish(id, {Errc::cancelled, "opening was cancelled"}, nullptr);
    });
    return {};
}

bool EngineCore::take(OpenId id, std::shared_ptr<ReaderHandle>* reader) {
    std::shared_ptr<ReaderHandle> taken; // released outside the lock
    std::lock_guard lock(mutex_);
    auto found = opening_.find(id);
    if (found == opening_.end()) return false;
    taken = std::move(found->second);
    opening_.erase(found);
    if (reader) *reader = taken;
    return true;
}

void EngineCore::publish(OpenId id, Status status, std::shared_ptr<ReaderHandle> reader) {
    Event event;
    event.command = id;
    SourceOpened opened;
    if (status.ok() && reader) {
        opened.presentation = reader->presentation();
        opened.source = std::make_shared<Source>(std::move(reader));
        services_->logs.engine->info("open #{}: {} streams, {}", id,
                                     opened.presentation->streams.size(),
                                     opened.presentation->container);
    } else {
        const auto level = status == Errc::cancelled ? spdlog::level::debug : spdlog::level::warn;
        services_->logs.engine->log(level, "open #{}: {}", id, status.message());
    }
    event.status = std::move(status);
    event.body = std::move(opened);
    services_->bus.publish(std::move(event));
}

std::shared_ptr<SessionCore> EngineCore::create_session(SessionOptions options) {
    const SessionId id = services_->sessions.fetch_add(1) + 1;
    auto session = std::make_shared<SessionCore>(services_, id, options);
    std::lock_guard lock(mutex_);
    std::erase_if(sessions_, [](auto& s) { return s.expired(); });
    if (!shut_) sessions_.push_back(session);
    return session;
}

Session EngineCore::handle(std::shared_ptr<SessionCore> session) {
    return Session(std::move(session));
}

EngineStatistics EngineCore::statistics() const {
    EngineStatistics out;
    out.executor = services_->executor->statistics();
    out.orphans = out.executor.orphans;
    std::lock_guard lock(mutex_);
    out.open_sources = static_cast<int>(
        std::count_if(readers_.begin(), readers_.end(), [](auto& r) { return !r.expired(); }));
    return out;
}

void EngineCore::shut_down() {
    std::map<OpenId, std::shared_ptr<ReaderHandle>> opening;
    std::vector<std::weak_ptr<SessionCore>> sessions;
    {
        std::lock_guard lock(mutex_);
        if (std::exchange(shut_, true)) return;
        opening.swap(opening_);
        sessions.swap(sessions_);
    }
    for (auto& [id, reader] : opening) {
        publish(id, {Errc::shut_down, "the engine was shut down"}, nullptr);
    }
    for (auto& weak : sessions) {
        if (auto session = weak.lock()) (void)session->shutdown();
    }
}

// ---- handle ----------------------------------------------------------------------------------

Engine::Engine(EngineOptions options) : core_(std::make_shared<EngineCore>(std::move(options))) {}
Engine::Engine(Engine&&) noexcept = default;

Engine& Engine::operator=(Engine&& other) noexcept {
    if (this != &other) {
        if (core_) core_->shut_down();
        core_ = std::move(other.core_);
    }
    return *this;
}

Engine::~Engine() {
    if (core_) core_->shut_down();
}

Result<OpenId> Engine::open(OpenRequest request) { return core_->open(std::move(request)); }
Result<void> Engine::cancel(OpenId id) { return core_->cancel(id); }
Session Engine::create_session(SessionOptions options) {
    return EngineCore::handle(core_->create_session(options));
}
Bus& Engine::bus() { return core_->services()->bus; }
const std::shared_ptr<Executor>& Engine::executor() const { return core_->services()->executor; }
const EngineOptions& Engine::options() const { return core_->services()->options; }
EngineStatistics Engine::statistics() const { return core_->statistics(); }

} // namespace playhead
