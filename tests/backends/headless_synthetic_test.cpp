#include "playhead/headless/faulty.h"
#include "playhead/headless/simulation.h"
#include "playhead/headless/synthetic.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::headless;
using namespace std::chrono_literals;

namespace {

// Source and decoders on the simulation's blocking lane, as a reader would use them.
struct Reading {
    explicit Reading(SyntheticOptions o) : options(std::move(o)) {}

    // Runs `what` with the opened source until it returns.
    void with_source(std::function<void(MediaSource&)> what) {
        bool done = false;
        simulation->start_blocking("reader", [&] {
            auto opened = synthetic_sources()->open(synthetic(options), {simulation, interrupt});
            if (opened) {
                what(**opened);
            } else {
                error = opened.error();
            }
            done = true;
        });
        simulation->run_until([&] { return done; }, simulation->now() + 1h);
        REQUIRE(done);
    }

    SyntheticOptions options;
    Status error;
    std::shared_ptr<Simulation> simulation = Simulation::create();
    std::shared_ptr<Interrupt> interrupt = std::make_shared<Interrupt>();
};

std::vector<std::int64_t> numbers(MediaSource& source, DecoderFactory& decoders, StreamKind kind,
                                  int* errors = nullptr) {
    const StreamInfo* stream = source.presentation().best(kind);
    auto decoder = decoders.create(*stream, {});
    std::vector<std::int64_t> got;
    const auto receive = [&] {
        for (;;) {
            auto outcome = (*decoder)->receive();
            if (auto* sample = std::get_if<Sample>(&outcome)) {
                if (auto* frame = std::get_if<VideoFrame>(sample)) {
                    got.push_back(picture_number(*frame));
                } else {
                    const auto& block = std::get<AudioBlock>(*sample);
                    got.push_back(
                        *ramp_position(*reinterpret_cast<const float*>(block.buffer->plane(0))));
                }
            } else if (std::holds_alternative<Error>(outcome)) {
                if (errors != nullptr) ++*errors;
            } else {
                return;
            }
        }
    };
    for (;;) {
        auto outcome = source.read();
        auto* packet = std::get_if<Packet>(&outcome);
        if (packet == nullptr) break;
        if (packet->stream != stream->index) continue;
        static_cast<void>((*decoder)->send(*packet));
        receive();
    }
    (*decoder)->drain();
    receive();
    return got;
}

} // namespace

TEST_CASE("a synthetic locator says all that the options say", "[headless][synthetic]") {
    SyntheticOptions options;
    options.length = 2500ms;
    options.frame_rate = {30000, 1001};
    options.b_frames = 2;
    options.audio_behind = -1500us;
    options.gap = SyntheticOptions::Gap{media_at(1s), media_at(1500ms)};
    options.faults.stall = 17;
    options.faults.stall_for = 3s;
    options.faults.deaf = true;
    const std::string locator = synthetic_locator(options);
    const auto again = parse_synthetic(locator);
    REQUIRE(again);
    CHECK(synthetic_locator(*again) == locator);
    CHECK(again->length == 2500ms);
    CHECK(again->audio_behind == -1500us);
    CHECK(again->gap->to == media_at(1500ms));
    CHECK(again->faults.stall == 17);
    CHECK(synthetic_locator({}) == "synthetic:");
    CHECK(parse_synthetic("synthetic:colour=red").error().text.find("colour") != std::string::npos);
    CHECK(parse_synthetic("synthetic:fps=many").error().text.find("many") != std::string::npos);
    CHECK_FALSE(parse_synthetic("synthetic:gop=0"));
    CHECK_FALSE(parse_synthetic("file.mp4"));
}

TEST_CASE("every picture comes out once and in order, with and without B-frames",
          "[headless][synthetic]") {
    SyntheticOptions options;
    options.length = 3s;
    options.b_frames = GENERATE(0, 1, 2, 3);
    options.gop = GENERATE(1, 7, 12);
    Reading reading(options);
    reading.with_source([&](MediaSource& source) {
        const auto got =
            numbers(source, *synthetic_decoders(reading.simulation), StreamKind::video);
        CHECK(got.size() == 75);
        for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == static_cast<std::int64_t>(i));
    });
}

TEST_CASE("sound tells its position, and the last block is as short as it must be",
          "[headless][synthetic]") {
    SyntheticOptions options;
    options.length = 1s;
    options.block_frames = 1000;
    options.rate_hz = 44100;
    Reading reading(options);
    reading.with_source([&](MediaSource& source) {
        const auto got =
            numbers(source, *synthetic_decoders(reading.simulation), StreamKind::audio);
        CHECK(got.size() == 45);
        CHECK(got.back() == 44000);
    });
}

TEST_CASE("a seek goes to the key frame before, and sound to the same place",
          "[headless][synthetic]") {
    Reading reading({});
    reading.with_source([&](MediaSource& source) {
        CHECK(source.seek(media_at(5s)));
        auto first = source.read();
        auto second = source.read();
        for (auto* outcome : {&first, &second}) {
            const auto& packet = std::get<Packet>(*outcome);
            CHECK(packet.key);
            CHECK(*packet.pts <= media_at(4800ms));
            CHECK(*packet.pts >= media_at(4700ms));
        }
        CHECK(source.seek(media_at(10s)));
        CHECK(source.seek(media_at(0s)));
    });
}

TEST_CASE("reading stalls for as long as it is told, and an interrupt ends it",
          "[headless][synthetic]") {
    SyntheticOptions options;
    options.faults.stall = 3;
    SECTION("for a while") {
        options.faults.stall_for = 30s;
        Reading reading(options);
        reading.with_source([&](MediaSource& source) {
            const HostTime before = reading.simulation->now();
            for (int i = 0; i < 5; ++i) CHECK(std::holds_alternative<Packet>(source.read()));
            CHECK(reading.simulation->now() - before == 30s);
        });
    }
    SECTION("for ever") {
        Reading reading(options);
        reading.simulation->at(reading.simulation->now() + 7s, [&] { reading.interrupt->raise(); });
        reading.with_source([&](MediaSource& source) {
            const HostTime before = reading.simulation->now();
            ReadOutcome outcome = EndOfStream{};
            for (int i = 0; i < 4; ++i) outcome = source.read();
            REQUIRE(std::holds_alternative<Error>(outcome));
            CHECK(std::get<Error>(outcome) == Errc::cancelled);
            CHECK(reading.simulation->now() - before == 7s);
        });
    }
    SECTION("deaf to the interrupt") {
        options.faults.deaf = true;
        options.faults.stall_for = 20s;
        Reading reading(options);
        reading.simulation->at(reading.simulation->now() + 7s, [&] { reading.interrupt->raise(); });
        reading.with_source([&](MediaSource& source) {
            const HostTime before = reading.simulation->now();
            for (int i = 0; i < 4; ++i) static_cast<void>(source.read());
            CHECK(reading.simulation->now() - before == 20s);
        });
    }
}

TEST_CASE("opening hangs, takes its time or fails, to order", "[headless][synthetic]") {
    SyntheticOptions options;
    SECTION("hangs until interrupted") {
        options.faults.open_hangs = true;
        Reading reading(options);
        reading.simulation->at(reading.simulation->now() + 2s, [&] { reading.interrupt->raise(); });
        reading.with_source([](MediaSource&) { FAIL("it opened"); });
        CHECK(reading.error == Errc::cancelled);
    }
    SECTION("takes its time") {
        options.faults.open_takes = 90s;
        Reading reading(options);
        const HostTime before = reading.simulation->now();
        reading.with_source([](MediaSource&) {});
        CHECK(reading.simulation->now() - before >= 90s);
    }
    SECTION("fails") {
        options.faults.open_error = true;
        Reading reading(options);
        reading.with_source([](MediaSource&) { FAIL("it opened"); });
        CHECK(reading.error == Errc::cannot_open);
    }
}

TEST_CASE("a read error lasts until the next seek", "[headless][synthetic]") {
    SyntheticOptions options;
    options.faults.read_error = 5;
    Reading reading(options);
    reading.with_source([&](MediaSource& source) {
        for (int i = 0; i < 5; ++i) CHECK(std::holds_alternative<Packet>(source.read()));
        CHECK(std::holds_alternative<Error>(source.read()));
        CHECK(std::holds_alternative<Error>(source.read()));
        CHECK(source.seek(media_zero));
        CHECK(std::holds_alternative<Packet>(source.read()));
    });
}

TEST_CASE("a decode that takes five seconds takes them in virtual time", "[headless][synthetic]") {
    SyntheticOptions options;
    options.length = 2s;
    options.faults.slow = 10;
    options.faults.slow_for = 5s;
    options.faults.decode_error = 20;
    Reading reading(options);
    reading.with_source([&](MediaSource& source) {
        const HostTime before = reading.simulation->now();
        int errors = 0;
        const auto got =
            numbers(source, *synthetic_decoders(reading.simulation), StreamKind::video, &errors);
        CHECK(reading.simulation->now() - before == 5s);
        CHECK(errors == 1);
        CHECK(got.size() == 49);
        CHECK(std::find(got.begin(), got.end(), 20) == got.end());
    });
}

TEST_CASE("sound may lie far behind its pictures in the file, and gaps are gaps",
          "[headless][synthetic]") {
    SyntheticOptions options;
    options.audio_behind = 2s;
    options.gap = SyntheticOptions::Gap{media_at(4s), media_at(5s)};
    Reading reading(options);
    reading.with_source([&](MediaSource& source) {
        MediaTime last_video{};
        bool far = false;
        for (;;) {
            auto outcome = source.read();
            auto* packet = std::get_if<Packet>(&outcome);
            if (packet == nullptr) break;
            CHECK_FALSE((*packet->pts >= media_at(4s) && *packet->pts < media_at(5s)));
            if (packet->stream == 0) last_video = *packet->pts;
            if (packet->stream == 1 && last_video - *packet->pts > 1900ms) far = true;
        }
        CHECK(far);
    });
}

TEST_CASE("nothing synthetic is left behind", "[headless][synthetic]") {
    const auto before = synthetic_objects_alive();
    {
        Reading reading({});
        reading.with_source([&](MediaSource& source) {
            CHECK(numbers(source, *synthetic_decoders(reading.simulation), StreamKind::video)
                      .size() == 250);
        });
    }
    CHECK(synthetic_objects_alive() == before);
}
