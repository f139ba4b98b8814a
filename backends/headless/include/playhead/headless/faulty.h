// Faults around what is real: a source factory, or a decoder factory, whose products stall, fail or
// take their time at chosen places, whatever they read.
#pragma once

#include <memory>

#include "playhead/headless/synthetic.h"

namespace playhead::headless {

// Wraps a factory: what it opens goes wrong as `faults` says (the fields of open, read, stall, seek
// and deaf; packets are counted as they are read).
std::shared_ptr<SourceFactory> faulty(std::shared_ptr<SourceFactory> inner, SyntheticFaults faults);
// The same for decoders (the decode and slow fields count packets sent to video decoders,
// audio_decode_error those sent to audio decoders).
std::shared_ptr<DecoderFactory> faulty(std::shared_ptr<DecoderFactory> inner,
                                       SyntheticFaults faults, std::shared_ptr<Executor> executor);

} // namespace playhead::headless
