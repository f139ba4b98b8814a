// The part of a reader's thread that knows where each stream ends, and how far it has come.
#include <algorithm>
#include <utility>

#include "pipeline/reader_loop.h"

namespace playhead {

ReaderHandle::Loop::Course* ReaderHandle::Loop::course_of(const PacketQueue* queue) {
    const auto at = std::find_if(courses.begin(), courses.end(),
                                 [&](const Course& course) { return course.queue.get() == queue; });
    return at == courses.end() ? nullptr : &*at;
}

void ReaderHandle::Loop::set_course() {
    std::vector<Course> before; // what it held is let go without the lock
    std::lock_guard lock(mutex);
    before.swap(courses);
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

void ReaderHandle::Loop::leave_course(bool at_end) {
    std::lock_guard lock(mutex);
    courses_run = can_go_on = false;
    all_read = at_end;
}

void ReaderHandle::Loop::wait_at_stops() {
    std::lock_guard lock(mutex);
    courses_run = false;
    can_go_on = true;
    for (auto& course : courses) course.over = course.closed = true; // each has its end
}

void ReaderHandle::Loop::lose(const PacketQueue& queue) {
    std::lock_guard lock(mutex);
    if (auto* course = course_of(&queue)) course->lost = true;
}

bool ReaderHandle::Loop::goes_on(Course& course, Epoch epoch) {
    if (course.lost || (!courses_run && !can_go_on)) return false;
    return !course.closed || course.queue->take_back_end(epoch);
}

ReadOn ReaderHandle::Loop::limit(const std::vector<StreamEnd>& ends) {
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

bool ReaderHandle::Loop::follow_stops() {
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

bool ReaderHandle::Loop::close_what_is_over() {
    std::vector<PacketQueue*> close;
    bool all = true, any_awaited = false;
    const bool all_sparse = nothing_gates();
    {
        std::lock_guard lock(mutex);
        for (auto& queue : job->queues) {
            auto* const at = course_of(queue.get());
            if (!at) return false;
            if (queue->gating() || all_sparse) {
                any_awaited = true;
                all &= at->over;
            }
            if (at->over && !std::exchange(at->closed, true)) {
                close.push_back(queue.get());
            }
        }
    }
    for (auto* queue : close) queue->push_end(job->epoch);
    return all && any_awaited;
}

} // namespace playhead
