// The part of DecodeStage that works in reverse.
#include <utility>

#include "media/picture_length.h"
#include "pipeline/decode_stage.h"

namespace playhead {

// One thing: a picture handed out, or a step of decoding ahead.
bool DecodeStage::decode_back(bool wanted) {
    if (back_.at_end()) {
        // The end goes where the pictures go: not before the sink has been told to expect anything.
        if (wanted) finish();
        return false;
    }
    if (wanted && back_.can_take()) {
        reached_ = true;
        early_.reset();
        auto frame = back_.take(thinned_);
        frame.thinned = thinned_;
        const auto pts = frame.pts;
        const auto end = pts + picture_length(frame, spacing_);
        give(std::move(frame), pts, end);
        return true;
    }
    // Decoding may have begun before anything was asked for.
    if (wanted && early_) {
        preview(*std::exchange(early_, std::nullopt));
        return true;
    }
    if (back_.waits()) return false;
    auto outcome = decoder_->receive();
    if (std::holds_alternative<NotYet>(outcome)) return fetch_back();
    if (std::holds_alternative<EndOfStream>(outcome)) {
        decoder_->flush();
        back_.close_pass();
        return true;
    }
    if (auto* error = std::get_if<Error>(&outcome)) {
        const bool fatal = final(*error);
        on_damage(std::move(*error));
        return !fatal;
    }
    counters_->decoded.fetch_add(1, std::memory_order_relaxed);
    auto& sample = std::get<Sample>(outcome);
    if (auto* frame = std::get_if<VideoFrame>(&sample)) {
        frame->epoch = order_.epoch;
        if (order_.preview && !previewed_ && !reached_ && frame->pts < order_.target && !early_) {
            early_ = *frame;
        }
        if (!back_.keep(std::move(*frame))) {
            counters_->before_start.fetch_add(1, std::memory_order_relaxed);
        }
    }
    return true;
}

bool DecodeStage::fetch_back() {
    switch (back_.feed()) {
    case ReverseDecode::Feed::packet: return send_back();
    case ReverseDecode::Feed::drain: decoder_->drain(); return true;
    case ReverseDecode::Feed::queue: break;
    }
    auto popped = queue_->pop();
    if (!popped) return false;
    if (std::holds_alternative<EndOfStream>(popped->item)) {
        back_.close_stream();
    } else if (std::holds_alternative<EndOfGroup>(popped->item)) {
        back_.close_group();
    } else if (auto& packet = std::get<Packet>(popped->item); packet.epoch == order_.epoch) {
        if (leave_out(packet) || (thinned_ && !back_.wanted(packet))) {
            counters_->thinned.fetch_add(1, std::memory_order_relaxed);
        } else {
            back_.add(std::move(packet));
        }
    }
    return true;
}

bool DecodeStage::send_back() {
    // What is before the target is what is wanted here.
    set_skip(false);
    auto sent = decoder_->send(back_.packet());
    if (sent && *sent == SendOutcome::full) return true;
    counters_->packets.fetch_add(1, std::memory_order_relaxed);
    back_.sent();
    if (sent) return true;
    const bool fatal = final(sent.error());
    on_damage(std::move(sent.error()));
    return !fatal;
}

} // namespace playhead
