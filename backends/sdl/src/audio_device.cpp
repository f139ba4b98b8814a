#include "playhead/sdl/audio_device.h"

#include <SDL.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <string_view>

#include "playhead/sdl/callback_line.h"
#include "subsystem.h"

namespace playhead::sdl {
namespace {

using std::chrono::milliseconds;

struct DriverLatency {
    std::string_view driver;
    double buffers;      // what its queue still holds when it asks
    milliseconds hidden; // behind the queue
};

constexpr DriverLatency driver_latencies[] = {
    // The server is asked to keep one buffer in all, and asks anew when about half of it is gone.
    {"pulseaudio", 0.5, milliseconds{7}}, // measured at a null sink's monitor
    // Asks once a cycle of the graph, for the next one.
    {"pipewire", 1.0, milliseconds{5}},
    // Two periods; a write returns, and the next request comes, when both are full again.
    {"alsa", 2.0, milliseconds{2}},
    {"dsp", 2.0, milliseconds{2}},
    // Asks when less than a buffer waits; the shared mode's mixer works in steps of 10 ms.
    {"wasapi", 1.0, milliseconds{10}},
    {"directsound", 2.0, milliseconds{20}},
    {"winmm", 2.0, milliseconds{20}},
    // A queue of two buffers, and the hardware's safety offset.
    {"coreaudio", 1.0, milliseconds{10}},
    // Nobody listens.
    {"dummy", 0.0, milliseconds{0}},
    {"disk", 0.0, milliseconds{0}},
};

// SDL's order of channels is that of WAVEFORMATEXTENSIBLE's bits, so a set of bits says it all.
std::uint64_t channel_mask(int channels) {
    constexpr std::uint64_t masks[] = {0, 0x4, 0x3, 0xB, 0x33, 0x3B, 0x3F, 0x70F, 0x63F};
    return channels > 0 && channels < 9 ? masks[channels] : 0;
}

// Written by open() before the device runs and by the callback from then on.
struct Running {
    SDL_AudioDeviceID id = 0;
    AudioFeed* feed = nullptr;
    int channels = 0;
    std::optional<CallbackLine> line;
    std::atomic<bool> lost{false};
};

class SdlAudioDevice final : public AudioDevice {
public:
    SdlAudioDevice(std::shared_ptr<const HostClock> clock, AudioDeviceOptions options)
        : clock_(std::move(clock)),
          options_(std::move(options)) {}

    ~SdlAudioDevice() override { close(); }

    Result<AudioFormat> open(const AudioFormat& wanted, AudioFeed& feed) override {
        close();
        auto sound = Subsystem::begin(SDL_INIT_AUDIO);
        if (!sound) {
            return fail(Errc::cannot_open,
                        "no sound system answers (" + sound.error().message() + ")");
        }
        SDL_AudioSpec ask{};
        ask.freq = std::clamp(wanted.rate_hz, 8'000, 192'000);
        ask.format = AUDIO_F32SYS;
        ask.channels = static_cast<Uint8>(std::clamp(wanted.channels, 1, 8));
        ask.samples = buffer_frames(ask.freq);
        ask.callback = &SdlAudioDevice::on_request;
        ask.userdata = this;
        SDL_AudioSpec got{};
        const char* name = options_.device.empty() ? nullptr : options_.device.c_str();
        const SDL_AudioDeviceID id =
            SDL_OpenAudioDevice(name, SDL_FALSE, &ask, &got,
                                SDL_AUDIO_ALLOW_FREQUENCY_CHANGE | SDL_AUDIO_ALLOW_CHANNELS_CHANGE);
        if (id == 0) {
            return fail(Errc::cannot_open,
                        "the sound device " +
                            (name ? "'" + options_.device + "' " : std::string{}) +
                            "would not open (" + sdl_error() + ")");
        }
        sound_ = std::move(*sound);
        const Duration buffer = frames_to_duration(got.samples, got.freq);
        const char* driver = SDL_GetCurrentAudioDriver();
        const Duration latency =
            options_.latency.value_or(driver_latency(driver != nullptr ? driver : "", buffer));
        latency_.store(latency.count(), std::memory_order_relaxed);

        // The device is opened paused and its callback does not run yet.
        running_.id = id;
        running_.feed = &feed;
        running_.channels = got.channels;
        running_.line.emplace(got.freq, latency);
        running_.lost.store(false, std::memory_order_relaxed);
        SDL_AddEventWatch(&SdlAudioDevice::on_event, this);
        SDL_PauseAudioDevice(id, 0);

        AudioFormat format;
        format.sample_format = SampleFormat::f32;
        format.planar = false;
        format.rate_hz = got.freq;
        format.channels = got.channels;
        format.channel_mask = channel_mask(got.channels);
        return format;
    }

    void close() override {
        if (running_.id == 0) {
            return;
        }
        SDL_DelEventWatch(&SdlAudioDevice::on_event, this);
        SDL_CloseAudioDevice(running_.id);
        running_.id = 0;
        running_.feed = nullptr;
        running_.line.reset();
        sound_ = Subsystem{};
    }

    Duration latency() const override { return Duration{latency_.load(std::memory_order_relaxed)}; }

private:
    static void SDLCALL on_request(void* self, Uint8* out, int bytes) {
        static_cast<SdlAudioDevice*>(self)->fill(out, bytes);
    }

    static int SDLCALL on_event(void* self, SDL_Event* event) {
        if (event->type == SDL_AUDIODEVICEREMOVED && event->adevice.iscapture == 0) {
            static_cast<SdlAudioDevice*>(self)->removed(event->adevice.which);
        }
        return 0;
    }

    Uint16 buffer_frames(int rate_hz) const {
        const double at_48 = std::clamp(options_.buffer_frames, 64, 8192);
        const auto frames = static_cast<unsigned>(at_48 * rate_hz / 48'000.0);
        return static_cast<Uint16>(std::clamp(std::bit_ceil(frames / 4 * 3 + 1), 64u, 16'384u));
    }

    void fill(Uint8* out, int bytes) noexcept {
        const HostTime now = clock_->now();
        // SDL's buffers are allocated as floats are aligned.
        auto* samples = reinterpret_cast<float*>(static_cast<void*>(out));
        const std::span<float> span{samples, static_cast<std::size_t>(bytes) / sizeof(float)};
        const auto frames = static_cast<std::int64_t>(span.size()) / running_.channels;
        const CallbackLine::Heard heard = running_.line->request(now, frames);
        if (!running_.line->settled() || running_.lost.load(std::memory_order_relaxed)) {
            std::fill(span.begin(), span.end(), 0.0F);
            return;
        }
        running_.feed->render(
            span, {heard.at, heard.fitted ? FeedTime::Quality::fitted : FeedTime::Quality::guess});
    }

    void removed(SDL_AudioDeviceID which) noexcept {
        if (which == running_.id && !running_.lost.exchange(true)) {
            running_.feed->lost();
        }
    }

    const std::shared_ptr<const HostClock> clock_;
    const AudioDeviceOptions options_;
    std::atomic<Duration::rep> latency_{0};
    Subsystem sound_;
    Running running_;
};

} // namespace

Duration driver_latency(const std::string& driver, Duration buffer) {
    for (const DriverLatency& row : driver_latencies) {
        if (row.driver == driver) {
            return std::chrono::duration_cast<Duration>(row.buffers * buffer) + row.hidden;
        }
    }
    return buffer + milliseconds{10};
}

std::shared_ptr<AudioDevice> make_audio_device(std::shared_ptr<const HostClock> clock,
                                               AudioDeviceOptions options) {
    return std::make_shared<SdlAudioDevice>(std::move(clock), std::move(options));
}

} // namespace playhead::sdl
