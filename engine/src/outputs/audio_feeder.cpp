#include "outputs/audio_feeder.h"

#include <algorithm>

namespace playhead {
namespace {

bool same_sound(const AudioFormat& a, const AudioFormat& b) {
    return a.sample_format == b.sample_format && a.rate_hz == b.rate_hz &&
           a.channels == b.channels && (a.planar == b.planar || a.channels == 1) &&
           (a.channel_mask == b.channel_mask || a.channel_mask == 0 || b.channel_mask == 0);
}

std::span<const float> floats(const SampleBuffer& buffer, std::int64_t first, std::int64_t frames) {
    const auto* samples = reinterpret_cast<const float*>(buffer.plane(0));
    const auto channels = buffer.format().channels;
    return {samples + first * channels, static_cast<std::size_t>(frames * channels)};
}

} // namespace

void AudioFeeder::begin(MediaTime t) {
    pieces_.clear();
    converted_.reset();
    converted_first_ = converted_last_ = 0;
    if (converter_) converter_->reset();
    ended_ = false;
    drained_ = true;
    mark_next_ = true;
    begin_ = run_ = end_ = t;
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
    if (converted_frames() > 0 || converter_) {
        converted_.reset();
        converted_first_ = converted_last_ = 0;
        if (converter_) converter_->reset();
        drained_ = true;
    }
    mark_next_ = true;
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

std::int64_t AudioFeeder::converted_frames() const { return converted_last_ - converted_first_; }

Duration AudioFeeder::waiting() const {
    Duration length{};
    for (const Piece& piece : pieces_) length += frames_to_duration(piece.frames, piece.rate_hz);
    if (converted_) length += frames_to_duration(converted_frames(), converted_->format().rate_hz);
    return length;
}

std::optional<MediaTime> AudioFeeder::front_time() const {
    if (pieces_.empty()) return std::nullopt;
    return pieces_.front().media;
}

bool AudioFeeder::write_converted(SampleRing& ring) {
    if (converted_frames() > 0) {
        converted_first_ += ring.write(floats(*converted_, converted_first_, converted_frames()));
        if (converted_frames() > 0) return false;
    }
    converted_.reset();
    converted_first_ = converted_last_ = 0;
    return true;
}

Result<void> AudioFeeder::drain() {
    if (drained_) return {};
    drained_ = true;
    auto rest = converter_->drain();
    converter_->reset();
    if (!rest) return fail(rest.error());
    if (*rest) {
        converted_ = *rest;
        converted_first_ = 0;
        converted_last_ = converted_->frames();
    }
    return {};
}

// The front piece, or as much of it as the ring has room for.
Result<void> AudioFeeder::convert(SampleRing& ring, const AudioFormat& device,
                                  const std::shared_ptr<ConverterFactory>& converters) {
    Piece& piece = pieces_.front();
    const AudioFormat& format = piece.buffer->format();
    std::int64_t taken = 0;
    if (same_sound(format, device)) {
        taken = ring.write(floats(*piece.buffer, piece.first, piece.frames));
    } else {
        if (!converter_ || !(from_ == format) || !(to_ == device)) {
            if (!converters) {
                return fail(Errc::topo_cannot_connect,
                            "The sound is " + describe(format) + " and the device takes " +
                                describe(device) + "; give the engine a converter factory.");
            }
            auto made = converters->audio(format, device);
            if (!made) return fail(made.error());
            converter_ = std::move(*made);
            from_ = format;
            to_ = device;
        }
        const std::int64_t room =
            std::max<std::int64_t>(ring.room() * format.rate_hz / device.rate_hz, 1);
        taken = std::min(piece.frames, room);
        auto out = converter_->convert(*piece.buffer, piece.first, taken);
        if (!out) return fail(out.error());
        drained_ = false;
        if (*out) {
            converted_ = *out;
            converted_first_ = 0;
            converted_last_ = converted_->frames();
        }
    }
    piece.first += taken;
    piece.frames -= taken;
    piece.media += frames_to_duration(taken, piece.rate_hz);
    if (piece.frames == 0) pieces_.pop_front();
    return {};
}

Result<void> AudioFeeder::pump(SampleRing& ring, const AudioFormat& device,
                               const std::shared_ptr<ConverterFactory>& converters,
                               const OnMark& on_mark) {
    while (write_converted(ring) && ring.room() > 0) {
        if (pieces_.empty()) {
            if (!ended_ || drained_) break;
            if (auto ok = drain(); !ok) return ok;
            continue;
        }
        Piece& piece = pieces_.front();
        const bool other = !piece.buffer || !(piece.buffer->format() == from_);
        if (!drained_ && (piece.mark || other)) { // the tail of what came before it
            if (auto ok = drain(); !ok) return ok;
            continue;
        }
        if (mark_next_ || piece.mark) {
            on_mark({ring.written(), piece.media, 1.0, piece.epoch});
            mark_next_ = piece.mark = false;
        }
        if (piece.buffer) {
            if (auto ok = convert(ring, device, converters); !ok) return ok;
            continue;
        }
        const std::int64_t there =
            frames_to_duration(piece.frames, piece.rate_hz).count() > 0
                ? duration_to_frames(frames_to_duration(piece.frames, piece.rate_hz),
                                     device.rate_hz)
                : 0;
        const std::int64_t written = ring.write_silence(there);
        if (written == there) {
            pieces_.pop_front();
        } else {
            const std::int64_t taken = std::min(
                duration_to_frames(frames_to_duration(written, device.rate_hz), piece.rate_hz),
                piece.frames);
            piece.frames -= taken;
            piece.media += frames_to_duration(taken, piece.rate_hz);
        }
    }
    return {};
}

} // namespace playhead
