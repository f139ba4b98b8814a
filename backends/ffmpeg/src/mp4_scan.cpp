#include "mp4_scan.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "mp4_sound_end.h"

namespace playhead::ffmpeg {

namespace {

constexpr int box_limit = 20'000;       // a fragmented film of two hours has some ten thousand
constexpr std::uint32_t most_edits = 8; // one, or one and a pause before it; more are no plain ones

std::uint32_t big_endian_32(const std::byte* at) {
    return std::to_integer<std::uint32_t>(at[0]) << 24 |
           std::to_integer<std::uint32_t>(at[1]) << 16 |
           std::to_integer<std::uint32_t>(at[2]) << 8 | std::to_integer<std::uint32_t>(at[3]);
}

std::uint64_t big_endian_64(const std::byte* at) {
    return std::uint64_t{big_endian_32(at)} << 32 | big_endian_32(at + 4);
}

constexpr std::uint32_t tag(const char (&text)[5]) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[0])) << 24 |
           static_cast<std::uint32_t>(static_cast<unsigned char>(text[1])) << 16 |
           static_cast<std::uint32_t>(static_cast<unsigned char>(text[2])) << 8 |
           static_cast<std::uint32_t>(static_cast<unsigned char>(text[3]));
}

std::string text_of(std::uint32_t type) {
    return {static_cast<char>(type >> 24), static_cast<char>(type >> 16 & 0xff),
            static_cast<char>(type >> 8 & 0xff), static_cast<char>(type & 0xff)};
}

struct Box {
    std::uint32_t type = 0;
    std::uint64_t body = 0;
    std::uint64_t end = 0;
};

// The systems whose licences 'pssh' boxes are for.
struct System {
    std::array<std::uint32_t, 4> id;
    std::string_view name;
};
constexpr std::array systems{
    System{{0xedef8ba9, 0x79d64ace, 0xa3c827dc, 0xd51d21ed}, "Widevine"},
    System{{0x9a04f079, 0x98404286, 0xab92e65b, 0xe0885f95}, "PlayReady"},
    System{{0x94ce86fb, 0x07ff4f43, 0xadb893d2, 0xfa968ca2}, "FairPlay"},
    System{{0x1077efec, 0xc0b24d02, 0xace33c1e, 0x52e2fb4b}, "Clear Key"},
    System{{0xe2719d58, 0xa985b3c9, 0x781ab030, 0xaf78d30e}, "Clear Key"},
};

class Scanner {
public:
    explicit Scanner(ByteSource& source) : source_(source) {}

    Mp4Scan run() {
        const std::uint64_t end = source_.size().value_or(~std::uint64_t{0} >> 1);
        each_box(0, end, [&](const Box& box) {
            if (!seen_.boxes) {
                seen_.boxes = looks_like_a_beginning(box.type);
                if (!seen_.boxes) {
                    return false;
                }
            }
            if (box.type == tag("moov")) {
                seen_.index = true;
                inside_moov(box);
                return false;
            } else if (box.type == tag("pssh")) {
                licence(box);
            }
            return true;
        });
        if (encrypted_) {
            const std::string scheme = scheme_.empty() ? "encrypted" : scheme_;
            seen_.protection =
                system_.empty() ? scheme : std::string(system_) + " (" + scheme + ")";
        }
        return std::move(seen_);
    }

private:
    static bool looks_like_a_beginning(std::uint32_t type) {
        constexpr std::array known{tag("ftyp"), tag("moov"), tag("mdat"), tag("free"), tag("skip"),
                                   tag("wide"), tag("styp"), tag("sidx"), tag("pnot"), tag("moof"),
                                   tag("uuid"), tag("pdin"), tag("emsg")};
        return std::find(known.begin(), known.end(), type) != known.end();
    }

    bool read(std::uint64_t at, std::byte* into, std::size_t bytes) {
        std::size_t have = 0;
        while (have < bytes) {
            const auto got = source_.read_at(at + have, {into + have, bytes - have});
            if (!got || *got == 0) {
                return false;
            }
            have += *got;
        }
        return true;
    }

    std::optional<Box> box_at(std::uint64_t at, std::uint64_t end) {
        std::array<std::byte, 16> head{};
        if (++boxes_ > box_limit || end - at < 8 || !read(at, head.data(), 8)) {
            return std::nullopt;
        }
        Box box{big_endian_32(head.data() + 4), at + 8, end};
        std::uint64_t size = big_endian_32(head.data());
        if (size == 1) {
            if (end - at < 16 || !read(at + 8, head.data() + 8, 8)) {
                return std::nullopt;
            }
            size = std::uint64_t{big_endian_32(head.data() + 8)} << 32 |
                   big_endian_32(head.data() + 12);
            box.body = at + 16;
        }
        if (size != 0) { // 0: as far as there is
            if (size < box.body - at) {
                return std::nullopt;
            }
            box.end = size > end - at ? end : at + size;
        }
        return box;
    }

    template <class Visit>
    void each_box(std::uint64_t at, std::uint64_t end, Visit visit) {
        while (at < end) {
            const auto box = box_at(at, end);
            if (!box || !visit(*box)) {
                return;
            }
            at = box->end;
        }
    }

    void inside_moov(const Box& moov) {
        std::vector<Mp4Track> tracks;
        bool fragmented = false;
        each_box(moov.body, moov.end, [&](const Box& box) {
            if (box.type == tag("pssh")) {
                licence(box);
            } else if (box.type == tag("mvhd")) {
                movie_ticks_ = length_fields(box).ticks_per_second;
            } else if (box.type == tag("mvex")) {
                fragmented = true; // then the index does not know the whole length
            } else if (box.type == tag("trak")) {
                descend(box, {tag("mdia"), tag("minf"), tag("stbl"), tag("stsd")});
                tracks.push_back(track(box));
            }
            return true;
        });
        for (const Mp4Track& each : tracks) {
            const auto end = fragmented ? std::nullopt : sound_end(each, movie_ticks_);
            if (end) {
                seen_.sound_ends.push_back({each.id, *end});
            }
        }
    }

    // What 'mvhd' and 'mdhd' have in common.
    Mp4Track length_fields(const Box& box) {
        std::array<std::byte, 32> bytes{};
        Mp4Track found;
        if (!read(box.body, bytes.data(), bytes.size())) {
            return found;
        }
        if (bytes[0] == std::byte{1}) {
            found.ticks_per_second = big_endian_32(bytes.data() + 20);
            found.duration = big_endian_64(bytes.data() + 24);
        } else {
            found.ticks_per_second = big_endian_32(bytes.data() + 12);
            found.duration = big_endian_32(bytes.data() + 16);
        }
        return found;
    }

    Mp4Track track(const Box& trak) {
        Mp4Track found;
        each_box(trak.body, trak.end, [&](const Box& box) {
            if (box.type == tag("tkhd")) {
                std::array<std::byte, 24> bytes{};
                if (read(box.body, bytes.data(), bytes.size())) {
                    const std::size_t at = bytes[0] == std::byte{1} ? 20 : 12;
                    found.id = static_cast<int>(big_endian_32(bytes.data() + at));
                }
            } else if (box.type == tag("edts")) {
                each_box(box.body, box.end, [&](const Box& list) {
                    if (list.type == tag("elst")) {
                        found.edits = edits(list);
                    }
                    return true;
                });
            } else if (box.type == tag("mdia")) {
                each_box(box.body, box.end, [&](const Box& inner) {
                    std::array<std::byte, 12> bytes{};
                    if (inner.type == tag("mdhd")) {
                        const Mp4Track length = length_fields(inner);
                        found.ticks_per_second = length.ticks_per_second;
                        found.duration = length.duration;
                    } else if (inner.type == tag("hdlr") &&
                               read(inner.body, bytes.data(), bytes.size())) {
                        found.sound = big_endian_32(bytes.data() + 8) == tag("soun");
                    }
                    return true;
                });
            }
            return true;
        });
        return found;
    }

    std::vector<Mp4Edit> edits(const Box& list) {
        std::array<std::byte, 8> head{};
        std::vector<Mp4Edit> found;
        if (!read(list.body, head.data(), head.size())) {
            return found;
        }
        const bool wide = head[0] == std::byte{1};
        const std::uint32_t count = std::min(big_endian_32(head.data() + 4), most_edits);
        const std::size_t size = wide ? 20 : 12;
        for (std::uint32_t i = 0; i < count; ++i) {
            std::array<std::byte, 20> bytes{};
            if (!read(list.body + 8 + i * size, bytes.data(), size)) {
                return {};
            }
            Mp4Edit edit;
            edit.duration = wide ? big_endian_64(bytes.data()) : big_endian_32(bytes.data());
            edit.media_time = wide ? static_cast<std::int64_t>(big_endian_64(bytes.data() + 8))
                                   : static_cast<std::int32_t>(big_endian_32(bytes.data() + 4));
            edit.own_speed = big_endian_32(bytes.data() + size - 4) == 0x10000;
            found.push_back(edit);
        }
        return found;
    }

    void descend(const Box& box, std::vector<std::uint32_t> path) {
        if (path.empty()) {
            // Version, flags and the number of entries come first.
            each_box(box.body + 8, box.end, [&](const Box& entry) {
                sample_entry(entry);
                return true;
            });
            return;
        }
        const std::uint32_t wanted = path.front();
        path.erase(path.begin());
        each_box(box.body, box.end, [&](const Box& inner) {
            if (inner.type == wanted) {
                descend(inner, path);
            }
            return true;
        });
    }

    void sample_entry(const Box& entry) {
        constexpr std::array common{tag("encv"), tag("enca"), tag("encs"), tag("enct"),
                                    tag("encm")};
        constexpr std::array apple{tag("drmi"), tag("drms")};
        if (std::find(apple.begin(), apple.end(), entry.type) != apple.end()) {
            encrypted_ = true;
            system_ = "FairPlay";
        } else if (entry.type == tag("aavd")) {
            encrypted_ = true;
            system_ = "Audible";
        } else if (std::find(common.begin(), common.end(), entry.type) != common.end()) {
            encrypted_ = true;
            scheme_type(entry);
        }
    }

    // 'schm' lies in 'sinf' behind the fixed fields of the entry, whose length depends on its kind
    // and version: its name is looked for instead.
    void scheme_type(const Box& entry) {
        std::vector<std::byte> bytes(
            static_cast<std::size_t>(std::min<std::uint64_t>(entry.end - entry.body, 4096)));
        if (!read(entry.body, bytes.data(), bytes.size())) {
            return;
        }
        for (std::size_t i = 4; i + 12 <= bytes.size(); ++i) {
            if (big_endian_32(bytes.data() + i) == tag("schm")) {
                scheme_ = text_of(big_endian_32(bytes.data() + i + 8));
                return;
            }
        }
    }

    void licence(const Box& pssh) {
        std::array<std::byte, 20> bytes{};
        if (!read(pssh.body, bytes.data(), bytes.size())) {
            return;
        }
        for (const System& system : systems) {
            bool same = true;
            for (std::size_t i = 0; i < 4; ++i) {
                same = same && big_endian_32(bytes.data() + 4 + 4 * i) == system.id[i];
            }
            if (same) {
                system_ = system.name;
            }
        }
    }

    ByteSource& source_;
    Mp4Scan seen_;
    int boxes_ = 0;
    std::uint32_t movie_ticks_ = 0;
    bool encrypted_ = false;
    std::string_view system_;
    std::string scheme_;
};

} // namespace

Mp4Scan scan_mp4(ByteSource& source) { return Scanner(source).run(); }

} // namespace playhead::ffmpeg
