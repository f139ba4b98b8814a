#include <chrono>

#include "bare.h"
#include "bare_file.h"

namespace playhead::bench {
namespace {

// Takes what the decoder has ready.
void receive_all(BareFile& file, BareStream& from, BareDecode& counts) {
    while (avcodec_receive_frame(from.codec.get(), file.frame.get()) == 0) {
        if (&from == &file.video) {
            ++counts.frames;
        } else {
            counts.samples += static_cast<std::uint64_t>(file.frame->nb_samples);
        }
    }
}

} // namespace

Result<BareDecode> bare_decode(const std::string& name, int threads) {
    const auto begin = std::chrono::steady_clock::now();
    auto file = BareFile::open(name, threads, true);
    if (!file) return fail(file.error());
    BareDecode counts;
    while (av_read_frame(file->input.get(), file->packet.get()) >= 0) {
        for (BareStream* stream : {&file->video, &file->audio}) {
            if (stream->stream == nullptr || stream->stream->index != file->packet->stream_index) {
                continue;
            }
            avcodec_send_packet(stream->codec.get(), file->packet.get());
            receive_all(*file, *stream, counts);
        }
        av_packet_unref(file->packet.get());
    }
    for (BareStream* stream : {&file->video, &file->audio}) {
        if (stream->stream == nullptr) continue;
        avcodec_send_packet(stream->codec.get(), nullptr);
        receive_all(*file, *stream, counts);
    }
    counts.wall = std::chrono::steady_clock::now() - begin;
    return counts;
}

} // namespace playhead::bench
