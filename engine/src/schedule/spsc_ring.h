// SpscRing: a wait-free ring between one producer and one consumer. The way of the sound.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

namespace playhead::schedule {

// Positions count the items that ever went through and never wrap, so "up to position N" has a
// meaning on both sides. Threads: one producer, one consumer; each calls only its own half. No call
// waits, locks or allocates.
template <class T>
requires std::is_trivially_copyable_v<T>
class SpscRing {
public:
    // A stretch of the ring: the second part is what goes on at its beginning.
    template <class U>
    struct Spans {
        std::span<U> first;
        std::span<U> second;
        std::size_t size() const { return first.size() + second.size(); }
    };

    // Holds at least so many items: the next power of two.
    explicit SpscRing(std::size_t capacity)
        : mask_(std::bit_ceil(std::max<std::size_t>(capacity, 1)) - 1)
        , items_(std::make_unique<T[]>(mask_ + 1)) {}

    SpscRing(const SpscRing&) = delete;
    SpscRing& operator=(const SpscRing&) = delete;

    std::size_t capacity() const { return mask_ + 1; }

    // Any thread; a snapshot.
    std::uint64_t written() const { return written_.load(std::memory_order_acquire); }
    std::uint64_t read_so_far() const { return read_.load(std::memory_order_acquire); }

    // The producer's half.

    // Free space for up to n items: fill it, then commit_write() what was filled.
    Spans<T> write_spans(std::size_t n) {
        const std::uint64_t written = written_.load(std::memory_order_relaxed);
        if (capacity() - static_cast<std::size_t>(written - read_seen_) < n) {
            read_seen_ = read_.load(std::memory_order_acquire);
        }
        const std::size_t free = capacity() - static_cast<std::size_t>(written - read_seen_);
        return stretch<T>(written, std::min(n, free));
    }
    void commit_write(std::size_t n) {
        const std::uint64_t written = written_.load(std::memory_order_relaxed);
        assert(n <= capacity() - static_cast<std::size_t>(written - read_seen_));
        written_.store(written + n, std::memory_order_release);
    }
    // Copies in what fits; returns how much.
    std::size_t write(std::span<const T> from) {
        const Spans<T> to = write_spans(from.size());
        std::copy_n(from.begin(), to.first.size(), to.first.begin());
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(to.first.size()), to.second.size(),
                    to.second.begin());
        commit_write(to.size());
        return to.size();
    }

    // The consumer's half.

    // Up to n items that are there: use them, then commit_read() what was used.
    Spans<const T> read_spans(std::size_t n) {
        const std::uint64_t read = read_.load(std::memory_order_relaxed);
        if (static_cast<std::size_t>(written_seen_ - read) < n) {
            written_seen_ = written_.load(std::memory_order_acquire);
        }
        return stretch<const T>(read, std::min(n, static_cast<std::size_t>(written_seen_ - read)));
    }
    void commit_read(std::size_t n) {
        const std::uint64_t read = read_.load(std::memory_order_relaxed);
        assert(n <= static_cast<std::size_t>(written_seen_ - read));
        read_.store(read + n, std::memory_order_release);
    }
    // Copies out what is there; returns how much.
    std::size_t read(std::span<T> to) {
        const Spans<const T> from = read_spans(to.size());
        std::copy_n(from.first.begin(), from.first.size(), to.begin());
        std::copy_n(from.second.begin(), from.second.size(),
                    to.begin() + static_cast<std::ptrdiff_t>(from.first.size()));
        commit_read(from.size());
        return from.size();
    }
    // Drops up to n items unseen; returns how many.
    std::size_t skip(std::size_t n) {
        const std::size_t there = read_spans(n).size();
        commit_read(there);
        return there;
    }

private:
    template <class U>
    Spans<U> stretch(std::uint64_t position, std::size_t n) {
        const std::size_t begin = static_cast<std::size_t>(position) & mask_;
        const std::size_t head = std::min(n, capacity() - begin);
        return {.first = {items_.get() + begin, head}, .second = {items_.get(), n - head}};
    }

    static constexpr std::size_t line_bytes = 64; // so that the two sides share no cache line

    const std::size_t mask_;
    const std::unique_ptr<T[]> items_;
    // Written by the producer; beside it the last it saw of the consumer.
    alignas(line_bytes) std::atomic<std::uint64_t> written_{0};
    std::uint64_t read_seen_ = 0;
    // Written by the consumer; beside it the last it saw of the producer.
    alignas(line_bytes) std::atomic<std::uint64_t> read_{0};
    std::uint64_t written_seen_ = 0;
};

} // namespace playhead::schedule
