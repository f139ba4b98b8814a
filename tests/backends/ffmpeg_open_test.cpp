// What opening says: about media, and about what is none.
#include <algorithm>

#include "ffmpeg_support.h"
#include "playhead/ffmpeg/backend.h"
#include "support/catch.h"
#include "support/local_server.h"

using namespace playhead;
using namespace playhead::test;

namespace {

Error refusal(const std::string& locator) {
    auto opened = open_media(locator);
    REQUIRE_FALSE(opened);
    INFO(opened.error().message());
    CHECK(opened.error().message().find('\'') != std::string::npos);
    return opened.error();
}

bool says(const Error& error, const std::string& words) {
    UNSCOPED_INFO(error.message());
    return error.message().find(words) != std::string::npos;
}

const StreamInfo& stream(const Opened& opened, std::size_t i) {
    return opened.source->presentation().streams.at(i);
}

const VideoFormat& picture(const StreamInfo& info) { return std::get<VideoFormat>(info.type); }

} // namespace

TEST_CASE("what is no media is told apart", "[ffmpeg][open]") {
    const Scratch scratch;
    CHECK(refusal(scratch.path("missing.mp4")) == Errc::cannot_open);
    CHECK(refusal(scratch.path("")) == Errc::is_a_directory);
    CHECK(refusal(scratch.write("empty.mp4", "")) == Errc::empty_file);
    std::string text;
    for (int i = 0; i < 2000; ++i) {
        text += "It was a dark and stormy night, line by line.\n";
    }
    CHECK(refusal(scratch.write("notes.txt", text)) == Errc::unknown_format);
    CHECK(refusal(scratch.write("notes.mp4", text)) == Errc::unknown_format);
    const Error short_of_index = refusal(
        scratch.write("cut.mp4", std::string("\0\0\0\x18"
                                             "ftypisom\0\0\2\0isomiso2",
                                             24) +
                                     std::string("\0\x01\0\0mdat", 8) + std::string(5000, 'x')));
    CHECK(short_of_index == Errc::damaged);
    CHECK(says(short_of_index, "moov"));
    CHECK(refusal(scratch.write("list.ffconcat", "ffconcat version 1.0\nfile /etc/hostname\n")) ==
          Errc::unknown_format);
}

TEST_CASE("what cannot be reached says why", "[ffmpeg][open]") {
    const Error unknown = refusal("xyz://host/film.mkv");
    CHECK(unknown == Errc::protocol_unsupported);
    CHECK(says(unknown, "\"xyz:\""));
    CHECK(refusal("concat:a.ts|b.ts") == Errc::protocol_unsupported);
    const Error refused =
        refusal("http://127.0.0.1:" + std::to_string(closed_port()) + "/film.mkv");
    CHECK(refused == Errc::cannot_open);
    CHECK(says(refused, "refused"));
    LocalServer absent("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    CHECK(says(refusal(absent.url("/film.mkv")), "404"));
}

TEST_CASE("limits are kept", "[ffmpeg][open]") {
    const auto path = media("av_1080p_5s.mp4");
    if (!path) {
        return;
    }
    OpenRequest request;
    request.locator = *path;
    request.options.limits.width = 1280;
    auto wide = open_media(request);
    REQUIRE_FALSE(wide);
    CHECK(wide.error() == Errc::limit_exceeded);
    request.options.limits = {};
    request.options.limits.streams = 1;
    auto many = open_media(request);
    REQUIRE_FALSE(many);
    CHECK(many.error() == Errc::limit_exceeded);
    request.options.limits = {};
    request.options.limits.packet_bytes = 2000;
    auto opened = open_media(request);
    REQUIRE(opened);
    const Played played = play(*opened->source);
    REQUIRE(played.read_error);
    CHECK(*played.read_error == Errc::limit_exceeded);
}

TEST_CASE("the programs of a transport stream are told, and one is asked for by its number",
          "[ffmpeg][open]") {
    const Scratch scratch;
    const std::string path =
        scratch.clip("channels.ts", {"--programs", "2", "--sounds", "2", "--video", "mpeg2video",
                                     "--audio", "mp2", "--seconds", "2", "--size", "160x120"});
    OpenRequest request;
    request.locator = path;
    const auto first = open_media(request);
    REQUIRE(first);
    const Presentation& all = first->source->presentation();
    REQUIRE(all.streams.size() == 6);
    REQUIRE(all.programs.size() == 2);
    CHECK(all.programs[0].number == 1);
    CHECK(all.programs[1].number == 2);
    for (const Program& program : all.programs) CHECK(program.streams.size() == 3);
    CHECK(all.best_program() == &all.programs[0]);

    request.options.program = 2;
    const auto second = open_media(request);
    REQUIRE(second);
    const Presentation& one = second->source->presentation();
    CHECK(one.streams.size() == 6); // those of the other are there, too
    CHECK(one.best_program() == &one.programs[1]);

    request.options.program = 3;
    const auto none = open_media(request);
    REQUIRE_FALSE(none);
    CHECK(none.error() == Errc::not_found);
    CHECK(says(none.error(), "has no program 3; it has 1, 2"));
}

TEST_CASE("a playlist opens its neighbours, and nothing but files", "[ffmpeg][open]") {
    const Scratch scratch;
    const std::string part = scratch.clip("part 1.ts", {"--video", "mpeg2video", "--audio", "mp2",
                                                        "--seconds", "2", "--size", "320x180"});
    const auto list = [&](const std::string& name, const std::string& member) {
        return scratch.write(name, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
                                   "#EXTINF:2,\n" +
                                       member + "\n#EXT-X-ENDLIST\n");
    };
    auto good = open_media(list("good.m3u8", "part 1.ts"));
    REQUIRE(good);
    CHECK(play(*good->source).video.at(0).size() == 60);
    for (const char* member : {"fd:0", "pipe:0", "-", "concat:a.ts|b.ts", "xyz://a/b.ts"}) {
        INFO(member);
        CHECK_FALSE(open_media(list("bad.m3u8", member)));
    }
}

TEST_CASE("a playlist from the network opens no local file", "[ffmpeg][open]") {
    const Scratch scratch;
    const std::string part = scratch.clip("part.ts", {"--video", "mpeg2video", "--audio", "none",
                                                      "--seconds", "1", "--size", "320x180"});
    const std::string list = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n"
                             "file://" +
                             part + "\n#EXT-X-ENDLIST\n";
    REQUIRE(open_media(scratch.write("local.m3u8", list))); // the same list is fine from here
    LocalServer server("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.apple.mpegurl\r\n"
                       "Content-Length: " +
                       std::to_string(list.size()) + "\r\n\r\n" + list);
    const auto opened = open_media(server.url("/list.m3u8"));
    REQUIRE_FALSE(opened);
    CHECK(says(opened.error(), "may not open"));
}

TEST_CASE("an interrupt ends the opening of a silent server", "[ffmpeg][open]") {
    LocalServer silent("");
    auto interrupt = std::make_shared<Interrupt>();
    interrupt->raise();
    OpenRequest request;
    request.locator = silent.url("/film.mkv");
    const auto opened = open_media(request, nullptr, interrupt);
    REQUIRE_FALSE(opened);
    CHECK(opened.error() == Errc::cancelled);
}

TEST_CASE("pictures are described: turn, range, colour, rate, aspect", "[ffmpeg][open]") {
    if (const auto path = media("rotate_90_aac51.mp4")) {
        auto opened = open_media(*path);
        REQUIRE(opened);
        const VideoFormat& format = picture(stream(*opened, 0));
        CHECK(format.rotation_degrees == 90);
        CHECK_FALSE(format.flip_horizontal);
        CHECK(format.color.matrix == 1);
        CHECK(format.frame_rate == Rational{24, 1});
        CHECK(display_size(format) == DisplaySize{1080, 1920});
        const auto& sound = std::get<AudioFormat>(stream(*opened, 1).type);
        CHECK(sound.channels == 6);
        CHECK(sound.rate_hz == 48000);
        CHECK(stream(*opened, 1).language == "eng");
    }
    if (const auto path = media("av_1080p_5s.mp4")) {
        auto opened = open_media(*path);
        REQUIRE(opened);
        const VideoFormat& format = picture(stream(*opened, 0));
        CHECK(format.pixel_format == PixelFormat::i420);
        CHECK(format.pixel_format_name == "yuv420p");
        CHECK(format.color.full_range);
        CHECK(stream(*opened, 0).profile == "High");
    }
    if (const auto path = media("hdr10_tiny.mp4")) {
        auto opened = open_media(*path);
        REQUIRE(opened);
        const ColorInfo& color = picture(stream(*opened, 0)).color;
        CHECK(color.matrix == 9);
        CHECK(color.primaries == 9);
        CHECK(color.transfer == 16);
    }
    if (const auto path = media("vp8.webm")) {
        auto opened = open_media(*path);
        REQUIRE(opened);
        CHECK(picture(stream(*opened, 0)).pixel_aspect == Rational{853, 854});
    }
}

TEST_CASE("covers and fonts are set apart, a cover comes once when it is asked for",
          "[ffmpeg][open]") {
    if (const auto path = media("picture_chapters.mp3")) {
        auto opened = open_media(*path);
        REQUIRE(opened);
        const Presentation& presentation = opened->source->presentation();
        REQUIRE(presentation.streams.size() == 2);
        CHECK(stream(*opened, 1).disposition.attached_picture);
        CHECK(presentation.best(StreamKind::video) == nullptr);
        REQUIRE(presentation.cover() != nullptr);
        CHECK(presentation.chapters.size() == 2);
        for (int pictures : {0, 1}) {
            if (pictures == 1) {
                opened->source->select(std::vector<StreamIndex>{0, 1});
            }
            REQUIRE(opened->source->seek(media_at(std::chrono::seconds{1})));
            int seen = 0;
            for (;;) {
                auto outcome = opened->source->read();
                const auto* packet = std::get_if<Packet>(&outcome);
                if (packet == nullptr) {
                    break;
                }
                seen += packet->stream == 1 ? 1 : 0;
            }
            CHECK(seen == pictures);
        }
    }
    if (const auto path = media("subs_ass_font.mkv")) {
        auto opened = open_media(*path);
        REQUIRE(opened);
        CHECK(stream(*opened, 2).kind == StreamKind::attachment);
        CHECK_FALSE(stream(*opened, 2).decodable);
    }
}

TEST_CASE("time begins at the container's first stamp", "[ffmpeg][open]") {
    const auto path = media("h264_mp2.ts");
    if (!path) {
        return;
    }
    auto opened = open_media(*path);
    REQUIRE(opened);
    CHECK(opened->source->presentation().container_start > std::chrono::seconds{1});
    const Played played = play(*opened->source);
    CHECK(played.video.at(0).at(0).pts == media_zero);
    CHECK(played.audio.at(1).first == media_zero);
}

TEST_CASE("stamps go on where a transport stream wraps around or starts anew", "[ffmpeg]") {
    const Scratch scratch;
    const std::vector<std::string> made{"--video", "mpeg2video", "--audio",   "mp2",
                                        "--size",  "320x180",    "--seconds", "8"};
    auto wrapping = made;
    wrapping.insert(wrapping.end(), {"--start", "95440"}); // 33 bits end at 95443.7 s
    const std::string wrapped = scratch.clip("wrapped.ts", wrapping);
    const std::string first = scratch.clip("first.ts", made);
    const std::string joined = scratch.path("joined.ts");
    REQUIRE(std::system(("cat '" + wrapped + "' '" + first + "' > '" + joined + "'").c_str()) == 0);
    for (const auto& [path, frames] :
         std::vector<std::pair<std::string, std::size_t>>{{wrapped, 240}, {joined, 480}}) {
        INFO(path);
        auto opened = open_media(path);
        REQUIRE(opened);
        const Played played = play(*opened->source);
        const auto& shown = played.video.at(0);
        REQUIRE(shown.size() >= frames - 2); // the join may cost the open end of a group
        Duration longest{};
        bool rising = true;
        for (std::size_t i = 1; i < shown.size(); ++i) {
            rising = rising && shown[i].pts > shown[i - 1].pts;
            longest = std::max(longest, shown[i].pts - shown[i - 1].pts);
        }
        CHECK(rising);
        CHECK(longest < std::chrono::milliseconds{200});
        const auto& heard = played.audio.at(1);
        CHECK(std::chrono::abs(heard.end - shown.back().pts) < std::chrono::milliseconds{300});
    }
}

TEST_CASE("a file with its sound and picture far apart is read in file order", "[ffmpeg]") {
    const Scratch scratch;
    auto opened = open_media(
        scratch.clip("apart.mkv", {"--interleave", "audio-first:5", "--size", "320x180"}));
    REQUIRE(opened);
    const Played played = play(*opened->source);
    CHECK(played.video.at(0).size() == 300);
    CHECK(played.audio.at(1).frames == 480000);
    CHECK(played.audio.at(1).gaps == 0);
}

TEST_CASE("a stream that nobody can decode says so", "[ffmpeg]") {
    const auto path = media("subs_ass_font.mkv");
    if (!path) {
        return;
    }
    auto opened = open_media(*path);
    REQUIRE(opened);
    const auto decoder = ffmpeg::make_decoder_factory()->create(stream(*opened, 2), {}); // a font
    REQUIRE_FALSE(decoder);
    CHECK(decoder.error() == Errc::topo_codec_not_found);
}
