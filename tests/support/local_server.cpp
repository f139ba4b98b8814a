#include "support/local_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace playhead::test {
namespace {

// A socket bound to a free port of the loopback interface.
int bind_loopback(int& port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (socket < 0 || ::bind(socket, generic, size) != 0 ||
        ::getsockname(socket, generic, &size) != 0) {
        throw std::runtime_error("no socket on the loopback interface");
    }
    port = ntohs(address.sin_port);
    return socket;
}

void send_all(int connection, const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t n =
            ::send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            break;
        }
        sent += static_cast<std::size_t>(n);
    }
}

} // namespace

LocalServer::LocalServer(std::string head, After after) : head_(std::move(head)), after_(after) {
    listener_ = bind_loopback(port_);
    int ends[2];
    if (::listen(listener_, 8) != 0 || ::pipe(ends) != 0) {
        throw std::runtime_error("cannot listen on the loopback interface");
    }
    stop_read_ = ends[0];
    stop_write_ = ends[1];
    thread_ = std::thread{[this] { serve(); }};
}

LocalServer::~LocalServer() {
    ::close(stop_write_); // the reading end becomes readable
    thread_.join();
    for (const int connection : connections_) ::close(connection);
    ::close(stop_read_);
    ::close(listener_);
}

std::string LocalServer::url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
}

bool LocalServer::wait_for_connection(std::chrono::seconds hang_guard) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, hang_guard, [this] { return answered_; });
}

void LocalServer::finish(const std::string& rest) {
    const std::scoped_lock lock{mutex_};
    send_all(latest_, rest);
    ::shutdown(latest_, SHUT_WR);
}

void LocalServer::serve() {
    for (;;) {
        pollfd waits[2] = {{listener_, POLLIN, 0}, {stop_read_, POLLIN, 0}};
        ::poll(waits, 2, -1);
        if (waits[1].revents != 0) {
            break;
        }
        const int connection = ::accept(listener_, nullptr, nullptr);
        if (connection < 0) {
            continue;
        }
        connections_.push_back(connection);
        send_all(connection, head_);
        {
            const std::scoped_lock lock{mutex_};
            answered_ = true;
            latest_ = connection;
        }
        changed_.notify_all();
        if (after_ == After::close) {
            // Not close(): what was asked and not read would turn the end into a reset.
            ::shutdown(connection, SHUT_WR);
        }
    }
}

int closed_port() {
    int port = 0;
    ::close(bind_loopback(port));
    return port;
}

} // namespace playhead::test
