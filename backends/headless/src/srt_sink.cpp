#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "files.h"
#include "playhead/headless/sinks.h"
#include "rateless_sink.h"

namespace playhead::headless {
namespace {

constexpr Duration where_no_end_is_told = std::chrono::seconds{5};

std::string srt_time(MediaTime t) {
    const auto ms = std::max<std::int64_t>(0, t.time_since_epoch() / std::chrono::milliseconds{1});
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%02lld:%02lld:%02lld,%03lld",
                  static_cast<long long>(ms / 3'600'000), static_cast<long long>(ms / 60'000 % 60),
                  static_cast<long long>(ms / 1000 % 60), static_cast<long long>(ms % 1000));
    return text.data();
}

// An empty line would end the entry.
std::string words(const SubtitleContent& content) {
    std::string text;
    for (const char c : content.text) {
        if (c != '\n' || (!text.empty() && text.back() != '\n')) text += c;
    }
    if (!text.empty() && text.back() == '\n') text.pop_back();
    for (const SubtitleImage& image : content.images) {
        const VideoFormat& format = image.picture->format();
        text += (text.empty() ? "" : "\n") + std::string("[bitmap ") +
                std::to_string(format.width) + "x" + std::to_string(format.height) + "]";
    }
    return text;
}

} // namespace

struct SrtSink::Work final : SampleWork {
    Work(std::string p, std::ofstream f) : path(std::move(p)), file(std::move(f)) {}

    Status take(const Sample& sample, const SinkContext& context) override {
        static_cast<void>(context);
        const auto& cue = std::get<SubtitleCue>(sample);
        if (!cue.content) return {};
        Status status = close(cue.pts);
        if (!cue.duration || cue.until_next) {
            open = cue;
        } else if (status.ok()) {
            status = write(cue, cue.pts + *cue.duration);
        }
        return status;
    }

    Status finish() override {
        Status status = close(MediaTime::max());
        return status.ok() ? std::exchange(trouble, {}) : status;
    }

    void interrupted() override {
        if (Status status = close(MediaTime::max()); !status.ok()) trouble = std::move(status);
    }

    // The one whose end was not known has it there, if it lasts so long.
    Status close(MediaTime latest) {
        if (!open) return {};
        const SubtitleCue last = *std::exchange(open, std::nullopt);
        return write(last,
                     std::min(latest, last.pts + last.duration.value_or(where_no_end_is_told)));
    }

    Status write(const SubtitleCue& cue, MediaTime end) {
        const std::string text = words(*cue.content);
        if (text.empty()) return {};
        errno = 0;
        file << ++count << "\n"
             << srt_time(cue.pts) << " --> " << srt_time(end) << "\n"
             << text << "\n\n";
        file.flush();
        return file ? Status{} : write_error(path);
    }

    const std::string path;
    std::ofstream file;
    std::optional<SubtitleCue> open; // its end is not known yet
    Status trouble;                  // of where nobody could be told
    int count = 0;
};

SrtSink::SrtSink(std::shared_ptr<Work> work)
    : SinkFace(std::make_shared<RatelessSink>(StreamKind::subtitle, std::move(work))) {}

Result<std::unique_ptr<SrtSink>> SrtSink::create(const std::string& path) {
    auto file = open_for_writing(path, "subtitles");
    if (!file) return fail(file.error());
    return std::unique_ptr<SrtSink>(new SrtSink(std::make_shared<Work>(path, std::move(*file))));
}

} // namespace playhead::headless
