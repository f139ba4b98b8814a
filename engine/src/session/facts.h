// What is known of a presentation by its topology.
#pragma once

#include "playhead/topology.h"
#include "session/transitions.h"

namespace playhead {

// Length, place in the whole, what its sources can do. Errors: invalid_argument without a source.
Status source_facts(const Topology& topology, PresentationFacts& facts);
// Where everything of it is over, from its beginning; none: nobody knows of every source.
std::optional<Duration> end_of(const Topology& topology);
// What follows from that, and from the rates its outputs can do.
void find_capabilities(PresentationFacts& facts, const Topology& topology);

} // namespace playhead
