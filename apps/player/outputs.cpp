#include "outputs.h"

#include <algorithm>
#include <vector>

#include "common/fallback_audio_device.h"
#include "output_files.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/headless/sinks.h"

namespace playhead::apps {
namespace {

// The sink of a face, which is kept beside it.
template <class Face>
void keep(std::unique_ptr<Face> face, std::shared_ptr<StreamSink>& sink,
          std::shared_ptr<headless::SinkFace>& writer) {
    sink = face->sink();
    writer = std::shared_ptr<Face>{std::move(face)};
}

} // namespace

Result<std::unique_ptr<Outputs>>
Outputs::create(const Options& options, std::shared_ptr<Executor> executor, Say say, Say show) {
    auto outputs = std::make_unique<Outputs>();
    if (auto made = outputs->make_video(options, executor, say); !made) {
        return fail(made.error());
    }
    if (auto made = outputs->make_audio(options, executor, say); !made) {
        return fail(made.error());
    }
    if (auto made = outputs->make_subtitles(options, std::move(show)); !made) {
        return fail(made.error());
    }
    return outputs;
}

Result<void> Outputs::make_video(const Options& options, const std::shared_ptr<Executor>& executor,
                                 const Say& say) {
    switch (options.video.kind) {
    case OutputSpec::Kind::framecrc: {
        auto lines = lines_to(options.video.path);
        if (!lines) {
            return fail(lines.error());
        }
        keep(std::make_unique<headless::CaptureVideoSink>(*lines, 0), video_sink_, writers_[0]);
        return {};
    }
    case OutputSpec::Kind::png: {
        auto sink = headless::PngSink::create(options.video.path);
        if (!sink) {
            return fail(sink.error());
        }
        keep(std::move(*sink), video_sink_, writers_[0]);
        return {};
    }
    default: break;
    }
    if (options.untimed) {
        video_sink_ = headless::null_video_sink();
        return {};
    }
    video_ = std::make_unique<VideoOutput>();
    video_sink_ = video_->sink();
    if (options.video.kind == OutputSpec::Kind::sdl) {
        auto screen = open_screen(executor, *video_, options.video.route);
        if (screen) {
            screen_ = std::move(*screen);
        } else {
            say("no display (" + screen.error().message() + "); plays without a picture");
        }
    }
    return {};
}

std::optional<HostTime> Outputs::take_unseen(HostTime now) {
    if (!video_ || screen_) {
        return std::nullopt;
    }
    const DueFrame due = video_->frame_due(now);
    if (due.is_new && due.frame) {
        video_->presented(*due.frame, now);
    }
    return due.ask_again;
}

void Outputs::on_picture(std::function<void()> wake) {
    if (video_ && !screen_) {
        video_->on_change(std::move(wake));
    }
}

Result<void> Outputs::make_audio(const Options& options, const std::shared_ptr<Executor>& executor,
                                 const Say& say) {
    switch (options.audio.kind) {
    case OutputSpec::Kind::framecrc: {
        auto lines = lines_to(options.audio.path);
        if (!lines) {
            return fail(lines.error());
        }
        const int stream = options.video.kind == OutputSpec::Kind::framecrc &&
                                   same_output(options.video.path, options.audio.path)
                               ? 1
                               : 0;
        keep(std::make_unique<headless::CaptureAudioSink>(*lines, stream), audio_sink_,
             writers_[1]);
        return {};
    }
    case OutputSpec::Kind::wav: {
        auto sink = headless::WavSink::create(options.audio.path);
        if (!sink) {
            return fail(sink.error());
        }
        keep(std::move(*sink), audio_sink_, writers_[1]);
        return {};
    }
    default: break;
    }
    if (options.untimed) {
        audio_sink_ = headless::null_audio_sink();
        return {};
    }
    std::shared_ptr<AudioDevice> device = std::make_shared<headless::NullAudioDevice>(executor);
    if (options.audio.kind == OutputSpec::Kind::sdl) {
        const auto replaced = [say](const Status& why) {
            say("no sound (" + why.message() + "); plays silently");
        };
        if (auto system = system_audio_device(executor, options.audio_latency)) {
            device = with_fallback(std::move(*system), std::move(device), replaced);
        } else {
            replaced(system.error());
        }
    }
    audio_ = std::make_unique<AudioOutput>(std::move(device));
    audio_sink_ = audio_->sink();
    return {};
}

Result<void> Outputs::make_subtitles(const Options& options, Say show) {
    if (options.subtitles.kind == OutputSpec::Kind::srt) {
        auto sink = headless::SrtSink::create(options.subtitles.path);
        if (!sink) {
            return fail(sink.error());
        }
        keep(std::move(*sink), subtitle_sink_, writers_[2]);
    } else if (options.subtitles.kind == OutputSpec::Kind::none) {
        subtitle_sink_ = headless::null_subtitle_sink();
    } else {
        // Each once, as it begins, whatever shows beside it.
        const auto begun = std::make_shared<std::vector<SubtitleCue>>();
        subtitles_ = std::make_unique<SubtitleOutput>(
            [show = std::move(show), begun](const std::vector<SubtitleCue>& now) {
                for (const SubtitleCue& cue : now) {
                    const bool shown = std::ranges::any_of(*begun, [&](const SubtitleCue& before) {
                        return before.content == cue.content;
                    });
                    if (!shown) {
                        show(cue.content->text.empty() ? "[a picture]" : cue.content->text);
                    }
                }
                *begun = now;
            });
        subtitle_sink_ = subtitles_->sink();
    }
    return {};
}

Result<std::shared_ptr<headless::HashLines>> Outputs::lines_to(const std::string& path) {
    if (!lines_ || !same_output(lines_path_, path)) {
        auto lines = headless::HashLines::to_file(path);
        if (!lines) {
            return fail(lines.error());
        }
        lines_ = std::move(*lines);
        lines_path_ = path;
    }
    return lines_;
}

bool Outputs::cannot_write() const {
    return std::ranges::any_of(writers_,
                               [](const auto& writer) { return writer && writer->failed(); });
}

void Outputs::set_volume(int per_cent, bool muted) {
    if (audio_) {
        // Loudness as it is heard grows with the cube, near enough.
        const double share = per_cent / 100.0;
        audio_->set_volume(share * share * share);
        audio_->set_mute(muted);
    }
}

} // namespace playhead::apps
