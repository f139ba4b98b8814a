#include "outputs/audio_render.h"

#include <algorithm>

namespace playhead {

// What is left to fill of the device's request.
struct AudioRender::Out {
    SampleRing& ring;
    std::span<float> samples;
    HostTime heard; // of the first frame of the request
    std::int64_t frames;
    std::int64_t done = 0;
    std::int64_t read;
    std::int64_t known;

    std::int64_t left() const { return frames - done; }
    std::int64_t there() const { return std::max<std::int64_t>(known - read, 0); }
};

void AudioRender::open_ring(std::shared_ptr<SampleRing> ring, int rate_hz,
                            std::shared_ptr<const HostClock> clock) {
    clock_ = std::move(clock);
    ring_held_ = std::move(ring);
    rate_hz_ = rate_hz;
    ramp_frames_ = std::max<std::int64_t>(duration_to_frames(ramp, rate_hz), 1);
    fit_ = CallbackFit{rate_hz};
    asked_ = 0;
    known_ = ring_held_->read();
    sounding_ = false;
    gain_ = 0.0F;
    tail_ = 0;
    last_.assign(static_cast<std::size_t>(ring_held_->channels()), 0.0F);
    ring_.store(ring_held_.get(), std::memory_order_release);
}

void AudioRender::close_ring() { ring_.store(nullptr, std::memory_order_release); }

void AudioRender::lost() noexcept {
    if (!lost_.exchange(true, std::memory_order_acq_rel) && on_lost_) on_lost_();
}

// Gives `frames` of the ring, the gain moving towards `to_gain` by `step` a frame.
void AudioRender::copy(Out& out, std::int64_t frames, float to_gain, float step) noexcept {
    const int channels = out.ring.channels();
    while (frames > 0) {
        const std::span<const float> piece = out.ring.peek(out.read, frames);
        float* to = out.samples.data() + out.done * channels;
        const auto n = static_cast<std::int64_t>(piece.size()) / channels;
        if (gain_ == to_gain && gain_ == 1.0F) {
            std::copy(piece.begin(), piece.end(), to);
        } else {
            const float* from = piece.data();
            for (std::int64_t i = 0; i < n; ++i) {
                gain_ = gain_ < to_gain ? std::min(gain_ + step, to_gain)
                                        : std::max(gain_ - step, to_gain);
                for (int c = 0; c < channels; ++c) *to++ = *from++ * gain_;
            }
        }
        out.read += n;
        out.done += n;
        frames -= n;
    }
}

// The sound stops here, for whatever reason. It must not break off in a step, so the last frame runs
// out over one ramp, added to whatever comes now; no media is spent on it.
void AudioRender::leave_off(const Out& out) noexcept {
    if (!sounding_) return;
    sounding_ = false;
    tail_ = ramp_frames_;
    tail_from_ = out.done;
}

void AudioRender::add_tail(const Out& out) noexcept {
    const int channels = out.ring.channels();
    for (std::int64_t i = tail_from_; i < out.frames && tail_ > 0; ++i, --tail_) {
        const float share = static_cast<float>(tail_) / static_cast<float>(ramp_frames_ + 1);
        for (int c = 0; c < channels; ++c) {
            out.samples[static_cast<std::size_t>(i * channels + c)] +=
                last_[static_cast<std::size_t>(c)] * share;
        }
    }
    tail_from_ = 0;
}

void AudioRender::begin_stretch(const Out& out) noexcept {
    if (told_.generation == now_.generation && told_.generation != 0) {
        told_.has_before = true;
        told_.before_frame = told_.frame;
        told_.before_heard = told_.heard;
        told_.before_first = told_.first_frame;
        told_.before_end = out.read;
    } else {
        told_.has_before = false;
    }
    told_.first_frame = out.read;
    told_.generation = now_.generation;
}

void AudioRender::play(Out& out, bool fresh) noexcept {
    const float gain = gain_wish_.load(std::memory_order_relaxed);
    if (fresh) {
        playing_ = now_.generation;
        met_ = !now_.has_appointment;
        due_frame_ = now_.due_frame;
        due_at_ = now_.due_at;
        may_skip_ = now_.may_skip;
        gain_ = now_.fade_in ? 0.0F : gain;
    }
    if (!met_) {
        const Duration late = out.heard + frames_to_duration(out.done, rate_hz_) - due_at_;
        const std::int64_t wanted = due_frame_ + duration_to_frames(late, rate_hz_);
        if (wanted < out.read) { // too early: silence until then
            const std::int64_t wait = std::min(out.read - wanted, out.left());
            std::fill_n(out.samples.begin() + out.done * out.ring.channels(),
                        wait * out.ring.channels(), 0.0F);
            out.done += wait;
        } else if (may_skip_ && wanted > out.read) {
            out.read = std::min(wanted, std::max(out.known, out.read));
            gain_ = 0.0F;
        }
        if (out.left() == 0) return;
        met_ = out.there() > 0;
    }
    const std::int64_t n = std::min(out.left(), out.there());
    if (n > 0) {
        if (!sounding_ || told_.generation != now_.generation) begin_stretch(out);
        told_.frame = out.read;
        told_.heard = out.heard + frames_to_duration(out.done, rate_hz_);
        copy(out, n, gain, std::max(gain, 1.0F) / static_cast<float>(ramp_frames_));
        std::copy_n(out.samples.begin() + (out.done - 1) * out.ring.channels(), out.ring.channels(),
                    last_.begin());
        played_.fetch_add(static_cast<std::uint64_t>(n), std::memory_order_relaxed);
        sounding_ = true;
    }
    if (out.left() > 0) {
        if (out.read < now_.end) {
            leave_off(out);
            gain_ = 0.0F; // what comes next fades in
            told_.dry = true;
            underruns_.fetch_add(1, std::memory_order_relaxed);
        } else if (met_ && told_.generation == now_.generation) {
            met_ = false;
            due_frame_ = told_.frame;
            due_at_ = told_.heard;
            may_skip_ = true;
        }
        sounding_ = false;
    }
}

// What the ring holds is looked at before the orders: this thread may stand in between, and sound of
// another start must not be taken for that of the orders in force. Orders that are being written are
// read the next time; so is what came with them.
void AudioRender::look(const SampleRing& ring) noexcept {
    for (int tries = 0; tries < 2; ++tries) {
        const std::int64_t written = ring.written();
        const RenderOrders before = now_;
        if (!orders_.try_read(now_)) return;
        known_ = written;
        if (now_.generation == before.generation && now_.playing == before.playing &&
            now_.end == before.end) {
            return;
        }
    }
}

void AudioRender::render(std::span<float> samples, const FeedTime& when) noexcept {
    SampleRing* ring = ring_.load(std::memory_order_acquire);
    if (ring == nullptr) {
        std::fill(samples.begin(), samples.end(), 0.0F);
        return;
    }
    look(*ring);
    const auto frames = static_cast<std::int64_t>(samples.size()) / ring->channels();
    fit_.set_in_use(sounding_);
    Out out{*ring, samples, fit_.update(asked_, when), frames, 0, ring->read(), known_};
    asked_ += frames;

    told_.dry = false;
    if (now_.discard_to > out.read) {
        leave_off(out);
        out.read = std::min(now_.discard_to, ring->written());
    }
    if (now_.playing) {
        play(out, playing_ != now_.generation);
    } else {
        leave_off(out);
    }
    std::fill(samples.begin() + out.done * ring->channels(), samples.end(), 0.0F);
    if (tail_ > 0) add_tail(out);
    ring->skip_to(out.read);

    ++told_.callbacks;
    told_.called = clock_->now();
    told_.period = frames_to_duration(frames, rate_hz_);
    told_.lead = out.heard - told_.called;
    told_.taken = out.read;
    report_.publish(told_);
}

} // namespace playhead
