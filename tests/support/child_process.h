// ChildProcess: runs a program and takes down what it says. For tests of the built programs.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace playhead::test {

struct ChildOptions {
    std::vector<std::string> environment; // "NAME=value", besides ours; "NAME" alone takes it away
    std::string folder;                   // where it runs; empty: ours
    bool keep_input_open = false;         // else its standard input is at its end
    bool error_is_terminal = false;       // else a pipe, as its output is
    unsigned short terminal_columns = 0;  // 0: not known
};

struct Exited {
    int code = -1;     // exit code, or 128 + the signal that ended it
    bool hung = false; // had to be killed
    std::string out;
    std::string err;
};

// Threads: one.
// Ownership: a child that still runs when this is destroyed is killed, with its own children.
class ChildProcess {
public:
    // Asserts (by exception) that the program could be started.
    explicit ChildProcess(std::vector<std::string> command, ChildOptions options = {});
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    // Until it has ended and all it said was read. The guard only ends what hangs: a test that runs
    // into it fails by `hung`.
    Exited wait(std::chrono::seconds hang_guard = std::chrono::seconds{60});

    // Until `text` has been said on either stream; false if the program ended without, or the guard.
    bool wait_for(const std::string& text,
                  std::chrono::seconds hang_guard = std::chrono::seconds{60});

    void signal(int number) const;
    const std::string& out() const { return out_; }
    const std::string& err() const { return err_; }

private:
    // Reads what comes until the deadline; false once both streams are closed.
    bool read_some(std::chrono::steady_clock::time_point deadline);
    bool says(const std::string& text) const;

    int pid_ = -1;
    int out_pipe_ = -1;
    int err_pipe_ = -1;
    std::string out_;
    std::string err_;
    std::optional<int> status_;
};

// Runs it to its end.
Exited run(std::vector<std::string> command, ChildOptions options = {},
           std::chrono::seconds hang_guard = std::chrono::seconds{60});

// Where a program of the system is, or empty.
std::string find_program(const std::string& name);

} // namespace playhead::test
