// Byte sources: files, pipes, descriptors, memory, and the application's own; errors and interrupts.
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ffmpeg_support.h"
#include "playhead/io/byte_sources.h"
#include "playhead/lanes.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;

namespace {

std::string read_all(ByteSource& source) {
    std::string text;
    std::array<std::byte, 7> piece{};
    for (;;) {
        const auto got = source.read_at(text.size(), piece);
        if (!got || *got == 0) {
            return text;
        }
        text.append(reinterpret_cast<const char*>(piece.data()), *got);
    }
}

struct Opening {
    std::shared_ptr<Interrupt> interrupt = std::make_shared<Interrupt>();
    std::shared_ptr<Executor> executor;
    std::shared_ptr<ByteSourceFactory> factory = io::make_byte_source_factory();

    Result<std::unique_ptr<ByteSource>> open(const std::string& locator) const {
        return factory->open(locator, {executor, interrupt});
    }
    Result<std::unique_ptr<ByteSource>> open(std::shared_ptr<CustomIo> io) const {
        return factory->open(std::move(io), {executor, interrupt});
    }
};

// Something two threads wait for each other with.
class Gate {
public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
};

// The interrupt as the engine raises it: from another thread, while or before the read waits. Either
// order must end the read, so none has to be arranged.
template <class Read>
auto interrupted_from_outside(Interrupt& interrupt, Read read) {
    std::thread raiser([&] { interrupt.raise(); });
    auto outcome = read();
    raiser.join();
    return outcome;
}

} // namespace

TEST_CASE("a file is read by path and by URL, percent signs decoded in URLs only", "[io]") {
    const Scratch scratch;
    const Opening opening;
    const std::string plain = scratch.write("a b%41.txt", "plain");
    const std::string decoded = scratch.write("a bA.txt", "decoded");
    auto by_path = opening.open(plain);
    REQUIRE(by_path);
    CHECK((*by_path)->seekable());
    CHECK((*by_path)->size() == std::uint64_t{5});
    CHECK(read_all(**by_path) == "plain");
    std::array<std::byte, 2> two{};
    CHECK((*by_path)->read_at(3, two).value() == 2);
    CHECK(std::memcmp(two.data(), "in", 2) == 0);
    for (const char* prefix : {"file://", "file:", "FILE://localhost"}) {
        auto by_url = opening.open(prefix + scratch.path("a%20b%41.txt"));
        REQUIRE(by_url);
        CHECK(read_all(**by_url) == "decoded");
    }
}

TEST_CASE("names in any script and with colons are files where there are such files", "[io]") {
    const Scratch scratch;
    const Opening opening;
    auto script = opening.open(scratch.write("фильм 映画.mkv", "x"));
    REQUIRE(script);
    CHECK(opening.factory->handles(scratch.write("rtsp:odd", "x")));
    CHECK_FALSE(opening.factory->handles("http://host/film.mkv"));
    CHECK_FALSE(opening.factory->handles("xyz:film"));
    CHECK(opening.factory->handles("film.mkv"));
    CHECK(opening.factory->handles("-"));
    CHECK(opening.factory->handles("fd:7"));
}

TEST_CASE("what cannot be opened is told in a sentence with its name", "[io]") {
    const Scratch scratch;
    const Opening opening;
    const auto error_of = [&](const std::string& locator) {
        auto opened = opening.open(locator);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().message().find(locator) != std::string::npos);
        return opened.error();
    };
    const Error missing = error_of(scratch.path("missing.mkv"));
    CHECK(missing == Errc::cannot_open);
    CHECK(missing.message().find("does not exist") != std::string::npos);
    CHECK(error_of(scratch.path("")) == Errc::is_a_directory);
    CHECK(error_of(scratch.write("empty.mkv", "")) == Errc::empty_file);
    CHECK(error_of("fd:9999") == Errc::cannot_open);
    const std::string secret = scratch.write("secret.mkv", "x");
    ::chmod(secret.c_str(), 0);
    if (::access(secret.c_str(), R_OK) != 0) { // root reads all the same
        const Error denied = error_of(secret);
        CHECK(denied == Errc::cannot_open);
        CHECK(denied.message().find("permission") != std::string::npos);
    }
}

TEST_CASE("a pipe is read to its end by its descriptor", "[io]") {
    const Opening opening;
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    auto source = opening.open("fd:" + std::to_string(ends[0]));
    REQUIRE(source);
    CHECK_FALSE((*source)->seekable());
    CHECK_FALSE((*source)->size());
    REQUIRE(::write(ends[1], "some bytes", 10) == 10);
    ::close(ends[1]);
    CHECK(read_all(**source) == "some bytes");
    source->reset();
    CHECK(::fcntl(ends[0], F_GETFD) != -1); // borrowed: still open
    ::close(ends[0]);
}

TEST_CASE("a file handed over as a descriptor begins where it stood", "[io]") {
    const Scratch scratch;
    const Opening opening;
    const int number = ::open(scratch.write("f", "0123456789").c_str(), O_RDONLY);
    REQUIRE(number >= 0);
    ::lseek(number, 4, SEEK_SET);
    auto source = opening.open("fd:" + std::to_string(number));
    REQUIRE(source);
    CHECK((*source)->size() == std::uint64_t{6});
    CHECK(read_all(**source) == "456789");
    ::close(number);
}

TEST_CASE("a FIFO without a writer opens at once, and an interrupt ends its read", "[io]") {
    const Scratch scratch;
    const Opening opening;
    const std::string path = scratch.path("fifo");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    auto source = opening.open(path);
    REQUIRE(source);
    CHECK((*source)->may_stall());
    std::array<std::byte, 16> into{};
    const auto got =
        interrupted_from_outside(*opening.interrupt, [&] { return (*source)->read_at(0, into); });
    REQUIRE_FALSE(got);
    CHECK(got.error() == Errc::cancelled);

    // And goes on as if nothing had been, once the interrupt is cleared.
    opening.interrupt->clear();
    const int writer = ::open(path.c_str(), O_WRONLY);
    REQUIRE(writer >= 0);
    REQUIRE(::write(writer, "late", 4) == 4);
    CHECK((*source)->read_at(0, into).value() == 4);

    // A writer that has fallen silent.
    const auto silent =
        interrupted_from_outside(*opening.interrupt, [&] { return (*source)->read_at(4, into); });
    REQUIRE_FALSE(silent);
    CHECK(silent.error() == Errc::cancelled);
    opening.interrupt->clear();
    ::close(writer);
    CHECK((*source)->read_at(4, into).value() == 0);
}

TEST_CASE("opening a silent FIFO as media ends at an interrupt", "[io][ffmpeg]") {
    const Scratch scratch;
    const std::string path = scratch.path("fifo");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const int writer = ::open(path.c_str(), O_RDWR);
    REQUIRE(writer >= 0);
    REQUIRE(::write(writer,
                    "\x47"
                    "abc",
                    4) == 4);
    Opening opening;
    auto interrupt = opening.interrupt;
    OpenRequest request;
    request.locator = path;
    const auto opened = interrupted_from_outside(
        *interrupt, [&] { return open_media(request, nullptr, interrupt); });
    REQUIRE_FALSE(opened);
    CHECK(opened.error() == Errc::cancelled);
    ::close(writer);
}

TEST_CASE("media in memory plays like the file", "[io][ffmpeg]") {
    const auto path = media("av_h264_aac.mp4");
    if (!path) {
        return;
    }
    const Opening opening;
    auto file = opening.open(*path);
    REQUIRE(file);
    auto bytes = std::make_shared<std::vector<std::byte>>();
    bytes->resize(static_cast<std::size_t>((*file)->size().value()));
    REQUIRE((*file)->read_at(0, *bytes).value() == bytes->size());

    OpenRequest request;
    request.io = io::memory_source(bytes, "clip in memory");
    auto opened = open_media(request, make_lanes());
    REQUIRE(opened);
    CHECK(opened->source->presentation().locator == "clip in memory");
    const Played played = play(*opened->source);
    CHECK(played.video.at(0).size() == 30);
    CHECK(played.audio.at(1).frames == 45056);
}

TEST_CASE("an interrupt ends a custom read through its cancel, on another thread", "[io]") {
    Opening opening;
    opening.executor = make_lanes();
    Gate entered;
    Gate cancelled;
    std::atomic<int> cancels{0};
    std::atomic<int> releases{0};
    std::thread::id cancel_thread;
    auto custom = std::make_shared<CustomIo>();
    custom->read = [&](std::uint64_t, std::span<std::byte>) {
        entered.open();
        cancelled.wait();
        return std::int64_t{-1};
    };
    custom->cancel = [&] {
        ++cancels;
        cancel_thread = std::this_thread::get_id();
        cancelled.open();
    };
    custom->release = [&] { ++releases; };
    auto source = opening.open(custom);
    REQUIRE(source);

    std::thread raiser([&] {
        entered.wait();
        opening.interrupt->raise();
    });
    const std::thread::id raising_thread = raiser.get_id();
    std::array<std::byte, 16> into{};
    const auto got = (*source)->read_at(0, into);
    raiser.join();
    REQUIRE_FALSE(got);
    CHECK(got.error() == Errc::cancelled);
    CHECK(releases == 0);
    source->reset();
    opening.executor.reset(); // joins the thread that ran the cancel
    CHECK(cancels == 1);
    CHECK(cancel_thread != raising_thread);
    CHECK(cancel_thread != std::this_thread::get_id());
    CHECK(releases == 1);
}

TEST_CASE("a raised interrupt keeps a custom read from beginning, and cancels nothing", "[io]") {
    Opening opening;
    opening.executor = make_lanes();
    int reads = 0;
    int cancels = 0;
    auto custom = std::make_shared<CustomIo>();
    custom->read = [&](std::uint64_t, std::span<std::byte>) { return std::int64_t{++reads}; };
    custom->cancel = [&] { ++cancels; };
    auto source = opening.open(custom);
    REQUIRE(source);
    opening.interrupt->raise();
    std::array<std::byte, 16> into{};
    const auto got = (*source)->read_at(0, into);
    REQUIRE_FALSE(got);
    CHECK(got.error() == Errc::cancelled);
    CHECK(reads == 0);
    opening.interrupt->clear();
    CHECK((*source)->read_at(0, into).value() == 1);
    source->reset();
    opening.executor.reset();
    CHECK(cancels == 0);
}

TEST_CASE("a custom read without cancel comes back in its own time and is then cancelled", "[io]") {
    Opening opening;
    opening.executor = make_lanes();
    Gate entered;
    Gate leave;
    std::atomic<int> releases{0};
    auto custom = std::make_shared<CustomIo>();
    custom->read = [&](std::uint64_t, std::span<std::byte>) {
        entered.open();
        leave.wait();
        return std::int64_t{0};
    };
    custom->release = [&] { ++releases; };
    auto source = opening.open(custom);
    REQUIRE(source);
    std::thread outside([&] {
        entered.wait();
        opening.interrupt->raise(); // returns although the read does not
        leave.open();
    });
    std::array<std::byte, 16> into{};
    const auto got = (*source)->read_at(0, into);
    outside.join();
    REQUIRE_FALSE(got);
    CHECK(got.error() == Errc::cancelled);
    source->reset();
    CHECK(releases == 1);
}

TEST_CASE("a custom source that fails or lies is an error, not a crash", "[io]") {
    Opening opening;
    opening.executor = make_lanes();
    auto custom = std::make_shared<CustomIo>();
    custom->name = "store";
    std::int64_t answer = -5;
    custom->read = [&](std::uint64_t, std::span<std::byte>) { return answer; };
    auto source = opening.open(custom);
    REQUIRE(source);
    std::array<std::byte, 16> into{};
    const auto failed = (*source)->read_at(77, into);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message().find("store") != std::string::npos);
    CHECK(failed.error().message().find("77") != std::string::npos);
    answer = 17;
    CHECK_FALSE((*source)->read_at(0, into));
    CHECK_FALSE(opening.open(std::make_shared<CustomIo>()));
}
