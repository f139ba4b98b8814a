// Transform: a step of the application's own between a decoder and its output: a filter, a meter, a
// watermark. It stands in a topology as a TransformNode of kind `custom`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "playhead/backend/sample.h"
#include "playhead/result.h"

namespace playhead {

// Threads: one call at a time, on the engine's work lane. A call that does not come back delays
// nobody's stop: it is left behind, and a new transform made by the factory takes its place.
// Time: stamps are media time, the source's own. What comes out has the stamps of what it was made
// from; in reverse play the samples of a group of pictures come in rising order all the same, with a
// flush between groups.
// Samples are shared with others: to change one, make a new payload.
class Transform {
public:
    virtual ~Transform() = default;
    // What comes in next is of this type; the answer is what will come out. Asked when the topology is
    // resolved, before the first sample, and wherever the stream changes. An error says that it cannot
    // be done: the topology is refused with it, or playback ends where the change came.
    virtual Result<MediaType> set_input(const MediaType& type) = 0;
    // Appends to `out` what can be given now: nothing, one or several, in rising order. An error loses
    // this sample and is told as NonFatalError.
    virtual Result<void> process(Sample in, std::vector<Sample>& out) = 0;
    // The stream has ended: appends what was held back.
    virtual Result<void> drain(std::vector<Sample>& out) {
        static_cast<void>(out);
        return {};
    }
    // Forgets everything held; what comes next does not continue what came before. Called at every
    // start and seek.
    virtual void flush() {}
};

// Threads: any, also several at once. Each presentation has its own transform: a topology that is
// queued twice has two.
class TransformFactory {
public:
    virtual ~TransformFactory() = default;
    virtual Result<std::unique_ptr<Transform>> create() = 0;
};

// The short way.
using MakeTransform = std::function<Result<std::unique_ptr<Transform>>()>;
std::shared_ptr<TransformFactory> transform_factory(MakeTransform make);

// The commonest transform as one function: for each sample another one of the same type.
using MapSample = std::function<Result<Sample>(Sample)>;
std::shared_ptr<TransformFactory> map_samples(MapSample map);

} // namespace playhead
