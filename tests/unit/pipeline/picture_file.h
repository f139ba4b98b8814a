// PictureFile: a file that is a list of pictures, in the order of the file, with the stamps a test
// wants, and a decoder that knows what refers to what. It counts what is asked of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "playhead/backend/decoder.h"
#include "playhead/backend/source.h"

namespace playhead::test {

struct FilePicture {
    int pts_ms = 0;
    std::optional<int> dts_ms;
    bool key = false;
};

struct PictureFile {
    std::vector<FilePicture> pictures;
    int length_ms = 40;    // told of each picture; 0 = none
    int lands_early = 0;   // a seek comes out so many key frames before the right one
    int lands_late_ms = 0; // or looks for the key frame at or before a time that much later
    std::size_t packet_bytes = 100;
    // A decoder that begins at a key frame other than the first gives nothing for so many packets.
    int refresh = 0;

    // What happened.
    std::vector<int> seeks_ms;
    int read = 0;
    int decoded = 0;
};

// `file` is written to by the source's thread; look at it when the simulation stands still.
std::shared_ptr<SourceFactory> picture_sources(std::shared_ptr<PictureFile> file);
// A picture comes out when nothing earlier can follow. One that is shown before a key frame that it
// follows needs the key frame before that: without it, it comes out corrupt, or not at all.
std::shared_ptr<DecoderFactory> picture_decoders(std::shared_ptr<PictureFile> file);

// `groups` of `size` pictures 40 ms apart, the first at `start_ms`, in the order I P B P B ...;
// open: each group but the first begins with I B, the B shown before the I.
std::vector<FilePicture> groups_of_pictures(int groups, int size, bool open, int start_ms = 0);

} // namespace playhead::test
