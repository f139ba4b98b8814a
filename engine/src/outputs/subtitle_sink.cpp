#include "outputs/subtitle_sink.h"

#include <algorithm>
#include <utility>

namespace playhead {

namespace {

// Of those that have not begun: that many, or that much of the film, or that many bytes of bitmaps, are
// enough. Files hold bursts of lines, and hours without one: few are asked for at once.
constexpr int cues_ahead = 32;
constexpr int cues_at_once = 4;
constexpr Duration far_ahead = std::chrono::seconds{30};
constexpr std::size_t bitmap_bytes = 64u << 20;
// On or to come, whatever a file says.
constexpr std::size_t most_cues = 4096;

bool same(const std::vector<SubtitleCue>& a, const std::vector<SubtitleCue>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const SubtitleCue& x, const SubtitleCue& y) {
                          return x.content == y.content && x.pts == y.pts;
                      });
}

std::size_t bytes_of(const SubtitleCue& cue) {
    std::size_t bytes = 0;
    for (const auto& image : cue.content->images) bytes += image.picture->size_bytes();
    return bytes;
}

std::optional<MediaTime> end_of(const SubtitleCue& cue) {
    return cue.duration ? std::optional(cue.pts + *cue.duration) : std::nullopt;
}

} // namespace

SubtitleSink::SubtitleSink(SubtitleOutput::Show show) : show_(std::move(show)) {}

void SubtitleSink::forget_show() {
    const std::scoped_lock lock(show_mutex_);
    show_ = nullptr;
}

SinkTraits SubtitleSink::traits() const {
    SinkTraits traits;
    traits.gating = traits.can_preroll = false;
    traits.renders_by_clock = true;
    return traits;
}

Result<MediaType> SubtitleSink::negotiate(const MediaType& offered) const {
    if (std::holds_alternative<SubtitleFormat>(offered)) return offered;
    return fail(Errc::topo_cannot_connect,
                "A subtitle output takes subtitles, not " + describe(offered) + ".");
}

void SubtitleSink::attach(const SinkContext& context) {
    disarm();
    context_ = context;
    hear_turns(context.host);
    state_ = State::stopped;
    rate_ = 1.0; // the clock tells if it is another
    open_requests_ = 0;
    drop_cues();
}

void SubtitleSink::shut_down() {
    disarm();
    drop_cues();
    markers_.clear();
    state_ = State::stopped;
    show({});
    hear_turns(nullptr);
    context_ = {};
}

void SubtitleSink::hear_turns(std::shared_ptr<StreamSinkHost> host) {
    const std::scoped_lock lock(turn_mutex_);
    turn_host_ = std::move(host);
}

// ---- samples ----------------------------------------------------------------------------------

void SubtitleSink::process(Sample sample) {
    const auto* cue = std::get_if<SubtitleCue>(&sample);
    if (!cue || !context_.host) return;
    open_requests_ = std::max(open_requests_ - 1, 0);
    if (state_ == State::stopped || !cue->content) return;
    const auto behind =
        std::upper_bound(cues_.begin(), cues_.end(), *cue,
                         [](const SubtitleCue& a, const SubtitleCue& b) { return a.pts < b.pts; });
    cues_.insert(behind, *cue);
    const MediaTime end = end_of(*cue).value_or(cue->pts);
    last_end_ = last_end_ ? std::max(*last_end_, end) : end;
    advance();
}

void SubtitleSink::place_marker(const Marker& marker) {
    markers_.push_back({marker, last_end_});
    advance();
}

void SubtitleSink::drop_cues() {
    cues_.clear();
    last_end_.reset();
    asking_ = false;
}

void SubtitleSink::flush() {
    drop_cues();
    const auto markers = std::exchange(markers_, {});
    advance();
    if (!context_.host) return;
    for (const Waiting& waiting : markers) {
        context_.host->marker_reached(
            waiting.marker, {Errc::aborted, "The subtitles before the marker were flushed."});
    }
}

void SubtitleSink::preroll(MediaTime t) {
    drop_cues();
    state_ = State::ready;
    held_at_ = t;
    asking_ = true;
    if (context_.host) context_.host->prerolled(); // nothing is too early for it
    advance();
}

void SubtitleSink::change_over(MediaTime t) {
    if (state_ == State::ready) held_at_ = t;
    flush();
    asking_ = state_ != State::stopped;
    advance();
}

// What a film holds beyond a join belongs to nobody's time.
void SubtitleSink::cut(MediaTime t) {
    std::erase_if(cues_, [&](const SubtitleCue& cue) { return cue.pts >= t; });
    for (auto& cue : cues_) {
        const auto end = end_of(cue);
        if (!end || *end > t) cue.duration = t - cue.pts;
    }
    for (auto& waiting : markers_) {
        if (waiting.after) waiting.after = std::min(*waiting.after, t);
    }
    last_end_.reset();
    advance();
}

void SubtitleSink::ask(MediaTime now) {
    if (!asking_ || state_ == State::stopped || rate_ == 0.0 || !context_.host) return;
    const auto first = std::find_if(cues_.begin(), cues_.end(),
                                    [&](const SubtitleCue& cue) { return cue.pts > now; });
    std::size_t bytes = 0;
    for (auto at = first; at != cues_.end(); ++at) bytes += bytes_of(*at);
    const bool enough = bytes >= bitmap_bytes || cues_.size() >= most_cues ||
                        (first != cues_.end() && cues_.back().pts - far_ahead > now);
    const int wanted = cues_ahead - static_cast<int>(cues_.end() - first);
    const int more = std::min(wanted, cues_at_once) - open_requests_;
    if (enough || more <= 0) return;
    open_requests_ += more;
    context_.host->request(more);
}

// ---- the clock --------------------------------------------------------------------------------

void SubtitleSink::on_start(HostTime when, MediaTime at) {
    held_at_ = at;
    follow(when, true);
}

void SubtitleSink::on_restart(HostTime when) { follow(when, true); }

void SubtitleSink::on_pause(HostTime when) { follow(when, false); }

void SubtitleSink::follow(HostTime when, bool running) {
    if (!context_.clock || !context_.host) return;
    if (!running && state_ == State::running) held_at_ = context_.clock->timeline().media_at(when);
    state_ = running ? State::running : State::paused;
    asking_ = true;
    const auto source = context_.clock->time_source();
    if (source && watched_.lock() != source) {
        watched_ = source;
        source->watch(weak_from_this());
    }
    running ? context_.host->started() : context_.host->paused();
    advance();
}

void SubtitleSink::on_stop(HostTime when) {
    static_cast<void>(when);
    drop_cues();
    state_ = State::stopped;
    const auto markers = std::exchange(markers_, {});
    if (context_.host) {
        for (const Waiting& waiting : markers) context_.host->marker_reached(waiting.marker, {});
        context_.host->stopped();
    }
    advance();
}

void SubtitleSink::on_set_rate(HostTime when, double rate) {
    static_cast<void>(when);
    rate_ = rate;
    if (context_.host) context_.host->rate_set({});
    advance();
}

void SubtitleSink::on_turn() {
    std::shared_ptr<StreamSinkHost> host;
    {
        const std::scoped_lock lock(turn_mutex_);
        host = turn_host_;
    }
    if (!host) return;
    host->post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->advance();
    });
}

// ---- what is on -------------------------------------------------------------------------------

void SubtitleSink::advance() {
    if (!context_.executor || !context_.clock) return;
    if (state_ == State::stopped) {
        disarm();
        show({});
        return;
    }
    const Timeline line = context_.clock->timeline();
    const MediaTime now =
        state_ == State::running ? line.media_at(context_.executor->now()) : held_at_;
    retire(now);
    show(rate_ < 0.0 ? std::vector<SubtitleCue>{} : on_at(now));
    ask(now);
    answer_markers(now);
    arm(line, now);
}

// Those that are over.
void SubtitleSink::retire(MediaTime now) {
    std::optional<MediaTime> latest; // that has begun
    for (const auto& cue : cues_) {
        if (cue.pts <= now) latest = cue.pts;
    }
    std::erase_if(cues_, [&](const SubtitleCue& cue) {
        const auto end = end_of(cue);
        const bool replaced = latest && cue.pts < *latest && (!end || cue.until_next);
        return replaced || (end && *end <= now);
    });
}

std::vector<SubtitleCue> SubtitleSink::on_at(MediaTime now) const {
    std::vector<SubtitleCue> on;
    for (const auto& cue : cues_) {
        if (cue.pts <= now && !cue.content->empty()) on.push_back(cue);
    }
    return on;
}

void SubtitleSink::show(std::vector<SubtitleCue> cues) {
    if (same(cues, shown_)) return;
    shown_ = std::move(cues);
    const std::scoped_lock lock(show_mutex_);
    if (const auto call = show_) call(shown_);
}

void SubtitleSink::answer_markers(MediaTime now) {
    while (!markers_.empty() && (!markers_.front().after || *markers_.front().after <= now)) {
        const Marker marker = markers_.front().marker;
        markers_.pop_front();
        if (context_.host) context_.host->marker_reached(marker, {});
    }
}

// Looks again when the next one begins or is over, or a marker is reached.
void SubtitleSink::arm(const Timeline& line, MediaTime now) {
    std::optional<MediaTime> next;
    const auto consider = [&](std::optional<MediaTime> t) {
        if (t && *t > now && (!next || *t < *next)) next = t;
    };
    for (const auto& cue : cues_) {
        consider(cue.pts);
        consider(end_of(cue));
    }
    if (!cues_.empty()) consider(cues_.back().pts - far_ahead); // it may ask again
    if (!markers_.empty()) consider(markers_.front().after);
    const bool runs = state_ == State::running && line.rate() != 0.0;
    std::optional<HostTime> due;
    if (runs && next) due = line.host_at(*next);
    if (timer_ != 0 && due == timer_due_) return;
    disarm();
    if (!due) return;
    timer_due_ = due;
    const HostTime soonest = context_.executor->now() + Duration{1};
    timer_ = context_.executor->at(
        std::max(*due, soonest), [weak = weak_from_this(), host = context_.host, mine = ++timers_] {
            host->post([weak, mine] {
                const auto self = weak.lock();
                if (!self || mine != self->timers_) return;
                self->timer_ = 0;
                self->advance();
            });
        });
}

void SubtitleSink::disarm() {
    if (timer_ != 0 && context_.executor) context_.executor->cancel(timer_);
    timer_ = 0;
    ++timers_;
}

// ---- the face ---------------------------------------------------------------------------------

class SubtitleOutputCore {
public:
    explicit SubtitleOutputCore(SubtitleOutput::Show show)
        : subtitles(std::make_shared<SubtitleSink>(std::move(show))),
          sink(subtitles) {}
    const std::shared_ptr<SubtitleSink> subtitles;
    const std::shared_ptr<StreamSink> sink;
};

SubtitleOutput::SubtitleOutput(Show show)
    : core_(std::make_shared<SubtitleOutputCore>(std::move(show))) {}
SubtitleOutput::~SubtitleOutput() { core_->subtitles->forget_show(); }

const std::shared_ptr<StreamSink>& SubtitleOutput::sink() const { return core_->sink; }

} // namespace playhead
