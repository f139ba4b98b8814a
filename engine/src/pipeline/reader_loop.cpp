#include "pipeline/reader_loop.h"

#include <algorithm>
#include <utility>

namespace playhead {

namespace {

// How much may wait in memory for all streams together (design.md: the source's byte cap), and how
// far beyond it a badly interleaved file may push before packets have to be dropped.
constexpr std::size_t byte_cap = PacketQueue::plenty_bytes;
constexpr std::size_t byte_cap_starving = 4 * byte_cap;

// Of what lies behind the end of one stream and before that of another: that much is kept, should the
// end be moved on.
constexpr std::size_t most_aside = 8u << 20;

} // namespace

void ReaderHandle::Loop::send(Mail mail) {
    {
        std::lock_guard lock(mutex);
        mailbox.push_back(std::move(mail));
        if (inside_source) interrupt->raise();
    }
    signal->set();
}

void ReaderHandle::Loop::ask_to_quit() {
    {
        std::lock_guard lock(mutex);
        quit = true;
        interrupt->raise();
    }
    signal->set();
}

bool ReaderHandle::Loop::enter_source() {
    std::lock_guard lock(mutex);
    if (quit || !mailbox.empty()) return false;
    interrupt->clear();
    inside_source = true;
    return true;
}

bool ReaderHandle::Loop::enter_source_for_mail() {
    std::lock_guard lock(mutex);
    if (quit) return false;
    if (mailbox.empty()) interrupt->clear();
    inside_source = true;
    return true;
}

bool ReaderHandle::Loop::is_inside_source() {
    std::lock_guard lock(mutex);
    return inside_source;
}

void ReaderHandle::Loop::leave_source() {
    std::lock_guard lock(mutex);
    inside_source = false;
}

void ReaderHandle::Loop::run(Opened opened) {
    if (open(std::move(opened))) {
        while (serve()) {
        }
    }
    job.reset();
    over_for_now.reset();
    source.reset();
    exited.store(true);
}

bool ReaderHandle::Loop::open(Opened opened) {
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

bool ReaderHandle::Loop::serve() {
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
        return signal->wait(); // false: the executor has ended
    }
    return true;
}

void ReaderHandle::Loop::carry_out(ReaderStart& start) {
    if (job) arrive({Errc::cancelled}); // one that still looked for its key frame
    job = std::move(start);
    over_for_now.reset();
    reading = true;
    drop_reported = false;
    set_course();
    passed_by = passed_alone = 0;
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

void ReaderHandle::Loop::arrive(Status status) {
    if (!job->done) return;
    tell([done = std::exchange(job->done, nullptr), status = std::move(status)]() mutable {
        done(std::move(status));
    });
}

StreamIndex ReaderHandle::Loop::leader() const {
    const auto& all = source->presentation().streams;
    for (auto& queue : job->queues) {
        const auto stream = static_cast<std::size_t>(queue->stream());
        if (stream < all.size() && all[stream].kind == StreamKind::video) return queue->stream();
    }
    return job->queues.front()->stream();
}

std::vector<StreamIndex> ReaderHandle::Loop::turn_back() {
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

void ReaderHandle::Loop::carry_out(Stop& stop) {
    if (job) arrive({Errc::cancelled});
    leave_course(false);
    over_for_now.reset();
    job.reset();
    tell(std::move(stop.done));
}

ReaderHandle::Loop::Stock ReaderHandle::Loop::stock() const {
    Stock stock;
    const bool all_sparse = nothing_gates();
    for (auto& queue : job->queues) {
        const auto level = queue->level();
        stock.bytes += level.bytes;
        if (!queue->gating() && !all_sparse) continue;
        stock.all_full &= level.fill == PacketQueue::Fill::full;
        stock.any_low |= level.fill <= PacketQueue::Fill::low;
        stock.starving |= level.fill == PacketQueue::Fill::starving;
    }
    return stock;
}

bool ReaderHandle::Loop::wants_more() {
    if (!job) return false;
    if (!reading) {
        for (auto& queue : job->queues) queue->wait_for_room();
    }
    const Stock now = stock();
    if (now.all_full) {
        reading = false;
    } else if (now.any_low) {
        reading = true;
    }
    if (now.bytes >= (now.starving ? byte_cap_starving : byte_cap)) {
        if (!now.starving) {
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
        const Stock then = stock();
        reading = then.starving || (then.any_low && then.bytes < byte_cap);
    }
    return reading;
}

// Sparse streams are read along with others; by themselves they are read for their own sake.
bool ReaderHandle::Loop::nothing_gates() const {
    return std::none_of(job->queues.begin(), job->queues.end(),
                        [](const auto& queue) { return queue->gating() && !queue->closed(); });
}

void ReaderHandle::Loop::read_one() {
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

void ReaderHandle::Loop::break_off(Error error) {
    if (error == Errc::cancelled && interrupted()) return;
    arrive({});
    // Told before the ends, so that they are known for what they are.
    tell([failed = job->failed, error = std::move(error)]() mutable { failed(std::move(error)); });
    for (auto& queue : job->queues) queue->push_end(job->epoch);
    leave_course(false);
    job.reset();
}

void ReaderHandle::Loop::read_back() {
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

void ReaderHandle::Loop::take(PacketQueue& queue, Packet packet) {
    bool last = false;
    std::vector<Packet> given_up; // let go of without the lock
    {
        std::lock_guard lock(mutex);
        auto& course = *course_of(&queue);
        if (course.over) {
            // A stream that has long ended elsewhere must not have the rest of a file read.
            const auto size = packet.data ? packet.data->size_bytes() : 0;
            passed_by += size;
            passed_alone += size;
            course.lost |= passed_by > most_aside;
            if (course.lost) {
                given_up.swap(course.aside);
            } else {
                course.aside.push_back(std::move(packet));
            }
            if (passed_alone < byte_cap_starving) return;
        } else {
            if (queue.gating()) passed_alone = 0;
            course.latest.pts = packet.pts;
            course.latest.dts = packet.dts;
            last = course.over = course.passage && course.passage->passed(packet);
        }
    }
    if (passed_alone >= byte_cap_starving) return finish();
    if (!over_hard_cap(queue)) queue.push(std::move(packet));
    // The one that proves it goes along: the picture before it lasts until the stop.
    if (last && close_what_is_over()) finish();
}

void ReaderHandle::Loop::finish(bool at_end) {
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

bool ReaderHandle::Loop::over_hard_cap(const PacketQueue& into) const {
    std::size_t bytes = 0, largest = 0;
    for (auto& queue : job->queues) {
        const auto level = queue->level();
        bytes += level.bytes;
        largest = std::max(largest, level.bytes);
    }
    return bytes >= byte_cap_starving && into.level().bytes == largest;
}

bool ReaderHandle::Loop::interrupted() {
    std::lock_guard lock(mutex);
    return quit || !mailbox.empty();
}

} // namespace playhead
