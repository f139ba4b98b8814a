// What the tests of demuxing and decoding share: the media folder, generated clips, and playing a
// source to its end with nothing in between.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "playhead/backend/decoder.h"
#include "playhead/backend/source.h"
#include "support/media_files.h"

namespace playhead::test {

// A folder of its own for each test, removed at the end.
class Scratch {
public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    std::string path(const std::string& name) const;
    std::string write(const std::string& name, const std::string& contents) const;
    // Makes a clip with playhead-clip and gives its path; asserts that it could be made.
    std::string clip(const std::string& name, const std::vector<std::string>& options) const;

private:
    std::string folder_;
};

struct Opened {
    std::shared_ptr<Interrupt> interrupt;
    std::unique_ptr<MediaSource> source;
};

Result<Opened> open_media(OpenRequest request, std::shared_ptr<Executor> executor = nullptr,
                          std::shared_ptr<Interrupt> interrupt = nullptr);
Result<Opened> open_media(const std::string& locator);

struct Shown {
    MediaTime pts{};
    std::optional<Duration> duration;
    std::uint32_t hash = 0; // Adler-32 from 0 of the picture, upright
};

struct Heard {
    std::int64_t frames = 0;
    MediaTime first{};
    MediaTime end{};
    int gaps = 0; // blocks that do not begin where the one before ended
};

struct Played {
    std::map<StreamIndex, std::vector<Shown>> video;
    std::map<StreamIndex, Heard> audio;
    std::vector<Error> decode_errors;
    std::optional<Error> read_error;
};

struct PlayOptions {
    int threads = 1;
    std::optional<std::size_t> frames; // stop after so many of the first video stream
    SkipLevel skip = SkipLevel::none;
};

// Every audio and video stream of the source, from where it stands.
Played play(MediaSource& source, PlayOptions options = {});
Played play(MediaSource& source, const std::vector<StreamIndex>& streams, PlayOptions options = {});

std::uint32_t picture_hash(const Picture& picture);

} // namespace playhead::test
