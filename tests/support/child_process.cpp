#include "support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>

extern char** environ;

namespace playhead::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::vector<std::string> environment_with(const std::vector<std::string>& changes) {
    std::vector<std::string> all;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        all.emplace_back(*variable);
    }
    for (const std::string& change : changes) {
        const std::string name = change.substr(0, change.find('=')) + "=";
        std::erase_if(all, [&name](const std::string& old) { return old.starts_with(name); });
        if (change.find('=') != std::string::npos) {
            all.push_back(change);
        }
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (std::string& one : strings) {
        result.push_back(one.data());
    }
    result.push_back(nullptr);
    return result;
}

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw std::runtime_error(std::string{"no pipe: "} + std::strerror(errno));
    }
    return {ends[0], ends[1]};
}

// A terminal's two sides: what is written to the one is read from the other.
Pipe terminal(unsigned short columns) {
    const int reads = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    const bool opened = reads >= 0 && ::grantpt(reads) == 0 && ::unlockpt(reads) == 0;
    const char* name = opened ? ::ptsname(reads) : nullptr;
    const int writes = name != nullptr ? ::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    if (writes < 0) {
        throw std::runtime_error(std::string{"no terminal: "} + std::strerror(errno));
    }
    winsize size{};
    size.ws_col = columns;
    ::ioctl(writes, TIOCSWINSZ, &size);
    return {reads, writes};
}

int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

ChildProcess::ChildProcess(std::vector<std::string> command, ChildOptions options) {
    const Pipe out = make_pipe();
    const Pipe err = options.error_is_terminal ? terminal(options.terminal_columns) : make_pipe();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out.write_end, 1);
    ::posix_spawn_file_actions_adddup2(&actions, err.write_end, 2);
    if (!options.keep_input_open) {
        ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    }
    if (!options.folder.empty()) {
        ::posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
    }
    // A group of its own, so that the children of the child go with it.
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    ::posix_spawnattr_setpgroup(&attributes, 0);

    std::vector<std::string> environment = environment_with(options.environment);
    const int error = ::posix_spawnp(&pid_, command.front().c_str(), &actions, &attributes,
                                     pointers(command).data(), pointers(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    ::close(out.write_end);
    ::close(err.write_end);
    out_pipe_ = out.read_end;
    err_pipe_ = err.read_end;
    if (error != 0) {
        pid_ = -1;
        throw std::runtime_error(command.front() + " would not start: " + std::strerror(error));
    }
}

ChildProcess::~ChildProcess() {
    if (pid_ > 0) {
        ::kill(-pid_, SIGKILL);
        if (!status_) {
            ::waitpid(pid_, nullptr, 0);
        }
    }
    for (const int pipe : {out_pipe_, err_pipe_}) {
        if (pipe >= 0) {
            ::close(pipe);
        }
    }
}

Exited ChildProcess::wait(std::chrono::seconds hang_guard) {
    const auto deadline = steady_clock::now() + hang_guard;
    bool hung = false;
    while (read_some(deadline)) {
        if (steady_clock::now() >= deadline) {
            hung = true;
            ::kill(-pid_, SIGKILL);
            break;
        }
    }
    if (!status_) {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        status_ = status;
    }
    return {exit_code(*status_), hung, out_, err_};
}

bool ChildProcess::wait_for(const std::string& text, std::chrono::seconds hang_guard) {
    const auto deadline = steady_clock::now() + hang_guard;
    while (!says(text)) {
        if (!read_some(deadline) || steady_clock::now() >= deadline) {
            return says(text);
        }
    }
    return true;
}

void ChildProcess::signal(int number) const { ::kill(pid_, number); }

bool ChildProcess::says(const std::string& text) const {
    return out_.find(text) != std::string::npos || err_.find(text) != std::string::npos;
}

bool ChildProcess::read_some(steady_clock::time_point deadline) {
    pollfd waits[2] = {{out_pipe_, POLLIN, 0}, {err_pipe_, POLLIN, 0}};
    if (out_pipe_ < 0 && err_pipe_ < 0) {
        return false;
    }
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    const int ready =
        ::poll(waits, 2, static_cast<int>(std::max<milliseconds::rep>(0, left.count())));
    if (ready <= 0) {
        return true;
    }
    const auto read_from = [](int& pipe, const pollfd& wait, std::string& into) {
        if (pipe < 0 || wait.revents == 0) {
            return;
        }
        char buffer[16'384];
        const ssize_t got = ::read(pipe, buffer, sizeof buffer);
        if (got > 0) {
            into.append(buffer, static_cast<std::size_t>(got));
        } else if (got == 0 || errno != EINTR) {
            ::close(pipe);
            pipe = -1;
        }
    };
    read_from(out_pipe_, waits[0], out_);
    read_from(err_pipe_, waits[1], err_);
    return out_pipe_ >= 0 || err_pipe_ >= 0;
}

Exited run(std::vector<std::string> command, ChildOptions options,
           std::chrono::seconds hang_guard) {
    ChildProcess child{std::move(command), std::move(options)};
    return child.wait(hang_guard);
}

std::string find_program(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::istringstream folders{path != nullptr ? path : ""};
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string candidate = folder + "/" + name;
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
    }
    return {};
}

} // namespace playhead::test
