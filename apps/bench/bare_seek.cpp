#include <chrono>
#include <optional>

#include "bare.h"
#include "bare_file.h"
#include "figures.h"
#include "notes.h"

namespace playhead::bench {
namespace {

enum class Decode { all, only_needed };

std::int64_t ticks(const AVStream& stream, MediaTime t) {
    const std::int64_t start = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
    return start +
           av_rescale_q((t - media_zero).count(), AVRational{1, 1'000'000'000}, stream.time_base);
}

// The frame that is on screen at the target: its time stamp, in ticks of the stream.
std::optional<std::int64_t> find(BareFile& file, std::int64_t target, Decode what) {
    AVStream& stream = *file.video.stream;
    AVCodecContext& codec = *file.video.codec;
    avformat_seek_file(file.input.get(), stream.index, INT64_MIN, target, target, 0);
    avcodec_flush_buffers(&codec);
    bool reading = true;
    for (;;) {
        const int got = avcodec_receive_frame(&codec, file.frame.get());
        if (got == 0) {
            const std::int64_t begin = file.frame->best_effort_timestamp;
            const AVRational rate = stream.avg_frame_rate;
            const std::int64_t length =
                rate.num > 0 ? av_rescale_q(1, av_inv_q(rate), stream.time_base) : 1;
            if (begin + length > target) return begin;
        } else if (!reading) {
            return std::nullopt;
        } else if (av_read_frame(file.input.get(), file.packet.get()) < 0) {
            avcodec_send_packet(&codec, nullptr);
            reading = false;
        } else {
            if (file.packet->stream_index == stream.index) {
                const bool before = file.packet->pts + file.packet->duration <= target;
                codec.skip_frame =
                    what == Decode::only_needed && before ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
                avcodec_send_packet(&codec, file.packet.get());
            }
            av_packet_unref(file.packet.get());
        }
    }
}

} // namespace

Result<void> bare_seeks(const std::string& name, const std::vector<MediaTime>& targets,
                        int threads) {
    auto file = BareFile::open(name, threads, false);
    if (!file) return fail(file.error());
    if (file->video.stream == nullptr) return fail(Errc::no_streams, name + ": no picture in it");
    for (const MediaTime target : targets) {
        std::string line = "bare " + fixed(seconds(target - media_zero), 3);
        for (const Decode what : {Decode::all, Decode::only_needed}) {
            const auto begin = std::chrono::steady_clock::now();
            const auto found = find(*file, ticks(*file->video.stream, target), what);
            const Duration took = std::chrono::steady_clock::now() - begin;
            if (what == Decode::all) {
                const AVRational base = file->video.stream->time_base;
                line += ' ' + (found ? fixed(static_cast<double>(*found) * base.num / base.den, 3)
                                     : std::string{"-1.000"});
            }
            line += (what == Decode::all ? " all " : " needed ") + fixed(milliseconds(took), 1);
        }
        note(line);
    }
    return {};
}

} // namespace playhead::bench
