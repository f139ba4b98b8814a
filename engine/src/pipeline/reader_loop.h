// ReaderHandle::Loop: what a reader's thread does. For the reader's own files only.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "pipeline/group_plan.h"
#include "pipeline/passage.h"
#include "pipeline/reader.h"
#include "playhead/backend/mutex.h"

namespace playhead {

// Shared by the handle and the thread. `mutex` guards what stands between it and the line; everything
// below the line belongs to the thread. Threads: the thread itself, save where said.
struct ReaderHandle::Loop : std::enable_shared_from_this<Loop> {
    struct Stop {
        std::function<void()> done;
    };
    using Mail = std::variant<ReaderStart, Stop>;
    using Opened = std::function<void(Status, std::shared_ptr<const Presentation>)>;

    Loop(std::shared_ptr<Executor> e, std::shared_ptr<SourceFactory> f, OpenRequest r,
         std::weak_ptr<ReaderHandle> h)
        : executor(std::move(e)),
          factory(std::move(f)),
          request(std::move(r)),
          handle(std::move(h)),
          interrupt(std::make_shared<Interrupt>()),
          signal(executor->make_signal()) {}

    // Control lane.
    void send(Mail mail);
    void ask_to_quit();
    bool is_inside_source();
    ReadOn limit(const std::vector<StreamEnd>& ends);

    void run(Opened opened);
    bool open(Opened opened);
    // One thing: a piece of mail, a packet, or a wait. False: time to go.
    bool serve();
    void carry_out(ReaderStart& start);
    void carry_out(Stop& stop);
    std::shared_ptr<SourceHost> host();
    void tell(Task task) { executor->post(std::move(task)); }

    // Under the lock, so that an interrupt meant for newer mail is not lost.
    bool enter_source();
    // For mail in hand: it is carried out even if more is waiting, which then interrupts it.
    bool enter_source_for_mail();
    void leave_source();
    bool interrupted();

    // The start is answered, once.
    void arrive(Status status);
    // Whose key frame says where a seek to one has landed: the video's, else the first stream's.
    StreamIndex leader() const;
    // What lies in the queues; the rest is of those that count.
    struct Stock {
        std::size_t bytes = 0;
        bool all_full = true, any_low = false, starving = false;
    };
    Stock stock() const;
    bool wants_more();
    bool nothing_gates() const;
    bool over_hard_cap(const PacketQueue& into) const;
    void read_one();
    void take(PacketQueue& queue, Packet packet);
    // Everything that is wanted has been read.
    void finish(bool at_end = false);
    void break_off(Error error);

    // In reverse. Which streams are read: one, or none.
    std::vector<StreamIndex> turn_back();
    // One call of the source, so that mail is seen between any two.
    void read_back();

    // Forward: a stream's end, and how far it has come.
    struct Course {
        std::optional<MediaTime> stop;
        std::optional<Passage> passage;
        Packet latest = {};             // its stamps
        bool over = false;              // it has passed its stop
        bool closed = false;            // and its queue has its end
        std::vector<Packet> aside = {}; // what came behind that
        bool lost = false;              // and not all of it is there
        std::shared_ptr<PacketQueue> queue = {};
    };
    // With the lock.
    Course* course_of(const PacketQueue* queue);
    // With the lock. Its queue's end has not been seen yet, and what it lacks is there or can be read.
    bool goes_on(Course& course, Epoch epoch);
    void set_course();
    void leave_course(bool at_end);
    // The stops are reached.
    void wait_at_stops();
    // It has come by behind the end of all, and cannot be had again.
    void lose(const PacketQueue& queue);
    // What was put aside for a stop that was moved on is read now. True: all have come to their stops.
    bool follow_stops();
    // Streams that have passed their stop get their end. True: all that are waited for have.
    bool close_what_is_over();

    const std::shared_ptr<Executor> executor;
    const std::shared_ptr<SourceFactory> factory;
    const OpenRequest request;
    const std::weak_ptr<ReaderHandle> handle;
    const std::shared_ptr<Interrupt> interrupt;
    const std::unique_ptr<Signal> signal;
    WorkId thread = 0; // control lane
    std::atomic<bool> exited{false};

    Mutex mutex;
    std::deque<Mail> mailbox;
    bool quit = false;
    bool inside_source = false;  // in a call that the interrupt can end
    std::vector<Course> courses; // one for each queue, in their order
    bool courses_run = false;    // they are being read
    bool all_read = false;       // to the end of the source
    bool can_go_on = false;      // all are over, and nothing has been read since
    bool stops_moved = false;

    // ---- the thread's own ----
    std::unique_ptr<MediaSource> source;
    std::optional<ReaderStart> job;
    std::optional<ReaderStart> over_for_now; // its stops are reached: they may be moved on
    bool reading = false;
    bool drop_reported = false;
    std::size_t passed_by = 0;       // bytes left out beyond the stop
    std::size_t passed_alone = 0;    // of them, since the last packet that was wanted
    std::optional<GroupPlan> groups; // in reverse
    std::vector<std::shared_ptr<PacketQueue>> backward; // the queues that get them
    bool seek_first = false;                            // before the next packet of them
};

} // namespace playhead
