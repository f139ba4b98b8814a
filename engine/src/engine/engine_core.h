// EngineCore: what an Engine handle speaks to; EngineServices: what its sessions share.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "engine/logs.h"
#include "pipeline/reader.h"
#include "playhead/backend/mutex.h"
#include "playhead/engine.h"
#include "topology/resolver.h"

namespace playhead {

class SessionCore;

// Threads: immutable but for the counters.
struct EngineServices {
    explicit EngineServices(EngineOptions o);
    CommandId next_command() { return commands.fetch_add(1, std::memory_order_relaxed) + 1; }
    ResolverServices resolver_services() const;

    const EngineOptions options;
    const Logs logs;
    const std::shared_ptr<Executor> executor;
    // Control lane.
    const std::shared_ptr<SinkStrands> sink_strands = std::make_shared<SinkStrands>();
    Bus bus;
    std::atomic<CommandId> commands{0};
    std::atomic<SessionId> sessions{0};
    std::atomic<PlayerId> players{0};
};

// Threads: any.
class EngineCore : public std::enable_shared_from_this<EngineCore> {
public:
    explicit EngineCore(EngineOptions options);

    Result<OpenId> open(OpenRequest request);
    Result<void> cancel(OpenId id);
    std::shared_ptr<SessionCore> create_session(SessionOptions options);
    static Session handle(std::shared_ptr<SessionCore> session);
    EngineStatistics statistics() const;
    void shut_down();

    const std::shared_ptr<EngineServices>& services() const { return services_; }

private:
    // Whoever takes the id out of the table owes its completion.
    bool take(OpenId id, std::shared_ptr<ReaderHandle>* reader = nullptr);
    void publish(OpenId id, Status status, std::shared_ptr<ReaderHandle> reader);

    const std::shared_ptr<EngineServices> services_;
    mutable Mutex mutex_;
    bool shut_ = false;
    std::map<OpenId, std::shared_ptr<ReaderHandle>> opening_;
    std::vector<std::weak_ptr<ReaderHandle>> readers_;
    std::vector<std::weak_ptr<SessionCore>> sessions_;
};

} // namespace playhead
