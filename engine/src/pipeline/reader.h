// ReaderHandle: an opened source and the one thread that reads it.
//
//   control lane --start, stop--> [ mailbox ] --> reader thread --packets--> queues
//                <--done, failed---------------
//
// The thread belongs to a loop that holds everything it needs, so that it can be left behind: if it
// sits in a read that does not return, detach() forgets the loop, and the next start opens the
// source anew with another. The old thread reads its mail when it comes back, finds that it is to
// quit, and ends; its queues have long refused it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "pipeline/packet_queue.h"
#include "playhead/backend/source.h"
#include "playhead/command.h"

namespace playhead {

struct ReaderStart {
    Epoch epoch = 0;
    MediaTime at{};
    bool seek = true; // false: go on from where the source stands
    // Reverse: the group of pictures that holds `at` in file order, an EndOfGroup, the group before it,
    // and so on down to the one that holds `stop`, then the end. Only the first video stream: the
    // queues of the others end at once. Thinned: the key frame of each group, the rest is not read.
    Direction direction = Direction::forward;
    Thinning thinning = Thinning::none; // in reverse only; forward, the decode stage does it
    // Nothing beyond it is wanted: once every gating stream has passed it, the queues end.
    std::optional<MediaTime> stop;
    // Forward, where they differ: that of each queue.
    std::vector<std::optional<MediaTime>> stops;
    std::vector<std::shared_ptr<PacketQueue>> queues; // one per selected stream
    // On the control lane, before `done`, which then waits for it: the first key frame that was read,
    // of the video if there is any. Not called if there is none. For a seek to a key frame.
    std::function<void(MediaTime)> landed;
    std::function<void(Status)> done; // on the control lane: it stands at the position, or why not
    std::function<void(Status)> failed;  // on the control lane: reading broke off later; the
                                         // queues then end where it did
    std::function<void(Status)> trouble; // on the control lane: damage that was passed over
    // On the control lane, until the next start or stop; the ends of buffering that a stop leaves out too.
    std::function<void(SourceNews)> news;
    std::function<void()> finished; // on the control lane: all that is wanted has been read
};

// Where what goes into a queue is to end; none: where the source does.
struct StreamEnd {
    const PacketQueue* queue = nullptr; // looked up, not used
    std::optional<MediaTime> stop;
};

// Whether a reader reads on behind what it had finished with; refused: it cannot, and nothing has changed.
enum class ReadOn { refused, no, again };

// Threads: control lane, save the destructor (any) and where said.
class ReaderHandle : public std::enable_shared_from_this<ReaderHandle> {
public:
    ReaderHandle(std::shared_ptr<Executor> executor, std::shared_ptr<SourceFactory> factory,
                 OpenRequest request);
    ~ReaderHandle();

    // Starts the thread, which opens the source. Called once.
    void open(std::function<void(Status)> opened);
    // Any thread, after opened(ok): never changes again.
    const std::shared_ptr<const Presentation>& presentation() const { return presentation_; }
    const OpenRequest& request() const { return request_; }

    // A second reader of the same source, which opens it anew at its first start. Not of an
    // application's own I/O: that is never read by two at once.
    std::shared_ptr<ReaderHandle> again() const;

    void start(ReaderStart start);
    // What is read is to end there from now on. Refused: what lies before a later stop has been passed
    // over already, or its queue's end has been seen. After `again`, finished() comes once more. Not in
    // reverse.
    ReadOn limit(const std::vector<StreamEnd>& ends);
    // done is called on the control lane once nothing is read or pushed any more. A reader that is
    // inside a network read is left behind at once: libavformat looks at its interrupt only every
    // 100 ms, and nobody waits for that.
    void stop(std::function<void()> done);
    // Leaves the thread behind if it has not answered everything asked of it so far; what it owes is
    // then never answered.
    bool detach_if_silent();

    // The session that uses it, and the pipeline within. Threads: control lane.
    std::uint64_t user = 0;
    const void* owner = nullptr;

private:
    struct Loop;
    struct Host;
    using Opened = std::function<void(Status, std::shared_ptr<const Presentation>)>;
    void make_loop();
    void launch(Opened opened); // of the loop that has been made
    void leave_behind();
    void pass_on(SourceNews news);
    static void answered(const std::weak_ptr<ReaderHandle>& handle,
                         const std::weak_ptr<Loop>& loop);
    static void retire(const std::shared_ptr<Executor>& executor, std::shared_ptr<Loop> loop);

    const std::shared_ptr<Executor> executor_;
    const std::shared_ptr<SourceFactory> factory_;
    const OpenRequest request_;
    std::shared_ptr<const Presentation> presentation_;
    std::shared_ptr<Loop> loop_;
    std::function<void(SourceNews)> news_;
    int buffering_ = 0;  // intervals that the source has told of and not ended
    int unanswered_ = 0; // mail sent to loop_ whose answer is still out
    bool fresh_ = false; // just opened: it stands at its beginning, so a start there need not seek
    std::weak_ptr<Loop> left_behind_; // with custom I/O: still inside the application's functions?
};

} // namespace playhead
