#include "core/failure.hpp"
#include "sources/supabase/metrics_text.hpp"
#include "sources/supabase/replies.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace backupwatch {
namespace {

std::string refusal_of(const std::function<void()>& parse) {
    try {
        parse();
        return {};
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::corrupt);
        return failure.what();
    }
}

TEST(SupabaseReplies, A7_makes_ids_of_their_own_where_the_api_gives_none) {
    const auto reply = parse_backups(
        R"({"pitr_enabled":false,"backups":[{"status":"COMPLETED","inserted_at":"2026-11-22T03:00:00Z"},)"
        R"({"status":"FAILED","inserted_at":"2026-11-22T03:00:00Z","more":{}},)"
        R"({"id":7,"status":"PENDING","inserted_at":"2026-11-22T04:00:00Z"}]})"
    );
    ASSERT_EQ(reply.backups.size(), 3u);
    EXPECT_EQ(reply.backups[0].id, "2026-11-22T03:00:00Z");
    EXPECT_EQ(reply.backups[1].id, "2026-11-22T03:00:00Z.2");
    EXPECT_EQ(reply.backups[2].id, "7");
}

TEST(SupabaseReplies, say_what_cannot_be_read_in_them) {
    EXPECT_EQ(
        refusal_of([] { parse_backups(""); }), "cannot use the reply on backups: it is empty"
    );
    EXPECT_EQ(
        refusal_of([] { parse_backups("<html>"); }),
        "cannot use the reply on backups: it is no JSON, or not all of it"
    );
    EXPECT_EQ(
        refusal_of([] { parse_backups(R"({"pitr_enabled":false,"backups":null})"); }),
        "cannot use the reply on backups: \"backups\" is not a list"
    );
    EXPECT_EQ(
        refusal_of([] {
            parse_backups(R"({"pitr_enabled":true,"backups":[{"status":"X","inserted_at":"soon"}]})"
            );
        }),
        "cannot use the reply on backups, backups 1: \"inserted_at\" is not a time"
    );
    EXPECT_NE(
        refusal_of([] { parse_disk_use(R"({"metrics":{"fs_size_bytes":1,"fs_avail_bytes":2}})"); }),
        ""
    );
    EXPECT_NE(
        refusal_of([] { parse_disk_use(R"({"metrics":{"fs_size_bytes":-1,"fs_avail_bytes":0}})"); }
        ),
        ""
    );
    EXPECT_NE(refusal_of([] { parse_schedule(R"({"schedule_for":"25:00:00"})"); }), "");
}

TEST(SupabaseReplies, A9_have_the_time_of_day_of_a_schedule) {
    const auto schedule =
        parse_schedule(R"({"schedule_for":"04:30:00","updated_at":"2026-05-04T14:40:44+00:00"})");
    EXPECT_EQ(schedule.since_midnight, std::chrono::minutes(270));
    EXPECT_EQ(schedule.updated_at, parse_rfc3339("2026-05-04T14:40:44Z"));
}

TEST(SupabaseReplies, A10_to_A12_have_the_disk) {
    const auto use = parse_disk_use(
        R"({"timestamp":"2026-11-22 11:59:00.123+00","metrics":{"fs_size_bytes":8.350298112e+09,)"
        R"("fs_avail_bytes":7679680512,"fs_used_bytes":212345678.5}})"
    );
    EXPECT_EQ(use.size, 8'350'298'112u);
    EXPECT_EQ(use.available, 7'679'680'512u);
    EXPECT_EQ(use.measured_at, parse_rfc3339("2026-11-22T11:59:00.123Z"));
    EXPECT_EQ(parse_disk_size(R"({"attributes":{"type":"io2","size_gb":200,"iops":9000}})"), 200);
    EXPECT_EQ(
        parse_autoscale_limit(
            R"({"growth_percent":null,"min_increment_gb":null,"max_size_gb":null})"
        ),
        std::nullopt
    );
    EXPECT_EQ(parse_autoscale_limit(R"({"max_size_gb":64})"), 64);
}

TEST(SupabaseReplies, A13_have_the_disk_of_the_database_among_the_metrics) {
    const auto metrics = parse_project_metrics(
        "# TYPE node_filesystem_size_bytes gauge\n"
        "node_filesystem_size_bytes{device=\"/dev/nvme1n1p2\",mountpoint=\"/\"} 1.0359754752e+10\n"
        "node_filesystem_size_bytes{device=\"a}\\\"b\",fstype=\"ext4\",mountpoint=\"/data\"} "
        "8.350298112e+09 1790000000000\r\n"
        "node_filesystem_avail_bytes{mountpoint=\"/data\"} 7.679680512e+09\n"
        "node_filesystem_avail_bytes{mountpoint=\"/data/more\"} 1\n"
        "node_filesystem_avail_bytes{of=\"mountpoint\",mountpoint=\"/\"} 2.910277632e+09\n"
        "replication_slots_max_lag_bytes{server=\"localhost:5432\"} NaN\n"
        "pg_database_size_bytes{datname=\"postgres\"} 2.61524627e+08\n"
        "pg_database_size_bytes{datname=\"template0\"} 7.520783e+06\n"
        "pg_ls_archive_statusdir_wal_pending_count{server=\"localhost:5432\"} 3\n"
    );
    EXPECT_EQ(metrics.disk_size, 8'350'298'112u);
    EXPECT_EQ(metrics.disk_available, 7'679'680'512u);
    EXPECT_EQ(metrics.waiting_segments, 3u);
}

TEST(SupabaseReplies, A13_do_not_take_what_is_absent_for_zero) {
    for (const char* text :
         {"",
          "<html>521</html>",
          "pg_ls_archive_statusdir_wal_pending_count NaN\n",
          "pg_ls_archive_statusdir_wal_pending_count{a=\"b\n",
          "pg_ls_archive_statusdir_wal_pending_count -1",
          "pg_ls_archive_statusdir_wal_pending_count 1e300",
          "pg_ls_archive_statusdir_wal_pending_count 3x"}) {
        const auto metrics = parse_project_metrics(text);
        EXPECT_EQ(metrics.waiting_segments, std::nullopt) << text;
        EXPECT_EQ(metrics.disk_size, std::nullopt) << text;
    }
}

TEST(SupabaseReplies, A14_count_the_projects_of_all_pages_and_no_branches) {
    const auto first = parse_projects(
        R"({"projects":[{"ref":"aaaaaaaaaaaaaaaaaaaa","is_branch":false,"databases":)"
        R"([{"type":"PRIMARY"},{"type":"READ_REPLICA"}]},{"ref":"bbbbbbbbbbbbbbbbbbbb","is_branch":true}],)"
        R"("pagination":{"count":3,"limit":2,"offset":0}})"
    );
    EXPECT_EQ(first.refs, std::vector<std::string>{"aaaaaaaaaaaaaaaaaaaa"});
    EXPECT_EQ(first.listed, 2u);
    EXPECT_EQ(first.count, 3u);
}

TEST(SupabaseReplies, A15_have_how_long_backups_are_kept) {
    for (const int days : {7, 14, 30}) {
        const std::string text = std::to_string(days);
        EXPECT_EQ(
            parse_retention_days(
                R"({"entitlements":[{"feature":{"key":"x"},"hasAccess":true},)"
                R"({"feature":{"key":"backup.retention_days"},"hasAccess":true,"config":{"value":)" +
                text + "}}]}"
            ),
            days
        );
        EXPECT_EQ(
            parse_pitr_days(
                R"({"selected_addons":[{"type":"ipv4","variant":{"id":"ipv4_default"}},)"
                R"({"type":"pitr","variant":{"id":"pitr_)" +
                text + "\"}}]}"
            ),
            days
        );
    }
    EXPECT_EQ(
        parse_retention_days(
            R"({"entitlements":[{"feature":{"key":"backup.retention_days"},"hasAccess":false,)"
            R"("config":{"value":7}}]})"
        ),
        0
    );
    EXPECT_EQ(parse_retention_days(R"({"entitlements":[]})"), std::nullopt);
    EXPECT_EQ(parse_pitr_days(R"({"selected_addons":[]})"), std::nullopt);
}

TEST(SupabaseReplies, C11_let_nothing_into_a_url_that_is_no_reference) {
    EXPECT_TRUE(is_project_ref("abcdefghijklmnopqrst"));
    for (const char* text :
         {"", "abc", "abcdefghijklmnopqrsT", "abcdefghijklmnopqr/.", "abcdefghijklmnopqrstu"}) {
        EXPECT_FALSE(is_project_ref(text)) << text;
    }
    EXPECT_TRUE(is_organization_slug("acme-Inc_7"));
    for (const char* text : {"", "a/b", "..", "a?b", "a b"})
        EXPECT_FALSE(is_organization_slug(text)) << text;
}

}  // namespace
}  // namespace backupwatch
