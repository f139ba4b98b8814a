#include "pipeline/picture_file.h"

#include <algorithm>
#include <set>

#include "playhead/headless/synthetic.h"

namespace playhead::test {

namespace {

using std::chrono::milliseconds;

int to_ms(MediaTime t) { return static_cast<int>(t.time_since_epoch() / milliseconds{1}); }

struct FileData final : PacketData {
    FileData(std::size_t place, std::size_t bytes) : index(place) { size_bytes_ = bytes; }
    const std::size_t index;
};

class FileSource final : public MediaSource {
public:
    explicit FileSource(std::shared_ptr<PictureFile> file) : file_(std::move(file)) {
        presentation_.seekable = true;
        StreamInfo info;
        info.kind = StreamKind::video;
        info.type = headless::synthetic_video_format();
        presentation_.streams.push_back(info);
    }
    const Presentation& presentation() const override { return presentation_; }
    void select(std::span<const StreamIndex>) override {}
    Result<void> seek(MediaTime t) override {
        file_->seeks_ms.push_back(to_ms(t));
        const auto& all = file_->pictures;
        std::vector<std::size_t> keys{0};
        for (std::size_t i = 1; i < all.size(); ++i) {
            const bool before =
                milliseconds{all[i].pts_ms - file_->lands_late_ms} <= t.time_since_epoch();
            if (all[i].key && before && t > media_zero) keys.push_back(i);
        }
        const auto early = std::min(keys.size() - 1, static_cast<std::size_t>(file_->lands_early));
        next_ = keys[keys.size() - 1 - early];
        return {};
    }
    ReadOutcome read() override {
        if (next_ >= file_->pictures.size()) return EndOfStream{};
        ++file_->read;
        const auto& picture = file_->pictures[next_];
        Packet packet;
        packet.data = std::make_shared<FileData>(next_++, file_->packet_bytes);
        packet.pts = media_at(milliseconds{picture.pts_ms});
        if (picture.dts_ms) packet.dts = media_at(milliseconds{*picture.dts_ms});
        if (file_->length_ms > 0) packet.duration = milliseconds{file_->length_ms};
        packet.key = picture.key;
        return packet;
    }

private:
    const std::shared_ptr<PictureFile> file_;
    Presentation presentation_;
    std::size_t next_ = 0;
};

class FileDecoder final : public Decoder {
public:
    explicit FileDecoder(std::shared_ptr<PictureFile> file) : file_(std::move(file)) {}

    Result<SendOutcome> send(const Packet& packet) override {
        const auto* data = dynamic_cast<const FileData*>(packet.data.get());
        if (!sent_.insert(data->index).second) {
            return fail(Errc::damaged, "This picture has been sent already.");
        }
        if (packet.key) {
            has_previous_ = last_key_.has_value();
            last_key_ = packet.pts;
            since_key_ = 0;
        }
        if (!last_key_) return fail(Errc::damaged, "There is nothing to build this picture on.");
        const bool first = *last_key_ == media_at(milliseconds{file_->pictures.front().pts_ms});
        if (since_key_++ < file_->refresh && !has_previous_ && !first) return SendOutcome::accepted;
        ++file_->decoded;
        VideoFrame frame;
        frame.pts = *packet.pts;
        frame.duration = packet.duration;
        frame.key = packet.key;
        frame.corrupt = frame.pts < *last_key_ && !has_previous_;
        frame.picture =
            headless::numbered_picture(to_ms(frame.pts) / 40, headless::synthetic_video_format());
        held_.push_back(std::move(frame));
        return SendOutcome::accepted;
    }
    void drain() override { draining_ = true; }
    DecodeOutcome receive() override {
        if (held_.size() <= (draining_ ? 0u : 2u)) {
            if (draining_ && held_.empty()) return EndOfStream{};
            return NotYet{};
        }
        const auto first = std::min_element(held_.begin(), held_.end(),
                                            [](auto& a, auto& b) { return a.pts < b.pts; });
        VideoFrame frame = std::move(*first);
        held_.erase(first);
        return Sample{std::move(frame)};
    }
    void flush() override {
        held_.clear();
        draining_ = has_previous_ = false;
        last_key_.reset();
        sent_.clear();
    }

private:
    const std::shared_ptr<PictureFile> file_;
    std::vector<VideoFrame> held_;
    std::set<std::size_t> sent_; // since the last flush
    std::optional<MediaTime> last_key_;
    bool has_previous_ = false;
    int since_key_ = 0;
    bool draining_ = false;
};

class FileSources final : public SourceFactory {
public:
    explicit FileSources(std::shared_ptr<PictureFile> file) : file_(std::move(file)) {}
    Result<std::unique_ptr<MediaSource>> open(const OpenRequest&, const SourceContext&) override {
        return std::make_unique<FileSource>(file_);
    }

private:
    const std::shared_ptr<PictureFile> file_;
};

class FileDecoders final : public DecoderFactory {
public:
    explicit FileDecoders(std::shared_ptr<PictureFile> file) : file_(std::move(file)) {}
    Result<std::unique_ptr<Decoder>> create(const StreamInfo&, const DecoderContext&) override {
        return std::make_unique<FileDecoder>(file_);
    }

private:
    const std::shared_ptr<PictureFile> file_;
};

} // namespace

std::shared_ptr<SourceFactory> picture_sources(std::shared_ptr<PictureFile> file) {
    return std::make_shared<FileSources>(std::move(file));
}

std::shared_ptr<DecoderFactory> picture_decoders(std::shared_ptr<PictureFile> file) {
    return std::make_shared<FileDecoders>(std::move(file));
}

std::vector<FilePicture> groups_of_pictures(int groups, int size, bool open, int start_ms) {
    std::vector<FilePicture> all;
    const auto add = [&](int number, bool key) {
        const int place = static_cast<int>(all.size());
        all.push_back({start_ms + number * 40, start_ms + (place - 1) * 40, key});
    };
    for (int g = 0; g < groups; ++g) {
        const int first = g * size;
        const bool leads = open && g > 0;
        // The picture before the key frame belongs to it when groups are open.
        add(first, true);
        if (leads) add(first - 1, false);
        const int end = first + size - (open && g + 1 < groups ? 1 : 0);
        int next = first + 1;
        for (; next + 1 < end; next += 2) {
            add(next + 1, false);
            add(next, false);
        }
        if (next < end) add(next, false);
    }
    return all;
}

} // namespace playhead::test
