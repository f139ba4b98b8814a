#include "describe.h"

#include <cstdlib>

#include "compat.h"
#include "input.h"
#include "payload.h"
#include "text_file.h"

namespace playhead::ffmpeg {

namespace {

std::string value_of(const AVDictionary* metadata, const char* key) {
    const AVDictionaryEntry* entry = av_dict_get(metadata, key, nullptr, 0);
    return entry != nullptr ? entry->value : "";
}

StreamKind kind_of(const AVCodecParameters& codec) {
    switch (codec.codec_type) {
    case AVMEDIA_TYPE_VIDEO: return StreamKind::video;
    case AVMEDIA_TYPE_AUDIO: return StreamKind::audio;
    case AVMEDIA_TYPE_SUBTITLE: return StreamKind::subtitle;
    case AVMEDIA_TYPE_ATTACHMENT: return StreamKind::attachment;
    default: return StreamKind::data;
    }
}

Disposition disposition_of(int flags) {
    return {.is_default = (flags & AV_DISPOSITION_DEFAULT) != 0,
            .forced = (flags & AV_DISPOSITION_FORCED) != 0,
            .attached_picture = (flags & AV_DISPOSITION_ATTACHED_PIC) != 0,
            .hearing_impaired = (flags & AV_DISPOSITION_HEARING_IMPAIRED) != 0,
            .visual_impaired = (flags & AV_DISPOSITION_VISUAL_IMPAIRED) != 0};
}

// The earliest stamp, to the nanosecond: libavformat rounds it to microseconds, and a first frame
// must not come out before zero because of that.
Duration container_start(const AVFormatContext& input) {
    bool any = false; // whose beginning is the presentation's: subtitles count from the film's
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        any |= !is_sparse(kind_of(*input.streams[i]->codecpar));
    }
    if (input.start_time == AV_NOPTS_VALUE || !any) {
        return Duration{};
    }
    const Duration rounded = std::chrono::microseconds{input.start_time};
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        const AVStream& stream = *input.streams[i];
        if (stream.start_time == AV_NOPTS_VALUE) {
            continue;
        }
        const Duration exact = rescale(stream.start_time, time_base(stream.time_base));
        if (exact - rounded < std::chrono::microseconds{1} &&
            rounded - exact < std::chrono::microseconds{1}) {
            return exact;
        }
    }
    return rounded;
}

// The finest rate that all stamps fit is right unless it is a mere guess from the time base, which a
// short look into the file may leave it at.
AVRational frame_rate_of(AVFormatContext* input, AVStream* stream) {
    const AVRational guess = av_guess_frame_rate(input, stream, nullptr);
    const AVRational mean = stream->avg_frame_rate;
    const bool has_mean = mean.num > 0 && mean.den > 0;
    return has_mean && (guess.num <= 0 || av_q2d(guess) > 2.1 * av_q2d(mean)) ? mean : guess;
}

StreamInfo stream_info(const AVFormatContext& input, const AVStream& stream, Duration start,
                       const Access& access, const OpenRequest& request) {
    const SourceLimits& limits = request.options.limits;
    const AVCodecParameters& codec = *stream.codecpar;
    auto* mutable_input = const_cast<AVFormatContext*>(&input);
    auto* mutable_stream = const_cast<AVStream*>(&stream);
    StreamInfo info;
    info.index = stream.index;
    info.kind = kind_of(codec);
    info.codec = codec.codec_id != AV_CODEC_ID_NONE ? avcodec_get_name(codec.codec_id) : "unknown";
    if (const char* profile = avcodec_profile_name(codec.codec_id, codec.profile)) {
        info.profile = profile;
    }
    info.language = value_of(stream.metadata, "language");
    if (info.language == "und") {
        info.language.clear();
    }
    info.title = value_of(stream.metadata, "title");
    info.disposition = disposition_of(stream.disposition);
    if (stream.start_time != AV_NOPTS_VALUE) {
        info.start = media_at(rescale(stream.start_time, time_base(stream.time_base)) - start);
    }
    if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0) {
        info.duration = rescale(stream.duration, time_base(stream.time_base));
    }

    auto config = std::make_shared<StreamConfig>();
    config->codec.reset(avcodec_parameters_alloc());
    if (!config->codec || avcodec_parameters_copy(config->codec.get(), &codec) < 0) {
        info.decodable = false;
        return info;
    }
    config->pixel_limit = std::int64_t{limits.width} * limits.height;
    const bool has_decoder = avcodec_find_decoder(codec.codec_id) != nullptr;
    switch (info.kind) {
    case StreamKind::video: {
        const AVRational aspect =
            av_guess_sample_aspect_ratio(mutable_input, mutable_stream, nullptr);
        config->frame_rate = frame_rate_of(mutable_input, mutable_stream);
        config->aspect_is_given = stream.sample_aspect_ratio.num > 0;
        VideoFormat format = video_format(codec, aspect, config->frame_rate);
        if (const auto matrix = compat::side_data(stream, AV_PKT_DATA_DISPLAYMATRIX);
            matrix && matrix.size >= 9 * sizeof(std::int32_t)) {
            set_orientation(format, reinterpret_cast<const std::int32_t*>(matrix.data));
        }
        info.type = format;
        info.decodable = has_decoder;
        break;
    }
    case StreamKind::audio:
        info.type = audio_format(codec);
        info.decodable = has_decoder;
        for (const Mp4SoundEnd& sound : access.sound_ends()) {
            if (sound.track_id == stream.id) {
                config->sound_end = media_at(sound.end - start);
            }
        }
        break;
    case StreamKind::subtitle: {
        const AVCodecDescriptor* description = avcodec_descriptor_get(codec.codec_id);
        info.type = SubtitleFormat{description != nullptr &&
                                   (description->props & AV_CODEC_PROP_BITMAP_SUB) != 0};
        info.decodable = has_decoder;
        break;
    }
    case StreamKind::data:
    case StreamKind::attachment: info.decodable = false; break;
    }
    info.config = std::move(config);
    return info;
}

std::optional<Duration> duration_of(const AVFormatContext& input) {
    if (input.duration != AV_NOPTS_VALUE && input.duration > 0) {
        return std::chrono::microseconds{input.duration};
    }
    return std::nullopt;
}

bool can_seek(const AVFormatContext& input) {
    if ((input.ctx_flags & AVFMTCTX_UNSEEKABLE) != 0) {
        return false;
    }
    if (reads_subtitle_text(*input.iformat)) {
        return true; // libavformat holds all of it
    }
    // Without bytes of its own (rtsp) the demuxer asks the server, which knows a length if it can.
    return input.pb != nullptr ? (input.pb->seekable & AVIO_SEEKABLE_NORMAL) != 0 ||
                                     (input.iformat->flags & AVFMT_NOFILE) != 0
                               : input.duration != AV_NOPTS_VALUE;
}

} // namespace

Presentation describe(const AVFormatContext& input, const Access& access,
                      const OpenRequest& request) {
    Presentation out;
    out.locator = name_of(request);
    out.container = input.iformat->name;
    out.container_start = container_start(input);
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        out.streams.push_back(
            stream_info(input, *input.streams[i], out.container_start, access, request));
    }
    out.duration = duration_of(input);
    out.seekable = can_seek(input);
    out.uses_network = access.is_network();
    out.live = out.uses_network && !out.duration;
    out.may_stall = access.may_stall();
    for (unsigned i = 0; i < input.nb_chapters; ++i) {
        const AVChapter& chapter = *input.chapters[i];
        const TimeBase base = time_base(chapter.time_base);
        out.chapters.push_back({{media_at(rescale(chapter.start, base) - out.container_start),
                                 media_at(rescale(chapter.end, base) - out.container_start)},
                                value_of(chapter.metadata, "title")});
    }
    for (unsigned i = 0; i < input.nb_programs; ++i) {
        const AVProgram& program = *input.programs[i];
        Program made{program.id, value_of(program.metadata, "service_name"), {}};
        for (unsigned s = 0; s < program.nb_stream_indexes; ++s) {
            made.streams.push_back(static_cast<StreamIndex>(program.stream_index[s]));
        }
        out.programs.push_back(std::move(made));
    }
    out.program = request.options.program;
    out.metadata = entries_of(input.metadata);
    return out;
}

std::map<std::string, std::string> entries_of(const AVDictionary* dictionary) {
    std::map<std::string, std::string> out;
    const AVDictionaryEntry* entry = nullptr;
    while ((entry = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX)) != nullptr) {
        out.emplace(entry->key, entry->value);
    }
    return out;
}

} // namespace playhead::ffmpeg
