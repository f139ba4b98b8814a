// Resolver: from the application's partial topology to one that can be played.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/pipeline.h"
#include "playhead/engine.h"
#include "playhead/topology.h"

namespace playhead {

struct Resolution {
    Status status;
    std::shared_ptr<const Topology> topology; // a new object; with no_resolution the given one
    std::vector<BranchPlan> plans;
};

struct ResolverServices {
    std::shared_ptr<DecoderFactory> decoders;
    std::shared_ptr<ConverterFactory> converters; // may be null
    DecodeThreading threading;
    bool single_threaded = false; // the simulation
    bool bit_exact = false;
    int cores = 1;
};

// Makes sinks from their factories and decoders for the streams, and agrees on types; where an output
// wants another type than it is offered, a converter is put before it, behind the last fork. Runs the
// code of codecs, sinks and transforms: on the work lane. Keeps the application's node numbers; new nodes come after.
// Errors: topo_codec_not_found, topo_cannot_connect, topo_unsupported, or a factory's own.
Resolution resolve(std::shared_ptr<const Topology> partial, bool already_full,
                   const ResolverServices& services);

// The same, with what reaches that output being of another type: what leaves the last transform before
// it, or the decoder if there is none.
std::shared_ptr<const Topology> retyped(const Topology& full, NodeId output, const MediaType& type);

} // namespace playhead
