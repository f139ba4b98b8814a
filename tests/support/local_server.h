// LocalServer: a TCP server on the loopback interface that misbehaves as it is told.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace playhead::test {

// One connection at a time is answered; what it asks for is not looked at.
class LocalServer {
public:
    // What follows `head`: silence on a connection that stays open, or its end.
    enum class After { silence, close };
    explicit LocalServer(std::string head, After after = After::silence);
    ~LocalServer();
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;

    int port() const { return port_; }
    std::string url(const std::string& path) const;
    // Sends more on the latest connection, and ends it.
    void finish(const std::string& rest);
    // Until somebody has connected and `head` has gone out; false: nobody did within the guard.
    bool wait_for_connection(std::chrono::seconds hang_guard = std::chrono::seconds{60}) const;

private:
    void serve();

    const std::string head_;
    const After after_;
    int listener_ = -1;
    int stop_read_ = -1;
    int stop_write_ = -1;
    int port_ = 0;
    mutable std::mutex mutex_; // guards these two
    mutable std::condition_variable changed_;
    bool answered_ = false;
    int latest_ = -1; // the connection that was answered last
    // All that were answered: the thread's while it runs. They stay open for finish() until the end.
    std::vector<int> connections_;
    std::thread thread_;
};

// A port of the loopback interface where nobody listens.
int closed_port();

} // namespace playhead::test
