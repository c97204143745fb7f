#include "core/check/set_checks.hpp"
#include "core/size.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

constexpr std::size_t compared_with = 7;
constexpr std::size_t fewest_to_compare = 3;

/// Sizes of the completed backups before `newest`, the newest of them, empty ones left out: they
/// were alarms of their own and say nothing about what is usual.
std::vector<std::uint64_t> sizes_before(const Inventory& inventory, const Backup& newest) {
    std::vector<const Backup*> before;
    for (const Backup& backup : inventory.backups) {
        const bool is_earlier = instant_of(backup) < instant_of(newest);
        const bool has_size = backup.size_bytes.value_or(0) > 0;
        if (backup.status == BackupStatus::completed && is_earlier && has_size) {
            before.push_back(&backup);
        }
    }
    std::stable_sort(before.begin(), before.end(), [](const Backup* a, const Backup* b) {
        return instant_of(*a) > instant_of(*b);
    });
    if (before.size() > compared_with) before.resize(compared_with);
    std::vector<std::uint64_t> sizes;
    for (const Backup* backup : before) sizes.push_back(*backup->size_bytes);
    return sizes;
}

std::uint64_t median(std::vector<std::uint64_t> sizes) {
    std::sort(sizes.begin(), sizes.end());
    const std::uint64_t upper = sizes[sizes.size() / 2];
    if (sizes.size() % 2 == 1) return upper;
    const std::uint64_t lower = sizes[sizes.size() / 2 - 1];
    return lower + (upper - lower) / 2;
}

/// Against what is usual; the sums are written so that they cannot overflow.
void compare(Finding& finding, std::uint64_t size, const std::vector<std::uint64_t>& before) {
    const std::uint64_t usual = median(before);
    const bool is_small = size < usual && size < usual - size;
    const bool is_large = size > usual && size - usual > usual;
    const std::string norm = "the usual " + size_in_words(usual) + " (median of the " +
                             std::to_string(before.size()) + " before it)";
    finding.threshold = "half to double of " + size_in_words(usual);
    if (!is_small && !is_large) {
        finding.summary = "the last backup is " + size_in_words(size) + ", near " + norm;
        return;
    }
    finding.severity = Severity::warning;
    finding.failures = 1;
    finding.summary = "the last backup is " + size_in_words(size) + ", " +
                      (is_small ? "under half of " : "over double of ") + norm;
}

}  // namespace

std::optional<Finding> check_size(const SetObservation& observed, Instant now) {
    if (!observed.inventory) return std::nullopt;
    const Backup* newest = newest_completed(*observed.inventory, now);
    if (!newest || !newest->size_bytes) return std::nullopt;

    const std::uint64_t size = *newest->size_bytes;
    const auto before = sizes_before(*observed.inventory, *newest);
    Finding finding;
    finding.check = "size";
    finding.value = size_in_words(size);
    if (size == 0) {
        finding.severity = Severity::critical;
        finding.failures = 1;
        finding.threshold = "more than 0 B";
        finding.summary =
            "the last backup is empty: " + newest->id + ", " + moment_and_size(*newest);
    } else if (before.size() < fewest_to_compare) {
        finding.summary = "the last backup is " + size_in_words(size) + "; with " +
                          counted(before.size(), "backup") +
                          " before it there is nothing usual yet";
    } else {
        compare(finding, size, before);
    }
    return finding;
}

}  // namespace backupwatch
