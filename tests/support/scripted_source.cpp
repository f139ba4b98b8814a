// The scripted source and its decoders.
#include <algorithm>

#include "support/foreign.h"
#include "support/scripted.h"
#include "support/scripted_samples.h"

namespace playhead::test {

namespace {

class ScriptedSource final : public MediaSource {
public:
    ScriptedSource(ScriptedMedia media, std::shared_ptr<Journal> journal,
                   std::shared_ptr<ScriptedFaults> faults, SourceContext context,
                   std::atomic<int>& alive, const std::string& locator)
        : media_(media),
          journal_(std::move(journal)),
          faults_(std::move(faults)),
          context_(std::move(context)),
          alive_(alive) {
        ++alive_;
        presentation_.locator = locator;
        if (media.tell_duration) presentation_.duration = media.duration - media.goes_on;
        presentation_.seekable = media.seekable;
        presentation_.live = media.live;
        presentation_.uses_network = media.network;
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
        for (int i = 0; i < media.subtitle_streams; ++i) {
            add(StreamKind::subtitle, SubtitleFormat{});
        }
    }
    ~ScriptedSource() override {
        foreign();
        --alive_;
    }

    const Presentation& presentation() const override { return presentation_; }

    void select(std::span<const StreamIndex> streams) override {
        foreign();
        selected_.assign(streams.begin(), streams.end());
    }

    Result<void> seek(MediaTime t) override {
        foreign();
        journal_->note("source seek " + milliseconds(t));
        if (!faults_->seek_gate.pass(*context_.executor, interrupt())) {
            return fail(Errc::cancelled);
        }
        if (faults_->fail_seek) return fail(Errc::damaged, "the script fails this seek");
        const auto frame = (t - media_zero) / frame_length();
        next_video_ = std::max<std::int64_t>(0, frame / media_.gop * media_.gop);
        next_audio_ = std::max<std::int64_t>(0, (t - media_zero) / std::chrono::milliseconds{20});
        // As demuxers do: those that last beyond t are given again.
        next_cue_ =
            std::max<std::int64_t>(0, (t - media_zero - media_.cue_lasts) / media_.cue_every);
        next_copy_ = 0;
        return {};
    }

    ReadOutcome read() override {
        foreign();
        const int n = reads_++;
        if (n == faults_->block_read_at) faults_->read_gate.close(faults_->heed_interrupt);
        if (!faults_->read_gate.pass(*context_.executor, interrupt()))
            return Error{Errc::cancelled};
        if (!spend_time(faults_->read_cost)) return Error{Errc::cancelled};
        if (faults_->fail_next_read.exchange(false) || n == faults_->fail_read_at) {
            return Error{Errc::damaged, "the script fails this read"};
        }
        leave_out_sound();
        for (;;) {
            if (next_copy_ > 0) { // the other streams of the kind have the same packets
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
            const MediaTime s = media_at(next_cue_ * media_.cue_every);
            const bool more_cues = media_.subtitle_streams > 0 && s - media_zero < media_.duration;
            if (!more_video && !more_audio && !more_cues) return EndOfStream{};
            Packet packet;
            packet.data = std::make_shared<ScriptedPacket>(media_.packet_bytes);
            if (more_cues && (!more_video || s <= v) && (!more_audio || s <= a)) {
                packet.stream = (media_.video ? media_.video_streams : 0) +
                                (media_.audio ? media_.audio_streams : 0);
                packet.pts = packet.dts = s;
                packet.duration = media_.cue_lasts;
                packet.key = true;
                ++next_cue_;
                copies_ = media_.subtitle_streams;
            } else if (more_video && (!more_audio || v <= a)) {
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
        info.codec = "scripted-" + std::string(to_string(kind));
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
    std::int64_t next_cue_ = 0;
    Packet copied_;
    int copies_ = 1;
    int next_copy_ = 0;
    int reads_ = 0;
};

class ScriptedDecoder final : public Decoder {
public:
    ScriptedDecoder(StreamKind kind, std::shared_ptr<Executor> executor,
                    std::shared_ptr<ScriptedFaults> faults)
        : kind_(kind),
          executor_(std::move(executor)),
          faults_(std::move(faults)) {}
    ~ScriptedDecoder() override { foreign(); }

    Result<SendOutcome> send(const Packet& packet) override {
        foreign();
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
        } else if (kind_ == StreamKind::subtitle) {
            SubtitleContent content;
            content.text = std::to_string(packet.stream) + ":" + milliseconds(*packet.pts);
            SubtitleCue cue;
            cue.content = std::make_shared<const SubtitleContent>(std::move(content));
            cue.pts = *packet.pts;
            cue.duration = packet.duration;
            sample_ = std::move(cue);
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
        foreign();
        if (sample_) {
            Sample out = std::move(*sample_);
            sample_.reset();
            return out;
        }
        if (draining_) return EndOfStream{};
        return NotYet{};
    }
    void flush() override {
        foreign();
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

} // namespace

Result<std::unique_ptr<MediaSource>> ScriptedSourceFactory::open(const OpenRequest& request,
                                                                 const SourceContext& context) {
    ++opened;
    journal_->note("source open");
    Interrupt* interrupt = faults_->heed_interrupt ? context.interrupt.get() : nullptr;
    const auto of_name = named.find(request.locator);
    const ScriptedMedia& holds = of_name == named.end() ? media : of_name->second;
    if (!holds.opens_at_once && !faults_->open_gate.pass(*context.executor, interrupt))
        return fail(Errc::cancelled);
    if (faults_->fail_open) return fail(Errc::cannot_open, "the script fails this open");
    return std::make_unique<ScriptedSource>(holds, journal_, faults_, context, alive,
                                            request.locator);
}

Result<std::unique_ptr<Decoder>> ScriptedDecoderFactory::create(const StreamInfo& stream,
                                                                const DecoderContext&) {
    ++made;
    (void)gate.pass(*executor_, nullptr);
    if (refuse) return fail(Errc::topo_codec_not_found, "the script has no decoder");
    return std::make_unique<ScriptedDecoder>(stream.kind, executor_, faults_);
}

} // namespace playhead::test
