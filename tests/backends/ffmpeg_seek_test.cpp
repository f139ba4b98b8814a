// Seeking: whatever the target, decoding from there gives the frames that playing from the start
// gives.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "ffmpeg_support.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

// Numbers that are the same everywhere.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    std::uint64_t roll() {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return state_ >> 33;
    }

private:
    std::uint64_t state_;
};

// The frame that is on at t: the last that begins at or before it.
std::size_t frame_at(const std::vector<Shown>& frames, MediaTime t) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < frames.size() && frames[i].pts <= t; ++i) {
        at = i;
    }
    return at;
}

StreamIndex first_video(const Presentation& presentation) {
    const auto found =
        std::find_if(presentation.streams.begin(), presentation.streams.end(), [](const auto& s) {
            return s.kind == StreamKind::video && !s.disposition.attached_picture;
        });
    REQUIRE(found != presentation.streams.end());
    return found->index;
}

void check_seeks(const std::string& path, int seeks, std::uint64_t seed, bool with_audio = true) {
    INFO(path);
    auto linear_source = open_media(path);
    REQUIRE(linear_source);
    const StreamIndex video = first_video(linear_source->source->presentation());
    const std::vector<Shown> linear =
        play(*linear_source->source, std::vector<StreamIndex>{video}).video[video];
    REQUIRE(linear.size() > 2);

    auto opened = open_media(path);
    REQUIRE(opened);
    MediaSource& source = *opened->source;
    std::vector<StreamIndex> streams{video};
    if (with_audio) {
        for (const StreamInfo& stream : source.presentation().streams) {
            if (stream.kind == StreamKind::audio) {
                streams.push_back(stream.index);
            }
        }
    }
    source.select(streams);
    Dice dice(seed);
    const auto length = static_cast<std::uint64_t>((linear.back().pts - media_zero).count());
    for (int i = 0; i < seeks; ++i) {
        const MediaTime t =
            i == 0   ? media_zero
            : i == 1 ? linear.back().pts
            : i == 2 ? linear[linear.size() / 2].pts
                     : media_at(Duration{static_cast<std::int64_t>(dice.roll() * 8 % length)});
        INFO("to " << format_time(t.time_since_epoch()));
        const auto sought = source.seek(t);
        if (!sought) {
            FAIL_CHECK(sought.error().message());
            continue;
        }
        const std::size_t wanted = frame_at(linear, t);
        const std::vector<Shown> got = play(source, std::vector<StreamIndex>{video}).video[video];
        // Everything from the wanted frame to the end, and nothing between that is not there.
        const auto first = std::find_if(got.begin(), got.end(), [&](const Shown& frame) {
            return frame.pts == linear[wanted].pts;
        });
        if (first == got.end()) {
            FAIL_CHECK("the frame at "
                       << format_time(linear[wanted].pts.time_since_epoch())
                       << " is missing, the first of " << got.size() << " is at "
                       << (got.empty() ? "-" : format_time(got[0].pts.time_since_epoch())));
            continue;
        }
        CHECK(static_cast<std::size_t>(got.end() - first) == linear.size() - wanted);
        std::size_t same = 0;
        std::size_t at = wanted;
        for (auto frame = first; frame != got.end() && at < linear.size(); ++frame, ++at) {
            if (linear[at].hash == frame->hash && linear[at].pts == frame->pts) {
                ++same;
            }
        }
        CHECK(same == linear.size() - wanted);
    }
}

} // namespace

TEST_CASE("random seeks give the frames of linear decoding: the development media",
          "[ffmpeg][seek]") {
    for (const char* name :
         {"av_h264_aac.mp4", "av_fragmented_seekable.mp4", "editlist_positive_shift.mp4",
          "vfr_odd_518x488.mp4", "hevc_bframes.mp4", "av1_aac.mp4", "two_audio.mkv", "chapters.mkv",
          "vp9.webm", "vp8.webm", "mpeg4_mp3.avi", "rotate_90_aac51.mp4", "h264_mp2.ts",
          "mpeg2_mp2.ts", "hls/manifest.m3u8"}) {
        if (const auto path = media(name)) {
            check_seeks(*path, 12, 7);
        }
    }
}

TEST_CASE("random seeks give the frames of linear decoding: long groups and B-frames",
          "[ffmpeg][seek]") {
    const Scratch scratch;
    check_seeks(scratch.clip("long.mp4", {"--video", "mpeg4", "--audio", "aac", "--gop", "90",
                                          "--bframes", "2", "--size", "320x180"}),
                16, 1);
    check_seeks(scratch.clip("long.mkv", {"--video", "mpeg4", "--gop", "120", "--bframes", "2",
                                          "--size", "320x180"}),
                16, 2);
}

TEST_CASE("random seeks give the frames of linear decoding: streams without an index",
          "[ffmpeg][seek]") {
    const Scratch scratch;
    check_seeks(scratch.clip("long.ts", {"--video", "mpeg2video", "--audio", "mp2", "--gop", "45",
                                         "--bframes", "2", "--size", "320x180"}),
                16, 3);
    check_seeks(scratch.clip("long.mpg", {"--video", "mpeg2video", "--audio", "mp2", "--gop", "45",
                                          "--size", "320x180"}),
                16, 4);
}

TEST_CASE("a seek in sound comes out before its target, and the sound goes on without a gap",
          "[ffmpeg][seek]") {
    const Scratch scratch;
    for (const auto& [name, codec] :
         std::vector<std::pair<std::string, std::string>>{{"s.flac", "flac"},
                                                          {"s.m4a", "aac"},
                                                          {"s.mp2", "mp2"},
                                                          {"s.wav", "pcm_s16le"},
                                                          {"s.mka", "flac"}}) {
        const std::string path = scratch.clip(name, {"--video", "none", "--audio", codec});
        INFO(name);
        auto opened = open_media(path);
        REQUIRE(opened);
        for (const double seconds : {0.0, 3.3, 9.5, 0.7}) {
            INFO("to " << seconds);
            const MediaTime t = media_at(Duration{static_cast<std::int64_t>(seconds * 1e9)});
            REQUIRE(opened->source->seek(t));
            const Played played = play(*opened->source);
            REQUIRE(played.audio.size() == 1);
            const Heard& heard = played.audio.begin()->second;
            CHECK(heard.first <= t);
            CHECK(heard.gaps == 0);
            CHECK(heard.end >= media_at(std::chrono::milliseconds{9'950}));
        }
    }
}

TEST_CASE("a source that was read to its end starts again", "[ffmpeg][seek]") {
    const auto path = media("av_h264_aac.mp4");
    if (!path) {
        return;
    }
    auto opened = open_media(*path);
    REQUIRE(opened);
    const Played once = play(*opened->source);
    REQUIRE(opened->source->seek(media_zero));
    const Played twice = play(*opened->source);
    CHECK(once.video.at(0).size() == twice.video.at(0).size());
    CHECK(once.audio.at(1).frames == twice.audio.at(1).frames);
}

namespace {

// The sound is there from t on, wherever it lies in the file, and all pictures from the one at t on.
void check_sound(const std::string& path, const std::vector<double>& seconds) {
    INFO(path);
    auto linear_source = open_media(path);
    REQUIRE(linear_source);
    const Played linear = play(*linear_source->source);
    auto opened = open_media(path);
    REQUIRE(opened);
    for (const double target : seconds) {
        INFO("to " << target);
        const MediaTime t = media_at(Duration{std::llround(target * 1e9)});
        REQUIRE(opened->source->seek(t));
        const Played got = play(*opened->source);
        CHECK_FALSE(got.read_error);
        const auto& [video, pictures] = *linear.video.begin();
        const auto& rest = got.video.at(video);
        const Shown wanted = pictures[frame_at(pictures, t)];
        const auto first = std::find_if(rest.begin(), rest.end(), [&](const Shown& frame) {
            return frame.pts == wanted.pts && frame.hash == wanted.hash;
        });
        CHECK(first != rest.end());
        const auto& [audio, all] = *linear.audio.begin();
        if (all.first > t || all.end <= t) {
            continue;
        }
        REQUIRE(got.audio.count(audio) == 1);
        const Heard& heard = got.audio.at(audio);
        CHECK(heard.first <= t + 1ms);     // Matroska's stamps
        CHECK(heard.end + 1us >= all.end); // rounded elsewhere
        CHECK(heard.gaps <= all.gaps);
    }
}

} // namespace

TEST_CASE("a seek finds the sound that lies before its pictures in the file", "[ffmpeg][seek]") {
    const Scratch scratch;
    const std::vector<double> anywhere{6.0, 11.16, 3.32, 9.98, 0.01, 7.0};
    for (const auto& [name, interleave, codec] :
         std::vector<std::tuple<std::string, std::string, std::string>>{
             {"apart.mkv", "audio-first:5", "flac"},
             {"apart.ts", "audio-first:2", "mp2"},
             {"apart.avi", "audio-first:2", "mp2"},
             {"behind.mkv", "video-first:2", "flac"},
             {"plain.mkv", "good", "flac"},
             {"plain.ts", "good", "mp2"},
             {"plain.mp4", "good", "aac"}}) {
        check_sound(scratch.clip(name, {"--size", "64x48", "--seconds", "12", "--audio", codec,
                                        "--gop", "15", "--interleave", interleave}),
                    anywhere);
    }
    for (const char* name : {"chapters.mkv", "vfr_odd_518x488.mp4", "mpeg4_mp3.avi"}) {
        if (const auto path = media(name)) {
            check_sound(*path, {0.04, 0.5, 1.0, 1.9});
        }
    }
}
