#pragma once
#include <array>
#include <string_view>

namespace backupwatch {

/// How a slot was closed.
enum class SlotResult {
    ok,
    failed,
    unknown,     ///< it could not be told: nothing was proven, nothing was refuted
    interrupted  ///< begun three times, never ended
};

inline constexpr std::array all_slot_results{
    SlotResult::ok, SlotResult::failed, SlotResult::unknown, SlotResult::interrupted};

/// As it is kept in the state and shown in metrics.
constexpr std::string_view to_string(SlotResult result) {
    switch (result) {
        case SlotResult::ok:
            return "ok";
        case SlotResult::failed:
            return "failed";
        case SlotResult::unknown:
            break;
        case SlotResult::interrupted:
            return "interrupted";
    }
    return "unknown";
}

}  // namespace backupwatch
