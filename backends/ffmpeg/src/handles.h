// Owners of FFmpeg's objects; each says which free matches which open.
#pragma once

#include <memory>
#include <type_traits>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/buffer.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

namespace playhead::ffmpeg {

// Half of FFmpeg's frees take the pointer, the other half its address.
template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        if constexpr (std::is_invocable_v<decltype(Free), T**>) {
            Free(&object);
        } else {
            Free(object);
        }
    }
};

using PacketHandle = std::unique_ptr<AVPacket, Freed<av_packet_free>>;
using FrameHandle = std::unique_ptr<AVFrame, Freed<av_frame_free>>;
using OpenedInput = std::unique_ptr<AVFormatContext, Freed<avformat_close_input>>;
using OpenedCodec = std::unique_ptr<AVCodecContext, Freed<avcodec_free_context>>;
using CodecParameters = std::unique_ptr<AVCodecParameters, Freed<avcodec_parameters_free>>;
using Resampler = std::unique_ptr<SwrContext, Freed<swr_free>>;
using Scaler = std::unique_ptr<SwsContext, Freed<sws_freeContext>>;
using BufferPool = std::unique_ptr<AVBufferPool, Freed<av_buffer_pool_uninit>>;

// Options on their way into an open call, which takes out what it understood.
class Options {
public:
    Options() = default;
    ~Options() { av_dict_free(&dictionary_); }
    Options(const Options&) = delete;
    Options& operator=(const Options&) = delete;

    void set(const char* key, const char* value) { av_dict_set(&dictionary_, key, value, 0); }
    void set(const char* key, std::int64_t value) { av_dict_set_int(&dictionary_, key, value, 0); }
    void merge(const AVDictionary* other) { av_dict_copy(&dictionary_, other, 0); }
    AVDictionary** out() { return &dictionary_; }

private:
    AVDictionary* dictionary_ = nullptr;
};

} // namespace playhead::ffmpeg
