// LocalServer: a TCP server on the loopback interface that misbehaves as it is told.
#pragma once

#include <string>
#include <thread>

namespace playhead::test {

// One connection at a time is answered; what it asks for is not looked at.
class LocalServer {
public:
    // Says `head`, then nothing more, and keeps the connection open.
    explicit LocalServer(std::string head);
    ~LocalServer();
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;

    int port() const { return port_; }
    std::string url(const std::string& path) const;

private:
    void serve();

    const std::string head_;
    int listener_ = -1;
    int stop_read_ = -1;
    int stop_write_ = -1;
    int port_ = 0;
    std::thread thread_;
};

// A port of the loopback interface where nobody listens.
int closed_port();

} // namespace playhead::test
