#include "core/check/attestation.hpp"

#include <algorithm>
#include <array>

namespace backupwatch {
namespace {

constexpr std::array<AttestItem, 11> all_items{{
    {"approval", "whose yes a restore takes was asked, and answered", true, true},
    {"maintenance-on", "the application was put into maintenance mode", true, false},
    {"provider-restore", "a backup was restored at the provider", true, false},
    {"new-project", "a new project was made at the provider, like the lost one", true, false},
    {"project-load", "a dump was loaded into a new project", true, false},
    {"switch", "the application was moved to a restored database", true, false},
    {"maintenance-off", "the application was taken out of maintenance mode", true, false},
    {"after-checks", "the checks after a restore were tried", true, false},
    {"contacts", "the runbook's contacts were called, and answered", false, true},
    {"runbook-rehearsed", "somebody followed the runbook to its end", false, true},
    {"pitr", "the provider's page shows how point-in-time recovery stands", false, false},
}};

}  // namespace

std::string item_of_test(std::string_view notifier, std::string_view endpoint) {
    return std::string(notifier) + " " + std::string(endpoint);
}

std::span<const AttestItem> attest_items() {
    return all_items;
}

const AttestItem* find_attest_item(std::string_view name) {
    const auto found = std::ranges::find(all_items, name, &AttestItem::name);
    return found == all_items.end() ? nullptr : &*found;
}

const Attestation* held_attestation(
    const std::vector<Attestation>& all, std::string_view item, Instant now
) {
    const auto found = std::ranges::find_if(all, [&](const Attestation& one) {
        return one.item == item && one.expires_at > now;
    });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace backupwatch
