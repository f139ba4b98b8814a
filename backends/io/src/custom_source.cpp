#include "custom_source.h"

#include <mutex>
#include <utility>

namespace playhead::io {

namespace {

// One opening of a CustomIo. The reader and a running cancel hold it; the last to let go calls
// `release`, so that no function of the application is running when it is told that all have left.
class Lease {
public:
    explicit Lease(std::shared_ptr<CustomIo> io, std::unique_ptr<Signal> cancel_done)
        : io_(std::move(io)),
          cancel_done_(std::move(cancel_done)) {}
    ~Lease() {
        if (io_->release) {
            io_->release();
        }
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    const CustomIo& io() const { return *io_; }

    // Reader: a read begins, once no cancel meant for an earlier one is still running, since it
    // would end this one by mistake. False: the interrupt is raised (a raise that is not seen here
    // finds a read to cancel), or the executor has ended.
    bool begin_read(const Interrupt* interrupt) {
        std::unique_lock lock(mutex_);
        while (cancelling_) {
            lock.unlock();
            if (!cancel_done_->wait()) {
                return false;
            }
            lock.lock();
        }
        reading_ = interrupt == nullptr || !interrupt->raised();
        return reading_;
    }
    // Reader: whether the read that ended was told to.
    bool end_read() {
        const std::lock_guard lock(mutex_);
        reading_ = false;
        return std::exchange(cancelled_, false);
    }
    // Anyone: whether there is a read to cancel; if so, run_cancel() must follow.
    bool claim_cancel() {
        const std::lock_guard lock(mutex_);
        if (!reading_ || cancelling_ || cancelled_ || !io_->cancel) {
            return false;
        }
        cancelling_ = true;
        return true;
    }
    // A thread of the blocking lane.
    void run_cancel() {
        bool wanted = false;
        {
            const std::lock_guard lock(mutex_);
            wanted = reading_;
            cancelled_ = reading_;
        }
        if (wanted) {
            io_->cancel();
        }
        {
            const std::lock_guard lock(mutex_);
            cancelling_ = false;
        }
        cancel_done_->set();
    }

private:
    const std::shared_ptr<CustomIo> io_;
    const std::unique_ptr<Signal> cancel_done_; // set by the cancel, waited for by the reader
    std::mutex mutex_;                          // held over nothing but these three
    bool reading_ = false;
    bool cancelling_ = false;
    bool cancelled_ = false;
};

// Threads: the reader's; wake() from any. A read that has no cancel stays where it is: the engine
// leaves its thread behind.
// Ownership: the executor outlives it (the context shares it).
class CustomSource final : public ByteSource, private Interrupt::Waker {
public:
    CustomSource(std::shared_ptr<CustomIo> io, const ByteSourceContext& context)
        : executor_(context.executor),
          interrupt_(context.interrupt),
          size_(io->size),
          seekable_(io->seekable),
          slow_(io->slow),
          name_(io->name),
          lease_(std::make_shared<Lease>(std::move(io), executor_->make_signal())) {
        if (interrupt_) {
            interrupt_->add(*this);
        }
    }
    ~CustomSource() override {
        if (interrupt_) {
            interrupt_->remove(*this);
        }
    }

    std::optional<std::uint64_t> size() const override { return size_; }
    bool seekable() const override { return seekable_; }
    bool may_stall() const override { return slow_; }

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        if (!lease_->begin_read(interrupt_.get())) {
            return fail(cancelled());
        }
        const std::int64_t got = lease_->io().read(offset, into);
        const bool was_cancelled = lease_->end_read();
        if (got < 0) {
            return was_cancelled || interrupted()
                       ? fail(cancelled())
                       : fail(Errc::cannot_open, "the application's source '" + name_ +
                                                     "' failed to read at byte " +
                                                     std::to_string(offset));
        }
        if (static_cast<std::uint64_t>(got) > into.size()) {
            return fail(Errc::internal, "the application's source '" + name_ +
                                            "' returned more bytes than there was room for");
        }
        // A cancelled read may say that it has come to the end; it has not.
        if (got == 0 && (was_cancelled || interrupted())) {
            return fail(cancelled());
        }
        return static_cast<std::size_t>(got);
    }

private:
    bool interrupted() const { return interrupt_ && interrupt_->raised(); }
    Error cancelled() const { return {Errc::cancelled, "reading '" + name_ + "' was interrupted"}; }

    void wake() noexcept override {
        if (lease_->claim_cancel()) {
            executor_->start_blocking("io-cancel", [lease = lease_] { lease->run_cancel(); });
        }
    }

    const std::shared_ptr<Executor> executor_;
    const std::shared_ptr<Interrupt> interrupt_;
    const std::optional<std::uint64_t> size_;
    const bool seekable_;
    const bool slow_;
    const std::string name_;
    const std::shared_ptr<Lease> lease_;
};

} // namespace

std::unique_ptr<ByteSource> make_custom_source(std::shared_ptr<CustomIo> io,
                                               const ByteSourceContext& context) {
    return std::make_unique<CustomSource>(std::move(io), context);
}

} // namespace playhead::io
