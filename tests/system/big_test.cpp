#include "drill/drill.hpp"
#include "drill/large_objects.hpp"
#include "integration/dump_fixture.hpp"
#include "sources/dump/sha256.hpp"

namespace backupwatch {
namespace {

/// The source and the restored table; the dump of it is small.
constexpr std::uintmax_t disk_need = std::uintmax_t{3} << 30;

/// One short row a page, where it is restored as well: nearly all of the gigabyte is empty.
constexpr const char* a_gigabyte = R"(
CREATE TABLE big (id int, text text) WITH (fillfactor = 10);
INSERT INTO big SELECT i, repeat(md5(i::text), 14) FROM generate_series(1, 132000) AS i)";

/// What is beyond a gigabyte. In this process, which hears of each part that is read back.
class Big : public DumpTest {
  protected:
    Big() { ::chmod(directory_.path().c_str(), 0711); }
};

TEST_F(Big, table_passes_its_drill_and_is_read_back_in_parts) {
    if (fs::space(directory_.path()).available < disk_need) GTEST_SKIP() << "no room for it here";
    server_.execute("shop", a_gigabyte);
    ASSERT_GT(std::stoull(server_.value("shop", "SELECT pg_relation_size('big')")), 1ull << 30);
    const auto source = make(plan());
    DrillJob job;
    job.database = "shop";
    job.set = "nightly";
    job.source = source.get();
    job.backup = take(*source);
    job.settings.timeout = 5min;
    std::set<std::uint64_t> steps;
    ProgressSink note = [&](const Progress& progress) {
        if (progress.phase == "verify") steps.insert(progress.bytes_done);
    };

    Driller driller(directory_ / "work", *clock_, pool_);
    const DrillReport report = run_on(loop_, driller.run(std::move(job), note));

    EXPECT_EQ(report.result, DrillOutcome::Result::passed);
    EXPECT_EQ(report.verification.errors, std::vector<std::string>());
    ASSERT_EQ(report.verification.tables.size(), 1u);
    EXPECT_EQ(report.verification.tables[0].rows, 132000u);
    EXPECT_EQ(report.verification.tables[0].hash, report.verification.tables[0].expected_hash);
    // 22 parts of 48 MB; those that were read beside the restore are not told.
    EXPECT_GT(steps.size(), 10u);
    server_.create_database("shop");
}

TEST_F(Big, large_object_is_read_back_though_it_does_not_fit_into_a_value) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "a gigabyte of hexadecimals takes minutes with ThreadSanitizer";
#endif
    server_.execute("shop", "SELECT lo_put(lo_create(4711), 1024::bigint * 1048576, 'x')");
    const auto connection = run_on(
        loop_, Connection::connect(Secret(server_.url("shop")), faithful_settings(), patience)
    );

    Sha256 expected;
    const std::string hole(1 << 20, '\0');
    for (int i = 0; i < 1024; ++i) expected.add(hole);
    expected.add("x");
    // With AddressSanitizer, beside others, it takes most of a minute.
    const Rows found = run_on(loop_, read_large_objects(*connection, pool_, 5min));
    EXPECT_EQ(found, hash_row("4711\t" + expected.hex()));
}

}  // namespace
}  // namespace backupwatch
