// Decoder: packets in, samples out, never blocking on anything but its own arithmetic.
#pragma once

#include <memory>
#include <variant>

#include "playhead/backend/sample.h"
#include "playhead/result.h"

namespace playhead {

enum class SendOutcome { accepted, full }; // full: receive first, then send the same packet again

using DecodeOutcome = std::variant<Sample, NotYet, EndOfStream, Error>;

// What may be left undecoded. Each level includes the ones before it.
enum class SkipLevel {
    none,
    loop_filter,   // cheaper pictures, same count
    non_reference, // frames no other frame needs
    non_key,
};

// Threads: one at a time (its stage's strand).
// Time: a sample's pts is on the presentation's line, corrected for decoder delay and priming; a
// missing stamp is filled in from its neighbours. Audio positions come from sample counts.
// Epochs: the decoder ignores them; the stage stamps what comes out.
class Decoder {
public:
    virtual ~Decoder() = default;
    virtual Result<SendOutcome> send(const Packet& packet) = 0;
    virtual void drain() = 0; // no more packets: receive() goes on to EndOfStream
    // Error: this packet was damaged; the decoder goes on with the next (the stage counts and
    // decides). Errc::out_of_memory and Errc::limit_exceeded are final.
    virtual DecodeOutcome receive() = 0;
    virtual void flush() = 0; // forget everything held; also leaves the drained state
    virtual void set_skip(SkipLevel level) { (void)level; }
    // Whether something follows this stream without a gap (it does, unless told otherwise). What an
    // encoder added at the end to fill its last block is then left out; a stream that nothing follows
    // gives all that is in it.
    virtual void set_followed(bool followed) { (void)followed; }
};

// How many threads a decoder may use. In the simulation always one.
struct DecodeThreading {
    // Pictures up to this many pixels decode on the pool with one thread.
    int single_thread_pixels = 640 * 360;
    // Larger ones use this many of the codec's own; 0 = as many as there are cores.
    int threads = 0;
};

struct DecoderContext {
    int threads = 1;
    bool bit_exact = false;
};

class DecoderFactory {
public:
    virtual ~DecoderFactory() = default;
    // Errc::topo_codec_not_found when there is none for this stream. Cheap enough for the work lane.
    virtual Result<std::unique_ptr<Decoder>> create(const StreamInfo& stream,
                                                    const DecoderContext& context) = 0;
};

} // namespace playhead
