// Seeking of AvSource: where to ask libavformat to go, and how to tell where that came out.
#include <algorithm>

#include "error.h"
#include "input.h"
#include "payload.h"
#include "source.h"
#include "text_file.h"

namespace playhead::ffmpeg {

namespace {

// Sound is heard a little wrong until the codec has warmed up: MP3's bit reservoir, AAC's overlap.
constexpr Duration audio_warm_up = std::chrono::milliseconds{100};
constexpr Duration first_step_back = std::chrono::milliseconds{500};
constexpr int most_tries = 16;
constexpr int most_refusals = 4;
// How far to look for a place to decode from before taking what there is.
constexpr std::size_t landing_packets = 5'000;
constexpr Duration landing_stretch = std::chrono::seconds{30};
// Sound that belongs to pictures is no farther behind them in a file; if it is, it may not be there.
constexpr Duration interleaving = std::chrono::seconds{1};
// Where sound is not there, the look for it farther back, at 1, 4 and 16 s or so, costs reading only.
// Where that is dear: once, and not for a block's length.
constexpr int most_sound_tries = 3;
constexpr Duration dear_lack = std::chrono::milliseconds{250};
constexpr Duration rounding = std::chrono::milliseconds{1}; // of Matroska's stamps

} // namespace

// Pictures, unless they begin later than t and sound is there by then: what lies before a stream's first
// packet would be passed over with it.
const StreamInfo* AvSource::leading_stream(MediaTime t) const {
    const StreamInfo* video = nullptr;
    const StreamInfo* audio = nullptr;
    for (const StreamInfo& stream : presentation_.streams) {
        if (!wanted(stream.index)) {
            continue;
        }
        if (stream.kind == StreamKind::video && video == nullptr) {
            video = &stream;
        }
        if (stream.kind == StreamKind::audio && audio == nullptr) {
            audio = &stream;
        }
    }
    const bool late = video != nullptr && video->start && *video->start > t && audio != nullptr &&
                      audio->start && *audio->start < *video->start;
    return video != nullptr && !late ? video : audio;
}

Result<void> AvSource::seek(MediaTime t) {
    const bool healthy = !failed_;
    if (healthy && at_start_ && t <= media_zero) {
        return {};
    }
    if (!presentation_.seekable) {
        return fail(Errc::not_seekable, "'" + name_of(request_) + "' cannot be sought in");
    }
    // A file of subtitles is read from its beginning: it is small, what is on at t may have begun long
    // before, and libavformat refuses a place before the first of them.
    if (std::none_of(presentation_.streams.begin(), presentation_.streams.end(),
                     [](const StreamInfo& stream) { return !is_sparse(stream.kind); })) {
        t = media_zero;
    }
    failed_.reset();
    bad_in_a_row_ = 0;
    access_->recover();
    auto done = seek_to(t);
    if (!done && !access_->interrupted()) {
        done = reopen();
        if (done && t > media_zero) {
            done = seek_to(t);
        }
    }
    if (!done) {
        ahead_.clear();
        failed_ = done.error();
    }
    return done;
}

Result<void> AvSource::seek_to(MediaTime t) {
    const StreamInfo* lead = leading_stream(t);
    const Duration warm_up =
        lead != nullptr && lead->kind == StreamKind::audio ? audio_warm_up : Duration{};
    const Duration target = t.time_since_epoch() - warm_up;
    bool to_start = t <= media_zero || (lead != nullptr && lead->start && t <= *lead->start);
    Duration back{};
    int refused = 0;
    for (int tries = 0; tries < most_tries; ++tries) {
        to_start = to_start || target - back <= Duration{};
        ahead_.clear();
        stamps_.reset();
        at_start_ = false;
        if (const int code = seek_raw(lead, target - back, to_start); code < 0) {
            // A playlist refuses what lies behind its last piece, though the piece goes on.
            if (!access_->interrupted() && !to_start && ++refused < most_refusals) {
                back = std::max(back * 2, first_step_back);
                continue;
            }
            return fail(access_->interrupted()
                            ? Error{Errc::cancelled, "a seek was interrupted"}
                            : ffmpeg_error(code, "seeking in '" + name_of(request_) + "' to " +
                                                     format_time(t.time_since_epoch())));
        }
        if (lead == nullptr) {
            return {};
        }
        const auto landing = find_landing(*lead, t);
        if (!landing) {
            return fail(landing.error());
        }
        if (to_start || (landing->pts && *landing->pts <= t)) {
            return fetch_sound(*lead, *landing, to_start ? Duration{} : target - back, t);
        }
        // Demuxers with an index look at decoding stamps, and a picture is shown later than it is
        // decoded: the entry before is the one. The others (transport streams) land anywhere.
        const Duration decoded = landing->dts.value_or(t + first_step_back).time_since_epoch();
        back = back == Duration{} && decoded <= target
                   ? target - decoded + std::chrono::milliseconds{1}
                   : std::max(back * 2, first_step_back);
    }
    return {};
}

int AvSource::seek_raw(const StreamInfo* lead, Duration target, bool to_start) {
    const int index = lead != nullptr ? lead->index : -1;
    const AVRational native =
        lead != nullptr ? input_->streams[index]->time_base : AVRational{1, AV_TIME_BASE};
    const TimeBase base = time_base(native);
    std::int64_t ticks = rescale(target + presentation_.container_start, base, Rounding::down);
    if (to_start) {
        const Duration start =
            lead != nullptr && lead->start ? lead->start->time_since_epoch() : Duration{};
        ticks = rescale(std::min(start, Duration{}) + presentation_.container_start, base,
                        Rounding::down);
    }
    int code = AVERROR(ENOSYS);
    if (to_start && (input_->iformat->flags & AVFMT_TS_DISCONT) != 0) {
        // Searching by decoding stamps would find the last that is before the first picture.
        code = avformat_seek_file(input_.get(), -1, 0, 0, 0, AVSEEK_FLAG_BYTE);
    }
    if (code < 0) {
        // Of the lines of a text libavformat has the first only for who asks for no earlier one.
        const bool first = to_start && reads_subtitle_text(*input_->iformat);
        code =
            avformat_seek_file(input_.get(), index, INT64_MIN, ticks, first ? INT64_MAX : ticks, 0);
    }
    if (code < 0) {
        code = av_seek_frame(input_.get(), index, ticks, AVSEEK_FLAG_BACKWARD);
    }
    if (code < 0 && !access_->interrupted() && (input_->iformat->flags & AVFMT_NO_BYTE_SEEK) == 0 &&
        input_->pb != nullptr) {
        const std::int64_t size = avio_size(input_->pb);
        const Duration whole = presentation_.duration.value_or(Duration{});
        std::int64_t byte = 0;
        if (!to_start && size > 0 && whole > Duration{}) {
            const double part =
                static_cast<double>(target.count()) / static_cast<double>(whole.count());
            byte =
                static_cast<std::int64_t>(static_cast<double>(size) * std::clamp(part, 0.0, 1.0));
        }
        if (to_start || byte > 0) {
            code = avformat_seek_file(input_.get(), -1, INT64_MIN, byte, byte, AVSEEK_FLAG_BYTE);
        }
    }
    return code;
}

Result<AvSource::Landing> AvSource::find_landing(const StreamInfo& lead, MediaTime t) {
    std::deque<Packet> before; // of the leading stream, not decodable from here
    while (ahead_.size() + before.size() < landing_packets) {
        auto outcome = demux();
        if (!outcome) {
            continue;
        }
        if (auto* error = std::get_if<Error>(&*outcome)) {
            return fail(std::move(*error));
        }
        if (std::holds_alternative<EndOfStream>(*outcome)) {
            // Behind the last key frame: the demuxer will say the end again.
            ahead_.insert(ahead_.end(), before.begin(), before.end());
            return Landing{};
        }
        Packet& packet = std::get<Packet>(*outcome);
        if (packet.stream != lead.index) {
            ahead_.push_back(std::move(packet));
            continue;
        }
        const auto stamp = packet.pts ? packet.pts : packet.dts;
        if (packet.key) {
            const Landing landing{stamp, packet.dts};
            ahead_.push_back(std::move(packet));
            return landing;
        }
        const bool too_far = stamp && *stamp > t + landing_stretch;
        before.push_back(std::move(packet));
        if (too_far) {
            break;
        }
    }
    // No key frame in sight (a stream that refreshes bit by bit has none): from wherever this is.
    Landing landing;
    if (!before.empty()) {
        landing = {before.front().pts ? before.front().pts : before.front().dts,
                   before.front().dts};
    }
    ahead_.insert(ahead_.begin(), before.begin(), before.end());
    return landing;
}

bool AvSource::is_dear() const { return presentation_.uses_network || presentation_.may_stall; }

// The streams of sound that should be heard at t.
std::vector<StreamIndex> AvSource::sound_at(MediaTime t) const {
    std::vector<StreamIndex> there;
    for (const StreamInfo& stream : presentation_.streams) {
        const MediaTime start = stream.start.value_or(media_zero);
        const bool over = stream.duration && start + *stream.duration <= t;
        if (stream.kind == StreamKind::audio && wanted(stream.index) && start <= t && !over) {
            there.push_back(stream.index);
        }
    }
    return there;
}

// Reads on until each stream of sound has shown how far it lacks what is to be heard from t on. Of the
// leading stream only what comes from that key frame on is kept, if one is named, and it is read on to.
Result<AvSource::Gathered> AvSource::gather_sound(const StreamInfo& lead, MediaTime t,
                                                  const Landing* from) {
    std::vector<StreamIndex> awaited = sound_at(t);
    Gathered out{Duration{}, from == nullptr};
    const auto look_at = [&](const Packet& packet) {
        const Duration slack = is_dear() ? dear_lack : rounding;
        if (std::erase(awaited, packet.stream) > 0 && packet.pts && *packet.pts - t > slack) {
            out.lacking = std::max(out.lacking, *packet.pts - t);
        }
    };
    for (const Packet& packet : ahead_) {
        look_at(packet);
    }
    bool at_end = false;
    for (std::size_t n = 0; !at_end && n < landing_packets; ++n) {
        if (awaited.empty() && (out.landed || out.lacking > Duration{})) {
            return out;
        }
        auto outcome = demux();
        if (!outcome) {
            continue;
        }
        if (auto* error = std::get_if<Error>(&*outcome)) {
            return fail(std::move(*error));
        }
        at_end = std::holds_alternative<EndOfStream>(*outcome);
        if (at_end) {
            break;
        }
        Packet& packet = std::get<Packet>(*outcome);
        look_at(packet);
        if (packet.stream == lead.index) {
            const auto stamp = packet.pts ? packet.pts : packet.dts;
            out.landed = out.landed || (packet.key && stamp && *stamp >= *from->pts);
            if (!out.landed) {
                continue;
            }
            at_end = stamp && *stamp > t + interleaving; // as good as
        }
        ahead_.push_back(std::move(packet));
    }
    if (!awaited.empty()) {
        out.lacking = std::max(out.lacking, interleaving);
    }
    return out;
}

// The pictures have landed. The sound that belongs to them may lie before them: then reading begins
// farther back, without the pictures there.
Result<void> AvSource::fetch_sound(const StreamInfo& lead, const Landing& landing,
                                   Duration landed_by, MediaTime t) {
    if (lead.kind != StreamKind::video || !landing.pts) {
        return {};
    }
    auto gathered = gather_sound(lead, t, nullptr);
    if (gathered && gathered->lacking == Duration{}) {
        return {};
    }
    Duration back{};
    const int tries = is_dear() ? 1 : most_sound_tries;
    for (int i = 0; gathered && i < tries; ++i) {
        back = std::max({back * 4, gathered->lacking, first_step_back});
        const Duration target = landing.pts->time_since_epoch() - back;
        // Before the first picture only the beginning of the file is.
        const bool from_start = landed_by <= Duration{} || target <= Duration{};
        ahead_.clear();
        stamps_.reset();
        if (from_start) {
            if (auto done = reopen(); !done) {
                return done;
            }
            at_start_ = false;
        } else if (seek_raw(&lead, target, false) < 0) {
            break;
        }
        gathered = gather_sound(lead, t, &landing);
        if (gathered && gathered->landed && gathered->lacking == Duration{}) {
            return {};
        }
        if (from_start) {
            break;
        }
    }
    if (!gathered) {
        return fail(gathered.error());
    }
    // It is not there: as it was.
    ahead_.clear();
    stamps_.reset();
    if (const int code = seek_raw(&lead, landed_by, landed_by <= Duration{}); code < 0) {
        return fail(access_->interrupted()
                        ? Error{Errc::cancelled, "a seek was interrupted"}
                        : ffmpeg_error(code, "seeking in '" + name_of(request_) + "'"));
    }
    const auto again = find_landing(lead, t);
    return again ? Result<void>{} : fail(again.error());
}

Result<void> AvSource::reopen() {
    ahead_.clear();
    stamps_.reset();
    access_->recover();
    input_.reset();
    auto bytes = access_->reopen_main(request_);
    if (!bytes) {
        return fail(std::move(bytes.error()));
    }
    auto input = open_input(*access_, *bytes, request_);
    if (!input) {
        return fail(std::move(input.error()));
    }
    input_ = std::move(*input);
    // Streams that only show themselves in the data.
    if (input_->nb_streams < presentation_.streams.size()) {
        if (auto completed = complete_stream_info(*input_, *access_, request_, Look::thorough);
            !completed) {
            return fail(std::move(completed.error()));
        }
    }
    if (input_->nb_streams < presentation_.streams.size()) {
        return fail(Errc::damaged, "'" + name_of(request_) + "' has changed since it was opened");
    }
    apply_selection();
    at_start_ = true;
    return {};
}

} // namespace playhead::ffmpeg
