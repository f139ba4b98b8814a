// Every file of the development media, against what its manifest says.
#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "ffmpeg_support.h"
#include "support/catch.h"

extern "C" {
#include <libavutil/mem.h>
#include <libavutil/sha.h>
}

using namespace playhead;
using namespace playhead::test;
using nlohmann::json;

namespace {

std::string sha256(const std::string& text) {
    AVSHA* context = av_sha_alloc();
    av_sha_init(context, 256);
    av_sha_update(context, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    std::array<std::uint8_t, 32> digest{};
    av_sha_final(context, digest.data());
    av_free(context);
    std::string out;
    for (const std::uint8_t byte : digest) {
        std::array<char, 3> hex{};
        std::snprintf(hex.data(), hex.size(), "%02x", byte);
        out += hex.data();
    }
    return out;
}

std::string adler_list(const std::vector<Shown>& frames) {
    std::string list;
    for (const Shown& frame : frames) {
        std::array<char, 11> hex{};
        std::snprintf(hex.data(), hex.size(), "0x%08x", frame.hash);
        list += list.empty() ? "" : "\n";
        list += hex.data();
    }
    return list;
}

void check_video(const json& wanted, const std::vector<Shown>& got, bool whole) {
    const auto least = wanted.at("min").get<double>();
    CHECK(static_cast<double>(got.size()) >= (whole ? least : 0.7 * least));
    CHECK(got.size() <= wanted.at("max").get<std::size_t>());
    if (whole && wanted.contains("adler32_list_sha256")) {
        CHECK(sha256(adler_list(got)) == wanted.at("adler32_list_sha256").get<std::string>());
    }
    for (std::size_t i = 1; i < got.size(); ++i) {
        if (got[i].pts <= got[i - 1].pts) {
            FAIL_CHECK("frame " << i << " is not after the one before");
        }
    }
}

void check_audio(const json& wanted, double least, const Heard& got, bool whole) {
    CHECK(static_cast<double>(got.frames) >= (whole ? least : 0.7 * least));
    CHECK(got.frames <= wanted.at("max").get<std::int64_t>());
}

void check_file(const json& file, const std::string& path, int threads) {
    const bool whole = file.at("expectation") == "playable";
    auto opened = open_media(path);
    if (!opened) {
        FAIL_CHECK("not opened: " << opened.error().message());
        return;
    }
    const Presentation& presentation = opened->source->presentation();
    CHECK(presentation.container == file.at("container").get<std::string>());
    const Played played = play(*opened->source, PlayOptions{.threads = threads, .frames = {}});
    if (whole) {
        CHECK_FALSE(played.read_error);
    }
    for (const json& stream : file.at("streams")) {
        const auto index = stream.at("index").get<StreamIndex>();
        INFO("stream " << index);
        const StreamInfo& info = presentation.streams.at(static_cast<std::size_t>(index));
        CHECK(info.kind == (stream.at("type") == "video"        ? StreamKind::video
                            : stream.at("type") == "audio"      ? StreamKind::audio
                            : stream.at("type") == "attachment" ? StreamKind::attachment
                                                                : StreamKind::subtitle));
        if (stream.contains("frames")) {
            const auto found = played.video.find(index);
            check_video(stream.at("frames"),
                        found != played.video.end() ? found->second : std::vector<Shown>{}, whole);
        }
        if (stream.contains("samples")) {
            const auto found = played.audio.find(index);
            check_audio(stream.at("samples"), least_samples(file, stream),
                        found != played.audio.end() ? found->second : Heard{}, whole);
        }
    }
}

void check_all(int threads) {
    const auto manifest = media_manifest();
    if (!manifest) {
        return;
    }
    int checked = 0;
    for (const json& file : manifest->at("files")) {
        const auto name = file.at("path").get<std::string>();
        const auto path = media(name);
        const auto expectation = file.at("expectation").get<std::string>();
        if (!path || (expectation != "playable" && expectation != "partly")) {
            continue;
        }
        INFO(name << ", threads " << threads);
        check_file(file, *path, threads);
        ++checked;
    }
    CHECK(checked > 0);
}

} // namespace

TEST_CASE("every playable file decodes to the counts and pictures of the manifest", "[ffmpeg]") {
    check_all(1);
}

TEST_CASE("two decoder threads give the same counts and pictures as one", "[ffmpeg]") {
    check_all(2);
}

TEST_CASE("what cannot be played is refused when it is opened, with a sentence", "[ffmpeg]") {
    const auto manifest = media_manifest();
    if (!manifest) {
        return;
    }
    for (const json& file : manifest->at("files")) {
        const auto expectation = file.at("expectation").get<std::string>();
        if (expectation != "clean_error" && expectation != "refuse") {
            continue;
        }
        const auto name = file.at("path").get<std::string>();
        const auto path = media(name);
        if (!path) {
            continue;
        }
        INFO(name);
        const auto opened = open_media(*path);
        REQUIRE_FALSE(opened);
        INFO(opened.error().message());
        CHECK(opened.error().message().find(name) != std::string::npos);
        if (expectation == "refuse") {
            CHECK(opened.error() == Errc::protected_content);
        }
    }
}

TEST_CASE("subtitle files open as a subtitle stream", "[ffmpeg]") {
    for (const char* name : {"tags.srt", "typical.ass", "comments.vtt"}) {
        const auto path = media(name);
        if (!path) {
            continue;
        }
        INFO(name);
        auto opened = open_media(*path);
        REQUIRE(opened);
        const auto& streams = opened->source->presentation().streams;
        REQUIRE(streams.size() == 1);
        CHECK(streams[0].kind == StreamKind::subtitle);
        CHECK(streams[0].decodable);
    }
}
