#include "sources/supabase/usual_time.hpp"

#include <gtest/gtest.h>

#include <string>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

TEST(SupabaseUsualTime, is_the_latest_time_of_day_at_which_they_usually_come) {
    struct Case {
        std::vector<std::string> times;  ///< of the days from 2026-11-16 on; empty: there is none
        std::optional<Duration> due;
        const char* why;
    };
    const Case cases[] = {
        {{"07:00", "07:05", "06:55", "07:10", "07:01", "07:02", "07:03"}, 7h + 10min, "a week"},
        {{"07:00", "07:05", "06:55", "07:10"}, std::nullopt, "too few"},
        {{"07:00", "07:05", "06:55", "07:10", "07:00"}, 7h + 10min, "just enough"},
        {{"07:00", "07:05", "15:00", "07:10", "07:01", "07:02", "07:03"},
         7h + 10min,
         "one is late"},
        {{"07:00", "07:05", "15:00", "07:10", "15:00", "07:02", "07:03"}, std::nullopt, "two are"},
        {{"07:00", "07:05", "15:00", "07:10", "07:01"}, std::nullopt, "one of too few is"},
        {{"23:50", "23:40", "00:10", "23:55", "00:05", "23:50", "23:50"}, 10min, "over midnight"},
        {{"01:00", "05:00", "03:00", "02:00", "04:00"}, 5h, "within four hours"},
        {{"01:00", "05:01", "03:00", "02:00", "04:00"}, std::nullopt, "and no more"},
        {{"07:00", "", "07:05", "", "06:55", "07:10", "07:01"}, 7h + 10min, "some are missing"},
        {{"07:00", "07:01", "", "", "", "", "", "", "", "07:00", "07:00", "07:00"},
         std::nullopt,
         "of other weeks"},
    };
    for (const auto& [times, due, why] : cases) {
        Inventory inventory;
        int day = 16;
        for (const std::string& time : times) {
            const std::string date = "2026-11-" + std::to_string(day++);
            if (time.empty()) continue;
            Backup backup;
            backup.status = BackupStatus::completed;
            backup.finished_at = parse_rfc3339(date + "T" + time + ":00Z").value();
            // In no order.
            inventory.backups.insert(inventory.backups.begin(), backup);
        }
        const auto usual = usual_due(inventory, parse_rfc3339("2026-11-30T12:00:00Z").value());
        EXPECT_EQ(usual.has_value(), due.has_value()) << why;
        if (usual && due) {
            EXPECT_EQ(usual->since_midnight, *due) << why;
        }
    }
}

TEST(SupabaseUsualTime, counts_none_that_failed_or_is_of_the_future) {
    Inventory inventory;
    for (int day = 16; day <= 22; ++day) {
        Backup backup;
        backup.status = day < 19 ? BackupStatus::failed : BackupStatus::completed;
        const std::string date = "2026-11-" + std::to_string(day);
        backup.finished_at = parse_rfc3339(date + "T07:00:00Z").value();
        inventory.backups.push_back(backup);
        inventory.backups.push_back(backup);
        inventory.backups.back().finished_at = parse_rfc3339("2027-01-01T07:00:00Z").value();
    }
    EXPECT_FALSE(usual_due(inventory, parse_rfc3339("2026-11-22T12:00:00Z").value()));
}

}  // namespace
}  // namespace backupwatch
