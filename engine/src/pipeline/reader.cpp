#include "pipeline/reader.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "pipeline/group_plan.h"
#include "pipeline/passage.h"

namespace playhead {

namespace {

// How much may wait in memory for all streams together (design.md: the source's byte cap), and how
// far beyond it a badly interleaved file may push before packets have to be dropped.
constexpr std::size_t byte_cap = PacketQueue::plenty_bytes;
constexpr std::size_t byte_cap_starving = 4 * byte_cap;

// Of what lies behind the end of one stream and before that of another: that much is kept, should the
// end be moved on.
constexpr std::size_t most_aside = 8u << 20;

constexpr Duration quit_patience = std::chrono::milliseconds{50};

}  // namespace

// Shared by the handle and the thread. `mutex` guards the mailbox and its flags; everything below
// the line belongs to the thread.
struct ReaderHandle::Loop : std::enable_shared_from_this<Loop> {
    struct Stop {
        std::function<void()> done;
    };
    using Mail = std::variant<ReaderStart, Stop>;
    using Opened = std::function<void(Status, std::shared_ptr<const Presentation>)>;

    Loop(std::shared_ptr<Executor> e, std::shared_ptr<SourceFactory> f, OpenRequest r,
         std::weak_ptr<ReaderHandle> h)
        : executor(std::move(e)), factory(std::move(f)), request(std::move(r)), handle(std::move(h)),
          interrupt(std::make_shared<Interrupt>()), signal(executor->make_signal()) {}

    const std::shared_ptr<Executor> executor;
    const std::shared_ptr<SourceFactory> factory;
    const OpenRequest request;
    const std::weak_ptr<ReaderHandle> handle;
    const std::shared_ptr<Interrupt> interrupt;
    const std::unique_ptr<Signal> signal;
    WorkId thread = 0;  // control lane
    std::atomic<bool> exited{false};

    std::mutex mutex;
    std::deque<Mail> mailbox;
    bool quit = false;
    bool inside_source = false;  // in a call that the interrupt can end
    // Forward: a stream's end, and how far it has come.
    struct Course {
        std::optional<MediaTime> stop;
        std::optional<Passage> passage;
        Packet latest = {};  // its stamps
        bool over = false;   // it has passed its stop
        bool closed = false; // and its queue has its end
        std::vector<Packet> aside = {}; // what came behind that
        bool lost = false;   // and not all of it is there
        std::shared_ptr<PacketQueue> queue = {};
    };
    std::vector<Course> courses;  // one for each queue, in their order
    bool courses_run = false;   // they are being read
    bool all_read = false;      // to the end of the source
    bool can_go_on = false;     // all are over, and nothing has been read since
    bool stops_moved = false;

    // ---- the thread's own ----
    std::unique_ptr<MediaSource> source;
    std::optional<ReaderStart> job;
    std::optional<ReaderStart> over_for_now; // its stops are reached: they may be moved on
    bool reading = false;
    bool drop_reported = false;
    std::size_t passed_by = 0;  // bytes left out beyond the stop
    std::optional<GroupPlan> groups;  // in reverse
    std::vector<std::shared_ptr<PacketQueue>> backward;  // the queues that get them
    bool seek_first = false;  // before the next packet of them

    void send(Mail mail) {
        {
            std::lock_guard lock(mutex);
            mailbox.push_back(std::move(mail));
            if (inside_source) interrupt->raise();
        }
        signal->set();
    }

    void ask_to_quit() {
        {
            std::lock_guard lock(mutex);
            quit = true;
            interrupt->raise();
        }
        signal->set();
    }

    // Under the lock, so that an interrupt meant for newer mail is not lost.
    bool enter_source() {
        std::lock_guard lock(mutex);
        if (quit || !mailbox.empty()) return false;
        interrupt->clear();
        inside_source = true;
        return true;
    }
    // For mail in hand: it is carried out even if more is waiting, which then interrupts it.
    bool enter_source_for_mail() {
        std::lock_guard lock(mutex);
        if (quit) return false;
        if (mailbox.empty()) interrupt->clear();
        inside_source = true;
        return true;
    }
    bool is_inside_source() {
        std::lock_guard lock(mutex);
        return inside_source;
    }
    void leave_source() {
        std::lock_guard lock(mutex);
        inside_source = false;
    }

    void tell(Task task) { executor->post(std::move(task)); }

    void run(Opened opened) {
        if (open(std::move(opened))) {
            while (serve()) {
            }
        }
        job.reset();
        over_for_now.reset();
        source.reset();
        exited.store(true);
    }

    std::shared_ptr<SourceHost> host();

    bool open(Opened opened) {
        Status status{Errc::cancelled, "opening was cancelled"};
        std::shared_ptr<const Presentation> presentation;
        if (enter_source_for_mail()) {
            auto result = factory->open(request, {executor, interrupt, host()});
            leave_source();
            if (result) {
                source = std::move(*result);
                presentation = std::make_shared<Presentation>(source->presentation());
                status = {};
            } else {
                status = result.error();
            }
        }
        const bool ok = status.ok();
        tell([opened = std::move(opened), status = std::move(status), presentation]() mutable {
            opened(std::move(status), std::move(presentation));
        });
        return ok;
    }

    // One thing: a piece of mail, a packet, or a wait. False: time to go.
    bool serve() {
        std::optional<Mail> mail;
        bool moved = false;
        {
            std::lock_guard lock(mutex);
            if (quit) return false;
            moved = std::exchange(stops_moved, false);
            if (!mailbox.empty()) {
                mail = std::move(mailbox.front());
                mailbox.pop_front();
            }
        }
        if (mail) {
            std::visit([this](auto& m) { carry_out(m); }, *mail);
        } else if (moved && follow_stops()) {
            finish();
        } else if (wants_more()) {
            groups ? read_back() : read_one();
        } else {
            return signal->wait();  // false: the executor has ended
        }
        return true;
    }

    void carry_out(ReaderStart& start) {
        job = std::move(start);
        over_for_now.reset();
        reading = true;
        drop_reported = false;
        set_course();
        passed_by = 0;
        groups.reset();
        backward.clear();
        std::vector<StreamIndex> streams;
        for (auto& queue : job->queues) {
            streams.push_back(queue->stream());
            queue->on_room([weak = weak_from_this()] {
                if (auto self = weak.lock()) self->signal->set();
            });
        }
        if (job->direction == Direction::reverse) streams = turn_back();
        source->select(streams);
        Status status;
        if (job->seek && !streams.empty()) {
            status = Status{Errc::cancelled};
            if (enter_source_for_mail()) {
                auto result = source->seek(groups ? groups->seek_target() : job->at);
                leave_source();
                status = result ? Status{} : result.error();
            }
        }
        const bool ok = status.ok();
        if (!ok || !job->landed || streams.empty()) arrive(std::move(status));
        if (!ok) {
            leave_course(false);
            job.reset();
        } else if (groups) {
            groups->arrived();
        } else if (streams.empty()) {
            finish();
        }
    }

    // With the lock.
    Course* course_of(const PacketQueue* queue) {
        const auto at = std::find_if(courses.begin(), courses.end(), [&](const Course& course) {
            return course.queue.get() == queue;
        });
        return at == courses.end() ? nullptr : &*at;
    }

    void set_course() {
        std::lock_guard lock(mutex);
        courses.clear();
        all_read = stops_moved = can_go_on = false;
        courses_run = job->direction == Direction::forward;
        for (std::size_t i = 0; courses_run && i < job->queues.size(); ++i) {
            Course course;
            course.stop = job->stops.empty() ? job->stop : job->stops[i];
            if (course.stop) course.passage.emplace(*course.stop);
            course.queue = job->queues[i];
            courses.push_back(std::move(course));
        }
    }

    void leave_course(bool at_end) {
        std::lock_guard lock(mutex);
        courses_run = can_go_on = false;
        all_read = at_end;
    }

    // The stops are reached.
    void wait_at_stops() {
        std::lock_guard lock(mutex);
        courses_run = false;
        can_go_on = true;
        for (auto& course : courses) course.over = course.closed = true;  // each has its end
    }

    // It has come by behind the end of all, and cannot be had again.
    void lose(const PacketQueue& queue) {
        std::lock_guard lock(mutex);
        if (auto* course = course_of(&queue)) course->lost = true;
    }

    // With the lock. Its queue's end has not been seen yet, and what it lacks is there or can be read.
    bool goes_on(Course& course, Epoch epoch) {
        if (course.lost || (!courses_run && !can_go_on)) return false;
        return !course.closed || course.queue->take_back_end(epoch);
    }

    // Control lane.
    ReadOn limit(const std::vector<StreamEnd>& ends) {
        bool again = false;
        {
            std::lock_guard lock(mutex);
            if (quit || !mailbox.empty()) return ReadOn::refused;
            std::vector<Course*> reopened;
            bool refused = false;
            for (const auto& end : ends) {
                auto* const found = course_of(end.queue);
                if (!found) return ReadOn::refused;
                auto& course = *found;
                if (!course.stop || (end.stop && *end.stop <= *course.stop)) continue;
                if (!course.over) {
                    refused |= !courses_run && !all_read;
                } else if (goes_on(course, course.queue->epoch())) {
                    reopened.push_back(&course);
                } else {
                    refused = true;
                }
            }
            for (auto* course : reopened) {
                if (refused && course->closed) course->queue->push_end(course->queue->epoch());
                if (!refused) course->over = course->closed = false;
            }
            if (refused) return ReadOn::refused;
            again = can_go_on && !reopened.empty();
            for (const auto& end : ends) {
                auto& course = *course_of(end.queue);
                if (end.stop == course.stop) continue;
                course.stop = end.stop;
                course.passage.reset();
                if (course.stop) course.passage.emplace(*course.stop);
                // It may have come by already.
                if (course.passage && !course.over) course.over = course.passage->passed(course.latest);
                stops_moved = true;
            }
        }
        signal->set();
        return again ? ReadOn::again : ReadOn::no;
    }

    // What was put aside for a stop that was moved on is read now. True: all have come to their stops.
    bool follow_stops() {
        std::vector<std::pair<std::shared_ptr<PacketQueue>, std::vector<Packet>>> put_aside;
        {
            std::lock_guard lock(mutex);
            for (auto& course : courses) {
                if (!course.over && !course.aside.empty()) {
                    put_aside.emplace_back(course.queue, std::exchange(course.aside, {}));
                }
                if (can_go_on && !course.over) courses_run = true;
            }
            if (courses_run) can_go_on = false;
        }
        if (!job && courses_run) {
            job = std::exchange(over_for_now, std::nullopt);
            reading = true;
        }
        if (!job) return false;
        for (auto& [queue, packets] : put_aside) {
            for (auto& packet : packets) {
                job ? take(*queue, std::move(packet)) : lose(*queue);
            }
        }
        return job && close_what_is_over();
    }

    // Streams that have passed their stop get their end. True: all that are waited for have.
    bool close_what_is_over() {
        std::vector<PacketQueue*> close;
        bool all = true, any_gating = false;
        {
            std::lock_guard lock(mutex);
            for (auto& queue : job->queues) {
                auto* const at = course_of(queue.get());
                if (!at) return false;
                if (queue->gating()) {
                    any_gating = true;
                    all &= at->over;
                }
                if (at->over && !std::exchange(at->closed, true)) {
                    close.push_back(queue.get());
                }
            }
        }
        for (auto* queue : close) queue->push_end(job->epoch);
        return all && any_gating;
    }

    // The start is answered, once.
    void arrive(Status status) {
        if (!job->done) return;
        tell([done = std::exchange(job->done, nullptr), status = std::move(status)]() mutable {
            done(std::move(status));
        });
    }

    // Whose key frame says where a seek to one has landed: the video's, else the first stream's.
    StreamIndex leader() const {
        const auto& all = source->presentation().streams;
        for (auto& queue : job->queues) {
            const auto stream = static_cast<std::size_t>(queue->stream());
            if (stream < all.size() && all[stream].kind == StreamKind::video) return queue->stream();
        }
        return job->queues.front()->stream();
    }

    // Which streams are read in reverse: one, or none.
    std::vector<StreamIndex> turn_back() {
        seek_first = false;
        const auto& all = source->presentation().streams;
        for (auto& queue : job->queues) {
            const auto stream = static_cast<std::size_t>(queue->stream());
            if (!backward.empty() && backward.front()->stream() == queue->stream()) {
                backward.push_back(queue);
            } else if (backward.empty() && stream < all.size() &&
                       all[stream].kind == StreamKind::video) {
                backward.push_back(queue);
                groups.emplace(job->at, job->stop, job->thinning, byte_cap_starving);
            } else {
                queue->push_end(job->epoch);
            }
        }
        if (backward.empty()) return {};
        return {backward.front()->stream()};
    }

    void carry_out(Stop& stop) {
        leave_course(false);
        over_for_now.reset();
        job.reset();
        tell(std::move(stop.done));
    }

    bool wants_more() {
        if (!job) return false;
        if (!reading) {
            for (auto& queue : job->queues) queue->wait_for_room();
        }
        bool all_full = true, any_low = false, starving = false;
        std::size_t bytes = 0;
        for (auto& queue : job->queues) {
            const auto level = queue->level();
            bytes += level.bytes;
            if (!queue->gating()) continue;
            all_full &= level.fill == PacketQueue::Fill::full;
            any_low |= level.fill <= PacketQueue::Fill::low;
            starving |= level.fill == PacketQueue::Fill::starving;
        }
        if (all_full) {
            reading = false;
        } else if (any_low) {
            reading = true;
        }
        if (bytes >= (starving ? byte_cap_starving : byte_cap)) {
            if (!starving) {
                reading = false;
            } else if (!std::exchange(drop_reported, true)) {
                tell([trouble = job->trouble] {
                    trouble({Errc::limit_exceeded,
                             "the streams of this file lie too far apart; packets are left out"});
                });
            }
        }
        if (!reading) {
            // Armed before the look, so that room made in between is not missed.
            for (auto& queue : job->queues) queue->wait_for_room();
            for (auto& queue : job->queues) {
                if (queue->gating() && queue->level().fill <= PacketQueue::Fill::low &&
                    bytes < byte_cap) {
                    reading = true;
                }
            }
        }
        return reading;
    }

    void read_one() {
        if (!enter_source()) return;
        auto outcome = source->read();
        leave_source();
        if (auto* packet = std::get_if<Packet>(&outcome)) {
            packet->epoch = job->epoch;
            if (job->landed && packet->key && packet->pts && packet->stream == leader()) {
                tell([landed = std::exchange(job->landed, nullptr), pts = *packet->pts] {
                    landed(pts);
                });
                arrive({});
            }
            const auto queues = job->queues;
            for (const auto& queue : queues) {
                if (queue->stream() != packet->stream) continue;
                job ? take(*queue, *packet) : lose(*queue);
            }
        } else if (std::holds_alternative<EndOfStream>(outcome)) {
            finish(true);
        } else {
            break_off(std::move(std::get<Error>(outcome)));
        }
    }

    void break_off(Error error) {
        if (error == Errc::cancelled && interrupted()) return;
        arrive({});
        // Told before the ends, so that they are known for what they are.
        tell([failed = job->failed, error = std::move(error)]() mutable { failed(std::move(error)); });
        for (auto& queue : job->queues) queue->push_end(job->epoch);
        leave_course(false);
        job.reset();
    }

    // One call of the source, so that mail is seen between any two.
    void read_back() {
        if (!enter_source()) return;
        if (seek_first) {
            auto result = source->seek(groups->seek_target());
            leave_source();
            if (!result) return break_off(std::move(result.error()));
            seek_first = false;
            groups->arrived();
            return;
        }
        auto outcome = source->read();
        leave_source();
        auto verdict = GroupPlan::Verdict::more;
        if (auto* packet = std::get_if<Packet>(&outcome)) {
            if (packet->stream != backward.front()->stream()) return;
            packet->epoch = job->epoch;
            verdict = groups->take(std::move(*packet));
        } else if (std::holds_alternative<EndOfStream>(outcome)) {
            verdict = groups->take_end();
        } else {
            return break_off(std::move(std::get<Error>(outcome)));
        }
        using enum GroupPlan::Verdict;
        if (verdict == too_long) {
            return break_off({Errc::limit_exceeded,
                              "the groups of pictures of this file are too long to play backwards"});
        }
        if (verdict == group) {
            const auto& packets = groups->packets();
            for (auto& queue : backward) {
                for (const auto& packet : packets) queue->push(packet);
                queue->push_end_of_group(job->epoch);
            }
        }
        if (verdict == end || (verdict == group && !groups->more())) {
            finish();
        } else if (verdict != more) {
            seek_first = true;
        }
    }

    void take(PacketQueue& queue, Packet packet) {
        bool last = false;
        {
            std::lock_guard lock(mutex);
            auto& course = *course_of(&queue);
            if (course.over) {
                // A stream that has long ended elsewhere must not have the rest of a file read.
                passed_by += packet.data ? packet.data->size_bytes() : 0;
                course.lost |= passed_by > most_aside;
                if (course.lost) {
                    course.aside.clear();
                } else {
                    course.aside.push_back(std::move(packet));
                }
                if (passed_by < byte_cap_starving) return;
            } else {
                course.latest.pts = packet.pts;
                course.latest.dts = packet.dts;
                last = course.over = course.passage && course.passage->passed(packet);
            }
        }
        if (passed_by >= byte_cap_starving) return finish();
        if (!over_hard_cap(queue)) queue.push(std::move(packet));
        // The one that proves it goes along: the picture before it lasts until the stop.
        if (last && close_what_is_over()) finish();
    }

    // Everything that is wanted has been read.
    void finish(bool at_end = false) {
        arrive({});
        for (auto& queue : job->queues) queue->push_end(job->epoch);
        if (job->finished) tell(job->finished);
        if (at_end || job->direction == Direction::reverse) {
            leave_course(at_end);
            job.reset();
        } else {
            wait_at_stops();
            over_for_now = std::exchange(job, std::nullopt);
        }
    }

    bool over_hard_cap(const PacketQueue& into) const {
        std::size_t bytes = 0, largest = 0;
        for (auto& queue : job->queues) {
            const auto level = queue->level();
            bytes += level.bytes;
            largest = std::max(largest, level.bytes);
        }
        return bytes >= byte_cap_starving && into.level().bytes == largest;
    }

    bool interrupted() {
        std::lock_guard lock(mutex);
        return quit || !mailbox.empty();
    }
};

// What a source tells goes to whoever the handle is read for by then. Threads: any.
struct ReaderHandle::Host final : SourceHost {
    Host(std::weak_ptr<Executor> e, std::weak_ptr<ReaderHandle> h, std::weak_ptr<Loop> l)
        : executor(std::move(e)), handle(std::move(h)), loop(std::move(l)) {}
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
    : executor_(std::move(executor)), factory_(std::move(factory)), request_(std::move(request)) {}

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

void ReaderHandle::launch(
    std::function<void(Status, std::shared_ptr<const Presentation>)> opened) {
    loop_ = std::make_shared<Loop>(executor_, factory_, request_, weak_from_this());
    unanswered_ = 0;
    loop_->thread = executor_->start_blocking(
        "ph-read", [loop = loop_, opened = std::move(opened)]() mutable { loop->run(std::move(opened)); });
}

void ReaderHandle::open(std::function<void(Status)> opened) {
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
    if (!loop_) {
        if (request_.io && left_behind_.lock()) {
            start.done({Errc::component_busy,
                        "the application's read function has not returned from the last play"});
            return;
        }
        fresh_ = true;
        launch([weak = weak_from_this(), done = start.done, was = presentation_](
                   Status status, std::shared_ptr<const Presentation> presentation) {
            auto self = weak.lock();
            if (!self) return;
            if (status.ok() && was && presentation->streams.size() != was->streams.size()) {
                status = Status{Errc::cannot_open, was->locator + " is no longer what it was"};
            }
            if (status.ok()) return;  // the start in the mailbox answers
            if (self->loop_) retire(self->executor_, std::exchange(self->loop_, nullptr));
            done(std::move(status));
        });
    }
    if (std::exchange(fresh_, false) && start.at == media_zero) start.seek = false;
    start.done = [weak = weak_from_this(), loop = std::weak_ptr<Loop>(loop_),
                  done = std::move(start.done)](Status status) {
        answered(weak, loop);
        done(std::move(status));
    };
    ++unanswered_;
    loop_->send(std::move(start));
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
    loop_->send(Loop::Stop{[weak = weak_from_this(), loop = std::weak_ptr<Loop>(loop_),
                            done = std::move(done)] {
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

}  // namespace playhead
