#pragma once
#include "drill/drill.hpp"
#include "dump_fixture.hpp"

#include <memory>
#include <string>
#include <vector>

namespace backupwatch {

inline constexpr const char* supabase_layout = SOURCE_DIR "/tests/support/supabase_layout.sql";

/// `shop` is the database of a project of Supabase's, dumped as its role postgres does it, which
/// is no superuser, and drilled on the PostgreSQL that Debian has.
class SupabaseTest : public DumpTest {
  protected:
    SupabaseTest() {
        ::chmod(directory_.path().c_str(), 0711);
        server_.execute_file("shop", supabase_layout);
    }

    DumpPlan project_plan() const {
        DumpPlan project = plan();
        project.url = Secret(server_.url("shop", "project_owner"));
        project.is_of_supabase = true;
        return project;
    }

    DrillReport drill(Source& source, const std::string& id, DrillSettings settings = {}) {
        DrillJob job;
        job.database = "shop";
        job.set = "nightly";
        job.source = &source;
        job.backup.id = id;
        job.settings = std::move(settings);
        job.settings.timeout = 2min;
        return run_on(loop_, driller_.run(std::move(job), [](const Progress&) {}));
    }

    static std::string errors_of(const DrillReport& report) {
        std::string text;
        for (const auto& error : report.verification.errors) text += error + "\n";
        return text;
    }
    static std::string skipped_of(const DrillReport& report, bool of_platform) {
        std::string text;
        for (const auto& part : report.verification.skipped) {
            if (part.of_platform == of_platform) text += part.what + ": " + part.why + "\n";
        }
        return text;
    }
    static const VerifiedTable* table_in(const DrillReport& report, const std::string& name) {
        for (const auto& table : report.verification.tables) {
            if (table.name == name) return &table;
        }
        return nullptr;
    }

    Driller driller_{directory_ / "work", *clock_, pool_};
};

}  // namespace backupwatch
