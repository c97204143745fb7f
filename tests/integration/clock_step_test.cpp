// Someone sets the clock, or time synchronisation does, while a dump or a drill is under way.
#include "drill/drill.hpp"
#include "foreign_drill_fixture.hpp"

namespace backupwatch {
namespace {

/// The real one, civil time set by `step`.
class SteppedClock final : public Clock {
  public:
    explicit SteppedClock(Clock& real) : real_(real) {}

    Instant now() const override { return real_.now() + step; }
    Duration uptime() const override { return real_.uptime(); }
    Duration awake() const override { return real_.awake(); }
    Task<> wait(Instant instant) override { return real_.wait(instant - step); }

    Duration step{};

  private:
    Clock& real_;
};

class ClockStep : public DumpTest {
  protected:
    ClockStep() { ::chmod(directory_.path().c_str(), 0711); }

    std::unique_ptr<Source> source() { return make_dump_source(plan(), stepped_, pool_, calls_); }

    SteppedClock stepped_{*clock_};
};

TEST_F(ClockStep, in_a_dump_changes_neither_its_length_nor_what_is_in_it) {
    server_.execute("shop", big_table);
    for (const Duration step : {48h, -48h}) {
        stepped_.step = {};
        bool stepped = false;
        ProgressSink set_it = [&](const Progress&) {
            stepped_.step = step;
            stepped = true;
        };
        const auto dumps = source();
        const Instant began = clock_->now();

        const Backup backup = take(*dumps, set_it);

        EXPECT_TRUE(stepped);
        EXPECT_EQ(backup.status, BackupStatus::completed);
        ASSERT_TRUE(backup.finished_at);
        EXPECT_GE(backup.started_at, began - 1s);
        EXPECT_GT(*backup.finished_at, backup.started_at);
        EXPECT_LT(*backup.finished_at - backup.started_at, 1min);
        stepped_.step = {};
        const Inventory listed = run_on(loop_, dumps->list());
        ASSERT_FALSE(listed.backups.empty());
        EXPECT_EQ(listed.backups.back().id, backup.id);
        EXPECT_EQ(listed.backups.back().status, BackupStatus::completed);
        // The next is named after a second of its own.
        std::this_thread::sleep_for(1s);
    }
}

TEST_F(ClockStep, in_a_drill_changes_neither_its_verdict_nor_its_times) {
    server_.execute("shop", "CREATE TABLE posts AS SELECT generate_series(1, 1000) AS id");
    const auto dumps = source();
    const Backup backup = take(*dumps);
    Driller driller(directory_ / "work", stepped_, pool_);
    for (const char* phase : {"fetch", "start", "restore", "verify"}) {
        for (const Duration step : {48h, -48h}) {
            stepped_.step = {};
            DrillJob job;
            job.database = "shop";
            job.set = "nightly";
            job.source = dumps.get();
            job.backup = backup;
            job.settings.timeout = 2min;
            bool stepped = false;
            ProgressSink set_it = [&](const Progress& progress) {
                if (progress.phase != phase) return;
                stepped_.step = step;
                stepped = true;
            };
            const Instant began = clock_->now();

            const DrillReport report = run_on(loop_, driller.run(std::move(job), set_it));

            EXPECT_TRUE(stepped) << phase;
            EXPECT_EQ(report.result, DrillOutcome::Result::passed) << phase;
            EXPECT_EQ(report.verification.errors, std::vector<std::string>());
            EXPECT_GE(report.started_at, began);
            EXPECT_LT(report.started_at, began + 1min);
            EXPECT_GT(report.seconds, 0);
            EXPECT_LT(report.seconds, 60);
            double sum = 0;
            for (const auto& part : report.phases) {
                EXPECT_GE(part.seconds, 0) << part.name;
                sum += part.seconds;
            }
            EXPECT_LE(sum, report.seconds);
            EXPECT_LE(report.restore_seconds(), report.seconds);
        }
    }
}

/// Of another tool's file the dates are those of its inode.
class ForeignClockStep : public ForeignDrill {
  protected:
    std::unique_ptr<Source> source(Duration settle) {
        ForeignPlan plan;
        plan.database = "shop";
        plan.set = "others";
        plan.directory = folder_;
        plan.files.settle = settle;
        plan.patience = patience_;
        plan.url = url_;
        return make_foreign_source(std::move(plan), stepped_, pool_, calls_, state_.get());
    }

    SteppedClock stepped_{*clock_};
};

TEST_F(ForeignClockStep, in_a_drill_changes_neither_its_verdict_nor_its_times) {
    fill("CREATE TABLE posts AS SELECT generate_series(1, 1000) AS id");
    dump("shop.dump", {"-Fc"});
    Driller driller(directory_ / "stepped", stepped_, pool_);
    for (const char* phase : {"fetch", "start", "restore", "verify"}) {
        for (const Duration step : {48h, -48h}) {
            SCOPED_TRACE(std::string(phase) + (step > 0s ? " ahead" : " back"));
            stepped_.step = {};
            const auto others = source(0s);
            DrillJob job;
            job.database = "shop";
            job.set = "others";
            job.source = others.get();
            job.backup.id = "shop.dump";
            job.settings.timeout = 2min;
            bool stepped = false;
            ProgressSink set_it = [&](const Progress& progress) {
                if (progress.phase != phase) return;
                stepped_.step = step;
                stepped = true;
            };

            const DrillReport report = run_on(loop_, driller.run(std::move(job), set_it));

            EXPECT_TRUE(stepped);
            EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
            EXPECT_GT(report.seconds, 0);
            EXPECT_LT(report.seconds, 60);
        }
    }
}

TEST_F(ForeignClockStep, lists_a_file_as_it_was_read_and_a_new_one_once_it_has_settled) {
    fill("CREATE TABLE posts AS SELECT generate_series(1, 10) AS id");
    dump("shop.dump", {"-Fc"});
    fs::resize_file(dump("cut.dump", {"-Fc"}), 2000);
    const auto others = source(1h);
    const auto status_of = [&](const std::string& name) {
        const Inventory listed = run_on(loop_, others->list());
        for (const Backup& backup : listed.backups) {
            if (backup.id == name) return backup.status;
        }
        return BackupStatus::unknown;
    };
    EXPECT_EQ(status_of("shop.dump"), BackupStatus::running) << "it has not settled";
    // Whatever the clock says, only a file that is whole is one.
    stepped_.step = 48h;
    EXPECT_EQ(status_of("shop.dump"), BackupStatus::completed);
    EXPECT_EQ(status_of("cut.dump"), BackupStatus::failed);

    dump("new.dump", {"-Fc"});
    for (const Duration step : {-48h, 0h}) {
        stepped_.step = step;
        EXPECT_EQ(status_of("shop.dump"), BackupStatus::completed);
        EXPECT_EQ(status_of("cut.dump"), BackupStatus::failed);
        EXPECT_EQ(status_of("new.dump"), BackupStatus::running) << "nobody has read it";
    }
    stepped_.step = 2h;
    EXPECT_EQ(status_of("new.dump"), BackupStatus::completed);
}

}  // namespace
}  // namespace backupwatch
