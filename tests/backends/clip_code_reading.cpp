#include "clip_code_reading.h"

#include "ffmpeg_support.h"
#include "media/clip_code.h"
#include "playhead/ffmpeg/backend.h"
#include "support/catch.h"

namespace playhead::test {

std::vector<ReadNumber> read_numbers(const std::string& path, int width, int height) {
    auto opened = open_media(path);
    REQUIRE(opened);
    const StreamInfo* video = opened->source->presentation().best(StreamKind::video);
    REQUIRE(video != nullptr);
    opened->source->select(std::vector<StreamIndex>{video->index});
    auto decoder = ffmpeg::make_decoder_factory()->create(*video, {});
    REQUIRE(decoder);
    const auto converter = ffmpeg::make_converter_factory()->video();
    std::vector<ReadNumber> numbers;
    const auto take = [&] {
        for (;;) {
            auto outcome = (*decoder)->receive();
            auto* sample = std::get_if<Sample>(&outcome);
            if (sample == nullptr) {
                return;
            }
            const auto& frame = std::get<VideoFrame>(*sample);
            VideoFormat wanted = frame.picture->format();
            wanted.pixel_format = PixelFormat::rgb24;
            wanted.native_pixel_format = -1;
            wanted.width = width;
            wanted.height = height;
            const auto rgb = converter->convert(*frame.picture, wanted);
            REQUIRE(rgb);
            const Plane& plane = (*rgb)->plane(0);
            const clip::Brightness green{reinterpret_cast<const std::uint8_t*>(plane.data) + 1,
                                         plane.stride_bytes, 3, width, height};
            numbers.push_back({clip::read_code(green), clip::read_flash(green)});
        }
    };
    for (;;) {
        auto outcome = opened->source->read();
        const auto* packet = std::get_if<Packet>(&outcome);
        if (packet == nullptr) {
            break;
        }
        for (;;) {
            const auto sent = (*decoder)->send(*packet);
            REQUIRE(sent);
            take();
            if (*sent == SendOutcome::accepted) {
                break;
            }
        }
    }
    (*decoder)->drain();
    take();
    return numbers;
}

} // namespace playhead::test
