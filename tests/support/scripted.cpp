#include "support/scripted.h"

#include <algorithm>

namespace playhead::test {

namespace {

struct ScriptedPacket final : PacketData {
    ScriptedPacket() { size_bytes_ = 100; }
};
struct ScriptedPicture final : Picture {
    ScriptedPicture(int width, StreamIndex of) : stream(of) {
        format_.width = width;
        format_.height = 16;
    }
    const StreamIndex stream;
};
struct ScriptedBuffer final : SampleBuffer {
    ScriptedBuffer(int rate_hz, int channels, StreamIndex of)
        : stream(of), data_(static_cast<std::size_t>(rate_hz / 50 * channels)) {
        format_.rate_hz = rate_hz;
        format_.channels = channels;
        frames_ = rate_hz / 50;
    }
    const std::byte* plane(int) const override {
        return reinterpret_cast<const std::byte*>(data_.data());
    }
    const StreamIndex stream;
    std::vector<float> data_;
};

}  // namespace

std::string milliseconds(MediaTime t) {
    return std::to_string(t.time_since_epoch() / std::chrono::milliseconds{1});
}

void Journal::note(std::string line) {
    std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
}

std::vector<std::string> Journal::lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
}

std::vector<std::string> Journal::take() {
    std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
}

int Journal::count(const std::string& line) const {
    std::lock_guard lock(mutex_);
    return static_cast<int>(std::count(lines_.begin(), lines_.end(), line));
}

void Gate::close(bool interruptible) {
    std::lock_guard lock(mutex_);
    closed_ = true;
    interruptible_ = interruptible;
}

void Gate::open() {
    std::vector<std::shared_ptr<Signal>> waiting;
    {
        std::lock_guard lock(mutex_);
        closed_ = false;
        waiting.swap(waiting_);
    }
    for (auto& signal : waiting) signal->set();
}

bool Gate::pass(Executor& executor, Interrupt* interrupt) {
    struct Wake final : Interrupt::Waker {
        explicit Wake(Signal& s) : signal(s) {}
        void wake() noexcept override { signal.set(); }
        Signal& signal;
    };
    const std::shared_ptr<Signal> signal = executor.make_signal();
    bool heed = false;
    {
        std::lock_guard lock(mutex_);
        if (!closed_) return true;
        heed = interruptible_ && interrupt;
    }
    Wake wake{*signal};
    if (heed) interrupt->add(wake);
    bool through = false;
    for (;;) {
        {
            std::lock_guard lock(mutex_);
            if (!closed_) {
                through = true;
            } else if (std::count(waiting_.begin(), waiting_.end(), signal) == 0) {
                waiting_.push_back(signal);  // also when it was opened and closed again meanwhile
            }
        }
        if (through || (heed && interrupt->raised())) break;
        if (!signal->wait()) break;
    }
    if (heed) interrupt->remove(wake);
    return through;
}

void ScriptedFaults::add(const std::shared_ptr<SourceHost>& host) {
    std::lock_guard lock(mutex_);
    hosts_.push_back(host);
}

void ScriptedFaults::tell(const SourceNews& news) {
    std::vector<std::weak_ptr<SourceHost>> hosts;
    {
        std::lock_guard lock(mutex_);
        hosts = hosts_;
    }
    for (const auto& weak : hosts) {
        if (const auto host = weak.lock()) host->tell(news);
    }
}

// ---- source ----------------------------------------------------------------------------------

namespace {

class ScriptedSource final : public MediaSource {
public:
    ScriptedSource(ScriptedMedia media, std::shared_ptr<Journal> journal,
                   std::shared_ptr<ScriptedFaults> faults, SourceContext context,
                   std::atomic<int>& alive, const std::string& locator)
        : media_(media), journal_(std::move(journal)), faults_(std::move(faults)),
          context_(std::move(context)), alive_(alive) {
        ++alive_;
        presentation_.locator = locator;
        if (media.tell_duration) presentation_.duration = media.duration;
        presentation_.seekable = media.seekable;
        presentation_.live = media.live;
        presentation_.may_stall = media.slow;
        if (context_.host) faults_->add(context_.host);
        for (int i = 0; media.video && i < media.video_streams; ++i) {
            add(StreamKind::video, VideoFormat{});
        }
        for (int i = 0; media.audio && i < media.audio_streams; ++i) {
            AudioFormat format;
            format.rate_hz = 48000;
            format.channels = 1;
            add(StreamKind::audio, format);
        }
    }
    ~ScriptedSource() override { --alive_; }

    const Presentation& presentation() const override { return presentation_; }

    void select(std::span<const StreamIndex> streams) override {
        selected_.assign(streams.begin(), streams.end());
    }

    Result<void> seek(MediaTime t) override {
        journal_->note("source seek " + milliseconds(t));
        if (!faults_->seek_gate.pass(*context_.executor, interrupt())) {
            return fail(Errc::cancelled);
        }
        if (faults_->fail_seek) return fail(Errc::damaged, "the script fails this seek");
        const auto frame = (t - media_zero) / frame_length();
        next_video_ = std::max<std::int64_t>(0, frame / media_.gop * media_.gop);
        next_audio_ = std::max<std::int64_t>(0, (t - media_zero) / std::chrono::milliseconds{20});
        next_copy_ = 0;
        return {};
    }

    ReadOutcome read() override {
        const int n = reads_++;
        if (n == faults_->block_read_at) faults_->read_gate.close(faults_->heed_interrupt);
        if (!faults_->read_gate.pass(*context_.executor, interrupt())) return Error{Errc::cancelled};
        if (!spend_time(faults_->read_cost)) return Error{Errc::cancelled};
        if (faults_->fail_next_read.exchange(false) || n == faults_->fail_read_at) {
            return Error{Errc::damaged, "the script fails this read"};
        }
        leave_out_sound();
        for (;;) {
            if (next_copy_ > 0) {  // the other streams of the kind have the same packets
                Packet packet = copied_;
                packet.stream = copied_.stream + next_copy_;
                next_copy_ = next_copy_ + 1 < copies_ ? next_copy_ + 1 : 0;
                if (selected(packet.stream)) return packet;
                continue;
            }
            const MediaTime v = media_at(next_video_ * frame_length());
            const MediaTime a = media_at(next_audio_ * std::chrono::milliseconds{20});
            const bool more_video = media_.video && v - media_zero < media_.duration;
            const bool more_audio =
                media_.audio && a - media_zero < media_.audio_lasts.value_or(media_.duration);
            if (!more_video && !more_audio) return EndOfStream{};
            Packet packet;
            packet.data = std::make_shared<ScriptedPacket>();
            if (more_video && (!more_audio || v <= a)) {
                packet.stream = 0;
                packet.pts = packet.dts = v;
                packet.duration = frame_length();
                packet.key = next_video_++ % media_.gop == 0;
                copies_ = media_.video_streams;
            } else {
                packet.stream = media_.video ? media_.video_streams : 0;
                packet.pts = packet.dts = a;
                packet.duration = std::chrono::milliseconds{20};
                packet.key = true;
                ++next_audio_;
                copies_ = media_.audio_streams;
            }
            copied_ = packet;
            next_copy_ = copies_ > 1 ? 1 : 0;
            if (selected(packet.stream)) return packet;
        }
    }

private:
    // False: interrupted.
    bool spend_time(Duration cost) {
        if (cost <= Duration{}) return true;
        struct Wake final : Interrupt::Waker {
            explicit Wake(Signal& s) : signal(s) {}
            void wake() noexcept override { signal.set(); }
            Signal& signal;
        };
        const std::shared_ptr<Signal> signal = context_.executor->make_signal();
        Wake wake{*signal};
        context_.interrupt->add(wake);
        (void)signal->wait(context_.executor->now() + cost);
        context_.interrupt->remove(wake);
        return !context_.interrupt->raised();
    }
    Duration frame_length() const { return Duration{std::chrono::seconds{1}} / media_.fps; }
    void leave_out_sound() {
        constexpr Duration block = std::chrono::milliseconds{20};
        const Duration at = next_audio_ * block;
        if (at >= faults_->hole_from.load() && at < faults_->hole_until.load()) {
            next_audio_ = faults_->hole_until.load() / block;
        }
        if (at >= faults_->sound_ends.load()) next_audio_ = media_.duration / block + 1;
    }
    bool selected(StreamIndex stream) const {
        return std::count(selected_.begin(), selected_.end(), stream) > 0;
    }
    Interrupt* interrupt() { return faults_->heed_interrupt ? context_.interrupt.get() : nullptr; }
    void add(StreamKind kind, MediaType type) {
        StreamInfo info;
        info.index = static_cast<int>(presentation_.streams.size());
        info.kind = kind;
        info.codec = kind == StreamKind::video ? "scripted-video" : "scripted-audio";
        info.type = std::move(type);
        presentation_.streams.push_back(std::move(info));
    }

    const ScriptedMedia media_;
    const std::shared_ptr<Journal> journal_;
    const std::shared_ptr<ScriptedFaults> faults_;
    const SourceContext context_;
    std::atomic<int>& alive_;
    Presentation presentation_;
    std::vector<StreamIndex> selected_;
    std::int64_t next_video_ = 0;
    std::int64_t next_audio_ = 0;
    Packet copied_;
    int copies_ = 1;
    int next_copy_ = 0;
    int reads_ = 0;
};

class ScriptedDecoder final : public Decoder {
public:
    ScriptedDecoder(StreamKind kind, std::shared_ptr<Executor> executor,
                    std::shared_ptr<ScriptedFaults> faults)
        : kind_(kind), executor_(std::move(executor)), faults_(std::move(faults)) {}

    Result<SendOutcome> send(const Packet& packet) override {
        if (sample_) return SendOutcome::full;
        const int n = sent_++;
        if (kind_ == StreamKind::video && n == faults_->block_decode_at) {
            (void)faults_->decode_gate.pass(*executor_, nullptr);
        }
        if (kind_ == StreamKind::video && n == faults_->fail_decode_at) {
            return fail(Errc::damaged, "the script damages this packet");
        }
        if (kind_ == StreamKind::video && left_out(packet)) return SendOutcome::accepted;
        if (kind_ == StreamKind::video) {
            spend(faults_->picture_cost[static_cast<int>(skip_)]);
            VideoFrame frame;
            frame.picture = std::make_shared<ScriptedPicture>(
                *packet.pts - media_zero < faults_->wide_from.load() ? 16 : 32, packet.stream);
            frame.pts = *packet.pts;
            frame.duration = packet.duration;
            frame.key = packet.key;
            sample_ = std::move(frame);
        } else {
            AudioBlock block;
            const bool mono = *packet.pts - media_zero < faults_->stereo_from.load();
            block.buffer = mono ? std::make_shared<ScriptedBuffer>(48000, 1, packet.stream)
                                : std::make_shared<ScriptedBuffer>(44100, 2, packet.stream);
            block.frames = block.buffer->frames();
            block.pts = *packet.pts;
            sample_ = std::move(block);
        }
        return SendOutcome::accepted;
    }
    void drain() override { draining_ = true; }
    DecodeOutcome receive() override {
        if (sample_) {
            Sample out = std::move(*sample_);
            sample_.reset();
            return out;
        }
        if (draining_) return EndOfStream{};
        return NotYet{};
    }
    void flush() override {
        if (kind_ == StreamKind::video) ++faults_->picture_flushes;
        sample_.reset();
        draining_ = false;
    }
    void set_skip(SkipLevel level) override { skip_ = level; }

private:
    bool left_out(const Packet& packet) const {
        if (faults_->picture_cost[0].load() == Duration{} || packet.key) return false;
        const bool needed = (*packet.pts - media_zero) / *packet.duration % 2 == 0;
        return skip_ == SkipLevel::non_key || (skip_ == SkipLevel::non_reference && !needed);
    }
    void spend(Duration cost) {
        if (cost <= Duration{}) return;
        const std::shared_ptr<Signal> never = executor_->make_signal();
        (void)never->wait(executor_->now() + cost);
    }

    const StreamKind kind_;
    const std::shared_ptr<Executor> executor_;
    const std::shared_ptr<ScriptedFaults> faults_;
    std::optional<Sample> sample_;
    bool draining_ = false;
    int sent_ = 0;
    SkipLevel skip_ = SkipLevel::none;
};

}  // namespace

Result<std::unique_ptr<MediaSource>> ScriptedSourceFactory::open(const OpenRequest& request,
                                                                 const SourceContext& context) {
    ++opened;
    journal_->note("source open");
    Interrupt* interrupt = faults_->heed_interrupt ? context.interrupt.get() : nullptr;
    if (!faults_->open_gate.pass(*context.executor, interrupt)) return fail(Errc::cancelled);
    if (faults_->fail_open) return fail(Errc::cannot_open, "the script fails this open");
    const auto of_name = named.find(request.locator);
    return std::make_unique<ScriptedSource>(of_name == named.end() ? media : of_name->second, journal_, faults_, context, alive,
                                            request.locator);
}

Result<std::unique_ptr<Decoder>> ScriptedDecoderFactory::create(const StreamInfo& stream,
                                                                const DecoderContext&) {
    ++made;
    (void)gate.pass(*executor_, nullptr);
    if (refuse) return fail(Errc::topo_codec_not_found, "the script has no decoder");
    return std::make_unique<ScriptedDecoder>(stream.kind, executor_, faults_);
}

// ---- sink ------------------------------------------------------------------------------------

void ScriptedSink::note(const std::string& what) {
    journal_->note(std::string(to_string(kind_)) + " " + what);
}

void ScriptedSink::attach(const SinkContext& context) {
    std::lock_guard lock(context_mutex_);
    context_ = context;
    open_requests_ = 0;
    held_.clear();
}

Result<MediaType> ScriptedSink::negotiate(const MediaType& offered) const {
    const auto* video = std::get_if<VideoFormat>(&offered);
    if (video && video->width > widest) return fail(Errc::topo_cannot_connect, "it is too wide");
    return offered;
}

int ScriptedSink::samples_held() const {
    return static_cast<int>(
        std::count_if(held_.begin(), held_.end(), [](const Held& h) { return !h.marker; }));
}

std::shared_ptr<StreamSinkHost> ScriptedSink::host() {
    std::lock_guard lock(context_mutex_);
    return context_.host;
}

void ScriptedSink::fail_now(Status status) {
    if (const auto to = host()) to->failed(std::move(status));
}

void ScriptedSink::invalidate_format() {
    if (const auto to = host()) to->format_invalidated();
}

void ScriptedSink::change_audio_session(AudioSessionReason reason) {
    if (const auto to = host()) to->audio_session_changed(reason);
}

void ScriptedSink::ask() {
    const int wanted = rate_ == 0.0 ? (showing_ ? 1 : 0) : ahead - samples_held();
    const int missing = wanted - open_requests_;
    if (missing <= 0) return;
    open_requests_ += missing;
    context_.host->request(missing);
}

void ScriptedSink::process(Sample sample) {
    --open_requests_;
    ended_ = false;
    ++processed;
    (void)process_gate.pass(*context_.executor, nullptr);
    Held held;
    if (const auto* frame = std::get_if<VideoFrame>(&sample)) {
        held.pts = frame->pts;
        held.end = frame->pts + frame->duration.value_or(Duration{});
        last_stream = static_cast<const ScriptedPicture&>(*frame->picture).stream;
    } else {
        const auto& block = std::get<AudioBlock>(sample);
        held.pts = block.pts;
        held.end = block.pts + block.length();
        last_stream = static_cast<const ScriptedBuffer&>(*block.buffer).stream;
    }
    if (note_samples) note("process " + milliseconds(held.pts));
    if (showing_) {
        show(held);
        return;
    }
    held_.push_back(held);
    report_prerolled();
    ask();
    if (held_.size() == 1) arm();
}

void ScriptedSink::show(const Held& held) {
    showing_ = false;
    ++rendered;
    note("show " + milliseconds(held.pts));
    context_.host->scrub_complete(held.pts);
}

void ScriptedSink::step() {
    if (ended_) {
        context_.host->scrub_complete(std::nullopt);
        return;
    }
    showing_ = true;
    ask();
}

void ScriptedSink::report_prerolled() {
    if (!prerolling_ || mute_acks) return;
    prerolling_ = false;
    context_.host->prerolled();
}

void ScriptedSink::place_marker(const Marker& marker) {
    ended_ = true;
    if (std::exchange(showing_, false)) context_.host->scrub_complete(std::nullopt);
    const MediaTime at = held_.empty() ? media_zero : held_.back().end;
    held_.push_back({at, at, marker});
    report_prerolled();
    if (held_.size() == 1) tick();
}

void ScriptedSink::flush() {
    note("flush");
    for (const auto& held : std::exchange(held_, {})) {
        if (held.marker) context_.host->marker_reached(*held.marker, Errc::aborted);
    }
    showing_ = ended_ = false;
    ++generation_;
}

void ScriptedSink::preroll(MediaTime t) {
    note("preroll " + milliseconds(t));
    prerolling_ = true;
    ask();
}

void ScriptedSink::change_over(MediaTime t) {
    flush();
    note("change-over " + milliseconds(t));
    ask();
}

void ScriptedSink::shut_down() {
    note("shut-down");
    held_.clear();
    ++generation_;
    running = false;
    is_shut_down = true;
    std::lock_guard lock(context_mutex_);
    context_ = {};
}

void ScriptedSink::on_start(HostTime, MediaTime at) {
    note("on-start " + milliseconds(at));
    running = true;
    if (!mute_acks) context_.host->started();
    if (rate_ == 0.0 && told.scrubs) step();
    arm();
}

void ScriptedSink::on_restart(HostTime) {
    note("on-restart");
    running = true;
    if (!mute_acks) context_.host->started();
    arm();
}

void ScriptedSink::on_pause(HostTime) {
    note("on-pause");
    running = false;
    ++generation_;
    if (!mute_acks) context_.host->paused();
}

void ScriptedSink::on_stop(HostTime) {
    note("on-stop");
    running = false;
    ++generation_;
    if (!mute_acks) context_.host->stopped();
}

void ScriptedSink::on_set_rate(HostTime, double rate) {
    note("on-set-rate " + std::to_string(static_cast<int>(rate * 100)) + "%");
    rate_ = rate;
    if (running) arm();
}

// One timer: for the end of the sample at the front.
void ScriptedSink::arm() {
    ++generation_;
    if (!running) return;
    const MediaTime end = held_.empty() ? media_zero
                          : rate_ < 0   ? held_.front().pts
                                        : held_.front().end;
    const auto when = context_.clock->timeline().host_at(end);
    if (!when) return;  // the clock is held: the next start arms anew
    context_.executor->at(*when, [this, host = context_.host, mine = generation_] {
        host->post([this, mine] {
            if (mine == generation_) tick();
        });
    });
}

void ScriptedSink::tick() {
    if (!running) return;
    const auto now = context_.clock->time().value_or(media_zero);
    const auto done = [&](const Held& held) {
        return held.marker || (rate_ < 0 ? now <= held.pts : held.end <= now);
    };
    while (!held_.empty() && done(held_.front())) {
        const Held held = held_.front();
        held_.erase(held_.begin());
        if (held.marker) {
            context_.host->marker_reached(*held.marker, {});
        } else {
            ++rendered;
        }
    }
    if (!held_.empty()) arm();
    ask();
}

}  // namespace playhead::test
