#include "input.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "compat.h"
#include "error.h"
#include "mp4_scan.h"
#include "text_file.h"

namespace playhead::ffmpeg {

namespace {

// Demuxers that are not let in: they open further files behind our back (and a script may be one of
// them), connect to wherever a file says, or take any text for art.
constexpr std::array barred{std::string_view{"concat"},   std::string_view{"lavfi"},
                            std::string_view{"avisynth"}, std::string_view{"vapoursynth"},
                            std::string_view{"sdp"},      std::string_view{"tty"},
                            std::string_view{"bin"},      std::string_view{"adf"},
                            std::string_view{"idf"},      std::string_view{"imf"}};

bool is_barred(const AVInputFormat& format) {
    return std::find(barred.begin(), barred.end(), format.name) != barred.end();
}

bool is_mp4(const AVInputFormat& format) {
    return std::string_view(format.name).find("mp4") != std::string_view::npos;
}

std::string quoted(const OpenRequest& request) { return "'" + name_of(request) + "'"; }

Error unknown_format(const OpenRequest& request) {
    return {Errc::unknown_format,
            quoted(request) + " is in no format that this build knows; it may not be a media file"};
}

Error protected_by(const OpenRequest& request, const std::string& protection) {
    return {Errc::protected_content, quoted(request) + " is protected by " + protection +
                                         " and there is no key for it; it cannot be played"};
}

bool is_encrypted_tag(std::uint32_t tag) {
    switch (tag) {
    case MKTAG('e', 'n', 'c', 'v'):
    case MKTAG('e', 'n', 'c', 'a'):
    case MKTAG('d', 'r', 'm', 'i'):
    case MKTAG('d', 'r', 'm', 's'):
    case MKTAG('a', 'a', 'v', 'd'): return true;
    default: return false;
    }
}

// What the byte source or the access rules said comes first: FFmpeg only saw a number.
Error open_failure(Access& access, const OpenRequest& request, int code, const char* step) {
    if (access.interrupted()) {
        return {Errc::cancelled, "opening " + quoted(request) + " was interrupted"};
    }
    if (Status why = access.failure(); !why.ok()) {
        return why;
    }
    if (const ByteStream* stream = access.main_stream();
        stream != nullptr && !stream->anything_read()) {
        return {Errc::empty_file, quoted(request) + " ended before its first byte"};
    }
    // Demuxers that connect by themselves.
    if (code == AVERROR(ECONNREFUSED) || code == AVERROR(ETIMEDOUT)) {
        return connect_error(code, request.locator);
    }
    return ffmpeg_error(code, std::string(step) + " " + quoted(request));
}

Error header_failure(Access& access, const OpenRequest& request, const AVInputFormat& format,
                     int code) {
    Error error = open_failure(access, request, code, "opening");
    if (code != AVERROR_INVALIDDATA || !(error == Errc::damaged)) {
        return error;
    }
    ByteStream* stream = access.main_stream();
    if (is_mp4(format) && stream != nullptr && stream->source().seekable()) {
        const Mp4Scan scan = scan_mp4(stream->source());
        if (!scan.protection.empty()) {
            return protected_by(request, scan.protection);
        }
        if (!scan.boxes) {
            return unknown_format(request);
        }
        if (!scan.index) {
            error.text = quoted(request) +
                         " has no index (its 'moov' box is missing): the recording "
                         "or the copy was cut short; copy or download it again";
            return error;
        }
    }
    error.text = "the header of " + quoted(request) + " (" + format.name +
                 ") is damaged; copy or download it again";
    return error;
}

// Probes by content. Null without an error: a demuxer that connects by itself.
Result<const AVInputFormat*> probe(Access& access, AVFormatContext& input, AVIOContext* bytes,
                                   const OpenRequest& request) {
    if (bytes == nullptr) {
        return nullptr;
    }
    const AVInputFormat* format = nullptr;
    const auto most = static_cast<unsigned>(
        std::clamp<std::size_t>(request.options.limits.probe_bytes, 2048, std::size_t{1} << 20));
    const std::string name = name_of(request);
    const int code = av_probe_input_buffer2(bytes, &format, name.c_str(), &input, 0, most);
    if (code < 0 || format == nullptr) {
        Error error = open_failure(access, request, code, "opening");
        return fail(error == Errc::damaged ? unknown_format(request) : std::move(error));
    }
    if (is_barred(*format)) {
        return fail(unknown_format(request));
    }
    return format;
}

// libavformat holds all of such a file in memory, too.
constexpr std::size_t most_text_bytes = std::size_t{256} << 20;

Result<std::string> read_text(Access& access, AVIOContext& bytes, const OpenRequest& request) {
    std::string text;
    std::array<char, 16 << 10> piece{};
    while (text.size() <= most_text_bytes) {
        const int got = avio_read(&bytes, reinterpret_cast<unsigned char*>(piece.data()),
                                  static_cast<int>(piece.size()));
        if (got == AVERROR_EOF || got == 0) {
            return text;
        }
        if (got < 0) {
            return fail(open_failure(access, request, got, "reading"));
        }
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return fail(Errc::limit_exceeded, quoted(request) + " has more than " +
                                          std::to_string(most_text_bytes >> 20) +
                                          " MiB of subtitles");
}

// A file that libavformat would read wrong is mended first: what it becomes is then the input's bytes.
Result<const AVInputFormat*> probe_mended(Access& access, AVFormatContext& input,
                                          const OpenRequest& request) {
    auto format = probe(access, input, input.pb, request);
    const bool text_or_unknown =
        format ? *format != nullptr : format.error() == Errc::unknown_format;
    if (!text_or_unknown || !wants_mending(*input.pb, format ? *format : nullptr)) {
        return format;
    }
    auto text = read_text(access, *input.pb, request);
    if (!text) {
        return fail(std::move(text.error()));
    }
    auto bytes = access.replace_main(request, mended(*std::move(text)));
    if (!bytes) {
        return fail(std::move(bytes.error()));
    }
    input.pb = *bytes;
    return probe(access, input, input.pb, request);
}

// The pictures of VobSub are in a second file, which its demuxer opens without asking us. It gets the name
// of the one beside the index.
Result<void> allow_pictures(Access& access, const OpenRequest& request, Options& options) {
    const bool shouts = name_of(request).ends_with(".IDX");
    auto url = access.url_beside(request, shouts ? ".SUB" : ".sub");
    if (!url) {
        url.error().text = quoted(request) + " is the index of VobSub subtitles, whose pictures " +
                           "have to be in a .sub file beside it: " + url.error().text;
        return fail(std::move(url.error()));
    }
    options.set("sub_name", url->c_str());
    return {};
}

// The name as libavformat should have it: its DASH demuxer puts the folder of a relative one before what
// already has it.
std::string name_for(const AVInputFormat* format, const OpenRequest& request) {
    const std::string name = name_of(request);
    if (format == nullptr || std::string_view(format->name) != "dash" || request.io) {
        return name;
    }
    const std::filesystem::path path{std::u8string{name.begin(), name.end()}};
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
        return name;
    }
    const std::u8string whole = std::filesystem::absolute(path, ignored).u8string();
    return {whole.begin(), whole.end()};
}

bool is_timed(const AVStream& stream) {
    const AVMediaType type = stream.codecpar->codec_type;
    return (type == AVMEDIA_TYPE_VIDEO || type == AVMEDIA_TYPE_AUDIO) &&
           (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) == 0;
}

// Sound whose real rate only its packets tell: AAC may double it without a word in the header.
bool may_hide_its_rate(const AVCodecParameters& codec) {
    return codec.codec_id == AV_CODEC_ID_AAC && codec.sample_rate <= 24'000;
}

// An MP4 with its whole index in front: times, sizes, rates and the reordering of pictures. Its
// first packet has to be a picture, since nothing else tells their format.
bool header_says_all(const AVFormatContext& input) {
    if (!is_mp4(*input.iformat) || (input.ctx_flags & AVFMTCTX_NOHEADER) != 0) {
        return false;
    }
    const AVStream* first = nullptr;
    std::int64_t first_byte = 0;
    int pictures = 0;
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        AVStream* stream = input.streams[i];
        const AVCodecParameters& codec = *stream->codecpar;
        if (!is_timed(*stream)) {
            continue;
        }
        const AVIndexEntry* entry = avformat_index_get_entry(stream, 0);
        if (codec.codec_id == AV_CODEC_ID_NONE || stream->start_time == AV_NOPTS_VALUE ||
            stream->duration <= 0 || entry == nullptr ||
            av_rescale_q(stream->start_time, stream->time_base, {1, AV_TIME_BASE}) >=
                AV_TIME_BASE) {
            return false;
        }
        if (codec.codec_type == AVMEDIA_TYPE_VIDEO) {
            ++pictures;
            if (codec.width <= 0 || stream->avg_frame_rate.num <= 0 || codec.extradata_size <= 0) {
                return false;
            }
        } else if (codec.sample_rate <= 0 || codec.ch_layout.nb_channels <= 0 ||
                   may_hide_its_rate(codec)) {
            return false;
        }
        if (first == nullptr || entry->pos < first_byte) {
            first = stream;
            first_byte = entry->pos;
        }
    }
    return pictures == 1 && first->codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
}

bool formats_known(const AVFormatContext& input) {
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        if (is_timed(*input.streams[i]) && input.streams[i]->codecpar->format < 0) {
            return false;
        }
    }
    return true;
}

} // namespace

std::string name_of(const OpenRequest& request) {
    return request.locator.empty() && request.io ? request.io->name : request.locator;
}

Result<OpenedInput> open_input(Access& access, AVIOContext* bytes, const OpenRequest& request) {
    OpenedInput input(avformat_alloc_context());
    if (!input) {
        return fail(Errc::out_of_memory, "no memory to open " + quoted(request));
    }
    access.attach(*input);
    input->pb = bytes;
    if (bytes != nullptr) {
        input->flags |= AVFMT_FLAG_CUSTOM_IO; // ours to close, also when opening does not get far
    }
    const SourceLimits& limits = request.options.limits;
    input->probesize = static_cast<std::int64_t>(std::max<std::size_t>(limits.probe_bytes, 2048));
    input->max_analyze_duration =
        std::chrono::duration_cast<std::chrono::microseconds>(limits.probe_duration).count();
    input->max_streams = std::max(limits.streams + 1, 1000);

    auto format = probe_mended(access, *input, request);
    if (!format) {
        return fail(std::move(format.error()));
    }
    Options options;
    access.add_options(options);
    if (*format != nullptr && std::string_view((*format)->name) == "vobsub") {
        if (auto allowed = allow_pictures(access, request, options); !allowed) {
            return fail(std::move(allowed.error()));
        }
    }
    AVFormatContext* raw = input.release(); // avformat_open_input frees it when it fails
    const std::string name = name_for(*format, request);
    const int code = avformat_open_input(&raw, name.c_str(), *format, options.out());
    if (code < 0) {
        return fail(*format != nullptr ? header_failure(access, request, **format, code)
                                       : open_failure(access, request, code, "opening"));
    }
    input.reset(raw);
    // libavformat opens encrypted MP4 as if nothing were the matter, and plays what encoders filled the
    // end of the sound up with. Looking for oneself is cheap where reads are.
    if (ByteStream* stream = access.main_stream(); stream != nullptr && is_mp4(*input->iformat) &&
                                                   stream->source().seekable() &&
                                                   !stream->source().is_network()) {
        Mp4Scan scan = scan_mp4(stream->source());
        if (!scan.protection.empty()) {
            return fail(protected_by(request, scan.protection));
        }
        access.note(std::move(scan.sound_ends));
    }
    return input;
}

Result<bool> complete_stream_info(AVFormatContext& input, Access& access,
                                  const OpenRequest& request, Look look) {
    const bool quick = look == Look::quick_if_possible && header_says_all(input);
    const std::int64_t probe_bytes = input.probesize;
    // The first packet tells the pixel format; libavformat keeps it for the first read. A thorough
    // look decodes seven pictures to learn a reordering that the index has told already.
    if (quick) {
        input.probesize = 32;
    }
    const int code = avformat_find_stream_info(&input, nullptr);
    input.probesize = probe_bytes;
    if (access.interrupted()) {
        return fail(Errc::cancelled, "opening " + quoted(request) + " was interrupted");
    }
    if (code < 0) {
        return fail(open_failure(access, request, code, "looking into"));
    }
    return !quick || formats_known(input);
}

// The one that is asked for has to be there, by its number in the container.
Result<void> check_program(const AVFormatContext& input, const OpenRequest& request) {
    if (!request.options.program) {
        return {};
    }
    std::string there;
    for (unsigned i = 0; i < input.nb_programs; ++i) {
        if (input.programs[i]->id == *request.options.program) {
            return {};
        }
        there += (i > 0 ? ", " : "") + std::to_string(input.programs[i]->id);
    }
    return fail(Errc::not_found, quoted(request) + " has no program " +
                                     std::to_string(*request.options.program) +
                                     (there.empty() ? "; it has none" : "; it has " + there));
}

Result<void> check_streams(const AVFormatContext& input, const OpenRequest& request) {
    const SourceLimits& limits = request.options.limits;
    if (input.nb_streams > static_cast<unsigned>(limits.streams)) {
        return fail(Errc::limit_exceeded,
                    quoted(request) + " has " + std::to_string(input.nb_streams) +
                        " streams; the limit is " + std::to_string(limits.streams));
    }
    if (av_dict_get(input.metadata, "ASF_Protection_", nullptr, AV_DICT_IGNORE_SUFFIX) != nullptr) {
        return fail(protected_by(request, "Windows Media DRM"));
    }
    bool playable = false;
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        const AVStream& stream = *input.streams[i];
        const AVCodecParameters& codec = *stream.codecpar;
        if (codec.width > limits.width || codec.height > limits.height) {
            return fail(Errc::limit_exceeded,
                        quoted(request) + " has pictures of " + std::to_string(codec.width) + "x" +
                            std::to_string(codec.height) + ", more than the limit allows");
        }
        if (is_encrypted_tag(codec.codec_tag) ||
            compat::side_data(stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO)) {
            return fail(protected_by(request, "common encryption"));
        }
        if (av_dict_get(stream.metadata, "enc_key_id", nullptr, 0) != nullptr) {
            return fail(protected_by(request, "WebM encryption"));
        }
        playable = playable || codec.codec_type == AVMEDIA_TYPE_VIDEO ||
                   codec.codec_type == AVMEDIA_TYPE_AUDIO ||
                   codec.codec_type == AVMEDIA_TYPE_SUBTITLE;
    }
    if (!playable) {
        // A transport stream may not have shown its streams yet, but then there is nothing in it
        // for as long as the probe looked.
        return fail(Errc::no_streams, quoted(request) + " holds no picture, sound or subtitles");
    }
    return check_program(input, request);
}

} // namespace playhead::ffmpeg
