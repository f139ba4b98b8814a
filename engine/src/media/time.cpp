#include "playhead/time.h"

#include <cstdio>
#include <limits>

#include "wide.h"

namespace playhead {
namespace {

constexpr std::uint64_t ns_per_second = 1'000'000'000;

constexpr std::uint64_t magnitude(std::int64_t value) {
    return value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
}

// Puts the sign back, and stops at the ends of 64 bits.
std::int64_t signed_value(Wide value, bool negative) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (negative) {
        return value.high != 0 || value.low > most ? std::numeric_limits<std::int64_t>::min()
                                                   : -static_cast<std::int64_t>(value.low);
    }
    return value.high != 0 || value.low > most ? std::numeric_limits<std::int64_t>::max()
                                               : static_cast<std::int64_t>(value.low);
}

enum class Rest { none, below_half, half_or_more };

// Whether the magnitude goes up by one for what the division left.
bool away_from_zero(Rest rest, bool negative, Rounding rounding) {
    switch (rounding) {
    case Rounding::down: return negative && rest != Rest::none;
    case Rounding::up: return !negative && rest != Rest::none;
    case Rounding::nearest: break;
    }
    return rest == Rest::half_or_more;
}

Rest rest_of(Wide remainder, Wide divisor) {
    if (remainder == Wide{}) {
        return Rest::none;
    }
    return less(add(remainder, remainder), divisor) ? Rest::below_half : Rest::half_or_more;
}

bool positive(TimeBase base) { return base.num > 0 && base.den > 0; }

} // namespace

Duration rescale(std::int64_t ticks, TimeBase base, Rounding rounding) {
    if (!positive(base)) {
        return Duration::zero();
    }
    const bool negative = ticks < 0;
    const auto den = static_cast<std::uint64_t>(base.den);
    // ticks * num / den seconds: whole ones first, then what is left of the last one, so that the
    // widest product on the way is 126 bits.
    const WideQuotient seconds =
        divide(multiply(magnitude(ticks), static_cast<std::uint64_t>(base.num)), den);
    if (seconds.quotient.high != 0) {
        return Duration{signed_value(seconds.quotient, negative)};
    }
    const WideQuotient part = divide(multiply(seconds.remainder, ns_per_second), den);
    Wide total = add(multiply(seconds.quotient.low, ns_per_second), part.quotient);
    if (away_from_zero(rest_of({0, part.remainder}, {0, den}), negative, rounding)) {
        total = add(total, {0, 1});
    }
    return Duration{signed_value(total, negative)};
}

std::int64_t rescale(Duration length, TimeBase base, Rounding rounding) {
    if (!positive(base)) {
        return 0;
    }
    const bool negative = length < Duration::zero();
    const auto num = static_cast<std::uint64_t>(base.num);
    // length * den / (num * 1e9): two divisions one after the other give the same quotient as one
    // by the product, and the two remainders together its remainder.
    const WideQuotient first =
        divide(multiply(magnitude(length.count()), static_cast<std::uint64_t>(base.den)), num);
    const WideQuotient second = divide(first.quotient, ns_per_second);
    const Wide remainder = add(multiply(second.remainder, num), {0, first.remainder});
    Wide total = second.quotient;
    if (away_from_zero(rest_of(remainder, multiply(num, ns_per_second)), negative, rounding)) {
        total = add(total, {0, 1});
    }
    return signed_value(total, negative);
}

Duration frames_to_duration(std::int64_t frames, int rate_hz) {
    return rescale(frames, TimeBase{1, rate_hz});
}

std::int64_t duration_to_frames(Duration length, int rate_hz, Rounding rounding) {
    return rescale(length, TimeBase{1, rate_hz}, rounding);
}

std::string format_time(Duration t) {
    // Cut to milliseconds before the sign comes off: the lowest time has no positive counterpart.
    const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(t).count();
    const std::uint64_t all = magnitude(ms);
    const auto hours = static_cast<unsigned long long>(all / 3'600'000);
    const auto minutes = static_cast<unsigned>(all / 60'000 % 60);
    const auto seconds = static_cast<unsigned>(all / 1000 % 60);
    const auto rest = static_cast<unsigned>(all % 1000);
    const char* sign = ms < 0 ? "-" : "";
    char text[48];
    const int length = hours > 0 ? std::snprintf(text, sizeof text, "%s%llu:%02u:%02u.%03u", sign,
                                                 hours, minutes, seconds, rest)
                                 : std::snprintf(text, sizeof text, "%s%u:%02u.%03u", sign, minutes,
                                                 seconds, rest);
    return {text, static_cast<std::size_t>(length)};
}

} // namespace playhead
