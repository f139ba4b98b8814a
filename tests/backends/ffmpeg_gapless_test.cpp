// What encoders add at both ends is not heard: decoded sound is as long as it was.
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

extern "C" {
#include <libavcodec/avcodec.h>
}

#include "backends/ffmpeg_support.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

struct Kind {
    const char* encoder;
    const char* file;
    int rate_hz;
};

bool can_encode(const Kind& kind) {
    if (avcodec_find_encoder_by_name(kind.encoder) != nullptr) return true;
    WARN("this FFmpeg has no encoder " << kind.encoder);
    return false;
}

std::string make(const Scratch& scratch, const Kind& kind, double seconds,
                 const char* prefix = "") {
    return scratch.clip(std::string{prefix} + kind.file,
                        {"--video", "none", "--audio", kind.encoder, "--rate",
                         std::to_string(kind.rate_hz), "--seconds", std::to_string(seconds)});
}

Heard sound_of(const std::string& path, std::optional<MediaTime> from = std::nullopt) {
    auto opened = open_media(path);
    REQUIRE(opened.has_value());
    if (from) REQUIRE(opened->source->seek(*from).has_value());
    const Played played = play(*opened->source);
    REQUIRE_FALSE(played.read_error);
    REQUIRE(played.audio.size() == 1);
    return played.audio.begin()->second;
}

std::string bytes_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// The 32 bits that lie `offset` behind the name of a box.
std::uint32_t word(const std::string& bytes, const char* box, std::size_t offset) {
    const std::size_t at = bytes.find(box);
    REQUIRE(at != std::string::npos);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value = value << 8 | static_cast<unsigned char>(bytes[at + 4 + offset + i]);
    }
    return value;
}
void set_word(std::string& bytes, const char* box, std::size_t offset, std::uint32_t value) {
    const std::size_t at = bytes.find(box);
    REQUIRE(at != std::string::npos);
    for (std::size_t i = 4; i-- > 0; value >>= 8) {
        bytes[at + 4 + offset + i] = static_cast<char>(value & 0xff);
    }
}

} // namespace

TEST_CASE("decoded sound has the length that was encoded", "[backends][ffmpeg][gapless]") {
    const Kind kind = GENERATE(Kind{"aac", "a.m4a", 44100}, Kind{"aac", "a.mp4", 48000},
                               Kind{"aac", "a.mov", 44100}, Kind{"libmp3lame", "a.mp3", 44100},
                               Kind{"libmp3lame", "a.mp3", 48000}, Kind{"libopus", "a.opus", 48000},
                               Kind{"libvorbis", "a.ogg", 44100}, Kind{"alac", "a.m4a", 44100},
                               Kind{"flac", "a.flac", 44100});
    double seconds = GENERATE(0.7001, 1.0, 1.58734);
    if (!can_encode(kind)) return;
    // Of Vorbis in a single page libavformat does not know both ends; the second page comes after 1 s.
    if (std::string{kind.encoder} == "libvorbis") seconds += 1.0;
    INFO(kind.encoder << " in " << kind.file << ", " << seconds << " s at " << kind.rate_hz);
    const Scratch scratch;
    const auto expected = std::llround(seconds * kind.rate_hz);
    const Heard heard = sound_of(make(scratch, kind, seconds));
    CHECK(heard.frames == expected);
    CHECK(heard.first == media_zero);
    CHECK(std::chrono::abs(heard.end - media_zero - frames_to_duration(expected, kind.rate_hz)) <=
          1us);
    CHECK(heard.gaps == 0);
}

TEST_CASE("two files that were one are as long as the one", "[backends][ffmpeg][gapless]") {
    const Kind kind = GENERATE(Kind{"aac", "a.m4a", 44100}, Kind{"libmp3lame", "a.mp3", 44100},
                               Kind{"libopus", "a.opus", 48000}, Kind{"libvorbis", "a.ogg", 44100});
    if (!can_encode(kind)) return;
    const Scratch scratch;
    const Heard one = sound_of(make(scratch, kind, 1.23003, "one"));
    const Heard two = sound_of(make(scratch, kind, 1.1, "two"));
    CHECK(one.frames + two.frames ==
          std::llround(1.23003 * kind.rate_hz) + std::llround(1.1 * kind.rate_hz));
}

TEST_CASE("the end of the sound is the same after a seek", "[backends][ffmpeg][gapless]") {
    const Scratch scratch;
    const std::string path = make(scratch, {"aac", "a.m4a", 44100}, 1.58734);
    for (const MediaTime at : {media_at(1s), media_at(1570ms), media_zero}) {
        const Heard heard = sound_of(path, at);
        CHECK(heard.end == media_zero + frames_to_duration(70002, 44100));
        CHECK(heard.first <= at);
    }
}

TEST_CASE("an edit that ends before the sound does cuts it there", "[backends][ffmpeg][gapless]") {
    const Scratch scratch;
    std::string bytes = bytes_of(make(scratch, {"aac", "a.m4a", 44100}, 1.58734));
    // An edit counts in ticks of the movie: milliseconds, as this muxer writes it.
    REQUIRE(word(bytes, "mvhd", 12) == 1000);
    REQUIRE(word(bytes, "elst", 4) == 1);
    set_word(bytes, "elst", 8, 1500);
    CHECK(sound_of(scratch.write("cut.m4a", bytes)).frames == 66150);
    // Finer ticks, as other encoders write them.
    set_word(bytes, "mvhd", 12, 44100);
    set_word(bytes, "elst", 8, 65537);
    CHECK(sound_of(scratch.write("fine.m4a", bytes)).frames == 65537);
    // At half the speed: not a plain edit, so nothing is cut off.
    set_word(bytes, "elst", 8, 70002);
    const auto whole = sound_of(scratch.write("plain.m4a", bytes)).frames;
    CHECK(whole == 70002);
    set_word(bytes, "elst", 16, 0x8000);
    CHECK(sound_of(scratch.write("slow.m4a", bytes)).frames > 70002);
}

// ffmpeg 5.1 gives 89088, 480256 and 267264 for these: whole blocks of 1024. Their edit lists and sample
// tables say how much of the last block is sound; in the second all of it is, and 10005 ms is rounded.
TEST_CASE("files of other encoders end where their edit lists say", "[backends][ffmpeg][gapless]") {
    struct File {
        const char* name;
        std::int64_t frames;
    };
    const File file = GENERATE(File{"mono.m4a", 88200}, File{"editlist_positive_shift.mp4", 480256},
                               File{"vfr_odd_518x488.mp4", 267111});
    const auto path = media(file.name);
    if (!path) return;
    INFO(file.name);
    auto opened = open_media(*path);
    REQUIRE(opened.has_value());
    const Played played = play(*opened->source);
    REQUIRE(played.audio.size() == 1);
    CHECK(played.audio.begin()->second.frames == file.frames);
}
