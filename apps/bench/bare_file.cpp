#include "bare_file.h"

#include <algorithm>
#include <array>
#include <thread>

#include "bare.h"

namespace playhead::bench {
namespace {

Status failure(const std::string& what, int code) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    return {Errc::cannot_open, what + ": " + text.data()};
}

Result<BareStream> open_best(AVFormatContext& input, AVMediaType type, int threads) {
    const int index = av_find_best_stream(&input, type, -1, -1, nullptr, 0);
    if (index < 0) return BareStream{};
    BareStream out;
    out.stream = input.streams[index];
    const AVCodec* decoder = avcodec_find_decoder(out.stream->codecpar->codec_id);
    out.codec.reset(avcodec_alloc_context3(decoder));
    if (decoder == nullptr || !out.codec) return fail(Errc::topo_codec_not_found, "no decoder");
    avcodec_parameters_to_context(out.codec.get(), out.stream->codecpar);
    out.codec->pkt_timebase = out.stream->time_base;
    out.codec->thread_count = threads;
    if (const int code = avcodec_open2(out.codec.get(), decoder, nullptr); code < 0) {
        return fail(failure("the decoder", code));
    }
    out.stream->discard = AVDISCARD_DEFAULT;
    return out;
}

} // namespace

int decoder_threads() { return std::max(2, static_cast<int>(std::thread::hardware_concurrency())); }

Result<BareFile> BareFile::open(const std::string& name, int threads, bool with_sound) {
    BareFile file;
    AVFormatContext* raw = nullptr;
    if (const int code = avformat_open_input(&raw, name.c_str(), nullptr, nullptr); code < 0) {
        return fail(failure(name, code));
    }
    file.input.reset(raw);
    if (const int code = avformat_find_stream_info(raw, nullptr); code < 0) {
        return fail(failure(name, code));
    }
    for (unsigned i = 0; i < raw->nb_streams; ++i) raw->streams[i]->discard = AVDISCARD_ALL;
    auto video = open_best(*raw, AVMEDIA_TYPE_VIDEO, threads);
    if (!video) return fail(video.error());
    file.video = std::move(*video);
    if (with_sound) {
        auto audio = open_best(*raw, AVMEDIA_TYPE_AUDIO, 1);
        if (!audio) return fail(audio.error());
        file.audio = std::move(*audio);
    }
    return file;
}

} // namespace playhead::bench
