#pragma once
#include "drill/drill.hpp"
#include "fakes/kept_clusters.hpp"
#include "others_folder.hpp"
#include "sources/foreign/foreign_source.hpp"
#include "store/store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace backupwatch {

/// Drills dumps that PostgreSQL's own programs left in a folder.
class ForeignDrill : public OthersFolder {
  protected:
    void fill(const std::string& sql) { server_.execute("shop", sql); }

    static void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0); }

    std::unique_ptr<Source> watching() {
        ForeignPlan plan;
        plan.database = "shop";
        plan.set = "others";
        plan.directory = folder_;
        plan.files.settle = 0ms;
        plan.patience = patience_;
        plan.url = url_;
        return make_foreign_source(std::move(plan), *clock_, pool_, calls_, state_.get());
    }

    Inventory inventory() {
        const auto source = watching();
        return run_on(loop_, source->list());
    }

    /// What is said of it in the list: empty, or why it has failed.
    std::string error_of(const std::string& name) {
        for (const Backup& backup : inventory().backups) {
            if (backup.id != name) continue;
            EXPECT_EQ(backup.status == BackupStatus::completed, backup.error.empty());
            return backup.error;
        }
        return "it is not listed";
    }

    DrillReport drill(
        const std::string& name, ProgressSink progress = [](const Progress&) {}
    ) {
        DrillSettings settings;
        settings.timeout = 2min;
        return drill(name, std::move(settings), std::move(progress));
    }
    DrillReport drill(
        const std::string& name,
        DrillSettings settings,
        ProgressSink progress = [](const Progress&) {}
    ) {
        const auto source = watching();
        DrillJob job;
        job.database = "shop";
        job.set = "others";
        job.source = source.get();
        job.backup.id = name;
        job.settings = std::move(settings);
        return run_on(loop_, driller_.run(std::move(job), std::move(progress)));
    }

    static std::string errors_of(const DrillReport& report) {
        std::string text;
        for (const auto& error : report.verification.errors) text += error + "\n";
        return text;
    }
    static std::string skipped_of(const DrillReport& report) {
        std::string text;
        for (const auto& part : report.verification.skipped) {
            text += part.what + ": " + part.why + "\n";
        }
        return text;
    }

    Duration patience_ = 20s;
    Secret url_{server_.url("shop")};
    std::unique_ptr<Store> state_ = Store::in_memory();
    Driller driller_{make_work_folder(directory_.path()), *clock_, pool_};
};

// An extension whose name needs quotes: most of the world has it.
inline constexpr const char* shop =
    "CREATE EXTENSION \"uuid-ossp\"; CREATE TABLE posts (id serial PRIMARY KEY, title text NOT "
    "NULL, at timestamptz DEFAULT now());"
    "INSERT INTO posts (title) SELECT 'post ' || n FROM generate_series(1, 3000) n;"
    "CREATE TABLE \"My users\" (name text UNIQUE); INSERT INTO \"My users\" VALUES ('it''s');"
    "CREATE TABLE part (n int) PARTITION BY RANGE (n);"
    "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100);"
    "INSERT INTO part SELECT generate_series(0, 49);"
    "SELECT lo_from_bytea(4711, '\\xc0ffee')";

}  // namespace backupwatch
