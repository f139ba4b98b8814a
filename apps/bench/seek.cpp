// seek FILE TARGETS exact|key paused|playing
// For each target "target_s got_s ms 1": from the call until the new picture is handed out. What was
// got is the picture that the seek completed with: a clock that runs may have gone on to the next
// one before the main thread came to look.
#include <algorithm>

#include "bare.h"
#include "figures.h"
#include "modes.h"
#include "notes.h"
#include "rig.h"

namespace playhead::bench {
namespace {

struct SeekOptions {
    std::string file;
    std::string targets;
    bool key = false;
    bool playing = false;
    bool bare = false;
};

constexpr Duration seek_patience = std::chrono::seconds{30};
constexpr Duration between_seeks = std::chrono::milliseconds{300}; // of playing
constexpr double no_picture = -1.0;

struct Arrival {
    std::optional<VideoFrame> frame;
    HostTime when{};
};

class Seeks {
public:
    explicit Seeks(SeekOptions options) : options_(std::move(options)) {}

    Result<void> run(const std::vector<MediaTime>& targets) {
        rig_.on_shown([this](const VideoFrame& frame, HostTime when) { take(frame, when); });
        if (auto opened = rig_.open(options_.file); !opened) return opened;
        if (auto begun = begin(); !begun.ok()) return fail(std::move(begun));
        for (const MediaTime target : targets) seek(target);
        return {};
    }

private:
    // Where the first seek starts from: playing for a moment, or the first picture, paused.
    Status begin() {
        const auto presentation = rig_.player().presentation();
        if (!presentation || presentation->best(StreamKind::video) == nullptr) {
            return {Errc::no_streams, options_.file + " has no pictures to seek to"};
        }
        Status status =
            rig_.complete(options_.playing ? rig_.player().play() : rig_.player().seek(media_zero));
        if (!status.ok()) return status;
        if (!rig_.run_until([this] { return last_.has_value(); }, seek_patience)) {
            return {Errc::no_streams, options_.file + ": no picture came"};
        }
        if (options_.playing) rig_.run_for(between_seeks);
        return {};
    }

    void seek(MediaTime target) {
        if (options_.playing && rig_.player().state() != PlayerState::playing) {
            // The last one ran into the end. The picture that playing begins with is not this one's.
            const Epoch ended = last_->epoch;
            if (rig_.complete(rig_.player().play()).ok()) {
                rig_.run_until([&] { return last_->epoch > ended; }, seek_patience);
            }
        }
        // What the seek brings has a later epoch than all that was shown.
        before_ = last_->epoch;
        arrival_ = {};
        const HostTime asked = rig_.now();
        const auto command =
            rig_.player().seek(target, options_.key ? SeekMode::key_frame : SeekMode::exact);
        const bool arrived =
            command &&
            rig_.run_until([&] { return arrival_.frame || refused(*command); }, seek_patience);
        const bool shown = arrived && arrival_.frame;
        const Status status = rig_.complete(command);
        print(fixed(seconds(target - media_zero), 3) + ' ' +
              fixed(shown ? seconds(got() - media_zero) : no_picture, 3) + ' ' +
              fixed(milliseconds((shown ? arrival_.when : rig_.now()) - asked), 1) + ' ' +
              (shown && status.ok() ? '1' : '0'));
        if (!status.ok())
            note("seek to " + fixed(seconds(target - media_zero), 3) + ": " + status.message());
        if (options_.playing) rig_.run_for(between_seeks);
    }

    MediaTime got() const {
        const MediaTime shown = arrival_.frame->pts;
        if (!options_.playing) return shown; // a paused clock shows what it was cued to
        const MediaTime delivered = rig_.started_with().value_or(shown);
        if (shown > delivered) {
            note("looked at late: " + fixed(seconds(shown - media_zero), 3) +
                 " was on show by then");
        }
        // An earlier one on screen is never put down to lateness.
        return std::min(delivered, shown);
    }

    bool refused(CommandId command) {
        return rig_.completed(command) && !rig_.complete(command).ok();
    }

    void take(const VideoFrame& frame, HostTime when) {
        last_ = frame;
        const bool wanted = !frame.provisional;
        if (!arrival_.frame && frame.epoch > before_ && wanted) arrival_ = {frame, when};
    }

    const SeekOptions options_;
    std::optional<VideoFrame> last_;
    Epoch before_ = 0;
    Arrival arrival_;
    Rig rig_;
};

Result<void> seek_all(const SeekOptions& options) {
    const auto targets = parse_targets(options.targets);
    if (!targets) return fail(targets.error());
    if (auto done = Seeks{options}.run(*targets); !done) return done;
    if (!options.bare) return {};
    return bare_seeks(options.file, *targets, decoder_threads());
}

} // namespace

void add_seek(CLI::App& app, Work& work) {
    auto* mode = app.add_subcommand("seek", "How long each seek takes until its picture is there: "
                                            "lines of target_s got_s ms 1");
    auto options = std::make_shared<SeekOptions>();
    mode->add_option("FILE", options->file, "What to seek in")->required();
    mode->add_option("TARGETS", options->targets, "Seconds with commas between, or a file of them")
        ->required();
    mode->add_option_function<std::string>(
            "HOW", [options](const std::string& how) { options->key = how == "key"; },
            "exact, or key: the picture of a key frame near by will do")
        ->check(CLI::IsMember({"exact", "key"}))
        ->required();
    mode->add_option_function<std::string>(
            "WHILE", [options](const std::string& state) { options->playing = state == "playing"; })
        ->check(CLI::IsMember({"paused", "playing"}))
        ->required();
    mode->add_flag("--bare", options->bare,
                   "Also print, on stderr, what plain FFmpeg takes for the same seeks");
    mode->callback([options, &work] { work = [options] { return seek_all(*options); }; });
}

} // namespace playhead::bench
