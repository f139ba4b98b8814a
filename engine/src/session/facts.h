// What is known of a presentation by its topology.
#pragma once

#include "playhead/topology.h"
#include "session/transitions.h"

namespace playhead {

// Length, place in the whole, what its sources can do. Errors: invalid_argument without a source.
Status source_facts(const Topology& topology, PresentationFacts& facts);
// What follows from that, and from the rates its outputs can do.
void find_capabilities(PresentationFacts& facts, const Topology& topology);

}  // namespace playhead
