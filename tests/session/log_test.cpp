// What the engine's rooms say to the application's loggers.
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

class Page final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    Lines lines; // "session warning: ..."

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        const auto level = spdlog::level::to_string_view(message.level);
        std::string line{message.logger_name.data(), message.logger_name.size()};
        line += " " + std::string{level.data(), level.size()} + ": ";
        lines.push_back(line + std::string{message.payload.data(), message.payload.size()});
    }
    void flush_() override {}
};

struct Book {
    explicit Book(spdlog::level::level_enum level) : level_(level) {}

    RigOptions options() {
        RigOptions options;
        options.loggers = [this](std::string_view room) {
            CHECK(asked.insert(std::string{room}).second);
            auto logger = std::make_shared<spdlog::logger>(std::string{room}, page);
            logger->set_level(level_);
            return logger;
        };
        return options;
    }
    bool has(const std::string& line) const {
        return std::count(page->lines.begin(), page->lines.end(), line) == 1;
    }

    const std::shared_ptr<Page> page = std::make_shared<Page>();
    std::set<std::string> asked;

private:
    const spdlog::level::level_enum level_;
};

} // namespace

TEST_CASE("every command and event is in the log, and at its last level every sample",
          "[session][log]") {
    Book book{spdlog::level::trace};
    SessionRig rig{book.options()};
    CHECK(book.asked == std::set<std::string>{"engine", "pipeline", "session"});
    rig.load();
    rig.start();
    const auto id = rig.last("session-started")->command;
    for (const auto& line : book.page->lines) UNSCOPED_INFO(line);
    CHECK(book.has("session debug: session 1: start #" + std::to_string(id)));
    CHECK(book.has("session info: session 1: session-started #" + std::to_string(id)));
    CHECK(book.has("session debug: session 1: topology-status ready"));
    CHECK(book.has("pipeline trace: video at 0.000 ms"));
    CHECK(book.has("engine debug: open #1: scripted:"));
}

TEST_CASE("what is left behind is a warning in the log", "[session][log]") {
    Book book{spdlog::level::warn};
    SessionRig rig{book.options()};
    rig.load();
    rig.start();
    CHECK(book.page->lines.empty());
    rig.video->process_gate.close(false);
    rig.simulation->run_for(200ms);
    (void)rig.session.stop();
    rig.until("session-stopped");
    for (const auto& line : book.page->lines) UNSCOPED_INFO(line);
    REQUIRE(book.page->lines.size() == 1);
    CHECK(book.page->lines[0].find("pipeline warning: session 1: output ") == 0);
    rig.video->process_gate.open();
}
