#include "store/store.hpp"

#include "fixture.hpp"
#include "store/database.hpp"

#include <SQLiteCpp/Database.h>
#include <boost/asio/steady_timer.hpp>
#include <sys/stat.h>

#include <fstream>
#include <thread>

namespace backupwatch {
namespace {

mode_t mode_of(const std::filesystem::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
}

TEST(Store, keeps_everything_over_a_restart) {
    TemporaryFolder folder;
    {
        auto store = opened(folder);
        run(store->history(nightly, night - 24h));
        run(store->first_sight("orders", "nightly", night - 24h));
        run(store->open_slot(nightly, due(night), night));
        Outcome outcome = outcome_at(night + 6min);
        outcome.closes = Outcome::Slot{nightly, night, "failed"};
        outcome.findings = {finding("backup", Severity::critical), finding("size", Severity::ok)};
        outcome.failed_take = backup("b2", BackupStatus::failed, night);
        outcome.failed_take->error = "no space left on device";
        outcome.drill = drill(DrillOutcome::Result::passed, night);
        outcome.drill->by_hand = true;
        outcome.disk = DiskSample{night, 6, 8};
        outcome.seen = {backup("b1", BackupStatus::completed, night - 24h)};
        outcome.seen[0].size_bytes = 151'200'000;
        outcome.seen[0].label = "before \"migration\" 7 ü";
        outcome.seen[0].keep_until = night + 720h;
        run(store->commit(outcome));
    }

    auto store = opened(folder, night + 1h);

    const SlotHistory history = run(store->history(nightly, night + 1h));
    EXPECT_EQ(history.last, night);
    EXPECT_FALSE(history.open);
    EXPECT_EQ(run(store->first_sight("orders", "nightly", night + 1h)), night - 24h);

    const auto findings = run(store->findings());
    ASSERT_EQ(findings.size(), 2u);
    Finding expected = finding("backup", Severity::critical);
    expected.since = night + 6min;
    EXPECT_EQ(findings[0].finding, expected);
    EXPECT_EQ(findings[0].checked_at, night + 6min);

    const auto failed = run(store->failed_takes("orders", "nightly"));
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_EQ(failed[0].id, "b2");
    EXPECT_EQ(failed[0].error, "no space left on device");
    EXPECT_EQ(failed[0].size_bytes, std::nullopt);

    const auto seen = run(store->seen("orders", "nightly", Instant()));
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].size_bytes, 151'200'000u);
    EXPECT_EQ(seen[0].label, "before \"migration\" 7 ü");
    EXPECT_EQ(seen[0].keep_until, night + 720h);

    const auto drills = run(store->drills("orders", "nightly", 10));
    ASSERT_EQ(drills.size(), 1u);
    EXPECT_EQ(drills[0].outcome.seconds, 41.5);
    EXPECT_EQ(drills[0].outcome.backup_at, night);
    EXPECT_EQ(drills[0].verified_rows, 1200u);
    EXPECT_TRUE(drills[0].by_hand);
    EXPECT_EQ(drills[0].document, R"({"result":"passed"})");

    const auto samples = run(store->disk_samples("orders", night - 24h));
    ASSERT_EQ(samples.size(), 1u);
    EXPECT_EQ(samples[0].used, 6u);
    EXPECT_TRUE(store->damaged_files().empty());
}

TEST(Store, keeps_what_is_known_of_what_dumps_hold) {
    TemporaryFolder folder;
    ShapeJudgement shape{"b9", night, 12, true, {}};
    shape.losses = {
        {"b2", {{"public.posts", "public.posts is gone"}, {"public.users", "has lost \"email\""}}},
        {"b7", {{"public.orders", "public.orders is gone"}}}};
    {
        auto store = opened(folder);
        EXPECT_EQ(run(store->shape("orders", "nightly")), std::nullopt);
        run(store->keep_shape("orders", "nightly", ShapeJudgement{"b8", night - 24h, 1, false, {}})
        );
        run(store->keep_shape("orders", "nightly", shape));
        run(store->keep_shape("orders", "copied", ShapeJudgement{"b1", night, 1, false, {}}));
    }
    auto store = opened(folder, night + 1h);
    EXPECT_EQ(run(store->shape("orders", "nightly")), shape);

    shape.losses.erase(shape.losses.begin());
    shape.newest_shape = Shape{"b9", {{"public.users", {{"id", "e\n\"mail"}, 12}}}, {}};
    shape.lost_shapes = {
        {"b7",
         {{"public.orders", {{"id"}, 7, {{"id", "integer"}, {"ä", "app.\"my type\""}}}},
          {"public.posts", {{}, 0}}},
         {}},
        {"b8", {{"public.orders", {{"id"}, 9}}}, {}}};
    run(store->keep_shape("orders", "nightly", shape));
    EXPECT_EQ(run(store->shape("orders", "nightly")), shape);
}

TEST(Store, keeps_what_was_found_in_files_until_they_are_gone) {
    TemporaryFolder folder;
    FileVerdict whole{
        {"a.dump", "1 2"},
        "1",
        night,
        night - 24h,
        BackupStatus::completed,
        "",
        Kinship::own,
        "{}"};
    FileVerdict cut{
        {"b.dump", "3 4"}, "1", night, night, BackupStatus::failed, "cut", Kinship::undecided, ""};
    FileVerdict written_over = whole;
    written_over.file.stamp = "5 6";
    {
        auto store = opened(folder);
        run(store->keep_file_verdicts("orders", "nightly", {{cut, whole, written_over}, {}}));
        run(store->keep_file_verdicts("orders", "copied", {{whole}, {}}));
        written_over.kinship = Kinship::other;
        written_over.error = "another database's";
        run(store->keep_file_verdicts("orders", "nightly", {{written_over}, {cut.file}}));
    }
    auto store = opened(folder, night + 1h);
    const std::vector<FileKey> kept{whole.file, written_over.file};
    EXPECT_EQ(run(store->judged_files("orders", "nightly")), kept);
    EXPECT_EQ(run(store->file_verdict("orders", "nightly", whole.file)), whole);
    EXPECT_EQ(run(store->file_verdict("orders", "nightly", written_over.file)), written_over);
    EXPECT_EQ(run(store->file_verdict("orders", "nightly", cut.file)), std::nullopt);
    EXPECT_EQ(run(store->judged_files("orders", "copied")).size(), 1u);
}

TEST(Store, keeps_the_note_of_a_source_and_what_its_provider_said) {
    TemporaryFolder folder;
    const Evidence first{night - 24h, R"({"replies":{}})"};
    const Evidence second{night, R"({"replies":{"/v1":"a 'quoted' one"}})"};
    {
        auto store = opened(folder);
        EXPECT_EQ(run(store->source_note("orders", "nightly")), "");
        EXPECT_EQ(run(store->evidence("orders", "nightly")), std::vector<Evidence>{});
        run(store->keep_source_note("orders", "nightly", "{}"));
        run(store->keep_source_note("orders", "nightly", R"({"status":"ACTIVE"})"));
        run(store->keep_source_note("orders", "copied", "of another set"));
        run(store->keep_evidence("orders", "nightly", second));
        run(store->keep_evidence("orders", "nightly", first));
    }
    auto store = opened(folder, night + 1h);
    EXPECT_EQ(run(store->source_note("orders", "nightly")), R"({"status":"ACTIVE"})");
    EXPECT_EQ(run(store->evidence("orders", "nightly")), (std::vector<Evidence>{first, second}));
    EXPECT_EQ(run(store->evidence("orders", "copied")), std::vector<Evidence>{});
}

TEST(Store, keeps_what_is_handed_over_until_a_later_one_is_done) {
    TemporaryFolder folder;
    using State = HookRun::State;
    const HookRun failed{"b1", night - 24h, State::failed, 1, night - 24h, 1.5, "exit code 1"};
    HookRun owed{"b2", night, State::owed, 0, night, 0, ""};
    HookRun begun = owed;
    begun.state = State::begun;
    begun.tries = 1;
    {
        auto store = opened(folder);
        EXPECT_EQ(run(store->hook_runs("orders", "nightly")), std::vector<HookRun>{});
        run(store->keep_hook_run("orders", "nightly", failed));
        Outcome outcome = outcome_at(night);
        outcome.hook_run = owed;
        run(store->commit(outcome));
        run(store->keep_hook_run("orders", "nightly", begun));
        run(store->keep_hook_run("orders", "copied", owed));
        // Of a process that knows less.
        run(store->keep_hook_run("orders", "nightly", owed));
    }
    auto store = opened(folder, night + 1h);
    EXPECT_EQ(run(store->hook_runs("orders", "nightly")), (std::vector<HookRun>{failed, begun}));

    HookRun done = begun;
    done.state = State::done;
    run(store->keep_hook_run("orders", "nightly", done));
    EXPECT_EQ(run(store->hook_runs("orders", "nightly")), std::vector<HookRun>{done});
    EXPECT_EQ(run(store->hook_runs("orders", "copied")), std::vector<HookRun>{owed});
    done.state = State::gone;
    run(store->keep_hook_run("orders", "nightly", done));
    EXPECT_EQ(run(store->hook_runs("orders", "nightly")), std::vector<HookRun>{});
}

TEST(Store, lets_the_loop_turn_while_it_waits_for_the_disk) {
    TemporaryFolder folder;
    auto store = run(Store::open(folder.path() / "deep" / "state", night));
    const std::string file = (folder.path() / "deep" / "state" / "state.db").string();
    SQLite::Database other(file, SQLite::OPEN_READWRITE);
    other.exec("BEGIN IMMEDIATE");
    // Only a loop that turns can let the store go on.
    asio::steady_timer timer(loop_of_this_thread(), 50ms);
    timer.async_wait([&other](boost::system::error_code) { other.exec("COMMIT"); });

    run(store->commit(outcome_at(night)));

    EXPECT_EQ(run(store->history(nightly, night)).last, night);
}

TEST(Store, is_as_durable_as_sqlite_can_make_it) {
    TemporaryFolder folder;
    const std::string file = (folder.path() / "state.db").string();
    std::ofstream(file).close();
    Database database(file);
    int synchronous = 0;
    std::string journal;

    Query how = database.query("PRAGMA synchronous");
    ASSERT_TRUE(how.next());
    how.read(synchronous);
    Query where = database.query("PRAGMA journal_mode");
    ASSERT_TRUE(where.next());
    where.read(journal);

    EXPECT_EQ(synchronous, 2) << "FULL";
    EXPECT_EQ(journal, "wal");
}

TEST(Store, shows_its_files_to_its_owner_only) {
    TemporaryFolder folder;
    auto store = run(Store::open(folder.path() / "state", night, Store::Thread::callers));
    run(store->probe(night));

    // The drill's user passes through to its work folder, and sees no names.
    EXPECT_EQ(mode_of(folder.path() / "state"), 0711u);
    EXPECT_EQ(mode_of(folder.path() / "state" / "state.db"), 0600u);
    EXPECT_EQ(mode_of(folder.path() / "state" / "state.db-wal"), 0600u);
    EXPECT_EQ(mode_of(folder.path() / "state" / "state.db-shm"), 0600u);
}

TEST(Store, works_without_a_file_for_simulations) {
    auto store = Store::in_memory();

    EXPECT_EQ(run(store->history(nightly, night)).last, night);
    run(store->open_slot(nightly, due(night + 24h), night + 24h));
    EXPECT_TRUE(run(store->history(nightly, night)).open);
}

TEST(Store, gives_a_stream_its_first_sight_once) {
    auto store = Store::in_memory();

    EXPECT_EQ(run(store->history(nightly, night)).last, night);
    EXPECT_EQ(run(store->history(nightly, night + 24h)).last, night);
    EXPECT_EQ(run(store->history({"orders", "nightly", "drill"}, night + 1h)).last, night + 1h);
}

TEST(Store, knows_an_open_slot_and_how_often_it_was_begun) {
    TemporaryFolder folder;
    run(opened(folder)->open_slot(nightly, due(night), night));

    SlotHistory history = run(opened(folder)->history(nightly, night + 1h));
    EXPECT_TRUE(history.open);
    EXPECT_EQ(history.last, night);
    EXPECT_EQ(history.tries, 1);

    run(opened(folder)->open_slot(nightly, due(night, 2), night + 1h));
    EXPECT_EQ(run(opened(folder)->history(nightly, night)).tries, 2);
}

TEST(Store, closes_a_slot_once) {
    auto store = Store::in_memory();
    run(store->open_slot(nightly, due(night), night));
    Outcome outcome = outcome_at(night);
    outcome.closes = Outcome::Slot{nightly, night, "ok"};
    run(store->commit(outcome));

    outcome.failed_take = backup("b1", BackupStatus::failed, night);

    EXPECT_EQ(failure_of(store->commit(outcome)), Failure::Kind::rejected);
    EXPECT_TRUE(run(store->failed_takes("orders", "nightly")).empty()) << "all or nothing";
}

TEST(Store, remembers_what_was_worked_as_stretches) {
    TemporaryFolder folder;
    const auto work = [&](Instant slot) {
        auto store = opened(folder);
        run(store->history(nightly, night - 1h));
        run(store->open_slot(nightly, due(slot), slot));
        Outcome outcome = outcome_at(slot + 1min);
        outcome.closes = Outcome::Slot{nightly, slot, "ok"};
        run(store->commit(outcome));
    };
    for (const int day : {0, 1, 2, 5, 6}) work(night + day * 24h);

    const SlotHistory history = run(opened(folder)->history(nightly, night));

    const std::vector<SlotStretch> expected{
        {night, night + 48h}, {night + 5 * 24h, night + 6 * 24h}};
    EXPECT_EQ(history.worked, expected);
    EXPECT_EQ(history.since, night - 1h);
    EXPECT_EQ(history.last, night + 6 * 24h);
    EXPECT_FALSE(history.open);
}

TEST(Store, counts_a_slot_as_worked_whose_opening_could_not_be_recorded) {
    auto store = Store::in_memory();
    Outcome outcome = outcome_at(night);
    outcome.closes = Outcome::Slot{nightly, night, "failed"};

    run(store->commit(outcome));

    const SlotHistory history = run(store->history(nightly, night));
    EXPECT_EQ(history.worked, (std::vector<SlotStretch>{{night, night}}));
    EXPECT_FALSE(history.open);
    EXPECT_EQ(failure_of(store->commit(outcome)), Failure::Kind::rejected);
}

TEST(Store, keeps_since_while_a_check_fails_and_drops_it_with_the_recovery) {
    auto store = Store::in_memory();
    const auto since_after = [&](Severity severity, Duration later) {
        Outcome outcome = outcome_at(night + later);
        outcome.findings = {finding("backup", severity)};
        run(store->commit(outcome));
        return run(store->findings())[0].finding.since;
    };

    EXPECT_EQ(since_after(Severity::ok, 0h), std::nullopt);
    EXPECT_EQ(since_after(Severity::critical, 1h), night + 1h);
    EXPECT_EQ(since_after(Severity::critical, 2h), night + 1h);
    EXPECT_EQ(since_after(Severity::warning, 3h), night + 1h);
    EXPECT_EQ(since_after(Severity::ok, 4h), std::nullopt);
    EXPECT_EQ(since_after(Severity::unknown, 5h), night + 5h);
}

TEST(Store, drops_the_finding_of_a_check_that_is_silent_now) {
    auto store = Store::in_memory();
    Outcome outcome = outcome_at(night);
    outcome.findings = {finding("backup", Severity::ok), finding("retention", Severity::ok)};
    run(store->commit(outcome));
    Outcome disk = outcome_at(night);
    disk.set = "";
    disk.findings = {finding("disk", Severity::ok)};
    disk.findings[0].set = "";
    run(store->commit(disk));

    outcome.findings = {finding("backup", Severity::unknown)};
    run(store->commit(outcome));
    run(store->commit(outcome_at(night)));

    const auto left = run(store->findings());
    ASSERT_EQ(left.size(), 2u);
    EXPECT_EQ(left[0].finding.check, "disk");
    EXPECT_EQ(left[1].finding.check, "backup");
}

TEST(Store, remembers_backups_that_are_no_longer_listed_until_they_expire) {
    auto store = Store::in_memory();
    Outcome first = outcome_at(night);
    first.seen = {
        backup("b1", BackupStatus::completed, night - 48h),
        backup("b2", BackupStatus::completed, night - 24h),
    };
    run(store->commit(first));

    Outcome second = outcome_at(night);
    second.seen = {backup("b3", BackupStatus::completed, night)};
    second.expired = {"b1"};
    run(store->commit(second));

    const auto seen = run(store->seen("orders", "nightly", Instant()));
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen[0].id, "b2");
    EXPECT_EQ(seen[1].id, "b3");
}

TEST(Store, corrects_a_first_sight_from_the_future_for_good) {
    TemporaryFolder folder;
    {
        auto store = opened(folder);
        run(store->first_sight("orders", "nightly", night + 87600h));

        EXPECT_EQ(run(store->first_sight("orders", "nightly", night)), night);
        EXPECT_EQ(store->corrected_first_sights(), 1);
    }
    auto store = opened(folder);

    EXPECT_EQ(run(store->first_sight("orders", "nightly", night + 1h)), night);
    EXPECT_EQ(store->corrected_first_sights(), 0);
}

TEST(Store, keeps_since_over_a_time_in_which_the_source_could_not_be_read) {
    TemporaryFolder folder;
    auto store = opened(folder);
    Outcome outcome = outcome_at(night);
    outcome.findings = {finding("backup", Severity::ok), finding("restore", Severity::critical)};
    run(store->commit(outcome));
    Outcome blind = outcome_at(night + 1h);
    blind.findings = {finding("backup", Severity::unknown)};
    blind.is_blind = true;
    run(store->commit(blind));

    store = opened(folder);
    const auto meanwhile = run(store->findings());
    ASSERT_EQ(meanwhile.size(), 2u);
    EXPECT_EQ(meanwhile[1].finding.check, "restore");
    EXPECT_TRUE(meanwhile[1].is_silent);
    EXPECT_FALSE(meanwhile[0].is_silent);

    outcome.at = night + 2h;
    run(store->commit(outcome));
    const auto after = run(store->findings());
    EXPECT_EQ(after[1].finding.since, night);
    EXPECT_FALSE(after[1].is_silent);
}

TEST(Store, tells_sets_and_databases_apart) {
    auto store = Store::in_memory();
    Outcome outcome = outcome_at(night);
    outcome.seen = {backup("b1", BackupStatus::completed, night)};
    run(store->commit(outcome));

    EXPECT_TRUE(run(store->seen("orders", "supabase", Instant())).empty());
    EXPECT_TRUE(run(store->seen("users", "nightly", Instant())).empty());
}

TEST(Store, gives_the_newest_drills_first_and_finds_the_last_that_passed) {
    auto store = Store::in_memory();
    using Result = DrillOutcome::Result;
    // A clock that was ten years ahead must not hide the drills since it is right again.
    for (const auto& [result, hours] :
         {std::pair(Result::passed, 87600h),
          std::pair(Result::unknown, 1h),
          std::pair(Result::passed, 3h),
          std::pair(Result::failed, 4h)}) {
        Outcome outcome = outcome_at(night + hours);
        outcome.drill = drill(result, night + hours);
        run(store->commit(outcome));
    }

    const auto newest = run(store->drills("orders", "nightly", 2));
    ASSERT_EQ(newest.size(), 2u);
    EXPECT_EQ(newest[0].outcome.result, Result::failed);
    EXPECT_EQ(newest[1].outcome.finished_at, night + 3h);
    const auto passed = run(store->last_passed_drill("orders", "nightly"));
    ASSERT_TRUE(passed);
    EXPECT_EQ(passed->outcome.finished_at, night + 3h);
    EXPECT_FALSE(run(store->last_passed_drill("orders", "supabase")));
}

TEST(Store, leaves_out_of_the_judged_drills_those_by_hand_that_did_not_pass) {
    auto store = Store::in_memory();
    using Result = DrillOutcome::Result;
    const auto drilled = [&](Result result, bool by_hand, Duration after) {
        Outcome outcome = outcome_at(night + after);
        outcome.drill = drill(result, night + after);
        outcome.drill->by_hand = by_hand;
        outcome.drill->outcome.backup_at = night;
        run(store->commit(outcome));
    };
    drilled(Result::failed, false, 1h);
    drilled(Result::unknown, false, 2h);
    drilled(Result::passed, true, 3h);
    for (const Result result : {Result::failed, Result::unknown}) drilled(result, true, 4h);

    const auto judged = run(store->judged_drills("orders", "nightly", 2));
    ASSERT_EQ(judged.size(), 2u);
    EXPECT_EQ(judged[0].result, Result::passed);
    EXPECT_EQ(judged[0].backup_at, night);
    EXPECT_EQ(judged[1].result, Result::unknown);
    EXPECT_EQ(judged[1].finished_at, night + 2h);
    EXPECT_EQ(run(store->judged_drills("orders", "nightly", 10)).size(), 3u);
    EXPECT_TRUE(run(store->judged_drills("orders", "supabase", 10)).empty());
}

TEST(Store, is_read_and_written_by_two_at_a_time) {
    TemporaryFolder folder;
    const auto commit_many = [&](std::string database) {
        auto store = run(Store::open(folder.path(), night));
        for (int number = 0; number < 50; ++number) {
            Outcome outcome = outcome_at(night + number * 1min);
            outcome.database = database;
            outcome.disk = DiskSample{outcome.at, 1, 2};
            run(store->commit(outcome));
        }
    };

    std::thread first([&] { commit_many("orders"); });
    std::thread second([&] { commit_many("users"); });
    first.join();
    second.join();

    auto store = opened(folder);
    EXPECT_EQ(run(store->disk_samples("orders", night)).size(), 50u);
    EXPECT_EQ(run(store->disk_samples("users", night)).size(), 50u);
}

}  // namespace
}  // namespace backupwatch
