#include "outputs/device_keeper.h"

namespace playhead {

void DeviceKeeper::want_open(const std::shared_ptr<Executor>& executor, const AudioFormat& wanted,
                             Opened opened) {
    const std::scoped_lock lock(mutex_);
    reopen_ |= open_ && !want_open_;
    want_open_ = true;
    wanted_ = wanted;
    opened_ = std::move(opened);
    run_locked(executor);
}

void DeviceKeeper::want_closed(const std::shared_ptr<Executor>& executor) {
    const std::scoped_lock lock(mutex_);
    want_open_ = false;
    run_locked(executor);
}

bool DeviceKeeper::is_open() const {
    const std::scoped_lock lock(mutex_);
    return open_ && want_open_;
}

bool DeviceKeeper::wanted() const {
    const std::scoped_lock lock(mutex_);
    return want_open_;
}

void DeviceKeeper::run_locked(const std::shared_ptr<Executor>& executor) {
    if (working_ || (want_open_ == open_ && !reopen_)) return;
    working_ = true;
    executor->start_blocking("audio-device", [self = shared_from_this()] { self->work(); });
}

void DeviceKeeper::work() {
    std::unique_lock lock(mutex_);
    while (want_open_ != open_ || reopen_) {
        if (open_) {
            lock.unlock();
            device_->close();
            lock.lock();
            open_ = reopen_ = false;
            continue;
        }
        const AudioFormat wanted = wanted_;
        lock.unlock();
        feed_->close_ring();
        Result<AudioFormat> format = device_->open(wanted, *feed_);
        lock.lock();
        open_ = format.has_value();
        if (!open_) want_open_ = false;
        if (open_ && !want_open_) continue;
        const Opened opened = opened_;
        lock.unlock();
        if (opened) opened(format);
        lock.lock();
    }
    working_ = false;
}

} // namespace playhead
