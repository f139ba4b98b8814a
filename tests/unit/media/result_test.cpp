#include "playhead/result.h"

#include <set>

#include "support/catch.h"

using namespace playhead;

namespace {

// As a backend's: codes of its own, of which 7 means what we call end_of_stream.
class ForeignCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "foreign"; }
    std::string message(int value) const override { return "code " + std::to_string(value); }
    std::error_condition default_error_condition(int value) const noexcept override {
        return value == 7
                   ? std::error_condition{static_cast<int>(Errc::end_of_stream), engine_category()}
                   : std::error_condition{value, *this};
    }
};

const ForeignCategory foreign;

} // namespace

TEST_CASE("every code has a word and a sentence of its own", "[media][result]") {
    std::set<std::string> words;
    std::set<std::string> messages;
    const int last = static_cast<int>(Errc::internal);
    for (int value = 1; value <= last; ++value) {
        const Status status{static_cast<Errc>(value)};
        INFO(value);
        CHECK_FALSE(status.ok());
        CHECK_FALSE(status.word() == "unknown");
        CHECK(status.word().find(' ') == std::string::npos);
        CHECK(status.message().find(' ') != std::string::npos);
        words.insert(status.word());
        messages.insert(status.message());
    }
    CHECK(words.size() == static_cast<std::size_t>(last));
    CHECK(messages.size() == static_cast<std::size_t>(last));
    CHECK(Status{static_cast<Errc>(last + 1)}.word() == "unknown");
}

TEST_CASE("a status says its own sentence, else its code's", "[media][result]") {
    CHECK(Status{}.ok());
    CHECK(Status{}.word() == "ok");
    CHECK(Status{}.message() == "ok");
    CHECK(Status{Errc::cancelled}.word() == "cancelled");
    CHECK(Status{Errc::cancelled}.message() == Status{Errc::cancelled}.code.message());
    CHECK(Status{Errc::cannot_open, "film.mkv: no such file"}.message() ==
          "film.mkv: no such file");
    CHECK(Status{std::error_code{42, foreign}}.word() == "foreign:42");
    CHECK(Status{std::error_code{42, foreign}}.message() == "code 42");
}

TEST_CASE("a status equals the code it carries, also by way of a backend's category",
          "[media][result]") {
    CHECK(Status{Errc::cancelled} == Errc::cancelled);
    CHECK(Status{Errc::cancelled} != Errc::shut_down);
    CHECK(Status{} != Errc::invalid_request);
    CHECK(Status{std::error_code{7, foreign}} == Errc::end_of_stream);
    CHECK(Status{std::error_code{8, foreign}} != Errc::end_of_stream);
    // The same number in another category is another thing.
    CHECK(Status{std::error_code{static_cast<int>(Errc::cancelled), foreign}} != Errc::cancelled);
    CHECK(Status{std::error_code{static_cast<int>(Errc::cancelled), std::generic_category()}} !=
          Errc::cancelled);
}

TEST_CASE("a refusal carries its code and sentence through a result", "[media][result]") {
    const Result<int> refused = fail(Errc::not_found, "no stream 9");
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::not_found);
    CHECK(refused.error().message() == "no stream 9");
}
