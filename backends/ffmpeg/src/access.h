// Who may open what: every open of a source, its own and those a playlist asks for.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "avio.h"
#include "mp4_scan.h"
#include "playhead/backend/source.h"

namespace playhead::ffmpeg {

// Opens locators for one source through the byte source factory or libavformat's network protocols.
// Rules: a playlist that came from the network opens nothing but network; one from this machine opens
// files (no pipes, descriptors) and network; nobody writes.
// Threads: the reader's. Interrupt: ends every wait.
class Access {
public:
    Access(std::shared_ptr<ByteSourceFactory> bytes, OpenOptions options, SourceContext context);
    ~Access();
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;

    // The source's own bytes; null for one whose demuxer connects by itself (rtsp).
    Result<AVIOContext*> open_main(const OpenRequest& request);
    // The same bytes from their beginning, after damage that a plain seek does not mend.
    Result<AVIOContext*> reopen_main(const OpenRequest& request);
    // These bytes take the place of the source's own, which are closed.
    Result<AVIOContext*> replace_main(const OpenRequest& request, std::string bytes);
    // For a demuxer that opens a second file itself: the plain file on this machine that is called like the
    // source's own but for its ending, as libavformat's file protocol takes it.
    Result<std::string> url_beside(const OpenRequest& request, const std::string& ending);
    // Gives `input` our I/O for whatever it opens from now on.
    void attach(AVFormatContext& input);
    // Options for the demuxer and its protocols.
    void add_options(Options& options) const;

    bool interrupted() const;
    bool is_network() const { return network_; }
    void tell(SourceNews news) const {
        if (context_.host) {
            context_.host->tell(std::move(news));
        }
    }
    bool may_stall() const { return network_ || (main_ && main_->source().may_stall()); }
    // The sentence of the byte source or of a refusal, if that is why FFmpeg failed.
    Status failure() const;
    void recover();
    // What a look at the boxes told; for whoever describes the streams.
    void note(std::vector<Mp4SoundEnd> ends) { sound_ends_ = std::move(ends); }
    const std::vector<Mp4SoundEnd>& sound_ends() const { return sound_ends_; }
    // The main bytes, if they come from a byte source.
    ByteStream* main_stream() { return main_.get(); }

private:
    static int on_interrupt(void* self) noexcept;
    static int on_open(AVFormatContext* input, AVIOContext** out, const char* url, int flags,
                       AVDictionary** options) noexcept;
    static int on_close(AVFormatContext* input, AVIOContext* context) noexcept;

    Result<std::unique_ptr<ByteStream>> byte_stream(const OpenRequest& request);
    Result<AVIOContext*> open_protocol(const std::string& url, AVDictionary** options,
                                       const char* protocols);
    Result<AVIOContext*> open_nested(const std::string& url, AVDictionary** options);

    std::shared_ptr<ByteSourceFactory> bytes_;
    const OpenOptions options_;
    const SourceContext context_;
    bool network_ = false;
    std::unique_ptr<ByteStream> main_;
    AVIOContext* main_protocol_ = nullptr;
    std::map<AVIOContext*, std::unique_ptr<ByteStream>> nested_;
    Status refusal_;
    std::vector<Mp4SoundEnd> sound_ends_;
};

// What came of connecting to it, and what to do.
Error connect_error(int code, const std::string& url);
// Whether libavformat was built with that protocol (for reading).
bool has_protocol(const std::string& scheme);

} // namespace playhead::ffmpeg
