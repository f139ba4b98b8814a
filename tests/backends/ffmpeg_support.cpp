#include "ffmpeg_support.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include <nlohmann/json.hpp>

#include "playhead/ffmpeg/backend.h"
#include "playhead/io/byte_sources.h"
#include "support/catch.h"
#include "support/child_process.h"

namespace playhead::test {

namespace {

// One plane turned clockwise, its samples of so many bytes.
std::vector<std::byte> turned(const Plane& plane, int degrees, int sample_bytes) {
    const int columns = plane.row_bytes / sample_bytes;
    const bool lying = degrees == 90 || degrees == 270;
    const int out_columns = lying ? plane.rows : columns;
    const int out_rows = lying ? columns : plane.rows;
    std::vector<std::byte> out(static_cast<std::size_t>(out_columns) *
                               static_cast<std::size_t>(out_rows) *
                               static_cast<std::size_t>(sample_bytes));
    std::byte* to = out.data();
    for (int y = 0; y < out_rows; ++y) {
        for (int x = 0; x < out_columns; ++x) {
            int from_x = x;
            int from_y = y;
            switch (degrees) {
            case 90: from_x = y, from_y = plane.rows - 1 - x; break;
            case 180: from_x = columns - 1 - x, from_y = plane.rows - 1 - y; break;
            case 270: from_x = columns - 1 - y, from_y = x; break;
            default: break;
            }
            std::memcpy(to, plane.data + from_y * plane.stride_bytes + from_x * sample_bytes,
                        static_cast<std::size_t>(sample_bytes));
            to += sample_bytes;
        }
    }
    return out;
}

// The checksum of FATE's framecrc: Adler-32 that starts at 0 and not at 1.
std::uint32_t adler(std::uint32_t sum, const std::byte* bytes, std::size_t count) {
    constexpr std::uint32_t base = 65521;
    std::uint32_t low = sum & 0xffff;
    std::uint32_t high = sum >> 16;
    while (count > 0) {
        const std::size_t stretch = std::min<std::size_t>(count, 5552); // before 32 bits overflow
        for (std::size_t i = 0; i < stretch; ++i) {
            low += std::to_integer<std::uint32_t>(bytes[i]);
            high += low;
        }
        low %= base;
        high %= base;
        bytes += stretch;
        count -= stretch;
    }
    return high << 16 | low;
}

class Playing {
public:
    Playing(MediaSource& source, PlayOptions options) : source_(source), options_(options) {}

    Played run(const std::vector<StreamIndex>& streams) {
        const auto factory = ffmpeg::make_decoder_factory();
        std::vector<StreamIndex> decodable;
        for (const StreamIndex index : streams) {
            const StreamInfo& info =
                source_.presentation().streams[static_cast<std::size_t>(index)];
            auto decoder = factory->create(info, {options_.threads, false});
            if (decoder) {
                (*decoder)->set_skip(options_.skip);
                decoders_[index] = std::move(*decoder);
                decodable.push_back(index);
            }
        }
        source_.select(decodable);
        while (!enough()) {
            auto outcome = source_.read();
            if (auto* packet = std::get_if<Packet>(&outcome)) {
                feed(*packet);
                continue;
            }
            if (auto* error = std::get_if<Error>(&outcome)) {
                played_.read_error = *error;
            }
            break;
        }
        if (!enough()) {
            for (auto& [index, decoder] : decoders_) {
                decoder->drain();
                take(index, *decoder);
            }
        }
        return std::move(played_);
    }

private:
    bool enough() const {
        return options_.frames && !played_.video.empty() &&
               played_.video.begin()->second.size() >= *options_.frames;
    }

    void feed(const Packet& packet) {
        Decoder& decoder = *decoders_.at(packet.stream);
        for (;;) {
            const auto sent = decoder.send(packet);
            if (!sent) {
                played_.decode_errors.push_back(sent.error());
                return;
            }
            take(packet.stream, decoder);
            if (*sent == SendOutcome::accepted) {
                return;
            }
        }
    }

    void take(StreamIndex stream, Decoder& decoder) {
        for (;;) {
            auto outcome = decoder.receive();
            if (auto* error = std::get_if<Error>(&outcome)) {
                played_.decode_errors.push_back(*error);
                continue;
            }
            const auto* sample = std::get_if<Sample>(&outcome);
            if (sample == nullptr) {
                return;
            }
            if (const auto* frame = std::get_if<VideoFrame>(sample)) {
                played_.video[stream].push_back(
                    {frame->pts, frame->duration, picture_hash(*frame->picture)});
            } else {
                hear(stream, std::get<AudioBlock>(*sample));
            }
        }
    }

    void hear(StreamIndex stream, const AudioBlock& block) {
        Heard& heard = played_.audio[stream];
        if (heard.frames == 0) {
            heard.first = block.pts;
        } else if (std::chrono::abs(block.pts - heard.end) > Duration{2}) {
            ++heard.gaps;
        }
        heard.frames += block.frames;
        heard.end = block.pts + block.length();
    }

    MediaSource& source_;
    const PlayOptions options_;
    std::map<StreamIndex, std::unique_ptr<Decoder>> decoders_;
    Played played_;
};

} // namespace

Scratch::Scratch() {
    std::random_device random;
    folder_ = (std::filesystem::temp_directory_path() /
               ("playhead-test-" + std::to_string(random()) + std::to_string(random())))
                  .string();
    std::filesystem::create_directories(folder_);
}

Scratch::~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string Scratch::path(const std::string& name) const { return folder_ + "/" + name; }

std::string Scratch::write(const std::string& name, const std::string& contents) const {
    std::ofstream file(path(name), std::ios::binary);
    file << contents;
    return path(name);
}

std::string Scratch::clip(const std::string& name, const std::vector<std::string>& options) const {
    std::vector<std::string> command{PLAYHEAD_BINARY_DIR "/playhead-clip"};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(path(name));
    const Exited exited = run(std::move(command));
    INFO(exited.err);
    REQUIRE(exited.code == 0);
    return path(name);
}

Result<Opened> open_media(OpenRequest request, std::shared_ptr<Executor> executor,
                          std::shared_ptr<Interrupt> interrupt) {
    Opened opened;
    opened.interrupt = interrupt ? std::move(interrupt) : std::make_shared<Interrupt>();
    const auto factory = ffmpeg::make_source_factory(io::make_byte_source_factory());
    auto source = factory->open(request, {std::move(executor), opened.interrupt});
    if (!source) {
        return fail(std::move(source.error()));
    }
    opened.source = std::move(*source);
    return opened;
}

Result<Opened> open_media(const std::string& locator) {
    OpenRequest request;
    request.locator = locator;
    return open_media(std::move(request));
}

Played play(MediaSource& source, const std::vector<StreamIndex>& streams, PlayOptions options) {
    return Playing(source, options).run(streams);
}

Played play(MediaSource& source, PlayOptions options) {
    std::vector<StreamIndex> streams;
    for (const StreamInfo& stream : source.presentation().streams) {
        if (stream.kind == StreamKind::video || stream.kind == StreamKind::audio) {
            streams.push_back(stream.index);
        }
    }
    return play(source, streams, options);
}

std::uint32_t picture_hash(const Picture& picture) {
    std::uint32_t sum = 0;
    const int degrees = picture.format().rotation_degrees;
    const int sample_bytes =
        picture.format().pixel_format_name.find("10le") != std::string::npos ? 2 : 1;
    for (int i = 0; i < picture.plane_count(); ++i) {
        const Plane& plane = picture.plane(i);
        if (degrees != 0) {
            const auto upright = turned(plane, degrees, sample_bytes);
            sum = adler(sum, upright.data(), upright.size());
            continue;
        }
        for (int row = 0; row < plane.rows; ++row) {
            sum = adler(sum, plane.data + row * plane.stride_bytes,
                        static_cast<std::size_t>(plane.row_bytes));
        }
    }
    return sum;
}

} // namespace playhead::test
