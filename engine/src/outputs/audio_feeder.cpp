#include "outputs/audio_feeder.h"

#include <algorithm>
#include <utility>

namespace playhead {
namespace {

constexpr std::int64_t least_chunk = 256; // so that a nearly full ring does not mean crumbs
constexpr std::int64_t most_made_up = 64; // frames, where a converter gives fewer than it took

bool same_sound(const AudioFormat& a, const AudioFormat& b) {
    return a.sample_format == b.sample_format && a.rate_hz == b.rate_hz &&
           a.channels == b.channels && (a.planar == b.planar || a.channels == 1) &&
           (a.channel_mask == b.channel_mask || a.channel_mask == 0 || b.channel_mask == 0);
}

// `frames` of the chunk; what it has too little goes on with its last one.
AudioChunk lengthened(const AudioChunk& chunk, std::int64_t frames) {
    const auto channels = static_cast<std::size_t>(chunk.buffer->format().channels);
    const auto from = chunk.floats();
    std::vector<float> samples(from.begin(), from.end());
    while (samples.size() < static_cast<std::size_t>(frames) * channels) {
        samples.push_back(samples[samples.size() - channels]);
    }
    return AudioChunk{std::make_shared<FloatSamples>(chunk.buffer->format(), std::move(samples))};
}

AudioChunk silence(const AudioFormat& format, std::int64_t frames) {
    return AudioChunk{std::make_shared<FloatSamples>(
        format, std::vector<float>(static_cast<std::size_t>(frames * format.channels), 0.0F))};
}

} // namespace

void AudioFeeder::drop_converted() {
    ready_ = out_ = {};
    if (!converter_drained_) converter_->reset();
    converter_drained_ = true;
    tempo_.reset();
    surplus_ = 0;
    mark_next_ = true;
}

void AudioFeeder::begin(MediaTime t) {
    pieces_.clear();
    drop_converted();
    ended_ = false;
    begin_ = run_ = end_ = taken_until_ = t;
    run_frames_ = 0;
    run_rate_hz_ = 0;
}

void AudioFeeder::lay(Piece piece) {
    if (piece.rate_hz != run_rate_hz_ || piece.mark) {
        run_ = piece.media;
        run_frames_ = 0;
        run_rate_hz_ = piece.rate_hz;
    }
    run_frames_ += piece.frames;
    end_ = run_ + frames_to_duration(run_frames_, run_rate_hz_);
    pieces_.push_back(std::move(piece));
}

void AudioFeeder::push(const AudioBlock& block) {
    if (!block.buffer || block.frames <= 0) return;
    ended_ = false;
    const int rate = block.buffer->format().rate_hz;
    Piece piece{block.buffer, block.first_frame, block.frames, rate, block.pts, false, block.epoch};
    // Cut what lies before the start, or before the end of what is there already.
    const auto cut = [&](MediaTime t) {
        const std::int64_t frames =
            std::min(duration_to_frames(t - piece.media, rate), piece.frames);
        piece.first += frames;
        piece.frames -= frames;
        piece.media += frames_to_duration(frames, rate);
        return piece.frames > 0;
    };
    if (piece.media < begin_ && !cut(begin_)) return;
    const Duration gap = piece.media - end_;
    if (gap < -marked) {
        if (!cut(end_)) return;
    } else if (gap > marked) {
        lay({nullptr, 0, duration_to_frames(gap, rate), rate, end_, false, block.epoch});
    } else {
        piece.mark = gap < -ignored || gap > ignored;
    }
    if (!piece.mark) piece.media = end_;
    lay(std::move(piece));
}

void AudioFeeder::drop_until(MediaTime t) {
    drop_converted();
    while (!pieces_.empty()) {
        Piece& piece = pieces_.front();
        if (piece.media >= t) break;
        const std::int64_t frames =
            std::min(duration_to_frames(t - piece.media, piece.rate_hz), piece.frames);
        piece.first += frames;
        piece.frames -= frames;
        piece.media += frames_to_duration(frames, piece.rate_hz);
        if (piece.frames > 0) break;
        pieces_.pop_front();
    }
}

Duration AudioFeeder::waiting() const {
    Duration length{};
    for (const Piece& piece : pieces_) length += frames_to_duration(piece.frames, piece.rate_hz);
    if (device_.rate_hz <= 0) return length;
    const double out = static_cast<double>(out_.frames) * tempo_.rate();
    return length +
           frames_to_duration(ready_.frames + static_cast<std::int64_t>(out), device_.rate_hz);
}

std::optional<MediaTime> AudioFeeder::front_time() const {
    if (pieces_.empty()) return std::nullopt;
    return pieces_.front().media;
}

bool AudioFeeder::write_out(SampleRing& ring) {
    if (!out_.empty()) out_.skip(ring.write(out_.floats()));
    if (!out_.empty()) return false;
    out_ = {};
    return true;
}

std::int64_t AudioFeeder::frame_of(MediaTime t) const {
    return duration_to_frames(t - counted_from_, device_.rate_hz);
}

// What the converter holds back, cut to the frame at which the item ends.
Result<void> AudioFeeder::drain_converter() {
    converter_drained_ = true;
    auto rest = converter_->drain();
    converter_->reset();
    if (!rest) return fail(rest.error());
    const std::int64_t missing = frame_of(taken_until_) - counted_;
    surplus_ = std::max<std::int64_t>(-missing, 0);
    AudioChunk tail{*rest};
    if (missing <= 0 || tail.empty()) return {};
    if (tail.frames < missing) {
        tail = lengthened(tail, std::min(missing, tail.frames + most_made_up));
    }
    tail.frames = std::min(tail.frames, missing);
    ready_ = tail;
    return {};
}

Result<void> AudioFeeder::convert(Piece& piece, std::int64_t most, const Route& route) {
    const AudioFormat& format = piece.buffer->format();
    if (!converter_ || !(from_ == format) || !(to_ == device_)) {
        if (!route.converters) {
            return fail(Errc::topo_cannot_connect,
                        "The sound is " + describe(format) + " and the device takes " +
                            describe(device_) + "; give the engine a converter factory.");
        }
        auto made = route.converters->audio(format, device_);
        if (!made) return fail(made.error());
        converter_ = std::move(*made);
        from_ = format;
        to_ = device_;
    }
    auto out = converter_->convert(*piece.buffer, piece.first, most);
    if (!out) return fail(out.error());
    converter_drained_ = false;
    ready_ = AudioChunk{*out};
    return {};
}

// The front piece, or as much of it as the ring has room for, becomes what is ready.
Result<void> AudioFeeder::take(SampleRing& ring, const Route& route) {
    Piece& piece = pieces_.front();
    if (mark_next_ || piece.mark) {
        counted_from_ = taken_until_ = piece.media;
        counted_ = surplus_ = 0;
        mark_next_ = piece.mark = false;
        mark_rate_ = true;
    }
    epoch_ = piece.epoch;
    const double room = static_cast<double>(ring.room()) * tempo_.rate();
    std::int64_t taken =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(room * piece.rate_hz / device_.rate_hz),
                                 least_chunk, std::max(piece.frames, least_chunk));
    taken = std::min(taken, piece.frames);
    const MediaTime until = piece.media + frames_to_duration(taken, piece.rate_hz);
    if (!piece.buffer) {
        surplus_ = 0; // the count below is short by it
        ready_ = silence(device_, std::max<std::int64_t>(frame_of(until) - counted_, 0));
    } else if (same_sound(piece.buffer->format(), device_)) {
        ready_ = AudioChunk{piece.buffer, piece.first, taken};
    } else if (auto ok = convert(piece, taken, route); !ok) {
        return ok;
    }
    taken_until_ = piece.media = until;
    piece.first += taken;
    piece.frames -= taken;
    if (piece.frames == 0) pieces_.pop_front();
    return {};
}

// What is ready goes to the ring, through the stretcher if it must.
Result<void> AudioFeeder::pass(SampleRing& ring, const OnMark& on_mark) {
    const std::int64_t cut = std::min(std::exchange(surplus_, 0), ready_.frames);
    ready_.skip(cut);
    if (std::exchange(mark_rate_, false)) {
        const auto held = std::chrono::duration<double>(tempo_.held() / device_.rate_hz);
        const MediaTime at = counted_from_ + frames_to_duration(counted_, device_.rate_hz);
        on_mark({ring.written(), at - std::chrono::round<Duration>(held), tempo_.rate(), epoch_});
    }
    counted_ += ready_.frames;
    if (own_rate()) {
        out_ = ready_;
    } else if (!ready_.empty()) {
        auto out = tempo_.process(ready_);
        if (!out) return fail(out.error());
        out_ = *out;
    }
    ready_ = {};
    return {};
}

// What comes next begins another line; what the stretcher holds belongs to it.
Result<void> AudioFeeder::change_rate(SampleRing& ring, const Route& route, const OnMark& on_mark) {
    const auto held = std::chrono::duration<double>(tempo_.held() / device_.rate_hz);
    auto first = tempo_.change(route.rate, device_, route.stretchers);
    if (!first) return fail(first.error());
    if (mark_next_) return {};
    const MediaTime at = counted_from_ + frames_to_duration(counted_, device_.rate_hz);
    on_mark({ring.written(), at - std::chrono::round<Duration>(held), route.rate, epoch_});
    out_ = *first;
    return {};
}

Result<void> AudioFeeder::pump(SampleRing& ring, const Route& route, const OnMark& on_mark) {
    if (!(device_ == route.device)) {
        drop_converted();
        device_ = route.device;
    }
    while (write_out(ring) && ring.room() > 0) {
        Result<void> ok;
        const bool last = pieces_.empty();
        const bool other =
            !last && (!pieces_.front().buffer || !(pieces_.front().buffer->format() == from_));
        // Nothing more is known to follow, and little is left to play.
        const std::int64_t level = ring.written() - std::max(ring.read(), route.discard_to);
        const bool finish = last && ended_ && level <= ring.capacity() / 2;
        if (route.rate != tempo_.rate()) {
            ok = change_rate(ring, route, on_mark);
        } else if (!ready_.empty()) {
            ok = pass(ring, on_mark);
        } else if (!converter_drained_ && (finish || other || (!last && pieces_.front().mark))) {
            ok = drain_converter();
        } else if (!last) {
            ok = take(ring, route);
        } else if (finish && !tempo_.drained()) {
            auto rest = tempo_.drain();
            if (rest) out_ = *rest;
            if (!rest) ok = fail(rest.error());
            mark_rate_ = true;
        } else {
            break;
        }
        if (!ok) return ok;
    }
    return {};
}

} // namespace playhead
