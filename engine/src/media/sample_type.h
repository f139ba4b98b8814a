// The type of a sample, and whether two samples are of one type: what an output would have to be told.
#pragma once

#include "playhead/backend/sample.h"

namespace playhead {

inline bool same_type(const VideoFormat& a, const VideoFormat& b) {
    return a.width == b.width && a.height == b.height && a.pixel_format == b.pixel_format &&
           a.native_pixel_format == b.native_pixel_format && a.pixel_aspect == b.pixel_aspect;
}

inline bool same_type(const AudioFormat& a, const AudioFormat& b) {
    return a.rate_hz == b.rate_hz && a.channels == b.channels && a.sample_format == b.sample_format;
}

inline bool same_type(const MediaType& a, const MediaType& b) {
    if (a.index() != b.index()) return false;
    if (const auto* video = std::get_if<VideoFormat>(&a)) {
        return same_type(*video, std::get<VideoFormat>(b));
    }
    if (const auto* audio = std::get_if<AudioFormat>(&a)) {
        return same_type(*audio, std::get<AudioFormat>(b));
    }
    return a == b;
}

// Nothing where the sample is empty, or a subtitle: outputs of those take whatever one shows.
inline MediaType type_of(const Sample& sample) {
    if (const auto* frame = std::get_if<VideoFrame>(&sample)) {
        return frame->picture ? MediaType{frame->picture->format()} : MediaType{};
    }
    const auto* block = std::get_if<AudioBlock>(&sample);
    return block && block->buffer ? MediaType{block->buffer->format()} : MediaType{};
}

// Copies nothing: it is asked for each sample.
inline bool is_of_type(const Sample& sample, const MediaType& type) {
    if (const auto* frame = std::get_if<VideoFrame>(&sample)) {
        const auto* video = std::get_if<VideoFormat>(&type);
        return video && frame->picture && same_type(frame->picture->format(), *video);
    }
    const auto* block = std::get_if<AudioBlock>(&sample);
    const auto* audio = std::get_if<AudioFormat>(&type);
    return audio && block && block->buffer && same_type(block->buffer->format(), *audio);
}

} // namespace playhead
