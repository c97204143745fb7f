// A folder with more dumps than fit into memory, looked at for the first time.
#include "async/clock.hpp"
#include "async/hanging_calls.hpp"
#include "async/pool.hpp"
#include "async/with_timeout.hpp"
#include "core/failure.hpp"
#include "fakes/forwarding_store.hpp"
#include "sources/foreign/foreign_source.hpp"
#include "sources/foreign/listing.hpp"
#include "store/store.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"
#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

constexpr int files = 60;

std::string dump_of_many_tables() {
    std::string columns;
    for (int n = 0; n < 15; ++n) columns += (n == 0 ? "column_" : ", column_") + std::to_string(n);
    std::string sql = "-- PostgreSQL database dump\n";
    for (int n = 0; n < 2000; ++n) {
        const std::string table = "public.table_with_a_name_" + std::to_string(n);
        sql += "CREATE TABLE " + table + " (\n);\n";
        sql += "COPY " + table + " (" + columns + ") FROM stdin;\n\\.\n";
    }
    return sql + "-- PostgreSQL database dump complete\n";
}

long peak_in_kilobytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

TEST(ManyFiles, are_read_as_far_as_what_is_found_in_them_fits_until_it_is_kept) {
    TemporaryFolder folder;
    const std::string sql = dump_of_many_tables();
    for (int n = 0; n < files; ++n) {
        // Each night another one.
        std::ofstream(folder.path() / ("night" + std::to_string(n) + ".sql"))
            << sql << "-- " << n << "\n";
    }
    ForeignListing listing(folder.path(), {"*.sql", std::chrono::seconds(0)}, {"shop", "shop"});
    listing.known().recall({}, noon);
    const Instant now = Instant::max();
    [[maybe_unused]] const long before = peak_in_kilobytes();

    int looks = 0;
    bool is_through = false;
    while (!is_through) {
        ASSERT_LT(++looks, files) << "no end";
        is_through = listing.judge_new(now, most_unkept);
        EXPECT_LT(listing.known().unkept_bytes(), most_unkept + (4 << 20));
        listing.read(now);
        std::string from;
        for (;;) {
            const FileVerdictChange change = listing.known().changes(now, from);
            if (change.known.empty()) break;
            std::size_t written = 0;
            for (const FileVerdict& verdict : change.known) written += verdict.content.size();
            EXPECT_LT(written, most_written + (4 << 20));
            from = change.known.back().file.id + '\0';
            listing.known().note_kept(change);
        }
    }

    EXPECT_GT(looks, 2);
    for (const ForeignDump& dump : listing.read(now)) {
        EXPECT_EQ(dump.backup.status, BackupStatus::completed) << dump.backup.error;
    }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(peak_in_kilobytes() - before, 64'000);
#endif
}

TEST(ManyFiles, of_which_none_can_be_kept_are_read_as_far_as_they_fit_and_the_newest_always) {
    TemporaryFolder folder;
    const std::string sql = dump_of_many_tables();
    const auto write = [&](const std::string& name, int days_ago) {
        std::ofstream(folder.path() / name) << sql << "-- " << name << "\n";
        const auto at = std::filesystem::file_time_type::clock::now();
        std::filesystem::last_write_time(
            folder.path() / name, at - std::chrono::hours(24) * days_ago
        );
    };
    for (int n = 0; n < 4; ++n) write("night" + std::to_string(n) + ".sql", 10 - n);
    ForeignListing listing(folder.path(), {"*.sql", std::chrono::seconds(0)}, {"shop", "shop"});
    listing.known().recall({}, noon);
    const Instant now = Instant::max();
    constexpr std::size_t of_two = 2 << 20;

    EXPECT_FALSE(listing.judge_new(now, of_two));
    EXPECT_FALSE(listing.judge_new(now, of_two)) << "nothing was kept";
    write("tonight.sql", 0);
    EXPECT_FALSE(listing.judge_new(now, of_two));

    std::vector<bool> is_read;
    for (const ForeignDump& dump : listing.read(now)) is_read.push_back(!dump.backup.is_unread);
    EXPECT_EQ(is_read, (std::vector<bool>{false, false, true, true, true}));
}

/// It reads on, and keeps nothing that was found in files.
class FullState final : public ForwardingStore {
  public:
    explicit FullState(Store& kept) : ForwardingStore(kept) {}
    Task<> keep_file_verdicts(std::string, std::string, FileVerdictChange) override {
        throw Failure(Failure::Kind::exhausted, "the disk is full");
        co_return;
    }
};

TEST(ManyFiles, of_which_none_can_be_kept_do_not_hold_up_who_restores_one_of_them) {
    TemporaryFolder folder;
    const std::string sql = dump_of_many_tables();
    for (int n = 0; n < 20; ++n) {
        const auto path = folder.path() / ("night" + std::to_string(n) + ".sql");
        std::ofstream(path) << sql << "-- " << n << "\n";
        const auto at = std::filesystem::file_time_type::clock::now();
        std::filesystem::last_write_time(path, at - std::chrono::hours(24) * (20 - n));
    }
    asio::io_context loop{1};
    const auto clock = make_clock(loop.get_executor());
    Pool pool{1};
    HangingCalls calls;
    const auto kept = Store::in_memory();
    FullState state(*kept);
    ForeignPlan plan;
    plan.database = "shop";
    plan.set = "others";
    plan.directory = folder.path();
    plan.files.settle = std::chrono::seconds(0);
    const auto source = make_foreign_source(std::move(plan), *clock, pool, calls, &state);

    const auto is_unread = [&](const std::string& id) {
        const Inventory listed = run_on(loop, source->list());
        const auto found = std::ranges::find(listed.backups, id, &Backup::id);
        return found == listed.backups.end() || found->is_unread;
    };
    const std::string wanted = "night0.sql";
    ASSERT_TRUE(is_unread(wanted)) << "more than is held without being kept";
    auto reading = source->manifest(wanted);
    const auto patience = std::chrono::seconds(30);
    const Manifest manifest = run_on(loop, with_timeout(std::move(reading), patience, "reading"));

    EXPECT_EQ(manifest.id, wanted);
    EXPECT_TRUE(is_unread("night1.sql")) << "for which nobody waits";
}

}  // namespace
}  // namespace backupwatch
