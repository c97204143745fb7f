#include "core/backup/choice.hpp"

#include "inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

/// Each was begun five minutes before the time that it is called by.
const Inventory three_nights{
    {completed("2026-11-20T03:00"),
     completed("2026-11-21T03:00"),
     failed("2026-11-22T03:00", "cut short"),
     with_status(BackupStatus::running, "2026-11-22T12:00")},
    noon};

std::string opened(const Inventory& inventory, const BackupChoice& choice) {
    const Backup* backup = choose_to_open(inventory, choice);
    return backup == nullptr ? "none" : backup->id;
}

TEST(ChoiceToOpen, is_the_newest_whole_one_before_that_moment) {
    const std::pair<BackupChoice, std::string> table[] = {
        {{}, "2026-11-21T03:00"},                        // a newer one is damaged
        {{"2026-11-22T03:00", {}}, "2026-11-22T03:00"},  // who names it means it
        {{"2026-11-22T12:00", {}}, "2026-11-22T12:00"},  // whoever has it says why it cannot be
        {{"2026-11-23T03:00", {}}, "none"},
        {{{}, at("2026-11-22T00:00")}, "2026-11-21T03:00"},
        {{{}, at("2026-11-21T02:56")}, "2026-11-21T03:00"},  // its snapshot is of 02:55
        {{{}, at("2026-11-21T02:55")}, "2026-11-20T03:00"},  // not what was then, but before it
        {{{}, at("2026-11-20T02:55")}, "none"},
    };
    for (const auto& [choice, id] : table) {
        EXPECT_EQ(opened(three_nights, choice), id)
            << choice.id << (choice.before ? to_rfc3339(*choice.before) : "");
    }
}

TEST(ChoiceToOpen, is_a_damaged_one_where_no_other_is_left) {
    const Inventory damaged{{failed("2026-11-20T03:00"), failed("2026-11-21T03:00")}, noon};
    EXPECT_EQ(opened(damaged, {}), "2026-11-21T03:00");
    EXPECT_EQ(opened(damaged, {{}, at("2026-11-21T00:00")}), "2026-11-20T03:00");
    EXPECT_EQ(opened({{}, noon}, {}), "none");
}

}  // namespace
}  // namespace backupwatch
