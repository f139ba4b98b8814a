// The part of SinkPort that keeps what its sink has not rendered yet, and gives it again to a sink whose
// format has become invalid. The other streams and the sources take no notice.
#include <algorithm>
#include <utility>

#include "pipeline/sink_port.h"

namespace playhead {

// What goes to the sink goes through here, in order. With something to be given again before it, it
// waits behind that and the first of those answers the request.
void SinkPort::hand_over(Item item) {
    if (!again_.empty()) {
        const bool answers = item.sample.has_value();
        again_.push_back(std::move(item));
        if (answers) demand_.fetch_add(1, std::memory_order_acq_rel);
        serve();
        return;
    }
    forget_rendered();
    if (!item.sample) {
        const Marker marker = *item.marker;
        given_.push_back(std::move(item));
        // Before the sink answers it: whoever hears that looks at the clock.
        if (marker.kind == Marker::Kind::end_of_segment) intake_->ended();
        sink_->place_marker(marker);
        return;
    }
    // A rateless sink has rendered what it has taken; a preview is worth nothing later.
    const auto* frame = std::get_if<VideoFrame>(&*item.sample);
    const bool counts = !(frame && frame->provisional);
    if (!sink_->traits().rateless && counts) given_.push_back(item);
    sink_->process(std::move(*item.sample));
    if (counts) intake_->took(item.begin, item.end);
}

// What the clock has gone past.
void SinkPort::forget_rendered() {
    if (!clock_ || clock_->state() != ClockState::running) return;
    const auto now = clock_->time();
    if (!now) return;
    const bool reverse = clock_->rate() < 0;
    while (!given_.empty() && given_.front().sample &&
           (reverse ? *now < given_.front().begin : given_.front().end <= *now)) {
        given_.pop_front();
    }
}

void SinkPort::renew(const MediaType& type) {
    strand_->post([self = shared_from_this(), type] {
        auto taken = self->sink_->negotiate(type);
        if (taken && *taken == type) {
            self->resend();
        } else {
            self->failed(taken ? Status{Errc::topo_cannot_connect,
                                        "the output takes " + describe(*taken) +
                                            ", the stream gives " + describe(type)}
                               : Status{taken.error()});
        }
    });
}

void SinkPort::resend() {
    if (!clock_) return;
    const auto state = clock_->state();
    const auto now = clock_->time();
    if (!now || (state != ClockState::running && state != ClockState::paused)) return;
    forget_rendered();
    // What was waiting to be given again comes behind what was.
    given_.insert(given_.end(), std::make_move_iterator(again_.begin()),
                  std::make_move_iterator(again_.end()));
    again_ = std::exchange(given_, {});
    resending_.store(!again_.empty(), std::memory_order_release);
    sink_->flush();
    sink_->preroll(*now);
    serve();
    if (state == ClockState::running) sink_->on_start(executor_->now(), *now);
}

void SinkPort::serve() {
    while (!again_.empty()) {
        if (again_.front().sample && !take_request()) return;
        Item item = std::move(again_.front());
        again_.pop_front();
        if (again_.empty()) resending_.store(false, std::memory_order_release);
        if (!item.sample) {
            const Marker marker = *item.marker;
            given_.push_back(std::move(item));
            sink_->place_marker(marker);
        } else {
            given_.push_back(item);
            sink_->process(std::move(*item.sample));
        }
    }
    wake_stage();
}

} // namespace playhead
