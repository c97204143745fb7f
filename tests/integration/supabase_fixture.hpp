#pragma once
#include "drill/drill.hpp"
#include "dump_fixture.hpp"
#include "fakes/kept_clusters.hpp"
#include "process/fence.hpp"
#include "support/fence_needs.hpp"
#include "support/tcp_listener.hpp"

#include <memory>
#include <string>
#include <vector>

namespace backupwatch {

inline constexpr const char* supabase_layout = SOURCE_DIR "/tests/support/supabase_layout.sql";

/// What calls out where it is restored and nowhere else, to a port of 127.0.0.1: a materialized
/// view that is filled by dblink and by a foreign server, and triggers that a row's arrival would
/// fire.
inline std::string calls_out(int port) {
    std::string sql = R"(
CREATE EXTENSION dblink SCHEMA extensions;
CREATE EXTENSION postgres_fdw SCHEMA extensions;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host '127.0.0.1', port '@port@', connect_timeout '5');
CREATE USER MAPPING FOR public SERVER elsewhere OPTIONS (user 'postgres', password 'x');
CREATE FOREIGN TABLE public.stolen (id int) SERVER elsewhere;
CREATE FUNCTION public.call_out(statement text) RETURNS text LANGUAGE plpgsql AS $f$
BEGIN
    IF current_database() <> 'restored' THEN RETURN 'not called'; END IF;
    EXECUTE statement;
    RETURN 'called';
EXCEPTION WHEN OTHERS THEN
    RETURN 'refused: ' || SQLERRM;
END $f$;
CREATE MATERIALIZED VIEW public.calls AS
    SELECT public.call_out($s$SELECT extensions.dblink_connect(
               'host=127.0.0.1 port=@port@ user=postgres password=x connect_timeout=5')$s$) AS outcome
    UNION SELECT public.call_out('SELECT * FROM public.stolen');
CREATE TABLE public.fired (post bigint);
CREATE FUNCTION public.fire() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    INSERT INTO public.fired VALUES (NEW.id);
    RETURN NEW;
END $f$;
CREATE TRIGGER fires AFTER INSERT ON public.posts FOR EACH ROW EXECUTE FUNCTION public.fire();
GRANT ALL ON ALL TABLES IN SCHEMA public TO project_owner;
)";
    const std::string mark = "@port@";
    for (auto at = sql.find(mark); at != sql.npos; at = sql.find(mark)) {
        sql.replace(at, mark.size(), std::to_string(port));
    }
    return sql;
}

/// What the view has where it was filled in a drill that nothing leaves.
inline constexpr const char* refused_calls =
    "SELECT outcome FROM calls WHERE outcome LIKE 'refused: could not %connect%'";

/// That something calls is heard, without a fence.
inline void expect_to_hear_calls(const TestPostgres& server) {
    const TcpListener listener;
    try {
        server.execute(
            "shop",
            "SELECT extensions.dblink_connect('host=127.0.0.1 user=postgres connect_timeout=2 "
            "port=" +
                std::to_string(listener.port()) + "')"
        );
    } catch (const std::exception&) {
        // Nobody answers.
    }
    EXPECT_TRUE(listener.was_called());
}

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
    static std::string check_in(const DrillReport& report, const std::string& name) {
        for (const auto& check : report.verification.checks) {
            if (check.name == name) return check.detail;
        }
        return "no such check";
    }
    static const VerifiedTable* table_in(const DrillReport& report, const std::string& name) {
        for (const auto& table : report.verification.tables) {
            if (table.name == name) return &table;
        }
        return nullptr;
    }

    Driller driller_{make_work_folder(directory_.path()), *clock_, pool_};
};

}  // namespace backupwatch
