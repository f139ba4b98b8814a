#include "pipeline/quality_desk.h"

#include <algorithm>
#include <utility>

namespace playhead {
namespace {

std::uint64_t next_part() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

void clear(QualityNotice& notice) {
    notice.entered = notice.left = notice.dropped = 0;
    notice.lateness.reset();
}

} // namespace

DropMode last_drop_mode(StreamKind kind) {
    return kind == StreamKind::video ? DropMode::mode_3 : DropMode::none;
}

Result<SkipLevel> skip_level(StreamKind kind, DropMode mode) {
    constexpr SkipLevel levels[] = {SkipLevel::none, SkipLevel::loop_filter,
                                    SkipLevel::non_reference, SkipLevel::non_key};
    if (mode > last_drop_mode(kind)) {
        return fail(Errc::no_more_drop_modes, "a decoder of this kind leaves out no more");
    }
    return levels[static_cast<std::size_t>(mode)];
}

// ---- one stream ------------------------------------------------------------------------------

QualityWatch::QualityWatch(std::weak_ptr<QualityDesk> desk, StreamIndex stream, StreamKind kind,
                           Changed changed)
    : desk_(std::move(desk)),
      changed_(std::move(changed)) {
    since_.part = next_part();
    since_.stream = stream;
    since_.kind = kind;
    since_.last = last_drop_mode(kind);
}

QualityWatch::~QualityWatch() {
    auto desk = desk_.lock();
    if (!desk) return;
    desk->strand_.post([weak = desk_, part = since_.part] {
        if (auto d = weak.lock()) d->manager_->forget(part);
    });
}

void QualityWatch::took() {
    std::lock_guard lock(mutex_);
    ++since_.entered;
}

bool QualityWatch::due(HostTime now) {
    if (!begun_) begun_ = now;
    if (told_ || now - *begun_ < quality_notice_interval) return false;
    return told_ = true;
}

void QualityWatch::gave(std::optional<Duration> lateness) {
    auto desk = desk_.lock();
    if (!desk) return;
    std::unique_lock lock(mutex_);
    ++since_.left;
    if (lateness) since_.lateness = std::max(since_.lateness.value_or(*lateness), *lateness);
    if (!due(desk->executor_->now())) return;
    lock.unlock();
    desk->tell(weak_from_this());
}

void QualityWatch::dropped(int pictures) {
    std::lock_guard lock(mutex_);
    since_.dropped += static_cast<std::uint64_t>(std::max(pictures, 0));
}

void QualityDesk::tell(std::weak_ptr<QualityWatch> watch) {
    strand_.post([self = weak_from_this(), watch = std::move(watch)] {
        auto desk = self.lock();
        auto stream = watch.lock();
        if (desk && stream) desk->judge(stream);
    });
}

// ---- the desk --------------------------------------------------------------------------------

QualityDesk::QualityDesk(std::shared_ptr<Executor> executor,
                         std::shared_ptr<QualityManager> manager, std::uint64_t account)
    : executor_(executor),
      manager_(std::move(manager)),
      strand_(std::move(executor), account) {}

std::shared_ptr<QualityWatch> QualityDesk::watch(StreamIndex stream, StreamKind kind,
                                                 QualityWatch::Changed changed) {
    auto made = std::make_shared<QualityWatch>(weak_from_this(), stream, kind, std::move(changed));
    strand_.post([self = weak_from_this(), weak = std::weak_ptr<QualityWatch>(made)] {
        auto desk = self.lock();
        if (!desk) return;
        auto& all = desk->watches_;
        all.erase(std::remove_if(all.begin(), all.end(), [](auto& w) { return w.expired(); }),
                  all.end());
        all.push_back(weak);
    });
    return made;
}

ClockNotify QualityDesk::notify() {
    return [weak = weak_from_this()](Task task) {
        if (auto self = weak.lock()) self->strand_.post(std::move(task));
    };
}

void QualityDesk::judge(const std::shared_ptr<QualityWatch>& watch) {
    QualityNotice notice;
    {
        std::lock_guard lock(watch->mutex_);
        // A change of the clock has come between: what was to be told says nothing any more.
        if (!std::exchange(watch->told_, false)) return;
        notice = watch->since_;
        notice.at = executor_->now();
        clear(watch->since_);
        watch->begun_ = notice.at;
    }
    const DropMode from = notice.mode = watch->mode();
    const DropMode to = manager_->judge(notice);
    if (to == from) return;
    if (auto level = skip_level(notice.kind, to); !level) {
        manager_->refused(notice, to, level.error());
        return;
    }
    watch->mode_.store(to, std::memory_order_relaxed);
    watch->steps_.fetch_add(1, std::memory_order_relaxed);
    executor_->post([watch, from, to, by = notice.lateness.value_or(Duration{})] {
        watch->changed_(from, to, by);
    });
}

void QualityDesk::interrupted() {
    for (auto& weak : watches_) {
        auto watch = weak.lock();
        if (!watch) continue;
        std::lock_guard lock(watch->mutex_);
        clear(watch->since_);
        watch->begun_.reset();
        watch->told_ = false;
    }
    manager_->interrupted();
}

} // namespace playhead
