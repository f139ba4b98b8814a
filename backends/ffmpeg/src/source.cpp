#include "source.h"

#include <algorithm>

#include "describe.h"
#include "error.h"
#include "input.h"
#include "payload.h"
#include "playhead/ffmpeg/backend.h"
#include "text_file.h"

namespace playhead::ffmpeg {

namespace {

// Pieces that cannot be read at a stretch before the rest is given up.
constexpr int most_bad_in_a_row = 256;

// Null: a quick look was not enough.
Result<OpenedInput> open_and_look(Access& access, AVIOContext* bytes, const OpenRequest& request,
                                  Look look) {
    auto input = open_input(access, bytes, request);
    if (!input) {
        return input;
    }
    // What is protected or too big is not looked into; streams may still be to come.
    if (auto checked = check_streams(**input, request);
        !checked && checked.error() != Errc::no_streams) {
        return fail(std::move(checked.error()));
    }
    const auto complete = complete_stream_info(**input, access, request, look);
    if (!complete) {
        return fail(complete.error());
    }
    if (!*complete) {
        return OpenedInput{};
    }
    if (auto checked = check_streams(**input, request); !checked) {
        return fail(std::move(checked.error()));
    }
    return input;
}

// Whether there is media before where we are, and nobody can go back. Who has read on in the file to look
// into it has kept what came.
bool has_passed_media(const AVFormatContext& input) {
    if (input.pb == nullptr || (input.pb->seekable & AVIO_SEEKABLE_NORMAL) != 0) {
        return false;
    }
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        const AVIndexEntry* first = avformat_index_get_entry(input.streams[i], 0);
        if (first != nullptr && first->pos < avio_tell(input.pb)) {
            return true;
        }
    }
    return false;
}

bool is_gating(const StreamInfo& stream) {
    return (stream.kind == StreamKind::video || stream.kind == StreamKind::audio) &&
           !stream.disposition.attached_picture;
}

} // namespace

AvSource::AvSource(OpenRequest request, std::unique_ptr<Access> access, OpenedInput input)
    : request_(std::move(request)),
      access_(std::move(access)),
      input_(std::move(input)),
      presentation_(describe(*input_, *access_, request_)),
      metadata_(presentation_.metadata),
      tracks_(presentation_.streams.size()),
      stamps_(presentation_.streams.size(), (input_->iformat->flags & AVFMT_TS_DISCONT) != 0),
      media_passed_(has_passed_media(*input_)) {
    for (const StreamInfo& stream : presentation_.streams) {
        tracks_[static_cast<std::size_t>(stream.index)].selected =
            stream.kind != StreamKind::attachment && !stream.disposition.attached_picture;
    }
    apply_selection();
}

Result<std::unique_ptr<MediaSource>> AvSource::open(std::shared_ptr<ByteSourceFactory> bytes,
                                                    const OpenRequest& request,
                                                    const SourceContext& context) {
    auto access = std::make_unique<Access>(std::move(bytes), request.options, context);
    auto main = access->open_main(request);
    if (!main) {
        return fail(std::move(main.error()));
    }
    auto input = open_and_look(*access, *main, request, Look::quick_if_possible);
    if (input && !*input) {
        main = access->reopen_main(request);
        if (!main) {
            return fail(std::move(main.error()));
        }
        input = open_and_look(*access, *main, request, Look::thorough);
    }
    if (!input) {
        return fail(std::move(input.error()));
    }
    return std::unique_ptr<MediaSource>(
        new AvSource(request, std::move(access), std::move(*input)));
}

void AvSource::select(std::span<const StreamIndex> streams) {
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        const bool now =
            std::find(streams.begin(), streams.end(), static_cast<StreamIndex>(i)) != streams.end();
        if (presentation_.streams[i].disposition.attached_picture) {
            tracks_[i].picture_owed = now && (tracks_[i].picture_owed || !tracks_[i].selected);
        }
        tracks_[i].selected = now;
    }
    apply_selection();
}

void AvSource::apply_selection() {
    for (unsigned i = 0; i < input_->nb_streams; ++i) {
        // Attached pictures are handed out from where they are kept, see owed_picture().
        const bool demuxed = i < tracks_.size() && tracks_[i].selected &&
                             !presentation_.streams[i].disposition.attached_picture;
        input_->streams[i]->discard = demuxed ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
}

bool AvSource::wanted(StreamIndex stream) const {
    const auto i = static_cast<std::size_t>(stream);
    return stream >= 0 && i < tracks_.size() && tracks_[i].selected &&
           !presentation_.streams[i].disposition.attached_picture;
}

ReadOutcome AvSource::read() {
    if (failed_) {
        return *failed_;
    }
    if (auto picture = owed_picture()) {
        return *std::move(picture);
    }
    while (!ahead_.empty()) {
        Packet packet = std::move(ahead_.front());
        ahead_.pop_front();
        if (wanted(packet.stream)) {
            at_start_ = false;
            return packet;
        }
    }
    for (;;) {
        if (auto outcome = demux()) {
            at_start_ = false;
            if (const auto* error = std::get_if<Error>(&*outcome)) {
                failed_ = *error;
            }
            return *std::move(outcome);
        }
    }
}

std::optional<ReadOutcome> AvSource::demux() {
    PacketHandle packet(av_packet_alloc());
    if (!packet) {
        return Error{Errc::out_of_memory, "no memory for a packet of '" + name_of(request_) + "'"};
    }
    const int code = av_read_frame(input_.get(), packet.get());
    if (access_->interrupted()) {
        return Error{Errc::cancelled, "reading '" + name_of(request_) + "' was interrupted"};
    }
    if (code < 0) {
        if (media_passed_ && !anything_came_) {
            return Error{Errc::not_seekable,
                         "'" + name_of(request_) +
                             "' has its index behind the media, and cannot be sought in here; "
                             "download it, or make it with the index in front"};
        }
        if (code == AVERROR_EOF && access_->failure().ok() &&
            (input_->pb == nullptr || input_->pb->error >= 0 || input_->pb->error == AVERROR_EOF)) {
            return EndOfStream{};
        }
        if (ends_without_length(code)) {
            return EndOfStream{};
        }
        if ((code == AVERROR_INVALIDDATA || code == AVERROR(EAGAIN)) &&
            ++bad_in_a_row_ < most_bad_in_a_row) {
            damage_ += code == AVERROR_INVALIDDATA ? 1 : 0;
            return std::nullopt;
        }
        return read_failure(code);
    }
    bad_in_a_row_ = 0;
    anything_came_ = true;
    look_at_metadata();
    if (!wanted(packet->stream_index)) {
        return std::nullopt;
    }
    if (static_cast<std::size_t>(packet->size) > request_.options.limits.packet_bytes) {
        return Error{Errc::limit_exceeded, "'" + name_of(request_) + "' has a packet of " +
                                               std::to_string(packet->size) +
                                               " bytes, more than the limit allows"};
    }
    if (av_packet_get_side_data(packet.get(), AV_PKT_DATA_ENCRYPTION_INFO, nullptr) != nullptr) {
        return Error{Errc::protected_content,
                     "'" + name_of(request_) +
                         "' is protected by common encryption and there is no "
                         "key for it; it cannot be played"};
    }
    if ((packet->flags & AV_PKT_FLAG_CORRUPT) != 0) {
        ++damage_;
    }
    return convert(std::move(packet));
}

// A station on the network names the next song: libavformat raises a flag.
void AvSource::look_at_metadata() {
    if ((input_->event_flags & AVFMT_EVENT_FLAG_METADATA_UPDATED) == 0) {
        return;
    }
    input_->event_flags &= ~AVFMT_EVENT_FLAG_METADATA_UPDATED;
    auto now = entries_of(input_->metadata);
    if (now == metadata_) {
        return;
    }
    metadata_ = std::move(now);
    access_->tell(SourceMetadata{metadata_});
}

Packet AvSource::convert(PacketHandle packet) {
    const AVStream& stream = *input_->streams[packet->stream_index];
    const StreamInfo& info = presentation_.streams[static_cast<std::size_t>(packet->stream_index)];
    const TimeBase base = time_base(stream.time_base);
    const auto on_line = [&](std::int64_t ticks) -> std::optional<Duration> {
        if (ticks == AV_NOPTS_VALUE) {
            return std::nullopt;
        }
        return rescale(ticks, base) - presentation_.container_start;
    };
    Packet out;
    out.stream = packet->stream_index;
    out.key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
    // To libavformat 0 is a length that it does not know; files of text say so with -1.
    if (packet->duration > 0 || (packet->duration == 0 && reads_subtitle_text(*input_->iformat))) {
        out.duration = rescale(packet->duration, base);
    }
    const auto pts = on_line(packet->pts);
    const auto dts = on_line(packet->dts);
    const Duration shift = stamps_.shift(static_cast<std::size_t>(packet->stream_index),
                                         dts ? dts : pts, out.duration, is_gating(info));
    packet->pts = AV_NOPTS_VALUE;
    packet->dts = AV_NOPTS_VALUE;
    if (pts) {
        out.pts = media_at(*pts + shift);
        packet->pts = (*pts + shift).count();
    }
    if (dts) {
        out.dts = media_at(*dts + shift);
        packet->dts = (*dts + shift).count();
    }
    packet->duration = out.duration.value_or(Duration{}).count();
    packet->time_base = nanoseconds;
    out.data = std::make_shared<AvPacketData>(std::move(packet));
    return out;
}

std::optional<Packet> AvSource::owed_picture() {
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        if (!tracks_[i].picture_owed) {
            continue;
        }
        tracks_[i].picture_owed = false;
        PacketHandle packet(av_packet_alloc());
        if (!packet || av_packet_ref(packet.get(), &input_->streams[i]->attached_pic) < 0) {
            ++damage_;
            continue;
        }
        packet->pts = 0;
        packet->dts = 0;
        packet->time_base = nanoseconds;
        Packet out;
        out.stream = static_cast<StreamIndex>(i);
        out.pts = media_zero;
        out.dts = media_zero;
        out.key = true;
        out.data = std::make_shared<AvPacketData>(std::move(packet));
        return out;
    }
    return std::nullopt;
}

// A server that names no length and closes the connection has said all; libavformat's http calls
// that an I/O error.
bool AvSource::ends_without_length(int code) {
    const int cause = code == AVERROR_EOF && input_->pb != nullptr ? input_->pb->error : code;
    if (cause != AVERROR(EIO) || !access_->failure().ok() || input_->pb == nullptr ||
        !presentation_.uses_network || avio_size(input_->pb) > 0) {
        return false;
    }
    input_->pb->error = 0;
    return true;
}

Error AvSource::read_failure(int code) {
    if (Status why = access_->failure(); !why.ok()) {
        return why;
    }
    if (code == AVERROR_EOF && input_->pb != nullptr) {
        code = input_->pb->error;
    }
    return ffmpeg_error(code, "reading '" + name_of(request_) + "'");
}

namespace {

class Factory final : public SourceFactory {
public:
    explicit Factory(std::shared_ptr<ByteSourceFactory> bytes) : bytes_(std::move(bytes)) {}
    Result<std::unique_ptr<MediaSource>> open(const OpenRequest& request,
                                              const SourceContext& context) override {
        return AvSource::open(bytes_, request, context);
    }

private:
    const std::shared_ptr<ByteSourceFactory> bytes_;
};

} // namespace

std::shared_ptr<SourceFactory> make_source_factory(std::shared_ptr<ByteSourceFactory> bytes) {
    return std::make_shared<Factory>(std::move(bytes));
}

} // namespace playhead::ffmpeg
