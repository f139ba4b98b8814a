#include "outputs/audio_tempo.h"

#include <algorithm>
#include <cmath>

namespace playhead {
namespace {

constexpr Duration crossfade = std::chrono::milliseconds{5};
constexpr Duration remembered = std::chrono::milliseconds{500}; // more than a stretcher holds

} // namespace

void AudioTempo::reset() {
    if (stretcher_ && fed_) stretcher_->reset();
    fed_ = false;
    recent_.clear();
}

double AudioTempo::held() const { return fed_ ? std::max(stretcher_->held_frames(), 0.0) : 0.0; }

Result<AudioChunk> AudioTempo::change(double rate, const AudioFormat& device,
                                      const std::shared_ptr<TimeStretcherFactory>& stretchers) {
    if (!(format_ == device)) {
        reset();
        stretcher_.reset();
        format_ = device;
    }
    if (rate == 1.0) {
        auto rest = back_to_own_rate();
        rate_ = 1.0;
        return rest;
    }
    if (!stretcher_) {
        if (!stretchers) {
            return fail(Errc::unsupported_rate,
                        "Sound can play at its own speed only: give the engine a stretcher.");
        }
        auto made = stretchers->create(device);
        if (!made) return fail(made.error());
        stretcher_ = std::move(*made);
    }
    stretcher_->set_tempo(rate);
    rate_ = rate;
    return AudioChunk{};
}

Result<AudioChunk> AudioTempo::back_to_own_rate() {
    if (!fed_) return AudioChunk{};
    const auto channels = static_cast<std::size_t>(format_.channels);
    const auto kept =
        std::min(static_cast<std::size_t>(std::llround(held())), recent_.size() / channels);
    std::vector<float> own(recent_.end() - static_cast<std::ptrdiff_t>(kept * channels),
                           recent_.end());
    auto rest = stretcher_->drain();
    reset();
    if (!rest) return fail(rest.error());
    if (*rest && !own.empty()) {
        const AudioChunk tail{*rest};
        const auto from = tail.floats();
        const std::size_t frames =
            std::min({static_cast<std::size_t>(duration_to_frames(crossfade, format_.rate_hz)),
                      kept, from.size() / channels});
        for (std::size_t i = 0; i < frames * channels; ++i) {
            const float share =
                static_cast<float>(i / channels + 1) / static_cast<float>(frames + 1);
            own[i] = from[i] + (own[i] - from[i]) * share;
        }
    }
    return AudioChunk{std::make_shared<FloatSamples>(format_, std::move(own))};
}

void AudioTempo::remember(const AudioChunk& in) {
    const auto most = static_cast<std::size_t>(duration_to_frames(remembered, format_.rate_hz) *
                                               format_.channels);
    const auto samples = in.floats();
    recent_.insert(recent_.end(), samples.begin(), samples.end());
    if (recent_.size() > 2 * most) {
        recent_.erase(recent_.begin(), recent_.end() - static_cast<std::ptrdiff_t>(most));
    }
}

Result<AudioChunk> AudioTempo::process(const AudioChunk& in) {
    remember(in);
    fed_ = true;
    auto out = stretcher_->process(*in.buffer, in.first, in.frames);
    if (!out) return fail(out.error());
    return AudioChunk{*out};
}

Result<AudioChunk> AudioTempo::drain() {
    if (!fed_) return AudioChunk{};
    auto rest = stretcher_->drain();
    reset();
    if (!rest) return fail(rest.error());
    return AudioChunk{*rest};
}

} // namespace playhead
