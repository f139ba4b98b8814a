// ForwardingSink: all that a sink does, left to another one. Derive to do a part of it otherwise.
#pragma once

#include <memory>
#include <utility>

#include "playhead/backend/stream_sink.h"

namespace playhead::test {

// Threads: as StreamSink and the other say.
class ForwardingSink : public StreamSink {
public:
    explicit ForwardingSink(std::shared_ptr<StreamSink> inner) : inner_(std::move(inner)) {}

    StreamKind kind() const override { return inner_->kind(); }
    SinkTraits traits() const override { return inner_->traits(); }
    Result<MediaType> negotiate(const MediaType& offered) const override {
        return inner_->negotiate(offered);
    }
    void attach(const SinkContext& context) override { inner_->attach(context); }
    void process(Sample sample) override { inner_->process(std::move(sample)); }
    void place_marker(const Marker& marker) override { inner_->place_marker(marker); }
    void flush() override { inner_->flush(); }
    void preroll(MediaTime t) override { inner_->preroll(t); }
    void change_over(MediaTime t) override { inner_->change_over(t); }
    void cut(MediaTime t) override { inner_->cut(t); }
    void step() override { inner_->step(); }
    ClockTimeSource* time_source() override { return inner_->time_source(); }
    void shut_down() override { inner_->shut_down(); }
    void on_start(HostTime when, MediaTime at) override { inner_->on_start(when, at); }
    void on_restart(HostTime when) override { inner_->on_restart(when); }
    void on_pause(HostTime when) override { inner_->on_pause(when); }
    void on_stop(HostTime when) override { inner_->on_stop(when); }
    void on_set_rate(HostTime when, double rate) override { inner_->on_set_rate(when, rate); }

private:
    const std::shared_ptr<StreamSink> inner_;
};

} // namespace playhead::test
