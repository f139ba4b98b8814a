// CountedSound: a sound file whose samples tell where they lie, and what of it a device was given.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "playhead/headless/audio_devices.h"

namespace playhead::test {

// Three seconds of mono sound whose sample i is sign * (i % lap + 1) / 32768.
class CountedSound {
public:
    static constexpr int rate_hz = 48000;
    static constexpr std::int64_t frames = 3 * rate_hz;
    static constexpr std::int64_t lap = 20011; // after which the values repeat: 417 ms

    CountedSound(const std::string& name, int sign) : sign_(sign) {
        std::random_device any; // other processes make such files, too
        path_ = std::filesystem::temp_directory_path() /
                ("playhead-" + name + "-" + std::to_string(any()) + std::to_string(any()) + ".wav");
        std::ofstream file(path_, std::ios::binary);
        const auto put = [&](std::int64_t value, int bytes) {
            for (int i = 0; i < bytes; ++i) file.put(static_cast<char>(value >> (8 * i)));
        };
        file << "RIFF";
        put(36 + frames * 2, 4);
        file << "WAVEfmt ";
        put(16, 4), put(1, 2), put(1, 2), put(rate_hz, 4), put(rate_hz * 2, 4);
        put(2, 2), put(16, 2);
        file << "data";
        put(frames * 2, 4);
        for (std::int64_t i = 0; i < frames; ++i) put(sign_ * (i % lap + 1), 2);
    }
    ~CountedSound() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    CountedSound(const CountedSound&) = delete;
    CountedSound& operator=(const CountedSound&) = delete;

    std::string path() const { return path_.string(); }
    bool is(float sample, std::int64_t index) const {
        return index >= 0 && index < frames &&
               std::lround(sample * 32768.0F) == sign_ * (index % lap + 1);
    }

private:
    const int sign_;
    std::filesystem::path path_;
};

// A stretch in which a device's sound is the file's without a break: from and to which sample of it.
struct Run {
    std::int64_t from = -1, to = -1;
    std::int64_t at = 0, end = 0; // in what the device took
    HostTime heard{};             // when the first was heard
};

// Which sample lies there.
inline std::int64_t index_at(Duration from_the_beginning) {
    const std::chrono::duration<double> seconds = from_the_beginning;
    return std::llround(seconds.count() * CountedSound::rate_hz);
}

// The first such run from `behind` on whose samples are heard when they are due.
inline Run run_of(const headless::CaptureAudioDevice& device, const CountedSound& file,
                  HostTime origin, std::int64_t behind = 0) {
    const auto samples = device.samples();
    const auto count = static_cast<std::int64_t>(samples.size());
    Run run;
    for (std::int64_t at = behind; at < count && run.from < 0; ++at) {
        const HostTime heard = device.heard_at(at);
        const std::int64_t about = index_at(heard - origin);
        for (const std::int64_t index : {about, about - 1, about + 1}) {
            const auto there = static_cast<std::size_t>(at);
            // Three in a row: one may be chance while another sound fades.
            if (run.from < 0 && at + 2 < count && file.is(samples[there], index) &&
                file.is(samples[there + 1], index + 1) && file.is(samples[there + 2], index + 2)) {
                run = {index, index, at, at, heard};
            }
        }
    }
    while (run.from >= 0 && run.end < count &&
           file.is(samples[static_cast<std::size_t>(run.end)], run.to)) {
        ++run.end;
        ++run.to;
    }
    return run;
}

// The first unbroken run of the file in the samples, that begins within its first lap.
inline Run first_run(const std::vector<float>& samples, const CountedSound& file) {
    const auto count = static_cast<std::int64_t>(samples.size());
    const auto fits = [&](std::int64_t at, std::int64_t index) {
        return at < count && file.is(samples[static_cast<std::size_t>(at)], index);
    };
    Run run;
    for (std::int64_t at = 0; at < count && run.from < 0; ++at) {
        const float sample = samples[static_cast<std::size_t>(at)];
        const std::int64_t index = std::abs(std::lround(sample * 32768.0F)) - 1;
        // Three in a row: one may be chance while it fades in.
        if (fits(at, index) && fits(at + 1, index + 1) && fits(at + 2, index + 2)) {
            run = {index, index, at, at, {}};
        }
    }
    for (; run.from >= 0 && fits(run.end, run.to); ++run.end) ++run.to;
    return run;
}

} // namespace playhead::test
