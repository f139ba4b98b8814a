#include <algorithm>
#include <cstring>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

#include "codec.h"
#include "error.h"
#include "subtitle_text.h"

extern "C" {
#include <libavutil/opt.h>
}

namespace playhead::ffmpeg {
namespace {

struct Subtitle : AVSubtitle {
    Subtitle() : AVSubtitle{} {}
    ~Subtitle() { avsubtitle_free(this); }
    Subtitle(const Subtitle&) = delete;
    Subtitle& operator=(const Subtitle&) = delete;
};

// The pixels of a bitmap, its palette (0xAARRGGBB each) looked up.
class BitmapPicture final : public Picture {
public:
    explicit BitmapPicture(const AVSubtitleRect& rect)
        : bytes_(static_cast<std::size_t>(rect.w) * static_cast<std::size_t>(rect.h) * 4) {
        format_.pixel_format = PixelFormat::rgba;
        format_.pixel_format_name = "rgba";
        format_.native_pixel_format = AV_PIX_FMT_RGBA;
        format_.width = rect.w;
        format_.height = rect.h;
        auto* to = reinterpret_cast<std::uint8_t*>(bytes_.data());
        for (int y = 0; y < rect.h; ++y) {
            const std::uint8_t* row = rect.data[0] + std::ptrdiff_t{y} * rect.linesize[0];
            for (int x = 0; x < rect.w; ++x) {
                std::uint32_t colour = 0;
                std::memcpy(&colour, rect.data[1] + std::size_t{row[x]} * 4, 4);
                *to++ = static_cast<std::uint8_t>(colour >> 16);
                *to++ = static_cast<std::uint8_t>(colour >> 8);
                *to++ = static_cast<std::uint8_t>(colour);
                *to++ = static_cast<std::uint8_t>(colour >> 24);
            }
        }
        plane_count_ = 1;
        planes_[0] = {bytes_.data(), std::ptrdiff_t{rect.w} * 4, rect.w * 4, rect.h};
    }

private:
    std::vector<std::byte> bytes_;
};

// A bitmap may fill a screen of 4096x2304; what says that it is larger means harm.
constexpr std::int64_t most_pixels = std::int64_t{4096} * 2304;
// No subtitle lasts longer, or begins so late that its end could not be told.
constexpr Duration longest = std::chrono::hours{24};
constexpr MediaTime latest = MediaTime::max() - 2 * longest;

bool has_pixels(const AVSubtitleRect& rect) {
    return rect.type == SUBTITLE_BITMAP && rect.w > 0 && rect.h > 0 && rect.data[0] != nullptr &&
           rect.data[1] != nullptr;
}

EventText event_text(AVCodecID codec) {
    switch (codec) {
    case AV_CODEC_ID_ASS:
    case AV_CODEC_ID_SSA: return EventText::ass;
    case AV_CODEC_ID_WEBVTT:
    case AV_CODEC_ID_TEXT:
    case AV_CODEC_ID_PJS:
    case AV_CODEC_ID_STL:
    case AV_CODEC_ID_SUBVIEWER1:
    case AV_CODEC_ID_VPLAYER: return EventText::escaped;
    default: return EventText::marked_up;
    }
}

// Unicode keeps this for such uses: it is no character of anybody's text.
constexpr std::string_view marked_backslash = "\ufdd0";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string out;
    for (auto at = text.find(from); at != text.npos; at = text.find(from)) {
        out.append(text.substr(0, at)).append(to);
        text.remove_prefix(at + from.size());
    }
    return out.append(text);
}

// SAMI is HTML, of which libavcodec only understands the tags.
std::string without_entities(std::string_view html) {
    std::string text = replaced(html, "&lt;", "<");
    text = replaced(text, "&gt;", ">");
    text = replaced(text, "&quot;", "\"");
    return replaced(text, "&amp;", "&");
}

void append_line(std::string& text, const std::string& line) {
    if (line.empty()) {
        return;
    }
    if (!text.empty()) {
        text += '\n';
    }
    text += line;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \n") == text.npos; }

// When it shows is the packet's affair, where the decoder does not say otherwise: libavcodec's own stamps
// are rounded.
class SubtitleDecoder final : public Decoder {
public:
    SubtitleDecoder(const StreamInfo& stream, Codec codec)
        : codec_(std::move(codec)),
          what_(stream.codec + " subtitles of stream " + std::to_string(stream.index)) {
        const AVCodecContext& context = codec_.context();
        const AVCodecDescriptor* about = avcodec_descriptor_get(context.codec_id);
        event_text_ = event_text(context.codec_id);
        sami_ = context.codec_id == AV_CODEC_ID_SAMI;
        webvtt_ = context.codec_id == AV_CODEC_ID_WEBVTT;
        captions_ = context.codec_id == AV_CODEC_ID_EIA_608;
        text_ = about != nullptr && (about->props & AV_CODEC_PROP_TEXT_SUB) != 0 && !captions_;
        if (captions_) { // else each is told of when it is over
            av_opt_set_int(context.priv_data, "real_time", 1, 0);
        }
    }

    Result<SendOutcome> send(const Packet& packet) override {
        const auto* data = static_cast<const AvPacketData*>(packet.data.get());
        if (data == nullptr || data->packet().size == 0) {
            return SendOutcome::accepted;
        }
        if (!made_.empty()) {
            return SendOutcome::full;
        }
        if (packet.pts) {
            last_pts_ = *packet.pts;
        }
        const AVPacket& in = data->packet();
        const std::string_view bytes{reinterpret_cast<const char*>(in.data),
                                     static_cast<std::size_t>(in.size)};
        int code = webvtt_ || sami_ ? decode_instead(in, std::string(bytes), packet.duration)
                                    : decode(in, packet.duration);
        if (code < 0 && text_ && !is_utf8(bytes)) { // which libavcodec insists on
            code = decode_instead(in, from_windows_1252(bytes), packet.duration);
        }
        if (code < 0) {
            return fail(ffmpeg_error(code, "decoding the " + what_));
        }
        if (std::exchange(too_large_, false)) {
            return fail(Errc::damaged,
                        "decoding the " + what_ + ": its bitmap is larger than a screen");
        }
        return SendOutcome::accepted;
    }

    void drain() override {
        // A few decoders hold captions back.
        const bool delays = (codec_.context().codec->capabilities & AV_CODEC_CAP_DELAY) != 0;
        const PacketHandle nothing(av_packet_alloc());
        for (std::size_t had = 0; delays && nothing; had = made_.size()) {
            if (decode(*nothing, std::nullopt) < 0 || made_.size() == had) {
                break;
            }
        }
        draining_ = true;
    }

    DecodeOutcome receive() override {
        if (!made_.empty()) {
            SubtitleCue cue = std::move(made_.front());
            made_.pop_front();
            return Sample{std::move(cue)};
        }
        if (draining_) {
            return EndOfStream{};
        }
        return NotYet{};
    }

    void flush() override {
        avcodec_flush_buffers(&codec_.context());
        made_.clear();
        draining_ = false;
        unended_ = false;
        last_pts_ = media_zero;
    }

private:
    // Negative: an FFmpeg code.
    int decode(const AVPacket& packet, std::optional<Duration> length) {
        Subtitle subtitle;
        int any = 0;
        const int code = avcodec_decode_subtitle2(&codec_.context(), &subtitle, &any,
                                                  const_cast<AVPacket*>(&packet));
        if (code >= 0 && any != 0) {
            take(subtitle, length);
        }
        return code;
    }

    int decode_instead(const AVPacket& packet, std::string text, std::optional<Duration> length) {
        if (webvtt_) { // older versions of libavcodec leave backslashes to be taken for ASS
            text = replaced(text, "\\", marked_backslash);
        } else if (sami_) { // whose decoder refuses all of a line where a paragraph begins with one
            text = replaced(text, "&nbsp;", " ");
        }
        const PacketHandle changed(av_packet_alloc());
        const int size = static_cast<int>(text.size());
        if (!changed || av_new_packet(changed.get(), size) < 0) {
            return AVERROR(ENOMEM);
        }
        std::memcpy(changed->data, text.data(), text.size());
        av_packet_copy_props(changed.get(), &packet);
        return decode(*changed, length);
    }

    std::shared_ptr<SubtitleContent> content_of(const Subtitle& subtitle) {
        auto content = std::make_shared<SubtitleContent>();
        for (unsigned i = 0; i < subtitle.num_rects; ++i) {
            const AVSubtitleRect& rect = *subtitle.rects[i];
            if (rect.type == SUBTITLE_ASS && rect.ass != nullptr) {
                std::string& event = content->events.emplace_back(rect.ass);
                if (webvtt_) {
                    event = replaced(event, marked_backslash, escaped_backslash);
                } else if (sami_) {
                    event = without_entities(event);
                }
                append_line(content->text, words_of_event(event, event_text_));
            } else if (rect.type == SUBTITLE_TEXT && rect.text != nullptr) {
                append_line(content->text, rect.text);
            } else if (has_pixels(rect) && std::int64_t{rect.w} * rect.h > most_pixels) {
                too_large_ = true;
            } else if (has_pixels(rect)) {
                content->images.push_back({std::make_shared<BitmapPicture>(rect), rect.x, rect.y});
            }
        }
        return content;
    }

    // An event of ASS may be a drawing, without a word.
    bool shows_nothing(const SubtitleContent& content) const {
        return event_text_ == EventText::ass ? content.empty() : is_blank(content.text);
    }

    void take(const Subtitle& subtitle, std::optional<Duration> length) {
        auto content = content_of(subtitle);
        const bool blank = text_ && shows_nothing(*content);
        if ((text_ && length == Duration{}) || (blank && !unended_)) {
            return; // what is over by itself need not be cleared
        }
        if (blank) {
            *content = {};
        }
        content->canvas_width = codec_.context().width;
        content->canvas_height = codec_.context().height;
        SubtitleCue cue;
        cue.content = std::move(content);
        cue.until_next = !text_;
        cue.pts = last_pts_ + std::chrono::milliseconds{subtitle.start_display_time};
        if (cue.pts > latest) {
            return;
        }
        const bool told = subtitle.end_display_time > subtitle.start_display_time &&
                          subtitle.end_display_time != std::numeric_limits<std::uint32_t>::max();
        if (length && (text_ || !told) && !captions_) {
            cue.duration = length;
        } else if (told) { // of bitmaps often a bound only, in case that nothing follows
            cue.duration =
                std::chrono::milliseconds{subtitle.end_display_time - subtitle.start_display_time};
        }
        if (cue.duration) {
            cue.duration = std::clamp(*cue.duration, Duration{1}, longest);
        }
        unended_ = !cue.duration;
        made_.push_back(std::move(cue));
    }

    Codec codec_;
    const std::string what_;
    EventText event_text_ = EventText::ass;
    bool sami_ = false;
    bool webvtt_ = false;
    bool text_ = false;     // and not bitmaps, or pages: each has its own end
    bool captions_ = false; // which replace each other as they are written
    bool too_large_ = false;
    bool unended_ = false; // the last one lasts until the next
    std::deque<SubtitleCue> made_;
    MediaTime last_pts_ = media_zero;
    bool draining_ = false;
};

} // namespace

Result<std::unique_ptr<Decoder>> make_subtitle_decoder(const StreamInfo& stream, Codec codec) {
    return std::unique_ptr<Decoder>(std::make_unique<SubtitleDecoder>(stream, std::move(codec)));
}

} // namespace playhead::ffmpeg
