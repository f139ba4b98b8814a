// SampleRing: interleaved sound between one writer and one reader, addressed by absolute frame
// numbers, so that marks, flushes and clocks can speak of the n-th frame ever written.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace playhead {

// Threads: write() by the one producer, peek() and skip_to() by the one consumer, all wait-free;
// written() and read() from anywhere. Units: frames (one sample for each channel).
class SampleRing {
public:
    SampleRing(std::int64_t capacity_frames, int channels, std::int64_t first_frame = 0)
        : capacity_(std::max<std::int64_t>(capacity_frames, 1)),
          channels_(channels),
          data_(static_cast<std::size_t>(capacity_ * channels)),
          written_(first_frame),
          read_(first_frame) {}

    int channels() const { return channels_; }
    std::int64_t capacity() const { return capacity_; }
    std::int64_t written() const noexcept { return written_.load(std::memory_order_acquire); }
    std::int64_t read() const noexcept { return read_.load(std::memory_order_acquire); }
    std::int64_t level() const noexcept { return std::max<std::int64_t>(written() - read(), 0); }
    std::int64_t room() const noexcept { return capacity_ - (written() - read()); }

    // As many whole frames as there is room for; returns how many.
    std::int64_t write(std::span<const float> samples) noexcept {
        const std::int64_t n =
            std::min(static_cast<std::int64_t>(samples.size()) / channels_, room());
        const std::int64_t at = written_.load(std::memory_order_relaxed);
        for (std::int64_t done = 0; done < n;) {
            const std::span<float> piece = stretch(at + done, n - done);
            std::copy_n(samples.begin() + done * channels_, piece.size(), piece.begin());
            done += static_cast<std::int64_t>(piece.size()) / channels_;
        }
        written_.store(at + std::max<std::int64_t>(n, 0), std::memory_order_release);
        return std::max<std::int64_t>(n, 0);
    }

    // The frames from `frame` on that lie in one piece, at most `most`. The caller has checked that
    // they are there.
    std::span<const float> peek(std::int64_t frame, std::int64_t most) const noexcept {
        const std::int64_t at = frame % capacity_;
        const std::int64_t n = std::min(most, capacity_ - at);
        return {data_.data() + at * channels_, static_cast<std::size_t>(n * channels_)};
    }
    void skip_to(std::int64_t frame) noexcept { read_.store(frame, std::memory_order_release); }

private:
    std::span<float> stretch(std::int64_t frame, std::int64_t most) noexcept {
        const std::int64_t at = frame % capacity_;
        const std::int64_t n = std::min(most, capacity_ - at);
        return {data_.data() + at * channels_, static_cast<std::size_t>(n * channels_)};
    }

    const std::int64_t capacity_;
    const int channels_;
    std::vector<float> data_;
    std::atomic<std::int64_t> written_;
    std::atomic<std::int64_t> read_;
};

} // namespace playhead
