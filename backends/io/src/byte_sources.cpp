#include "playhead/io/byte_sources.h"

#include <algorithm>
#include <cstring>

#include "custom_source.h"
#include "locator.h"
#include "platform.h"
#include "system_sources.h"

namespace playhead::io {

namespace {

class Factory final : public ByteSourceFactory {
public:
    bool handles(const std::string& locator) const override {
        return !std::holds_alternative<NotOurs>(resolve(locator, file_exists));
    }

    Result<std::unique_ptr<ByteSource>> open(const std::string& locator,
                                             const ByteSourceContext& context) override {
        if (context.interrupt && context.interrupt->raised()) {
            return fail(Errc::cancelled, "opening '" + locator + "' was interrupted");
        }
        const Target target = resolve(locator, file_exists);
        if (std::holds_alternative<NotOurs>(target)) {
            return fail(Errc::protocol_unsupported,
                        "'" + locator + "' names neither a file nor a descriptor");
        }
        const auto* path = std::get_if<FilePath>(&target);
        const std::string name = path != nullptr ? path->path : locator;
        if (name.empty()) {
            return fail(Errc::cannot_open, "the name of the file to open is empty");
        }
        auto file = path != nullptr ? open_file(path->path)
                                    : borrow_descriptor(std::get<OpenDescriptor>(target).number);
        if (!file) {
            return fail(open_error(file.error(), name));
        }
        return make_system_source(std::move(*file), name, context.interrupt);
    }

    Result<std::unique_ptr<ByteSource>> open(std::shared_ptr<CustomIo> io,
                                             const ByteSourceContext& context) override {
        if (!io || !io->read) {
            return fail(Errc::invalid_argument, "custom I/O was given without a read function");
        }
        if (!context.executor) {
            return fail(Errc::invalid_argument, "custom I/O needs an executor for its cancel");
        }
        return make_custom_source(std::move(io), context);
    }
};

} // namespace

std::optional<std::string> path_of(const std::string& locator) {
    const Target target = resolve(locator, file_exists);
    const auto* path = std::get_if<FilePath>(&target);
    return path != nullptr ? std::optional{path->path} : std::nullopt;
}

std::shared_ptr<ByteSourceFactory> make_byte_source_factory() {
    return std::make_shared<Factory>();
}

std::shared_ptr<CustomIo> memory_source(std::shared_ptr<const std::vector<std::byte>> bytes,
                                        std::string name) {
    auto io = std::make_shared<CustomIo>();
    io->size = bytes->size();
    io->name = std::move(name);
    io->read = [bytes = std::move(bytes)](std::uint64_t offset, std::span<std::byte> into) {
        if (offset >= bytes->size()) {
            return std::int64_t{0};
        }
        const auto from = static_cast<std::size_t>(offset);
        const std::size_t length = std::min(into.size(), bytes->size() - from);
        std::memcpy(into.data(), bytes->data() + from, length);
        return static_cast<std::int64_t>(length);
    };
    return io;
}

} // namespace playhead::io
