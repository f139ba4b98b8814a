#include "pipeline/outlet.h"

#include <algorithm>
#include <utility>

#include "media/sample_type.h"

namespace playhead {

Outlet::Outlet(const LimbPlan& plan, std::vector<std::vector<std::unique_ptr<Transform>>> made) {
    std::size_t next = 0;
    root_ = grow(plan, true, made, next);
}

Outlet::Limb Outlet::grow(const LimbPlan& plan, bool direct,
                          std::vector<std::vector<std::unique_ptr<Transform>>>& made,
                          std::size_t& next) {
    Limb limb;
    limb.recipes = plan.recipes;
    limb.made = plan.recipes.empty();
    if (next < made.size()) {
        limb.chain = TransformChain(std::move(made[next++]));
        limb.made = true;
    }
    direct = direct && plan.recipes.empty();
    for (const auto& behind : plan.limbs) limb.limbs.push_back(grow(behind, direct, made, next));
    if (plan.limbs.empty()) {
        limb.lane = lanes_.size();
        Lane lane;
        lane.output_node = plan.output_node;
        lane.direct = direct;
        lanes_.push_back(std::move(lane));
    }
    return limb;
}

Result<void> Outlet::make_ready() {
    for (auto& lane : lanes_) {
        lane.waiting.clear();
        lane.offered.clear();
        lane.resting = lane.end_sent = false;
    }
    ended_ = false;
    return make_ready(root_);
}

Result<void> Outlet::make_ready(Limb& limb) {
    if (limb.made) {
        limb.chain.flush();
    } else {
        auto transforms = make_all(limb.recipes);
        if (!transforms) return fail(transforms.error());
        limb.chain = TransformChain(std::move(*transforms));
        limb.made = true;
    }
    for (auto& behind : limb.limbs) {
        if (auto ok = make_ready(behind); !ok) return ok;
    }
    return {};
}

// ---- ports ------------------------------------------------------------------------------------

void Outlet::connect(std::vector<Port> ports) {
    for (auto& lane : lanes_) {
        const auto given = std::find_if(ports.begin(), ports.end(), [&](const Port& port) {
            return lanes_.size() == 1 || port.output_node == lane.output_node;
        });
        lane.port = given == ports.end() ? nullptr : std::move(given->port);
        if (!lane.port) lane.waiting.clear();
    }
    note_traits();
}

void Outlet::note_traits() {
    rateless_ = true;
    lead_ = {};
    for (const auto& lane : lanes_) {
        if (!lane.port) continue;
        video_ = lane.port->sink()->kind() == StreamKind::video;
        const auto traits = lane.port->sink()->traits();
        rateless_ &= traits.rateless;
        if (!traits.rateless) lead_ = std::max(lead_, traits.lead);
    }
}

void Outlet::disconnect(int output_node) {
    for (auto& lane : lanes_) {
        if (lane.output_node != output_node) continue;
        lane.port.reset();
        lane.waiting.clear();
    }
    note_traits();
}

void Outlet::rest(const std::vector<int>& output_nodes) {
    for (auto& lane : lanes_) {
        if (std::find(output_nodes.begin(), output_nodes.end(), lane.output_node) ==
            output_nodes.end()) {
            continue;
        }
        lane.resting = true;
        lane.waiting.clear();
    }
}

bool Outlet::connected() const {
    return std::any_of(lanes_.begin(), lanes_.end(),
                       [](const Lane& lane) { return lane.active(); });
}

void Outlet::set_deadline(std::optional<HostTime> deadline) {
    for (auto& lane : lanes_) {
        if (lane.port) lane.port->set_deadline(deadline);
    }
}

// ---- samples ----------------------------------------------------------------------------------

bool Outlet::wants() const {
    bool any = false;
    for (const auto& lane : lanes_) {
        if (!lane.active()) continue;
        if (lane.waiting.size() >= most_waiting()) return false;
        any |= lane.waiting.empty() && lane.port->wants();
    }
    return any;
}

bool Outlet::serve(Epoch epoch, Duration shift) {
    bool all = true;
    for (auto& lane : lanes_) {
        if (!lane.active()) continue;
        while (!lane.waiting.empty() && lane.port->wants()) {
            deliver(lane, std::move(lane.waiting.front()), epoch, shift);
            lane.waiting.pop_front();
        }
        // Not before the output has been told what to expect.
        if (ended_ && !lane.end_sent && lane.waiting.empty() && lane.port->admitted()) {
            lane.end_sent = true;
            lane.port->end(epoch);
        }
        all &= lane.waiting.empty() && (!ended_ || lane.end_sent);
    }
    return all;
}

Outlet::Offered Outlet::offer(Sample sample, bool fixed) {
    Offered so_far;
    pass(root_, std::move(sample), so_far);
    check_types(fixed, so_far);
    return so_far;
}

Outlet::Offered Outlet::offer_rest(bool fixed) {
    Offered so_far;
    drain(root_, so_far);
    check_types(fixed, so_far);
    return so_far;
}

void Outlet::pass(Limb& limb, Sample sample, Offered& so_far) {
    if (limb.chain.empty() && limb.limbs.empty()) {
        lanes_[limb.lane].offered.push_back(std::move(sample));
        return;
    }
    std::vector<Sample> out;
    if (auto ok = limb.chain.pass(std::move(sample), out); !ok) so_far.damage.push_back(ok.error());
    spread(limb, std::move(out), so_far);
}

void Outlet::spread(Limb& limb, std::vector<Sample> samples, Offered& so_far) {
    for (auto& sample : samples) {
        for (auto& behind : limb.limbs) pass(behind, sample, so_far);
        if (limb.limbs.empty()) lanes_[limb.lane].offered.push_back(std::move(sample));
    }
}

void Outlet::drain(Limb& limb, Offered& so_far) {
    std::vector<Sample> out;
    if (auto ok = limb.chain.drain(out); !ok) so_far.damage.push_back(ok.error());
    spread(limb, std::move(out), so_far);
    for (auto& behind : limb.limbs) drain(behind, so_far);
}

void Outlet::check_types(bool fixed, Offered& so_far) {
    for (auto& lane : lanes_) {
        if (!lane.active()) lane.offered.clear();
        for (const auto& sample : lane.offered) {
            so_far.refused = check_type(lane, sample, fixed, so_far);
            if (!so_far.refused.ok()) return;
        }
    }
}

Status Outlet::check_type(Lane& lane, const Sample& sample, bool fixed, Offered& so_far) {
    if (is_of_type(sample, lane.type)) return {};
    auto type = type_of(sample);
    if (type.index() == 0) return {};
    if (lane.type.index() != 0) {
        if (fixed) {
            return {Errc::format_change_not_allowed,
                    "the stream goes on as " + describe(type) + ", which its topology forbids"};
        }
        auto taken = lane.port->sink()->negotiate(type);
        if (!taken) return taken.error();
        if (*taken != type) {
            return {Errc::topo_cannot_connect, "the output takes " + describe(*taken) +
                                                   ", the stream goes on as " + describe(type)};
        }
    }
    lane.type = type;
    so_far.changes.push_back({lane.output_node, std::move(type)});
    return {};
}

void Outlet::give(Epoch epoch, Duration shift) {
    for (auto& lane : lanes_) {
        for (auto& sample : lane.offered) {
            if (lanes_.size() == 1 || (lane.waiting.empty() && lane.port->wants())) {
                deliver(lane, std::move(sample), epoch, shift);
            } else {
                lane.waiting.push_back(std::move(sample));
            }
        }
        lane.offered.clear();
    }
}

void Outlet::deliver(Lane& lane, Sample sample, Epoch epoch, Duration shift) {
    std::visit([&](auto& s) { s.pts += shift; }, sample);
    lane.port->take_request();
    lane.port->deliver(std::move(sample), epoch);
}

void Outlet::preview(const VideoFrame& frame, Epoch epoch, Duration shift, bool fixed) {
    for (auto& lane : lanes_) {
        if (!lane.active() || !lane.direct) continue;
        if (fixed && lane.type.index() != 0 && !is_of_type(frame, lane.type)) continue;
        if (lanes_.size() > 1 && (!lane.waiting.empty() || !lane.port->sink()->traits().previews)) {
            continue;
        }
        if (!lane.port->take_request()) continue;
        VideoFrame shown = frame;
        shown.provisional = true;
        shown.pts += shift;
        lane.port->deliver(std::move(shown), epoch);
    }
}

} // namespace playhead
