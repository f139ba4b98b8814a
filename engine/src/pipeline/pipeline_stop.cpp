// The part of Pipeline that moves its end while it is read, decoded and shown.
#include <atomic>
#include <utility>

#include "pipeline/pipeline_parts.h"

namespace playhead {

void Pipeline::set_media_stop(int source_node, std::optional<MediaTime> stop) {
    for (auto& branch : branches_) {
        if (branch->plan.source_node == source_node) branch->plan.media_stop = stop;
    }
}

namespace {

struct Limits {
    std::shared_ptr<ReaderHandle> reader;
    std::vector<StreamEnd> ends;
};

// Held by each stage that is asked; the last answer lets it go, and `done` follows on the control lane.
struct Asked {
    Asked(std::shared_ptr<Executor> e, std::function<void(bool)> d)
        : executor(std::move(e)),
          done(std::move(d)) {}
    ~Asked() {
        executor->post([told = std::move(done), f = fits.load()] { told(f); });
    }
    const std::shared_ptr<Executor> executor;
    std::function<void(bool)> done;
    std::atomic<bool> fits{true};
};

} // namespace

void Pipeline::limit(LateEnd late, std::function<void(bool, bool)> done) {
    // What is to be read in addition comes first, since that can be too late; what need not be read any
    // more comes last, when it is known that nothing of it was handed out.
    std::vector<Limits> sooner;
    bool reads_again = false;
    for (auto& feed : feeds_) {
        Limits more{feed->handle, {}}, less{feed->handle, {}};
        for (const auto* trunk : feed->trunks) {
            if (trunk->dead()) continue;
            const auto& stop = trunk->plan().media_stop;
            const auto& order = trunk->stage->last_restart();
            const bool later = order && order->stop && (!stop || *stop > *order->stop);
            (later ? more : less).ends.push_back({trunk->queue.get(), stop});
        }
        // One that reads for a presentation behind this one by now has read all that was wanted of it.
        const bool ours = feed->handle->owner == this;
        if (!more.ends.empty()) {
            const auto answer = ours ? feed->handle->limit(more.ends) : ReadOn::refused;
            if (answer == ReadOn::refused) {
                executor_->post([done = std::move(done)] { done(false, false); });
                return;
            }
            reads_again |= answer == ReadOn::again;
            feed->reading |= answer == ReadOn::again;
        }
        if (ours && !less.ends.empty()) sooner.push_back(std::move(less));
    }
    const auto asked = std::make_shared<Asked>(executor_, [weak = weak_from_this(), reads_again,
                                                           sooner = std::move(sooner),
                                                           done = std::move(done)](bool fits) {
        const auto self = weak.lock();
        for (auto& limits : sooner) {
            if (!self || !fits || limits.reader->owner != self.get()) continue;
            fits = limits.reader->limit(limits.ends) != ReadOn::refused;
        }
        done(fits, reads_again);
    });
    for (auto* trunk : trunks()) {
        if (trunk->dead() || !trunk->stage || !trunk->stage->last_restart()) continue;
        // What is beyond it of a stream that nothing waits for goes as the others end.
        const bool whole = trunk->any([this](auto* b) { return is_wanted_whole(*b); });
        trunk->stage->limit(trunk->plan().media_stop, whole ? late : LateEnd::let_be,
                            [asked](bool ends_there) {
                                if (!ends_there) asked->fits.store(false);
                            });
    }
}

// What has all been handed out needs no more of its source, whatever the reader knows of that.
void Pipeline::read_enough() {
    bool any = false;
    for (auto& feed : feeds_) any |= std::exchange(feed->reading, false);
    if (!any) return;
    if (auto l = listener_.lock()) l->on_sources_read(*this);
}

} // namespace playhead
