// Display: an X server of one's own without a screen, and what a program shows on it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/child_process.h"

namespace playhead::test {

// Pixels of four bytes: blue, green, red, unused.
struct Screenshot {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> bgrx;

    const std::uint8_t* at(int x, int y) const {
        return bgrx.data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                              static_cast<std::size_t>(x)) *
                                 4;
    }
    friend bool operator==(const Screenshot&, const Screenshot&) = default;
};

// The format of xwd's files, 32 bits a pixel.
std::optional<Screenshot> parse_xwd(const std::string& file);

// Threads: one. Needs Xvfb, xwd and xdotool.
class Display {
public:
    // Empty, or what is missing here.
    static std::string missing();
    Display();

    // Starts a window manager, which full screen needs; false where none is installed.
    bool manage_windows();

    const std::string& name() const { return name_; } // ":99"
    // Everything, the size of the screen: 800x600.
    Screenshot screenshot() const;
    // To the window with the focus, else to the one under the pointer.
    void key(const std::string& xdotool_key) const;
    void resize(const std::string& window_title, int width, int height) const;
    // Until a window with that title can be seen; false: not within the guard.
    bool wait_for_window(const std::string& title) const;

private:
    Exited tool(std::vector<std::string> command) const;
    std::unique_ptr<ChildProcess> server_;
    std::unique_ptr<ChildProcess> manager_;
    std::string name_;
};

} // namespace playhead::test
