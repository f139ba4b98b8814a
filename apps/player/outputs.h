// Outputs: where picture, sound and subtitles go, as the options say, and what takes their place when the
// machine has no display or no sound device.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "options.h"
#include "playhead/audio_output.h"
#include "playhead/player.h"
#include "playhead/subtitle_output.h"
#include "playhead/video_output.h"
#include "screen.h"

namespace playhead::headless {
class HashLines;
class SinkFace;
} // namespace playhead::headless

namespace playhead::apps {

// Threads: the main thread.
class Outputs {
public:
    using Say = std::function<void(std::string)>;

    // `say` is told, on any thread, what had to be replaced, `show` the words of each subtitle as it
    // begins. An error: a file cannot be written.
    static Result<std::unique_ptr<Outputs>>
    create(const Options& options, std::shared_ptr<Executor> executor, Say say, Say show);

    PlayerOutputs sinks() const { return {video_sink_, audio_sink_, subtitle_sink_}; }
    Screen* screen() const { return screen_.get(); } // null: no window
    // Where pictures keep time without a window: takes the one that is due. When the next one is; none:
    // on_picture() tells.
    std::optional<HostTime> take_unseen(HostTime now);
    void on_picture(std::function<void()> wake);
    // Whether one of the files that are written could not be.
    bool cannot_write() const;
    void set_volume(int per_cent, bool muted);

private:
    Result<void> make_video(const Options& options, const std::shared_ptr<Executor>& executor,
                            const Say& say);
    Result<void> make_audio(const Options& options, const std::shared_ptr<Executor>& executor,
                            const Say& say);
    Result<void> make_subtitles(const Options& options, Say show);
    Result<std::shared_ptr<headless::HashLines>> lines_to(const std::string& path);

    std::unique_ptr<VideoOutput> video_; // a window's, or one that nobody looks at
    std::unique_ptr<AudioOutput> audio_;
    std::shared_ptr<StreamSink> video_sink_;
    std::unique_ptr<SubtitleOutput> subtitles_;
    std::shared_ptr<StreamSink> audio_sink_;
    std::shared_ptr<StreamSink> subtitle_sink_;
    std::shared_ptr<headless::SinkFace> writers_[3]; // what belongs to a sink that writes
    std::string lines_path_;
    std::shared_ptr<headless::HashLines> lines_; // both may write to one
    std::unique_ptr<Screen> screen_;             // after the output that it shows
};

} // namespace playhead::apps
