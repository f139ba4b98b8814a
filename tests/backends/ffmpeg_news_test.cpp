// What the FFmpeg source tells of itself while it is read.
#include <fstream>
#include <iterator>
#include <vector>

#include "ffmpeg_support.h"
#include "playhead/ffmpeg/backend.h"
#include "playhead/io/byte_sources.h"
#include "support/catch.h"
#include "support/local_server.h"

using namespace playhead;
using namespace playhead::test;

namespace {

struct Listener final : SourceHost {
    void tell(SourceNews news) override { heard.push_back(std::move(news)); }
    std::vector<SourceNews> heard; // the source tells on the thread that reads it
};

// As a station sends it: behind every `every` bytes of sound a block of metadata, most of them empty.
std::string with_titles(const std::string& sound, std::size_t every,
                        const std::vector<std::string>& titles) {
    std::string sent;
    std::size_t block = 0;
    for (std::size_t at = 0; at < sound.size(); at += every, ++block) {
        sent += sound.substr(at, every);
        if (at + every > sound.size()) {
            break;
        }
        std::string text;
        if (block < titles.size() && !titles[block].empty()) {
            text = "StreamTitle='" + titles[block] + "';";
        }
        text.resize((text.size() + 15) / 16 * 16);
        sent += static_cast<char>(text.size() / 16);
        sent += text;
    }
    return sent;
}

} // namespace

TEST_CASE("a station's next titles are told when they come, each once", "[ffmpeg][news]") {
    const auto path = media("plain.flac");
    if (!path) {
        return;
    }
    std::ifstream file(*path, std::ios::binary);
    const std::string sound{std::istreambuf_iterator<char>(file), {}};
    REQUIRE(sound.size() > 300'000);
    const std::string body =
        with_titles(sound, 65'536, {"", "the second song", "the second song", "the third song"});
    LocalServer server("HTTP/1.0 200 OK\r\nContent-Type: audio/flac\r\nicy-metaint: 65536\r\n\r\n" +
                           body,
                       LocalServer::After::close);
    const auto listener = std::make_shared<Listener>();
    OpenRequest request;
    request.locator = server.url("/radio");
    auto source = ffmpeg::make_source_factory(io::make_byte_source_factory())
                      ->open(request, {nullptr, std::make_shared<Interrupt>(), listener});
    REQUIRE(source);
    CHECK((*source)->presentation().may_stall);
    CHECK(listener->heard.empty());
    const Played played = play(**source);
    CHECK_FALSE(played.read_error);
    std::vector<std::string> titles;
    for (const SourceNews& news : listener->heard) {
        const auto* metadata = std::get_if<SourceMetadata>(&news);
        REQUIRE(metadata);
        titles.push_back(metadata->metadata.at("StreamTitle"));
    }
    CHECK(titles == std::vector<std::string>{"the second song", "the third song"});
}
