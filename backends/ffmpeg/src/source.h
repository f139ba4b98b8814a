// AvSource: a MediaSource on libavformat.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "access.h"
#include "handles.h"
#include "playhead/backend/source.h"
#include "stamps.h"

namespace playhead::ffmpeg {

// Threads: the reader's.
class AvSource final : public MediaSource {
public:
    static Result<std::unique_ptr<MediaSource>> open(std::shared_ptr<ByteSourceFactory> bytes,
                                                     const OpenRequest& request,
                                                     const SourceContext& context);

    const Presentation& presentation() const override { return presentation_; }
    void select(std::span<const StreamIndex> streams) override;
    Result<void> seek(MediaTime t) override;
    ReadOutcome read() override;
    std::uint64_t damage() const override { return damage_; }

private:
    struct Track {
        bool selected = false;
        bool picture_owed = false; // an attached picture that has not been handed out
    };
    // Where a seek came out: the first packet of the leading stream that can be decoded.
    struct Landing {
        std::optional<MediaTime> pts;
        std::optional<MediaTime> dts;
    };
    struct Gathered {
        Duration lacking{};  // of the sound, at the most
        bool landed = false; // the leading stream is there, too
    };

    AvSource(OpenRequest request, std::unique_ptr<Access> access, OpenedInput input);

    void apply_selection();
    bool wanted(StreamIndex stream) const;
    std::optional<ReadOutcome> demux(); // nothing: that one was not for us
    Packet convert(PacketHandle packet);
    std::optional<Packet> owed_picture();
    bool ends_without_length(int code);
    Error read_failure(int code);
    void look_at_metadata();

    const StreamInfo* leading_stream(MediaTime t) const;
    Result<void> seek_to(MediaTime t);
    int seek_raw(const StreamInfo* lead, Duration target, bool to_start);
    Result<Landing> find_landing(const StreamInfo& lead, MediaTime t);
    std::vector<StreamIndex> sound_at(MediaTime t) const;
    bool is_dear() const;
    Result<Gathered> gather_sound(const StreamInfo& lead, MediaTime t, const Landing* from);
    Result<void> fetch_sound(const StreamInfo& lead, const Landing& landing, Duration landed_by,
                             MediaTime t);
    Result<void> reopen();

    const OpenRequest request_;
    const std::unique_ptr<Access> access_; // outlives the input, whose I/O it is
    OpenedInput input_;
    Presentation presentation_;
    std::map<std::string, std::string> metadata_; // told last
    std::vector<Track> tracks_;
    Stamps stamps_;
    const bool media_passed_;  // the index was found behind the media
    std::deque<Packet> ahead_; // read while looking where a seek came out
    std::optional<Error> failed_;
    bool at_start_ = true; // nothing was handed out yet
    bool anything_came_ = false;
    int bad_in_a_row_ = 0;
    std::uint64_t damage_ = 0;
};

} // namespace playhead::ffmpeg
