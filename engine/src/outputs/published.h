// Published<T>: a small value that one thread writes and others read, without a lock (a sequence
// lock over atomic words, so that ThreadSanitizer can follow it).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace playhead {

// Threads: publish() by one writer at a time, wait-free. try_read() from any thread, wait-free: it
// declines while a write is under way. read() tries again until it has a whole value, so it belongs
// only where the writer is known to run on.
template <class T>
class Published {
    static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>);

public:
    explicit Published(const T& value = {}) { publish(value); }

    void publish(const T& value) noexcept {
        std::array<std::uint64_t, words> raw{};
        std::memcpy(raw.data(), &value, sizeof value);
        const std::uint64_t turn = turn_.load(std::memory_order_relaxed);
        turn_.store(turn + 1, std::memory_order_relaxed);
        // Release on every word keeps the odd turn before it; there is no fence to mistrust.
        for (std::size_t i = 0; i < words; ++i) words_[i].store(raw[i], std::memory_order_release);
        turn_.store(turn + 2, std::memory_order_release);
    }

    bool try_read(T& value) const noexcept {
        const std::uint64_t before = turn_.load(std::memory_order_acquire);
        if (before % 2 != 0) return false;
        std::array<std::uint64_t, words> raw;
        for (std::size_t i = 0; i < words; ++i) raw[i] = words_[i].load(std::memory_order_acquire);
        if (turn_.load(std::memory_order_relaxed) != before) return false;
        std::memcpy(static_cast<void*>(&value), raw.data(), sizeof value);
        return true;
    }

    T read() const noexcept {
        T value;
        while (!try_read(value)) {
        }
        return value;
    }

private:
    static constexpr std::size_t words = (sizeof(T) + 7) / 8;
    std::atomic<std::uint64_t> turn_{0};
    std::array<std::atomic<std::uint64_t>, words> words_{};
};

} // namespace playhead
