#include "pipeline/reader.h"

#include <algorithm>
#include <utility>

#include "pipeline/reader_loop.h"

namespace playhead {

namespace {

constexpr Duration quit_patience = std::chrono::milliseconds{50};

} // namespace

// What a source tells goes to whoever the handle is read for by then. Threads: any.
struct ReaderHandle::Host final : SourceHost {
    Host(std::weak_ptr<Executor> e, std::weak_ptr<ReaderHandle> h, std::weak_ptr<Loop> l)
        : executor(std::move(e)),
          handle(std::move(h)),
          loop(std::move(l)) {}
    const std::weak_ptr<Executor> executor;
    const std::weak_ptr<ReaderHandle> handle;
    const std::weak_ptr<Loop> loop;

    void tell(SourceNews news) override {
        const auto lanes = executor.lock();
        if (!lanes) return;
        lanes->post([handle = handle, loop = loop, news = std::move(news)]() mutable {
            const auto self = handle.lock();
            if (self && self->loop_ && self->loop_ == loop.lock()) self->pass_on(std::move(news));
        });
    }
};

void ReaderHandle::pass_on(SourceNews news) {
    const auto listener = news_;
    if (!listener) return;
    if (const auto* buffers = std::get_if<SourceBuffers>(&news)) {
        buffering_ = std::max(0, buffering_ + (buffers->begins ? 1 : -1));
    }
    listener(std::move(news));
}

std::shared_ptr<SourceHost> ReaderHandle::Loop::host() {
    return std::make_shared<Host>(executor, handle, weak_from_this());
}

ReaderHandle::ReaderHandle(std::shared_ptr<Executor> executor,
                           std::shared_ptr<SourceFactory> factory, OpenRequest request)
    : executor_(std::move(executor)),
      factory_(std::move(factory)),
      request_(std::move(request)) {}

ReaderHandle::~ReaderHandle() {
    if (loop_) retire(executor_, std::move(loop_));
}

// Asks the loop to quit and looks back once: a thread that has not ended by then is an orphan.
void ReaderHandle::retire(const std::shared_ptr<Executor>& executor, std::shared_ptr<Loop> loop) {
    loop->ask_to_quit();
    Executor& lanes = *executor;
    const HostTime then = lanes.now() + quit_patience;
    lanes.at(then, [weak = std::weak_ptr<Loop>(loop), id = loop->thread,
                    executor = std::weak_ptr<Executor>(executor)] {
        auto left = weak.lock();
        auto alive = executor.lock();
        if (left && alive && !left->exited.load()) alive->abandon(id);
    });
}

void ReaderHandle::make_loop() {
    loop_ = std::make_shared<Loop>(executor_, factory_, request_, weak_from_this());
    unanswered_ = 0;
}

void ReaderHandle::launch(Opened opened) {
    loop_->thread =
        executor_->start_blocking("ph-read", [loop = loop_, opened = std::move(opened)]() mutable {
            loop->run(std::move(opened));
        });
}

void ReaderHandle::open(std::function<void(Status)> opened) {
    make_loop();
    launch([weak = weak_from_this(), opened = std::move(opened)](
               Status status, std::shared_ptr<const Presentation> presentation) {
        auto self = weak.lock();
        if (!self) return;
        if (status.ok()) {
            self->presentation_ = std::move(presentation);
            self->fresh_ = true;
        } else {
            self->loop_.reset();
        }
        opened(std::move(status));
    });
}

std::shared_ptr<ReaderHandle> ReaderHandle::again() const {
    auto second = std::make_shared<ReaderHandle>(executor_, factory_, request_);
    second->presentation_ = presentation_;
    return second;
}

void ReaderHandle::start(ReaderStart start) {
    news_ = std::move(start.news);
    buffering_ = 0;
    Opened opened;
    if (!loop_) {
        if (request_.io && left_behind_.lock()) {
            start.done({Errc::component_busy,
                        "the application's read function has not returned from the last play"});
            return;
        }
        fresh_ = true;
        make_loop();
        opened = [weak = weak_from_this(), done = start.done, was = presentation_](
                     Status status, std::shared_ptr<const Presentation> presentation) {
            auto self = weak.lock();
            if (!self) return;
            if (status.ok() && was && presentation->streams.size() != was->streams.size()) {
                status = Status{Errc::cannot_open, was->locator + " is no longer what it was"};
            }
            if (status.ok()) return; // the start in the mailbox answers
            if (self->loop_) retire(self->executor_, std::exchange(self->loop_, nullptr));
            done(std::move(status));
        };
    }
    if (std::exchange(fresh_, false) && start.at == media_zero) start.seek = false;
    start.done = [weak = weak_from_this(), loop = std::weak_ptr<Loop>(loop_),
                  done = std::move(start.done)](Status status) {
        answered(weak, loop);
        done(std::move(status));
    };
    ++unanswered_;
    // Before its thread runs: what comes while that opens the source interrupts it.
    loop_->send(std::move(start));
    if (opened) launch(std::move(opened));
}

void ReaderHandle::answered(const std::weak_ptr<ReaderHandle>& handle,
                            const std::weak_ptr<Loop>& loop) {
    auto self = handle.lock();
    if (self && self->loop_ && self->loop_ == loop.lock()) --self->unanswered_;
}

void ReaderHandle::stop(std::function<void()> done) {
    while (buffering_ > 0) pass_on(SourceBuffers{false});
    news_ = nullptr;
    if (loop_ && presentation_ && presentation_->uses_network && loop_->is_inside_source()) {
        leave_behind();
    }
    if (!loop_) {
        executor_->post(std::move(done));
        return;
    }
    ++unanswered_;
    loop_->send(Loop::Stop{
        [weak = weak_from_this(), loop = std::weak_ptr<Loop>(loop_), done = std::move(done)] {
            answered(weak, loop);
            done();
        }});
}

ReadOn ReaderHandle::limit(const std::vector<StreamEnd>& ends) {
    return loop_ ? loop_->limit(ends) : ReadOn::refused;
}

bool ReaderHandle::detach_if_silent() {
    if (!loop_ || unanswered_ == 0) return false;
    leave_behind();
    return true;
}

void ReaderHandle::leave_behind() {
    left_behind_ = loop_;
    loop_->ask_to_quit();
    if (!loop_->exited.load()) executor_->abandon(loop_->thread);
    loop_.reset();
}

} // namespace playhead
