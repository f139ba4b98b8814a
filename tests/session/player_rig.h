// PlayerRig: a player on the simulation with scripted surroundings, and how its commands ended.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "playhead/player.h"
#include "support/session_rig.h"

namespace playhead::test {

struct PlayerRig : SessionRig {
    explicit PlayerRig(RigOptions options = {}) : SessionRig(options) {
        player = std::make_unique<Player>(*engine, PlayerOutputs{video, audio});
    }
    ~PlayerRig() { player.reset(); }
    // Opens the scripted source and plays it for that long.
    void play_for(Duration length) {
        player->open({"scripted:", nullptr, {}});
        player->play();
        simulation->run_for(length);
        done();
    }
    // The status with which each of the player's commands ended, in order.
    std::vector<std::pair<CommandId, std::string>> done() {
        events();
        std::vector<std::pair<CommandId, std::string>> out;
        for (const auto& event : taken) {
            if (const auto* now = event.as<ScrubSampleComplete>()) scrubbed_to = now->shown_pts;
            if (event.as<PlayerCommandDone>()) out.emplace_back(event.command, event.status.word());
        }
        taken.clear();
        return out;
    }
    std::unique_ptr<Player> player;
    std::optional<MediaTime> scrubbed_to; // by what done() went over
};
using Done = std::vector<std::pair<CommandId, std::string>>;

} // namespace playhead::test
