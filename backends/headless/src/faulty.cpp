#include "playhead/headless/faulty.h"

#include <utility>

#include "fault_gate.h"

namespace playhead::headless {

Result<void> wait_for(Executor& executor, const std::shared_ptr<Interrupt>& interrupt,
                      std::optional<Duration> length) {
    class Wake final : public Interrupt::Waker {
    public:
        explicit Wake(Signal& signal) : signal_(signal) {}
        void wake() noexcept override { signal_.set(); }

    private:
        Signal& signal_;
    };
    const auto signal = executor.make_signal();
    Wake wake(*signal);
    const auto deadline = length ? std::optional{executor.now() + *length} : std::nullopt;
    if (interrupt) interrupt->add(wake);
    const bool woken = signal->wait(deadline);
    if (interrupt) interrupt->remove(wake);
    if (!woken && deadline && executor.now() >= *deadline) return {};
    return fail(Errc::cancelled, "Interrupted while it waited.");
}

namespace {

class FaultySource final : public MediaSource {
public:
    FaultySource(std::unique_ptr<MediaSource> inner, const SyntheticFaults& faults,
                 SourceContext context)
        : inner_(std::move(inner)),
          faults_(faults),
          context_(std::move(context)) {}

    const Presentation& presentation() const override { return inner_->presentation(); }
    void select(std::span<const StreamIndex> streams) override { inner_->select(streams); }
    std::uint64_t damage() const override { return inner_->damage(); }

    Result<void> seek(MediaTime t) override {
        if (faults_.seek_takes > Duration{}) {
            if (auto waited = wait(faults_.seek_takes); !waited) return waited;
        }
        if (seek_errors_ < faults_.seek_errors) {
            ++seek_errors_;
            return fail(Errc::damaged,
                        "'" + presentation().locator + "' could not seek, as it was told.");
        }
        failed_ = false;
        return inner_->seek(t);
    }

    ReadOutcome read() override {
        const std::int64_t packet = packets_;
        if (failed_) return read_error();
        if (faults_.read_takes > Duration{}) {
            if (auto waited = wait(faults_.read_takes); !waited) return waited.error();
        }
        if (faults_.stall == packet && !stalled_) {
            if (auto waited = wait(faults_.stall_for); !waited) return waited.error();
            stalled_ = true;
        }
        ++packets_;
        if (faults_.read_error == packet) {
            failed_ = true;
            return read_error();
        }
        return inner_->read();
    }

private:
    Error read_error() const {
        return {Errc::damaged,
                "'" + presentation().locator + "' could not be read on, as it was told."};
    }
    Result<void> wait(std::optional<Duration> length) const {
        return wait_for(*context_.executor, faults_.deaf ? nullptr : context_.interrupt, length);
    }

    const std::unique_ptr<MediaSource> inner_;
    const SyntheticFaults faults_;
    const SourceContext context_;
    std::int64_t packets_ = 0;
    int seek_errors_ = 0;
    bool stalled_ = false;
    bool failed_ = false;
};

class FaultySources final : public SourceFactory {
public:
    FaultySources(std::shared_ptr<SourceFactory> inner, const SyntheticFaults& faults)
        : inner_(std::move(inner)),
          faults_(faults) {}

    Result<std::unique_ptr<MediaSource>> open(const OpenRequest& request,
                                              const SourceContext& context) override {
        if (faults_.open_hangs || faults_.open_takes > Duration{}) {
            const auto length =
                faults_.open_hangs ? std::nullopt : std::optional{faults_.open_takes};
            auto waited = wait_for(*context.executor,
                                   faults_.open_deaf ? nullptr : context.interrupt, length);
            if (!waited) return fail(waited.error());
        }
        if (faults_.open_error) {
            return fail(Errc::cannot_open,
                        "'" + request.locator + "' would not open, as it was told.");
        }
        auto opened = inner_->open(request, context);
        if (!opened) return opened;
        return std::make_unique<FaultySource>(std::move(*opened), faults_, context);
    }

private:
    const std::shared_ptr<SourceFactory> inner_;
    const SyntheticFaults faults_;
};

class FaultyDecoder final : public Decoder {
public:
    FaultyDecoder(std::unique_ptr<Decoder> inner, StreamKind kind, const SyntheticFaults& faults,
                  std::shared_ptr<Executor> executor,
                  std::function<std::int64_t(const Packet&)> number_of)
        : inner_(std::move(inner)),
          video_(kind == StreamKind::video),
          faults_(faults),
          executor_(std::move(executor)),
          number_of_(std::move(number_of)) {}

    Result<SendOutcome> send(const Packet& packet) override {
        const std::int64_t number = number_of_ ? number_of_(packet) : sent_;
        if (!refused_) go_wrong(number);
        const auto error = video_ ? faults_.decode_error : faults_.audio_decode_error;
        if (error == number) {
            ++sent_;
            refused_ = false;
            damaged_ = true;
            return SendOutcome::accepted;
        }
        auto outcome = inner_->send(packet);
        refused_ = outcome && *outcome == SendOutcome::full;
        if (!refused_) ++sent_;
        return outcome;
    }

    void drain() override { inner_->drain(); }

    DecodeOutcome receive() override {
        if (std::exchange(damaged_, false))
            return Error{Errc::damaged, "A packet could not be decoded, as it was told."};
        return inner_->receive();
    }

    void flush() override {
        damaged_ = refused_ = false;
        inner_->flush();
    }

    void set_skip(SkipLevel level) override { inner_->set_skip(level); }

private:
    void go_wrong(std::int64_t number) {
        if (!video_ || !executor_) return;
        Duration length = faults_.decode_takes;
        if (faults_.slow == number) length += faults_.slow_for;
        // A decoder hears no interrupt, and works on to its end.
        if (length > Duration{}) static_cast<void>(wait_for(*executor_, nullptr, length));
    }

    const std::unique_ptr<Decoder> inner_;
    const bool video_;
    const SyntheticFaults faults_;
    const std::shared_ptr<Executor> executor_;
    const std::function<std::int64_t(const Packet&)> number_of_;
    std::int64_t sent_ = 0;
    bool refused_ = false;
    bool damaged_ = false;
};

class FaultyDecoders final : public DecoderFactory {
public:
    FaultyDecoders(std::shared_ptr<DecoderFactory> inner, const SyntheticFaults& faults,
                   std::shared_ptr<Executor> executor)
        : inner_(std::move(inner)),
          faults_(faults),
          executor_(std::move(executor)) {}

    Result<std::unique_ptr<Decoder>> create(const StreamInfo& stream,
                                            const DecoderContext& context) override {
        auto made = inner_->create(stream, context);
        if (!made) return made;
        return with_faults(std::move(*made), stream.kind, faults_, executor_, {});
    }

private:
    const std::shared_ptr<DecoderFactory> inner_;
    const SyntheticFaults faults_;
    const std::shared_ptr<Executor> executor_;
};

} // namespace

std::unique_ptr<Decoder> with_faults(std::unique_ptr<Decoder> inner, StreamKind kind,
                                     const SyntheticFaults& faults,
                                     std::shared_ptr<Executor> executor,
                                     std::function<std::int64_t(const Packet&)> number_of) {
    return std::make_unique<FaultyDecoder>(std::move(inner), kind, faults, std::move(executor),
                                           std::move(number_of));
}

std::shared_ptr<SourceFactory> faulty(std::shared_ptr<SourceFactory> inner,
                                      SyntheticFaults faults) {
    return std::make_shared<FaultySources>(std::move(inner), faults);
}

std::shared_ptr<DecoderFactory> faulty(std::shared_ptr<DecoderFactory> inner,
                                       SyntheticFaults faults, std::shared_ptr<Executor> executor) {
    return std::make_shared<FaultyDecoders>(std::move(inner), faults, std::move(executor));
}

} // namespace playhead::headless
