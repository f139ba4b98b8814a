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

struct TraceWriter::File {
    std::ofstream out;
    std::shared_ptr<const void> last; // the payload of the event that ends the trace
    std::unique_ptr<Signal> written;

    void write(const Event& event) {
        const auto* user = event.as<UserEvent>();
        if (user != nullptr && user->payload != nullptr && user->payload == last) {
            written->set();
            return;
        }
        out << trace_line(event) << '\n' << std::flush;
    }
};

Result<std::unique_ptr<TraceWriter>>
TraceWriter::create(Bus bus, std::shared_ptr<Executor> executor, const std::string& path) {
    auto file = std::make_shared<File>();
    file->out.open(std::filesystem::path{std::u8string{path.begin(), path.end()}},
                   std::ios::binary | std::ios::trunc);
    if (!file->out) {
        return fail(Errc::cannot_open,
                    path + ": the trace cannot be written there; choose another file");
    }
    file->last = std::make_shared<int>(0);
    file->written = executor->make_signal();
    return std::unique_ptr<TraceWriter>{
        new TraceWriter{std::move(bus), std::move(executor), std::move(file)}};
}

TraceWriter::TraceWriter(Bus bus, std::shared_ptr<Executor> executor, std::shared_ptr<File> file)
    : bus_(std::move(bus)),
      executor_(std::move(executor)),
      file_(std::move(file)),
      subscription_(
          bus_.subscribe({}, [file = file_](const Event& event) { file->write(event); })) {}

TraceWriter::~TraceWriter() {
    Event end;
    end.body = UserEvent{0, file_->last};
    bus_.publish(std::move(end));
    file_->written->wait(executor_->now() + std::chrono::seconds{2});
    subscription_.reset();
}

} // namespace playhead::apps
