// What decoders share: an opened libavcodec decoder; for sound and pictures, with packets going in and
// frames out.
#pragma once

#include <string>
#include <variant>

#include "handles.h"
#include "payload.h"
#include "playhead/backend/decoder.h"

namespace playhead::ffmpeg {

// Threads: one at a time.
class Codec {
public:
    static Result<Codec> open(const StreamInfo& stream, const DecoderContext& context);

    AVCodecContext& context() { return *codec_; }
    const AVCodecContext& context() const { return *codec_; }

    Result<SendOutcome> send(const Packet& packet);
    void drain();
    std::variant<FrameHandle, NotYet, EndOfStream, Error> receive();
    void flush();

private:
    explicit Codec(OpenedCodec codec, std::string what)
        : codec_(std::move(codec)),
          what_(std::move(what)) {}
    Error failure(int code) const;

    OpenedCodec codec_;
    std::string what_;  // "h264 video of stream 0"
    FrameHandle spare_; // allocated, but the decoder had nothing for it
};

Result<std::unique_ptr<Decoder>> make_video_decoder(const StreamInfo& stream, Codec codec);
Result<std::unique_ptr<Decoder>> make_audio_decoder(const StreamInfo& stream, Codec codec);
Result<std::unique_ptr<Decoder>> make_subtitle_decoder(const StreamInfo& stream, Codec codec);

} // namespace playhead::ffmpeg
