#include "session/facts.h"

#include <algorithm>

#include "playhead/engine.h"

namespace playhead {

namespace {

// Every source that can be started anywhere can be played at other rates. Without thinning a decoder
// is asked for every picture; beyond this none keeps up.
constexpr RateRange every_picture{0.0, 32.0, true};
constexpr RateRange key_pictures{0.0, 128.0, true};

// How long a presentation is does not go by its subtitles, unless there is nothing else.
bool tells_length(const Topology& topology, const SourceNode& source) {
    const auto sparse = [](const SourceNode& s) {
        return is_sparse(s.source->presentation().streams[static_cast<std::size_t>(s.stream)].kind);
    };
    if (!sparse(source)) return true;
    return std::none_of(topology.nodes().begin(), topology.nodes().end(), [&](const Node& node) {
        const auto* other = std::get_if<SourceNode>(&node.body);
        return other && !sparse(*other);
    });
}

} // namespace

Status source_facts(const Topology& topology, PresentationFacts& facts) {
    bool any = false;
    facts.seekable = true;
    facts.rates = RateSupport{every_picture, key_pictures};
    for (const Node& node : topology.nodes()) {
        const auto* source = std::get_if<SourceNode>(&node.body);
        if (!source) continue;
        const Presentation& p = source->source->presentation();
        any = true;
        facts.seekable &= p.seekable;
        if (!p.seekable) facts.rates.restrict_to(RateRange::only_one());
        if (!tells_length(topology, *source)) continue;
        facts.can_pause &= !p.live;
        if (p.live) facts.rates.restrict_to(RateRange::only_one());
        const Duration begin = source->media_start.value_or(media_zero) - media_zero;
        auto duration = p.duration;
        if (source->media_stop) {
            const Duration stop = *source->media_stop - media_zero;
            duration = duration ? std::min(*duration, stop) : stop;
        }
        if (duration) {
            facts.duration = std::max(facts.duration.value_or(Duration{}),
                                      std::max(*duration - begin, Duration{}));
        }
    }
    facts.start_on_switch = topology.start_on_switch;
    if (topology.project_start) {
        facts.base = *topology.project_start - media_zero;
        facts.timed = true;
    }
    return any ? Status{} : Status{Errc::invalid_argument, "a topology without a source"};
}

std::optional<Duration> end_of(const Topology& topology) {
    Duration end{};
    for (const Node& node : topology.nodes()) {
        const auto* source = std::get_if<SourceNode>(&node.body);
        if (!source || !tells_length(topology, *source)) continue;
        auto stop = source->source->presentation().duration;
        if (source->media_stop) {
            const Duration wanted = *source->media_stop - media_zero;
            stop = stop ? std::min(*stop, wanted) : wanted;
        }
        if (!stop) return std::nullopt;
        end = std::max(end, *stop - (source->media_start.value_or(media_zero) - media_zero));
    }
    return end;
}

void find_capabilities(PresentationFacts& facts, const Topology& topology) {
    const auto add = [&](Capability c) { facts.capabilities |= static_cast<unsigned>(c); };
    bool network = false;
    for (const Node& node : topology.nodes()) {
        const auto* source = std::get_if<SourceNode>(&node.body);
        if (source) network |= source->source->presentation().uses_network;
    }
    add(Capability::start);
    if (facts.seekable) add(Capability::seek);
    if (!network) add(Capability::does_not_use_network);
    const auto fastest = facts.rates.fastest(Direction::forward, Thinning::none);
    if (fastest && *fastest > 1.0) add(Capability::rate_forward);
    if (facts.rates.fastest(Direction::reverse, Thinning::none)) add(Capability::rate_reverse);
}

} // namespace playhead
