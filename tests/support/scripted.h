// Scripted source, decoder and sink: a session's surroundings with every knob that a test needs, and
// a journal of the calls in the order in which they came.
//
// Times are virtual: use them on a Simulation. What blocks waits on a Signal.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "playhead/backend/decoder.h"
#include "playhead/backend/source.h"
#include "playhead/backend/stream_sink.h"

namespace playhead::test {

// Threads: any.
class Journal {
public:
    void note(std::string line);
    std::vector<std::string> lines() const;
    std::vector<std::string> take();
    int count(const std::string& line) const;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

// A point at which something can be made to hang: until released, or until the interrupt where it
// heeds one.
class Gate {
public:
    void close(bool interruptible);
    void open();
    // True: went through. False: interrupted, or the executor ended.
    bool pass(Executor& executor, Interrupt* interrupt);

private:
    std::mutex mutex_;
    bool closed_ = false;
    bool interruptible_ = true;
    std::vector<std::shared_ptr<Signal>> waiting_;
};

struct ScriptedMedia {
    bool video = true;
    bool audio = true;
    int audio_streams = 1; // that many, of the same sound
    int video_streams = 1;
    int subtitle_streams =
        0; // each with a line every `cue_every`, there for as long as `cue_lasts`
    Duration cue_every = std::chrono::milliseconds{100};
    Duration cue_lasts = std::chrono::milliseconds{60};
    Duration duration = std::chrono::seconds{10};
    std::optional<Duration> audio_lasts = {}; // the sound ends that early
    bool tell_duration = true;
    Duration goes_on{}; // behind the duration that it tells
    int fps = 25;
    int gop = 25; // frames
    std::size_t packet_bytes = 100;
    bool seekable = true;
    bool live = false;
    bool network = false;
    bool slow = false;          // its queues are watched for running dry
    bool opens_at_once = false; // whatever the open gate
};

// Everything one scripted source can be told to do wrong.
struct ScriptedFaults {
    Gate open_gate, read_gate, seek_gate, decode_gate;
    std::atomic<int> block_read_at{-1}; // the n-th read since the opening closes its gate on itself
    std::atomic<int> fail_read_at{-1};
    std::atomic<bool> fail_next_read{false};
    std::atomic<bool> fail_open{false};
    std::atomic<bool> fail_seek{false};
    std::atomic<int> fail_decode_at{-1};  // the n-th packet of the video decoder is damaged
    std::atomic<int> block_decode_at{-1}; // the n-th one waits at decode_gate
    std::atomic<bool> heed_interrupt{true};
    // How long each read takes.
    std::atomic<Duration> read_cost{};
    // What a picture costs the video decoder, in virtual time, at each level of skipping. Where the
    // first is not 0 every second picture is one that no other needs.
    std::atomic<Duration> picture_cost[4] = {};
    // The sound is over from there on, or has a hole.
    std::atomic<Duration> sound_ends{Duration::max()};
    std::atomic<Duration> hole_from{Duration::max()}, hole_until{Duration::max()};
    std::atomic<int> picture_flushes{0}; // of the video decoders
    // What is in the stream from there on is twice as wide, or stereo at 44,100 Hz.
    std::atomic<Duration> wide_from{Duration::max()};
    std::atomic<Duration> stereo_from{Duration::max()};

    // Every source that is open tells this of itself. Any thread.
    void tell(const SourceNews& news);
    void add(const std::shared_ptr<SourceHost>& host);

private:
    std::mutex mutex_;
    std::vector<std::weak_ptr<SourceHost>> hosts_;
};

class ScriptedSourceFactory final : public SourceFactory {
public:
    ScriptedSourceFactory(std::shared_ptr<Journal> journal, std::shared_ptr<ScriptedFaults> faults)
        : journal_(std::move(journal)),
          faults_(std::move(faults)) {}
    ScriptedMedia media;
    // What a locator holds, where sources that differ are opened anew; else `media`.
    std::map<std::string, ScriptedMedia> named;
    std::atomic<int> opened{0};
    std::atomic<int> alive{0};
    Result<std::unique_ptr<MediaSource>> open(const OpenRequest& request,
                                              const SourceContext& context) override;

private:
    const std::shared_ptr<Journal> journal_;
    const std::shared_ptr<ScriptedFaults> faults_;
};

class ScriptedDecoderFactory final : public DecoderFactory {
public:
    ScriptedDecoderFactory(std::shared_ptr<Executor> executor,
                           std::shared_ptr<ScriptedFaults> faults)
        : executor_(std::move(executor)),
          faults_(std::move(faults)) {}
    std::atomic<int> made{0};
    std::atomic<bool> refuse{false};
    Gate gate; // creating one can be made to hang
    Result<std::unique_ptr<Decoder>> create(const StreamInfo& stream,
                                            const DecoderContext& context) override;

private:
    const std::shared_ptr<Executor> executor_;
    const std::shared_ptr<ScriptedFaults> faults_;
};

// Holds a few samples and lets each go when the clock has passed it. Notes its calls as
// "video on-start 0", "video process 40"; samples only if asked.
class ScriptedSink final : public StreamSink {
public:
    ScriptedSink(StreamKind kind, std::shared_ptr<Journal> journal)
        : kind_(kind),
          journal_(std::move(journal)) {}

    bool note_samples = false;
    int ahead = 3;
    SinkTraits told;
    Gate process_gate;                  // process() waits here
    std::atomic<bool> mute_acks{false}; // answers nothing any more
    std::atomic<int> widest{4096};      // takes no wider pictures
    // Samples processed, and of them those since the last time it was asked.
    std::atomic<int> processed{0};
    std::atomic<int> last_stream{-1}; // which stream the last sample was decoded from
    std::atomic<int> rendered{0};
    std::atomic<bool> running{false};
    std::atomic<bool> is_shut_down{false};

    // Any thread.
    void fail_now(Status status);
    void invalidate_format();
    void change_audio_session(AudioSessionReason reason);
    std::shared_ptr<StreamSinkHost> host(); // of the topology that it is in

    StreamKind kind() const override { return kind_; }
    SinkTraits traits() const override { return told; }
    Result<MediaType> negotiate(const MediaType& offered) const override;
    void attach(const SinkContext& context) override;
    void process(Sample sample) override;
    void place_marker(const Marker& marker) override;
    void flush() override;
    void preroll(MediaTime t) override;
    void change_over(MediaTime t) override;
    void shut_down() override;
    void on_start(HostTime when, MediaTime at) override;
    void on_restart(HostTime when) override;
    void on_pause(HostTime when) override;
    void on_stop(HostTime when) override;
    void on_set_rate(HostTime when, double rate) override;
    void step() override;

private:
    struct Held { // a sample, or a marker behind those before it
        MediaTime pts{};
        MediaTime end{};
        std::optional<Marker> marker;
    };
    void show(const Held& held);
    int samples_held() const;
    void note(const std::string& what);
    void ask();
    void arm();
    void tick();
    void report_prerolled();

    const StreamKind kind_;
    const std::shared_ptr<Journal> journal_;
    std::mutex context_mutex_;
    SinkContext context_;
    std::vector<Held> held_;
    double rate_ = 1.0;
    bool ended_ = false;   // a marker came last
    bool showing_ = false; // at rate 0: the next sample is to be shown
    int open_requests_ = 0;
    bool prerolling_ = false;
    std::uint64_t generation_ = 0;
};

std::string milliseconds(MediaTime t);

} // namespace playhead::test
