#pragma once
#include "foreign_drill_fixture.hpp"
#include "supabase_fixture.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace backupwatch {

/// What `supabase db dump` left in a folder, drilled on stock PostgreSQL: docs/supabase-dumps.md.
class FilesOfSupabase : public ForeignDrill {
  protected:
    FilesOfSupabase() { server_.execute_file("shop", supabase_layout); }

    /// Its rows as COPY writes them.
    void dump_files(
        const std::string& name, const std::string& rows = "", const std::string& zone = "UTC"
    ) {
        run("PGTZ=" + zone + " PGHOST='" + server_.socket_folder().string() +
            "' PGUSER=postgres PATH='" + server_.bin().string() +
            "':$PATH " SOURCE_DIR "/tests/support/supabase_db_dump.sh shop '" +
            (folder_ / name).string() + "' '" + rows + "'");
    }

    DrillReport drill_asking(const std::string& name, std::vector<std::string> queries) {
        DrillSettings settings;
        settings.queries.texts = std::move(queries);
        return drill(name, std::move(settings));
    }

    /// What psql says of its errors as a drill runs it; the rows go into the file `rows`.
    fs::path words_of_psql(
        const TestPostgres& server, const std::string& database, const fs::path& file
    ) {
        fs::path said = directory_ / "said";
        run("PGHOST='" + server.socket_folder().string() + "' '" +
            (server.bin() / "psql").string() +
            "' --no-psqlrc --quiet --username=postgres --dbname=" + database +
            " --echo-errors --set=VERBOSITY=verbose --file='" + file.string() + "' >'" +
            (directory_ / "rows").string() + "' 2>'" + said.string() + "'");
        return said;
    }

    static std::string text_of(const fs::path& file) {
        std::ostringstream text;
        text << std::ifstream(file).rdbuf();
        return text.str();
    }
    void replace_in(const std::string& file, const std::string& from, const std::string& to) {
        std::string text = text_of(folder_ / file);
        const auto at = text.find(from);
        ASSERT_NE(at, std::string::npos) << from << " is not in " << file;
        std::ofstream(folder_ / file) << text.replace(at, from.size(), to);
    }
    static std::uint64_t rows_in(const DrillReport& report, const std::string& name) {
        for (const auto& table : report.verification.tables) {
            if (table.name == name && table.ok && table.compared) return table.rows;
        }
        return 0;
    }
    static std::string check_in(const DrillReport& report, const std::string& name) {
        for (const auto& check : report.verification.checks) {
            if (check.name == name) return check.detail;
        }
        return "no such check";
    }
};

}  // namespace backupwatch
