#pragma once
#include "core/time/time.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What only a person can confirm, and for how long that is believed.
struct Attestation {
    std::string database;
    std::string item;
    std::string by;
    Instant at{};
    Instant expires_at{};
    std::optional<int> minutes{};  ///< that it took
    std::string file{};            ///< evidence: its path and SHA-256, or empty
};

/// The tests of notifiers are kept under this name, which no database may have.
inline constexpr std::string_view own_tests = "backupwatch";
/// By the notifier and its receiver (Lane::endpoint): who sends elsewhere by now was not tested.
std::string item_of_test(std::string_view notifier, std::string_view endpoint);

inline constexpr Duration attestation_holds = std::chrono::hours(24 * 90);

/// Something that can be attested.
struct AttestItem {
    std::string_view name;
    std::string_view text;     ///< what whoever attests it says
    bool is_timed = false;     ///< a step of the runbook: how long it takes is worth knowing
    bool is_required = false;  ///< readiness asks for it
};
std::span<const AttestItem> attest_items();
/// Null: there is none of that name.
const AttestItem* find_attest_item(std::string_view name);

/// The one that holds at `now`; null: none was made, or it has expired.
const Attestation* held_attestation(
    const std::vector<Attestation>& all, std::string_view item, Instant now
);

}  // namespace backupwatch
