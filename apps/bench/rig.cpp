#include "rig.h"

#include <algorithm>

#include "common/compose.h"
#include "common/fallback_audio_device.h"
#include "notes.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/lanes.h"

namespace playhead::bench {
namespace {

constexpr Duration patience = std::chrono::seconds{60}; // with one command; then the bench gives up

// The sound is thrown away at its time where there is no device to give it to.
std::shared_ptr<AudioDevice> or_nowhere(std::shared_ptr<AudioDevice> device,
                                        const std::shared_ptr<Executor>& executor) {
    auto nowhere = std::make_shared<headless::NullAudioDevice>(executor);
    if (!device) return nowhere;
    return apps::with_fallback(std::move(device), std::move(nowhere), [](const Status& why) {
        note("no sound device (" + why.message() + "): the sound goes nowhere");
    });
}

} // namespace

Rig::Rig(Outputs outputs)
    : executor_(make_lanes()),
      loop_(std::make_shared<apps::MainLoop>(executor_)),
      video_(std::make_unique<VideoOutput>()) {
    std::shared_ptr<AudioDevice> device;
    if (outputs == Outputs::sdl) {
        show_ = show_in_window(executor_, *video_);
        device = sound_device(executor_);
    }
    if (!show_) show_ = show_nowhere(executor_, *video_);
    audio_ = std::make_unique<AudioOutput>(or_nowhere(std::move(device), executor_));
    loop_->also_wake(show_->wake());
    engine_ = std::make_unique<Engine>(apps::compose(executor_));
    player_ = std::make_unique<Player>(*engine_, PlayerOutputs{video_->sink(), audio_->sink()});
    events_ = engine_->bus().subscribe(
        {}, [this](const Event& event) { hear(event); }, loop_);
}

Rig::~Rig() {
    loop_->also_wake({});
    events_.reset();
}

bool Rig::run_until(const std::function<bool()>& done, Duration limit) {
    const HostTime deadline = now() + limit;
    for (;;) {
        loop_->run_posted();
        if (done()) return true;
        if (!failed_.ok() || now() >= deadline) return false;
        show_->turn(deadline, [this](const VideoFrame& frame, HostTime when) {
            if (shown_) shown_(frame, when);
        });
    }
}

void Rig::run_for(Duration length) {
    run_until([] { return false; }, length);
}

Result<void> Rig::open(const std::string& locator) {
    OpenRequest request;
    request.locator = locator;
    Status status = complete(player_->open(std::move(request)));
    if (!status.ok()) return fail(std::move(status));
    const auto presentation = player_->presentation();
    const StreamInfo* video = presentation ? presentation->best(StreamKind::video) : nullptr;
    if (video != nullptr) show_->fit_to(display_size(std::get<VideoFormat>(video->type)));
    return {};
}

Status Rig::complete(const Result<CommandId>& command) {
    if (!command) return command.error();
    if (!run_until([&] { return completed(*command); }, patience)) {
        return failed_.ok() ? Status{Errc::timed_out, "no answer within a minute"} : failed_;
    }
    return done_[*command];
}

void Rig::hear(const Event& event) {
    if (event.as<PlayerCommandDone>()) {
        done_[event.command] = event.status;
    } else if (const auto* started = event.as<SessionStarted>()) {
        started_with_ = started->shown_pts;
    } else if (event.as<PlayerEnded>()) {
        ended_ = true;
    } else if (event.as<SessionError>()) {
        failed_ = event.status;
    }
}

Topology whole(const std::shared_ptr<Source>& source, std::shared_ptr<StreamSink> video,
               std::shared_ptr<StreamSink> audio) {
    Topology topology;
    const auto add = [&](StreamKind kind, std::shared_ptr<StreamSink> sink) {
        const StreamInfo* stream = source->presentation().best(kind);
        if (stream != nullptr && sink) topology.add_branch(source, stream->index, std::move(sink));
    };
    add(StreamKind::video, std::move(video));
    add(StreamKind::audio, std::move(audio));
    return topology;
}

} // namespace playhead::bench
