// Outlet: where a decoded stream goes: to its output, or over a tee to several.
//
//   stage --> [limb: transforms] --> port
//                    |-----> [limb: transforms] --> port
//                    |-----> [limb: transforms] --> port
//
// What stands before a fork runs once, what stands behind it once for each limb. A sample is made when
// any output wants one. The others have it wait for them here, up to `most_waiting`: then the slowest
// one sets the pace.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/sink_port.h"
#include "pipeline/transforms.h"

namespace playhead {

// How a stream reaches its outputs, as resolution found it.
struct LimbPlan {
    std::vector<TransformRecipe> recipes; // of what stands in it
    std::vector<LimbPlan> limbs;          // behind its fork; none: it ends in an output
    int output_node = -1;                 // which one
};

// What reaches this output is of this type from here on.
struct TypeChange {
    int output_node = -1;
    MediaType type;
};

// Threads: its stage's strand, but for the constructor and the first connect().
class Outlet {
public:
    // Of pictures, and of blocks of sound.
    static constexpr std::size_t most_pictures_waiting = 8;
    static constexpr std::size_t most_blocks_waiting = 64;

    // To one output, with nothing before it.
    explicit Outlet(int output_node) : Outlet(LimbPlan{{}, {}, output_node}) {}
    // `made`: the transforms of the limbs, in the order in which make_ready() would make them. None:
    // make_ready() makes them.
    explicit Outlet(const LimbPlan& plan,
                    std::vector<std::vector<std::unique_ptr<Transform>>> made = {});

    // Before a start: what waits is forgotten, transforms are flushed, or made where there are none.
    Result<void> make_ready();

    struct Port {
        int output_node = -1;
        std::shared_ptr<SinkPort> port;
    };
    // Where it goes from now on. An output without a port is not waited for.
    void connect(std::vector<Port> ports);
    void disconnect(int output_node);
    void disconnect_all() { connect({}); }
    // Nothing goes to these until the next start: they would not take it.
    void rest(const std::vector<int>& output_nodes);

    bool connected() const;
    bool is_video() const { return video_; }
    bool rateless() const { return rateless_; } // all of them are
    Duration lead() const { return lead_; }     // the longest of those that keep time

    // What waits goes to those who have come to want it. False: there is still some left.
    bool serve(Epoch epoch, Duration shift);
    bool wants() const;

    // What a sample comes to at the outputs.
    struct Offered {
        Status refused;            // nothing more can be handed out
        std::vector<Error> damage; // of transforms, each of which cost a sample
        std::vector<TypeChange> changes;
    };
    // Takes it through the limbs and asks each output before it is given another type. `fixed`: another
    // type than the first is refused.
    Offered offer(Sample sample, bool fixed);
    // The stream has ended: what the limbs hold back.
    Offered offer_rest(bool fixed);
    // Hands out what was offered, stamps moved by `shift`, one request for each. At a single output it
    // goes out whether one is open or not.
    void give(Epoch epoch, Duration shift);
    // Shows it to outputs that take previews, if they have a request open.
    void preview(const VideoFrame& frame, Epoch epoch, Duration shift, bool fixed);
    // Behind everything that was given; serve() tells when it has gone out everywhere.
    void end() { ended_ = true; }
    void set_deadline(std::optional<HostTime> deadline);

private:
    struct Lane {
        int output_node = -1;
        bool direct = true; // no transform in its limbs
        std::shared_ptr<SinkPort> port;
        bool resting = false;
        bool end_sent = false;
        MediaType type;              // of what was offered last
        std::vector<Sample> offered; // media time
        std::deque<Sample> waiting;  // the same
        bool active() const { return port && !resting; }
    };
    struct Limb {
        std::vector<TransformRecipe> recipes;
        TransformChain chain;
        bool made = true;
        std::vector<Limb> limbs;
        std::size_t lane = 0; // where there are no limbs
    };
    Limb grow(const LimbPlan& plan, bool direct,
              std::vector<std::vector<std::unique_ptr<Transform>>>& made, std::size_t& next);
    void note_traits();
    Result<void> make_ready(Limb& limb);
    void pass(Limb& limb, Sample sample, Offered& so_far);
    void spread(Limb& limb, std::vector<Sample> samples, Offered& so_far);
    void drain(Limb& limb, Offered& so_far);
    void check_types(bool fixed, Offered& so_far);
    Status check_type(Lane& lane, const Sample& sample, bool fixed, Offered& so_far);
    void deliver(Lane& lane, Sample sample, Epoch epoch, Duration shift);
    std::size_t most_waiting() const {
        return video_ ? most_pictures_waiting : most_blocks_waiting;
    }

    std::vector<Lane> lanes_;
    Limb root_;
    bool video_ = false;
    bool rateless_ = false;
    Duration lead_{};
    bool ended_ = false;
};

} // namespace playhead
