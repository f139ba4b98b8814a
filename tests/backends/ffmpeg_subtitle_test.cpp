// Files of subtitles as they are found: what is in them is read, and nothing that is not.
#include <algorithm>
#include <cstring>

#include "ffmpeg_support.h"
#include "playhead/ffmpeg/backend.h"
#include "playhead/lanes.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

struct Read {
    std::vector<std::string> cues; // "500-1000 text", in milliseconds; "500- text": until the next
    std::vector<std::string> errors;
};

std::string line_of(const SubtitleCue& cue) {
    std::string line = std::to_string(cue.pts.time_since_epoch() / 1ms) + "-";
    if (cue.duration) {
        line += std::to_string((cue.pts + *cue.duration).time_since_epoch() / 1ms);
    }
    line += " " + cue.content->text;
    for (const auto& image : cue.content->images) {
        line += "[" + std::to_string(image.picture->format().width) + "x" +
                std::to_string(image.picture->format().height) + "]";
    }
    return line;
}

void take(Decoder& decoder, Read& read) {
    for (;;) {
        const auto outcome = decoder.receive();
        const auto* sample = std::get_if<Sample>(&outcome);
        if (sample == nullptr) {
            return;
        }
        read.cues.push_back(line_of(std::get<SubtitleCue>(*sample)));
    }
}

Read read_all(MediaSource& source, StreamIndex stream = 0) {
    auto decoder = ffmpeg::make_decoder_factory()->create(
        source.presentation().streams.at(static_cast<std::size_t>(stream)), {1, false});
    REQUIRE(decoder);
    source.select({{stream}});
    Read read;
    for (;;) {
        const auto outcome = source.read();
        if (const auto* error = std::get_if<Error>(&outcome)) {
            read.errors.push_back(error->message());
        }
        const auto* packet = std::get_if<Packet>(&outcome);
        if (packet == nullptr) {
            break;
        }
        if (const auto sent = (*decoder)->send(*packet); !sent) {
            read.errors.push_back(sent.error().message());
        }
        take(**decoder, read);
    }
    (*decoder)->drain();
    take(**decoder, read);
    return read;
}

Read read_file(const std::string& path) {
    auto opened = open_media(path);
    INFO((opened ? std::string() : opened.error().message()));
    REQUIRE(opened);
    REQUIRE(opened->source->presentation().streams.size() == 1);
    return read_all(*opened->source);
}

using Lines = std::vector<std::string>;

// Those of a file that nobody finds anything wrong with.
Lines cues(const std::string& name, const std::string& contents) {
    const Scratch scratch;
    const Read read = read_file(scratch.write(name, contents));
    CHECK(read.errors == Lines{});
    return read.cues;
}

enum class Order { little, big };

// With its byte order mark.
std::string utf16(const std::u16string& text, Order order) {
    std::string bytes;
    for (const char16_t unit : u"\ufeff" + text) {
        const char upper = static_cast<char>(unit >> 8);
        const char lower = static_cast<char>(unit & 0xff);
        bytes += order == Order::big ? upper : lower;
        bytes += order == Order::big ? lower : upper;
    }
    return bytes;
}

// Of Matroska; none here is as long as 127 bytes.
std::string element(const std::string& id, const std::string& contents) {
    REQUIRE(contents.size() < 127);
    return id + static_cast<char>(0x80 | contents.size()) + contents;
}

// Lines at 0.5 and 1 s, without a length.
std::string matroska(const std::string& first, const std::string& second) {
    using namespace std::string_literals;
    const auto block = [](const std::string& time, const std::string& text) {
        return element("\xa3", "\x81" + time + '\x80' + text);
    };
    return element("\x1a\x45\xdf\xa3", element("\x42\x82", "matroska")) +
           element("\x18\x53\x80\x67",
                   element("\x16\x54\xae\x6b",
                           element("\xae", element("\xd7", "\x01") + element("\x73\xc5", "\x01") +
                                               element("\x83", "\x11") +
                                               element("\x86", "S_TEXT/UTF8"))) +
                       element("\x1f\x43\xb6\x75", element("\xe7", "\0"s) +
                                                       block("\x01\xf4", first) +
                                                       block("\x03\xe8", second)));
}

std::string bytes_of(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

// A picture of 100x20 that is shown for a second: one of MPEG's packs, filled up to its length.
std::string vobsub_pack() {
    const std::string pack = bytes_of("000001ba44000404040186a0c3f8");
    std::string picture = bytes_of("20004a002c");
    for (int row = 0; row < 20; ++row) {
        picture += bytes_of("0001"); // of one colour
    }
    picture += bytes_of("000000440300f00400f00501407705a06d060004001801ff0057004402ff");
    const std::string header = bytes_of("8180052100035f91");
    const auto length = static_cast<char>(header.size() + picture.size());
    std::string whole = pack + bytes_of("000001bd00") + length + header + picture;
    const std::size_t rest = 2048 - whole.size() - 6;
    whole += bytes_of("000001be") + static_cast<char>(rest >> 8) + static_cast<char>(rest & 0xff);
    return whole + std::string(rest, '\xff');
}

} // namespace

TEST_CASE("subtitles in UTF-16 say what they say in UTF-8", "[ffmpeg][subtitles]") {
    const Order order = GENERATE(Order::little, Order::big);
    CHECK(cues("wide.srt",
               utf16(u"1\r\n00:00:00,500 --> 00:00:01,500\r\n\u00c4pfel, na\u00efve \u2014\r\n"
                     u"\u0422\u0435\u0441\u0442 \U0001f600\r\n\r\n"
                     u"2\r\n00:00:02,000 --> 00:00:03,000\r\n\u5b57\u5e55\r\n",
                     order)) ==
          Lines{"500-1500 \u00c4pfel, na\u00efve \u2014\n\u0422\u0435\u0441\u0442 \U0001f600",
                "2000-3000 \u5b57\u5e55"});
    CHECK(cues("wide.vtt", utf16(u"WEBVTT\n\n00:00.500 --> 00:01.500\n\u00c4pfel\n", order)) ==
          Lines{"500-1500 \u00c4pfel"});
    CHECK(cues("wide.sub", utf16(u"{1}{1}25\n{25}{50}\u00c4pfel\n{75}{100}\u2014\n", order)) ==
          Lines{"1000-2000 \u00c4pfel", "3000-4000 \u2014"});
}

TEST_CASE("subtitles from a pipe are read, and again from their beginning", "[ffmpeg][subtitles]") {
    const bool wide = GENERATE(false, true);
    const std::string bytes =
        wide ? utf16(u"1\n00:00:00,500 --> 00:00:01,500\n\u00c4pfel\n", Order::little)
             : "1\n00:00:00,500 --> 00:00:01,500\n\u00c4pfel\n";
    std::uint64_t reached = 0;
    auto io = std::make_shared<CustomIo>();
    io->seekable = false;
    io->read = [&](std::uint64_t offset, std::span<std::byte> into) -> std::int64_t {
        CHECK(offset == reached);
        const std::size_t count = std::min({into.size(), bytes.size() - reached, std::size_t{7}});
        std::memcpy(into.data(), bytes.data() + reached, count);
        reached += count;
        return static_cast<std::int64_t>(count);
    };
    OpenRequest request;
    request.io = io;
    auto opened = open_media(request, make_lanes());
    INFO((opened ? std::string() : opened.error().message()));
    REQUIRE(opened);
    CHECK(opened->source->presentation().seekable); // so that they can be added to what plays
    CHECK(read_all(*opened->source).cues == Lines{"500-1500 \u00c4pfel"});
    REQUIRE(opened->source->seek(media_at(1s))); // in what is held by now
    CHECK(read_all(*opened->source).cues == Lines{"500-1500 \u00c4pfel"});
}

TEST_CASE("what begins like UTF-16 and is no text stays what it is", "[ffmpeg][subtitles]") {
    const Scratch scratch;
    std::string noise = "\xff\xfe";
    for (int i = 0; i < 4000; ++i) {
        noise += static_cast<char>(i * 37 >> 3);
    }
    const auto opened = open_media(scratch.write("noise.bin", noise));
    REQUIRE_FALSE(opened);
    CHECK(opened.error() == Errc::unknown_format);
}

TEST_CASE("WebVTT is read beyond blocks that are no cues", "[ffmpeg][subtitles]") {
    CHECK(cues("styled.vtt", "WEBVTT - a title\nKind: captions\n\n"
                             "STYLE\n::cue { color: red }\n\n"
                             "NOTE of one line\n\n"
                             "REGION\nid:fred\nwidth:40%\n\n"
                             "first\n00:00.500 --> 00:01.500 align:start\none\n\n"
                             "NOTE\nof\nmore\n\n"
                             "nobody knows what this is\n\n"
                             "00:00:02.000 --> 00:00:03.000\n- two\n- lines\n") ==
          Lines{"500-1500 one", "2000-3000 - two\n- lines"});
    CHECK(cues("lines.vtt",
               "\xef\xbb\xbfWEBVTT\r\n\r\nSTYLE\r\n::cue {}\r\n\r\n\r\n"
               "00:00.500 --> 00:01.500\r\none\r\n\r\n"
               "00:99 --> nonsense\r\nlost\r\n\r\n"
               "00:02.000 --> 00:03.000\r\ntwo") == Lines{"500-1500 one", "2000-3000 two"});
}

TEST_CASE("braces and backslashes of the author's are shown", "[ffmpeg][subtitles]") {
    CHECK(cues("braces.vtt",
               "WEBVTT\n\n00:00.500 --> 00:01.500\n{note} <i>a\\b</i> \\\\ C:\\New\\home\n"
               "{\\an8} {} \\{x\\} {open &amp; }\n") ==
          Lines{"500-1500 {note} a\\b \\\\ C:\\New\\home\n{\\an8} {} \\{x\\} {open & }"});
    CHECK(cues("braces.srt",
               "1\n00:00:00,500 --> 00:00:01,500\n{\\an8}{note} <i>a\\b</i> {} {open\n\n") ==
          Lines{"500-1500 {note} a\\b {} {open"});
    CHECK(cues("braces.smi",
               "<SAMI>\n<BODY>\n<SYNC Start=500><P Class=ENCC>{note} <i>a\\b</i> {open\n"
               "</BODY></SAMI>\n") == Lines{"500- {note} a\\b {open"});
    CHECK(cues("braces.txt", "00:00:01:{note} a\\b \\N|{open }\n00:00:02:end\n") ==
          Lines{"1000-2000 {note} a\\b \\N\n{open }", "2000- end"});
    // There, braces hide what is in them.
    CHECK(cues("braces.ass",
               "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
               "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, "
               "Effect, Text\n"
               "Dialogue: 0,0:00:00.50,0:00:01.50,Default,,0,0,0,,{note}{\\i1}a\\b "
               "\\\\ \\{x\\} \\{{}y} \\\u2060N\n") == Lines{"500-1500 a\\b \\\\ {x} {y} \\N"});
}

TEST_CASE("a line of no length is not shown, one of unknown length until the next",
          "[ffmpeg][subtitles]") {
    CHECK(cues("zero.srt",
               "1\n00:00:00,500 --> 00:00:00,500\nnothing\n\n"
               "2\n00:00:01,000 --> 00:00:02,000\nsomething\n\n"
               "3\n00:00:03,000 --> 00:00:03,000\nnothing\n\n") == Lines{"1000-2000 something"});
    CHECK(cues("zero.vtt", "WEBVTT\n\n00:00.500 --> 00:00.500\nnothing\n\n"
                           "00:01.000 --> 00:02.000\nsomething\n") == Lines{"1000-2000 something"});
    CHECK(cues("zero.sub", "{1}{1}25\n{0}{0}nothing\n{25}{}something\n{50}{}more\n") ==
          Lines{"1000-2000 something", "2000- more"});
    CHECK(cues("zero.ass", "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
                           "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, "
                           "Effect, Text\n"
                           "Dialogue: 0,0:00:00.50,0:00:00.50,Default,,0,0,0,,nothing\n"
                           "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,something\n") ==
          Lines{"1000-2000 something"});
    CHECK(cues("unknown.mkv", matroska("one", "two")) == Lines{"500- one", "1000- two"});
}

TEST_CASE("a line that only clears the screen shows nothing and is no damage",
          "[ffmpeg][subtitles]") {
    CHECK(cues("clears.smi", "<SAMI>\n<BODY>\n<SYNC Start=500><P Class=ENCC>one\n"
                             "<SYNC Start=1500><P Class=ENCC>&nbsp;\n"
                             "<SYNC Start=2000><P Class=ENCC>two\n"
                             "<SYNC Start=3000><P Class=ENCC>\n</BODY></SAMI>\n") ==
          Lines{"500-1500 one", "2000-3000 two"});
    CHECK(cues("classes.smi",
               "<SAMI>\n<BODY>\n"
               "<SYNC Start=500><P Class=ENCC>one &amp;nbsp;&lt;\n<P Class=FRCC>&nbsp;\n"
               "<SYNC Start=1500><P Class=ENCC><b>&nbsp;</b>\n"
               "<SYNC Start=2000><P Class=ENCC>two&nbsp;words\n</BODY></SAMI>\n") ==
          Lines{"500-1500 one &nbsp;<", "2000- two words"});
    CHECK(cues("blank.srt", "1\n00:00:00,500 --> 00:00:01,500\n<i> </i>\n\n"
                            "2\n00:00:02,000 --> 00:00:03,000\ntwo\n\n") == Lines{"2000-3000 two"});
    CHECK(cues("cleared.mkv", matroska("one", "<i></i>")) == Lines{"500- one", "1000- "});
    // It may be a drawing.
    CHECK(cues("drawn.ass",
               "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
               "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, "
               "Effect, Text\n"
               "Dialogue: 0,0:00:00.50,0:00:01.50,Default,,0,0,0,,{\\p1}m 0 0 l 9 9\n") ==
          Lines{"500-1500 "});
}

TEST_CASE("VobSub is read from its index and the file of pictures beside it",
          "[ffmpeg][subtitles]") {
    const Scratch scratch;
    const std::string name = GENERATE("film.idx", "FILM.IDX", "film");
    const std::string pictures = name == "FILM.IDX" ? "FILM.SUB" : "film.sub";
    const auto index = scratch.write(name, "# VobSub index file, v7 (do not modify this line!)\n"
                                           "size: 160x120\n"
                                           "palette: 000000, ffffff, 808080, c0c0c0\n"
                                           "id: en, index: 0\n"
                                           "timestamp: 00:00:02:000, filepos: 000000000\n"
                                           "timestamp: 00:00:03:500, filepos: 000000800\n");
    const auto alone = open_media(index);
    REQUIRE_FALSE(alone);
    CHECK(alone.error() == Errc::cannot_open);
    CHECK(alone.error().message().find(pictures + "' does not exist") != std::string::npos);
    scratch.write(pictures, vobsub_pack() + vobsub_pack());
    for (const std::string& locator : {index, "file://" + index}) {
        const Read read = read_file(locator);
        CHECK(read.errors == Lines{});
        CHECK(read.cues == Lines{"2000-2989 [100x20]", "3500-4489 [100x20]"});
    }
}
