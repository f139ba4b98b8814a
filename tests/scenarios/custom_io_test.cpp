// Real files through the application's own read function, on the real lanes.
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>

#include "playhead/headless/sinks.h"
#include "playhead/lanes.h"
#include "playhead/video_output.h"
#include "scenarios/real_rig.h"
#include "support/catch.h"
#include "support/media_files.h"

using namespace playhead;
using namespace playhead::test;

namespace {

// Serves a file from memory; from a given offset on a read blocks until the test lets it go.
class BlockingFile : public std::enable_shared_from_this<BlockingFile> {
public:
    explicit BlockingFile(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(file), {});
    }
    std::shared_ptr<CustomIo> io() {
        auto io = std::make_shared<CustomIo>();
        io->size = bytes_.size();
        io->name = "blocking";
        io->read = [self = shared_from_this()](std::uint64_t offset, std::span<std::byte> into) {
            return self->read(offset, into);
        };
        return io;
    }
    void block_from(std::uint64_t offset) {
        std::lock_guard lock(mutex_);
        block_from_ = offset;
    }
    void wait_until_blocked() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return blocked_ > 0; });
    }
    void let_go() {
        std::lock_guard lock(mutex_);
        block_from_ = bytes_.size() + 1;
        changed_.notify_all();
    }
    void wait_until_back() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return blocked_ == 0; });
    }

private:
    std::int64_t read(std::uint64_t offset, std::span<std::byte> into) {
        std::unique_lock lock(mutex_);
        ++blocked_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return offset < block_from_; });
        --blocked_;
        changed_.notify_all();
        const auto end = std::min<std::uint64_t>(bytes_.size(), block_from_);
        const auto n = std::min<std::uint64_t>(into.size(), end - std::min(offset, end));
        std::memcpy(into.data(), bytes_.data() + offset, n);
        return static_cast<std::int64_t>(n);
    }

    std::string bytes_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t block_from_ = ~std::uint64_t{0};
    int blocked_ = 0;
};

} // namespace

TEST_CASE("stop completes while the application's read does not return, and again after it has",
          "[media][lanes][stop]") {
    const auto path = media("av_1080p_5s.mp4");
    if (!path) return;
    const auto file = std::make_shared<BlockingFile>(*path);
    RealRig rig(make_lanes());
    REQUIRE(rig.engine->open({"custom.mp4", file->io(), {}}));
    REQUIRE(rig.until("source-opened"));
    INFO(rig.events.back().status.message());
    const auto source = rig.events.back().as<SourceOpened>()->source;
    REQUIRE(source);
    headless::NullVideoSink video;
    headless::NullAudioSink audio;
    Topology topology;
    topology.add_branch(source, source->presentation().best(StreamKind::video)->index,
                        video.sink());
    topology.add_branch(source, source->presentation().best(StreamKind::audio)->index,
                        audio.sink());
    REQUIRE(rig.session.set_topology(std::move(topology)));
    file->block_from(1'000'000);
    REQUIRE(rig.session.start());
    REQUIRE(rig.until("session-started"));
    file->wait_until_blocked();
    REQUIRE(rig.session.stop());
    REQUIRE(rig.until("session-stopped"));
    CHECK(rig.events.back().status.ok());

    // While the read is still inside, the source cannot be made anew: it is the application's.
    REQUIRE(rig.session.start());
    REQUIRE(rig.until("session-started"));
    CHECK(rig.events.back().status == Errc::component_busy);
    rig.session.stop();
    REQUIRE(rig.until("session-stopped"));
    file->let_go();
    file->wait_until_back();
    rig.session.close();
    REQUIRE(rig.until("session-closed"));
}
