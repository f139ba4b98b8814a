// BareFile: FFmpeg without anything around it, for the limits of bare.h.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <memory>
#include <string>

#include "playhead/result.h"

namespace playhead::bench {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* p) const {
        Free(&p);
    }
};
using BarePacket = std::unique_ptr<AVPacket, Freed<av_packet_free>>;
using BareFrame = std::unique_ptr<AVFrame, Freed<av_frame_free>>;
using BareCodec = std::unique_ptr<AVCodecContext, Freed<avcodec_free_context>>;
using BareInput = std::unique_ptr<AVFormatContext, Freed<avformat_close_input>>;

struct BareStream {
    AVStream* stream = nullptr; // null: there is none
    BareCodec codec;
};

// Threads: one. What is neither the best picture nor the best sound is discarded.
struct BareFile {
    BareInput input;
    BareStream video;
    BareStream audio;
    BarePacket packet{av_packet_alloc()};
    BareFrame frame{av_frame_alloc()};

    static Result<BareFile> open(const std::string& name, int threads, bool with_sound);
};

} // namespace playhead::bench
