#include "access.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "error.h"
#include "playhead/version.h"

namespace playhead::ffmpeg {

namespace {

// What may carry media over a network, and the layers below. No file, pipe, concat or subfile here:
// a protocol opens the ones inside it without asking us.
constexpr const char* network_protocols =
    "http,https,httpproxy,tls,tcp,udp,udplite,rtp,srtp,rtsp,rtsps,rtmp,rtmps,rtmpe,rtmpt,rtmpte,"
    "rtmpts,mmsh,mmst,ftp,srt,rist,crypto,data,gopher,gophers,ipfs,ipns";
// A local playlist with encrypted local segments.
constexpr const char* local_crypto_protocols = "crypto,file";

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

// "https" of "https://host/"; empty where there is none.
std::string scheme_of(std::string_view locator) {
    const std::size_t end = locator.find_first_of(":/\\?#,");
    if (end == std::string_view::npos || end < 2 || locator[end] != ':') {
        return {};
    }
    return lower(locator.substr(0, end));
}

bool listed(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (list.substr(0, comma) == word) {
            return true;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

std::string host_of(const std::string& url) {
    const std::size_t begin = url.find("://");
    if (begin == std::string::npos) {
        return url;
    }
    std::string host = url.substr(begin + 3, url.find_first_of("/?#", begin + 3) - begin - 3);
    const std::size_t user = host.rfind('@');
    return user == std::string::npos ? host : host.substr(user + 1);
}

} // namespace

Error connect_error(int code, const std::string& url) {
    Error error = ffmpeg_error(code, "opening '" + url + "'");
    switch (code) {
    case AVERROR(ECONNREFUSED):
        error.text = "'" + host_of(url) +
                     "' refused the connection; check the port, and that "
                     "its server is running";
        break;
    case AVERROR(ETIMEDOUT):
        error.text = "'" + host_of(url) + "' did not answer in time; check the network";
        break;
    case AVERROR(EIO):
        // What libavformat also makes of a name that does not resolve, and of redirections in a circle.
        error.text = "'" + host_of(url) +
                     "' could not be reached, or only sends on; check the address and the network";
        break;
    case AVERROR_HTTP_SERVER_ERROR:
        error.text = "'" + host_of(url) + "' is in trouble itself (a 5xx answer); try again later";
        break;
    case AVERROR_HTTP_BAD_REQUEST:
    case AVERROR_HTTP_OTHER_4XX:
        error.text = "'" + host_of(url) + "' does not give out '" + url + "'; check the address";
        break;
    case AVERROR(EINVAL):
        error.text = "'" + url + "' is no address; check its host and port";
        break;
    case AVERROR_HTTP_NOT_FOUND:
        error.text = "the server has no '" + url + "' (404); check the address";
        break;
    case AVERROR_HTTP_UNAUTHORIZED:
    case AVERROR_HTTP_FORBIDDEN:
        error.text = "the server does not give out '" + url + "' without permission";
        break;
    default: break;
    }
    return error;
}

namespace {

Error cancelled(const std::string& url) {
    return {Errc::cancelled, "opening '" + url + "' was interrupted"};
}

class HeldBytes final : public ByteSource {
public:
    explicit HeldBytes(std::string bytes) : bytes_(std::move(bytes)) {}
    std::optional<std::uint64_t> size() const override { return bytes_.size(); }
    bool seekable() const override { return true; }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        const auto rest = std::as_bytes(std::span(bytes_))
                              .subspan(std::min<std::uint64_t>(offset, bytes_.size()));
        const std::size_t count = std::min(rest.size(), into.size());
        std::copy_n(rest.begin(), count, into.begin());
        return count;
    }

private:
    const std::string bytes_;
};

} // namespace

bool has_protocol(const std::string& scheme) {
    void* position = nullptr;
    while (const char* name = avio_enum_protocols(&position, 0)) {
        if (scheme == name) {
            return true;
        }
    }
    return false;
}

Access::Access(std::shared_ptr<ByteSourceFactory> bytes, OpenOptions options, SourceContext context)
    : bytes_(std::move(bytes)),
      options_(std::move(options)),
      context_(std::move(context)) {}

Access::~Access() {
    if (main_protocol_ != nullptr) {
        avio_closep(&main_protocol_);
    }
}

bool Access::interrupted() const { return context_.interrupt && context_.interrupt->raised(); }

int Access::on_interrupt(void* self) noexcept { return static_cast<Access*>(self)->interrupted(); }

Result<std::unique_ptr<ByteStream>> Access::byte_stream(const OpenRequest& request) {
    const ByteSourceContext context{context_.executor, context_.interrupt};
    auto source =
        request.io ? bytes_->open(request.io, context) : bytes_->open(request.locator, context);
    if (!source) {
        return fail(std::move(source.error()));
    }
    auto stream = ByteStream::create(std::move(*source));
    if (!stream) {
        return fail(Errc::out_of_memory, "no memory for reading '" + request.locator + "'");
    }
    return stream;
}

Result<AVIOContext*> Access::open_main(const OpenRequest& request) {
    if (request.io || (bytes_ && bytes_->handles(request.locator))) {
        auto stream = byte_stream(request);
        if (!stream) {
            return fail(std::move(stream.error()));
        }
        main_ = std::move(*stream);
        network_ = main_->source().is_network();
        return main_->context();
    }
    const std::string scheme = scheme_of(request.locator);
    // rtsp and its kin are demuxers that connect by themselves.
    const bool connects_itself = scheme == "rtsp" || scheme == "rtsps";
    if (!listed(network_protocols, scheme) || (!connects_itself && !has_protocol(scheme))) {
        return fail(Errc::protocol_unsupported,
                    "'" + request.locator +
                        "' cannot be opened: this build has no protocol for \"" + scheme +
                        ":\"; give a file, or an address that begins with http: or https:");
    }
    network_ = true;
    if (connects_itself) {
        return nullptr;
    }
    auto opened = open_protocol(request.locator, nullptr, network_protocols);
    if (opened) {
        main_protocol_ = *opened;
    }
    return opened;
}

Result<AVIOContext*> Access::reopen_main(const OpenRequest& request) {
    if (main_) {
        main_ = ByteStream::create(main_->take_source());
        if (!main_) {
            return fail(Errc::out_of_memory, "no memory for reading '" + request.locator + "'");
        }
        return main_->context();
    }
    if (main_protocol_ != nullptr) {
        avio_closep(&main_protocol_);
    }
    return open_main(request);
}

Result<AVIOContext*> Access::replace_main(const OpenRequest& request, std::string bytes) {
    auto stream = ByteStream::create(std::make_unique<HeldBytes>(std::move(bytes)));
    if (!stream) {
        return fail(Errc::out_of_memory, "no memory for reading '" + request.locator + "'");
    }
    if (main_protocol_ != nullptr) {
        avio_closep(&main_protocol_);
    }
    main_ = std::move(stream);
    return main_->context();
}

Result<std::string> Access::url_beside(const OpenRequest& request, const std::string& ending) {
    const std::string scheme = scheme_of(request.locator);
    std::string path = request.locator;
    if (scheme == "file") {
        path.erase(0, path.starts_with("file:///") ? 7 : 5);
    }
    // libavformat knows neither escapes in a URL of a file nor the name of a machine.
    const bool foreign =
        scheme == "file" && (path.find('%') != path.npos || path.starts_with("//"));
    const bool named = main_ && !request.io && path != "-" && (scheme.empty() || scheme == "file");
    const std::size_t name = path.rfind('/') + 1;
    const std::size_t dot = path.find('.', name) == path.npos ? path.size() : path.rfind('.');
    if (!named || foreign) {
        return fail(Errc::cannot_open, "give the path of a file on this machine");
    }
    path.replace(dot, path.npos, ending);
    auto stream = byte_stream({.locator = path, .io = nullptr, .options = {}});
    if (!stream) {
        return fail(std::move(stream.error()));
    }
    if (!(*stream)->source().seekable()) {
        return fail(Errc::cannot_open, "'" + path + "' is no plain file");
    }
    return "file:" + path;
}

Result<AVIOContext*> Access::open_protocol(const std::string& url, AVDictionary** given,
                                           const char* protocols) {
    Options options;
    if (given != nullptr) {
        options.merge(*given);
    }
    add_options(options);
    options.set("protocol_whitelist", protocols);
    const AVIOInterruptCB interrupt{&on_interrupt, this};
    AVIOContext* out = nullptr;
    const int code = avio_open2(&out, url.c_str(), AVIO_FLAG_READ, &interrupt, options.out());
    if (code < 0) {
        return fail(interrupted() ? cancelled(url) : connect_error(code, url));
    }
    return out;
}

Result<AVIOContext*> Access::open_nested(const std::string& url, AVDictionary** options) {
    std::string inner = url;
    const std::string scheme = scheme_of(url);
    const bool decrypts = scheme == "crypto" || scheme.starts_with("crypto+");
    if (decrypts) {
        inner = scheme == "crypto" ? url.substr(7) : scheme.substr(7) + url.substr(scheme.size());
    }
    const bool local = bytes_ && bytes_->handles(inner);
    if (!local) {
        if (!listed(network_protocols, decrypts ? scheme_of(inner) : scheme)) {
            return fail(Errc::protocol_unsupported, "a playlist may not open '" + url + "'");
        }
        return open_protocol(url, options, network_protocols);
    }
    const std::string inner_scheme = scheme_of(inner);
    if (network_ || (!inner_scheme.empty() && inner_scheme != "file") || inner == "-") {
        return fail(Errc::protocol_unsupported,
                    "a playlist" + std::string(network_ ? " from the network" : "") +
                        " may not open '" + url + "' on this machine");
    }
    if (decrypts) {
        return open_protocol(url, options, local_crypto_protocols);
    }
    auto stream = byte_stream({.locator = inner, .io = nullptr, .options = {}});
    if (!stream) {
        return fail(std::move(stream.error()));
    }
    AVIOContext* context = (*stream)->context();
    nested_.emplace(context, std::move(*stream));
    return context;
}

int Access::on_open(AVFormatContext* input, AVIOContext** out, const char* url, int flags,
                    AVDictionary** options) noexcept {
    auto& access = *static_cast<Access*>(input->opaque);
    if ((flags & AVIO_FLAG_WRITE) != 0) {
        return AVERROR(EACCES);
    }
    auto opened = access.open_nested(url, options);
    if (!opened) {
        access.refusal_ = std::move(opened.error());
        return access.refusal_ == Errc::cancelled ? AVERROR_EXIT : AVERROR(EACCES);
    }
    *out = *opened;
    return 0;
}

int Access::on_close(AVFormatContext* input, AVIOContext* context) noexcept {
    auto& access = *static_cast<Access*>(input->opaque);
    if (access.nested_.erase(context) > 0) {
        return 0;
    }
    return avio_close(context);
}

void Access::attach(AVFormatContext& input) {
    input.opaque = this;
    input.interrupt_callback = {&on_interrupt, this};
    input.io_open = &on_open;
    input.io_close2 = &on_close;
}

void Access::add_options(Options& options) const {
    const std::string agent =
        options_.user_agent.empty() ? "Playhead/" + std::string(version) : options_.user_agent;
    options.set("user_agent", agent.c_str());
    options.set(
        "rw_timeout",
        std::chrono::duration_cast<std::chrono::microseconds>(options_.network_timeout).count());
    options.set("reconnect", 1);
    options.set("reconnect_delay_max", 2);
    // With I/O of our own the hls demuxer aborts the process when it keeps connections open.
    options.set("http_persistent", std::int64_t{0});
}

Status Access::failure() const {
    if (main_ && !main_->failure().ok()) {
        return main_->failure();
    }
    for (const auto& [context, stream] : nested_) {
        if (!stream->failure().ok()) {
            return stream->failure();
        }
    }
    return refusal_;
}

void Access::recover() {
    refusal_ = {};
    if (main_) {
        main_->recover();
    }
    if (main_protocol_ != nullptr) {
        main_protocol_->error = 0;
        main_protocol_->eof_reached = 0;
    }
    for (const auto& [context, stream] : nested_) {
        stream->recover();
    }
}

} // namespace playhead::ffmpeg
