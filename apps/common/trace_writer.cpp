#include "common/trace_writer.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace playhead::apps {

std::string trace_line(const Event& event) {
    nlohmann::ordered_json line;
    line["seq"] = event.sequence;
    line["session"] = event.session;
    line["event"] = name(event.body);
    line["command"] = event.command;
    line["status"] = event.status.word();
    line["host_ns"] = event.host_time.time_since_epoch().count();
    if (const auto at = position(event.body)) {
        line["position_ns"] = at->time_since_epoch().count();
    }
    return line.dump();
}

// Owned by the writer and its thread. `last` is the payload of the event that ends the trace.
struct TraceWriter::File {
    std::string path;
    std::function<void(std::string)> failed;
    std::ofstream out;
    EventQueue events;
    std::shared_ptr<const void> last;
    std::unique_ptr<Signal> written;

    // On a thread of the blocking lane: writing may block. It pulls, because handlers of a session
    // are silent once that is shut down, and the trace is to have its last words.
    void run() {
        while (auto event = events.next()) {
            const auto* user = event->as<UserEvent>();
            if (user != nullptr && user->payload != nullptr && user->payload == last) {
                break;
            }
            const bool could = out.good();
            out << trace_line(*event) << '\n' << std::flush;
            if (could && !out) {
                failed(path +
                       ": the trace can be written no further; make room or choose another file");
            }
        }
        written->set();
    }
};

Result<std::unique_ptr<TraceWriter>> TraceWriter::create(Bus bus,
                                                         std::shared_ptr<Executor> executor,
                                                         const std::string& path,
                                                         std::function<void(std::string)> failed) {
    auto file = std::make_shared<File>();
    file->path = path;
    file->failed = std::move(failed);
    file->out.open(std::filesystem::path{std::u8string{path.begin(), path.end()}},
                   std::ios::binary | std::ios::trunc);
    if (!file->out) {
        return fail(Errc::cannot_open,
                    path + ": the trace cannot be written there; choose another file");
    }
    file->last = std::make_shared<int>(0);
    file->written = executor->make_signal();
    file->events = bus.queue();
    executor->start_blocking("ph-trace", [file] { file->run(); });
    return std::unique_ptr<TraceWriter>{
        new TraceWriter{std::move(bus), std::move(executor), std::move(file)}};
}

TraceWriter::TraceWriter(Bus bus, std::shared_ptr<Executor> executor, std::shared_ptr<File> file)
    : bus_(std::move(bus)),
      executor_(std::move(executor)),
      file_(std::move(file)) {}

TraceWriter::~TraceWriter() {
    Event end;
    end.body = UserEvent{0, file_->last};
    bus_.publish(std::move(end));
    file_->written->wait(executor_->now() + std::chrono::seconds{2});
}

} // namespace playhead::apps
