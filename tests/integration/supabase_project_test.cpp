#include "report/runbook.hpp"
#include "sources/foreign/inspection.hpp"
#include "sources/foreign/restoring.hpp"
#include "supabase_fixture.hpp"
#include "support/hosted_project.hpp"

#include <fstream>
#include <sstream>

namespace backupwatch {
namespace {

/// Writes what each project is laid out as, with nothing of a user's.
void write_platform(const fs::path& script) {
    std::ostringstream layout;
    layout << std::ifstream(supabase_layout).rdbuf();
    const std::string text = layout.str();
    const auto users_part = text.find("-- What the user made.");
    EXPECT_NE(users_part, std::string::npos);
    std::ofstream(script) << text.substr(0, users_part);
}

std::string digest_of(const std::string& table) {
    return "SELECT count(*) || md5(string_agg(t::text, '' ORDER BY t::text)) FROM " + table + " t";
}

constexpr const char* properties_of_each[] = {
    "SELECT count(*) FROM pg_policy WHERE polrelid <> 'realtime.messages'::regclass",
    "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT string_agg(tgname, ',' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT string_agg(evtname, ',' ORDER BY evtname) FROM pg_event_trigger",
    "SELECT string_agg(prrelid::regclass::text, ',') FROM pg_publication_rel",
    "SELECT last_value FROM public.posts_id_seq",
    "SELECT count(*) FROM auth.schema_migrations",
    "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated",
    "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relrowsecurity",
    "SELECT has_database_privilege('app_reader', current_database(), 'CREATE')",
    "SELECT setconfig[1] FROM pg_db_role_setting WHERE setrole = 0 "
    "AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())",
    "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'app_reader'::regrole "
    "AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"};

/// A new project, on the server of the old one.
class NewProject : public SupabaseTest {
  protected:
    NewProject() {
        server_.create_database("project");
        write_platform(directory_ / "platform.sql");
        server_.execute_file("project", directory_ / "platform.sql");
    }
    ~NewProject() override { server_.execute("postgres", "DROP DATABASE project WITH (FORCE)"); }

    /// What is printed below `before` in the dump's README.txt, run in a copy of the dump.
    void run_printed_commands(const std::string& id, const std::string& before) {
        const fs::path copy = directory_ / "copy";
        fs::copy(plan().directory / id, copy, fs::copy_options::recursive);
        std::ifstream readme(copy / "README.txt");
        std::string script =
            "cd '" + copy.string() + "' && export PGHOST='" + server_.socket_folder().string() +
            "' PGUSER=postgres PGDATABASE=project PATH='" + server_.bin().string() + "':$PATH";
        bool is_below = false;
        std::size_t commands = 0;
        for (std::string line; std::getline(readme, line);) {
            if (line.find(before) != line.npos) is_below = true;
            if (!is_below || !line.starts_with("    ")) continue;
            script += " &&\n" + line;
            ++commands;
        }
        ASSERT_EQ(commands, 6u) << "README.txt has other commands";
        const fs::path said = directory_ / "said";
        const int exit = std::system(("(" + script + ") >" + said.string() + " 2>&1").c_str());
        std::ostringstream text;
        text << std::ifstream(said).rdbuf();
        ASSERT_EQ(exit, 0) << script << "\n" << text.str();
    }

    void expect_same(const std::string& query) {
        EXPECT_EQ(server_.value("project", query), server_.value("shop", query)) << query;
    }
};

TEST_F(NewProject, gets_all_that_was_the_users_by_the_commands_beside_the_dump) {
    const auto source = make(project_plan());
    const Backup backup = take(*source);

    run_printed_commands(backup.id, "Into a new project");

    for (const char* table : users_tables) expect_same(digest_of(table));
    for (const char* query : properties_of_each) expect_same(query);
    // Loaded as they stand: no trigger made a second profile, or a request.
    EXPECT_EQ(server_.value("project", "SELECT count(*) FROM net.http_request_queue"), "0");
}

/// A new project on a server of its own, which lets its `postgres` do what a hosted one may, and no
/// more: who is no superuser there.
class HostedProject : public SupabaseTest {
  protected:
    /// The runbook of this restore, to the letter; returns what was said.
    std::string follow(ByHand by_hand) {
        by_hand.restored = "project";
        RunbookFacts facts;
        facts.database = "shop";
        facts.now = clock_->now();
        Backup backup;
        backup.id = "20261122T030000Z";
        facts.chosen = RunbookFacts::Chosen{"nightly", {backup}, std::move(by_hand)};
        const fs::path script = directory_ / "commands.sh";
        std::ofstream commands(script);
        std::istringstream runbook(runbook_text(facts));
        bool is_command = false;
        for (std::string line; std::getline(runbook, line);) {
            const bool is_fence = line.starts_with("```");
            if (is_fence) is_command = line == "```sh";
            if (is_command && !is_fence) commands << line << "\n";
        }
        commands.close();
        const fs::path said = directory_ / "said";
        const std::string line = "cd / && env PGHOST='" + project_.socket_folder().string() +
                                 "' PGUSER=postgres TMPDIR='" + directory_.path().string() +
                                 "' PATH='" + project_.bin().string() + "':$PATH bash -e " +
                                 script.string() + " >" + said.string() + " 2>&1";
        const int exit = std::system(line.c_str());
        std::ostringstream text;
        text << std::ifstream(said).rdbuf();
        EXPECT_EQ(exit, 0) << text.str();
        EXPECT_EQ(text.str().find("transaction in progress"), std::string::npos) << text.str();
        for (const auto& entry : fs::directory_iterator(directory_.path())) {
            EXPECT_FALSE(entry.path().filename().string().starts_with("restore.")) << entry.path();
        }
        return text.str();
    }

    /// A table that its user has closed, though each new one is open.
    void close_a_table() {
        server_.execute(
            "shop",
            "CREATE TABLE public.payments (amount int); REVOKE ALL ON public.payments FROM anon"
        );
    }
    void expect_closed() {
        expect_same("SELECT has_table_privilege('anon', 'public.payments', 'SELECT')");
        expect_same("SELECT has_table_privilege('authenticated', 'public.payments', 'SELECT')");
        expect_same("SELECT has_table_privilege('anon', 'public.posts', 'SELECT')");
        // And the next one that is made.
        expect_same(
            "SELECT string_agg(a.grantee::regrole || a.privilege_type, ',' "
            "ORDER BY a.grantee::regrole::text, a.privilege_type) "
            "FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE d.defaclobjtype = 'r' "
            "AND d.defaclnamespace = 'public'::regnamespace "
            "AND d.defaclrole = 'postgres'::regrole AND a.grantee <> d.defaclrole"
        );
    }

    void expect_same(const std::string& query) {
        EXPECT_EQ(project_.value("project", query), server_.value("shop", query)) << query;
    }

    HostedServer hosted_;
    const TestPostgres& project_ = hosted_.server();
};

TEST_F(HostedProject, is_filled_by_the_runbooks_commands_by_whom_is_no_superuser) {
    close_a_table();
    // Which a stock server lets only a superuser make.
    server_.execute("shop", "DROP EVENT TRIGGER users_own");
    server_.execute(
        "shop", "DROP ROLE IF EXISTS app_worker; CREATE ROLE app_worker LOGIN BYPASSRLS"
    );
    // Of which a script of pg_restore's makes a transaction of its own.
    server_.execute(
        "shop",
        "SELECT lo_from_bytea(4242, convert_to(repeat(E'COMMIT;\\n', 9999), 'UTF8'));"
        "ALTER LARGE OBJECT 4242 OWNER TO project_owner"
    );
    const auto source = make(project_plan());
    const Backup backup = take(*source);
    const auto by_hand = run_on(loop_, source->by_hand(backup.id));
    ASSERT_TRUE(by_hand);
    EXPECT_TRUE(by_hand->is_into_project);
    EXPECT_EQ(by_hand->not_held.size(), run_on(loop_, source->manifest(backup.id)).not_held.size());

    const std::string said = follow(*by_hand);

    for (const char* table : users_tables) expect_same(digest_of(table));
    for (const char* query : properties_of_each) expect_same(query);
    for (const char* query :
         {"SELECT rolcanlogin::text || rolconnlimit FROM pg_roles WHERE rolname = 'app_reader'",
          "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'app_reader'::regrole "
          "AND setdatabase = 0",
          "SELECT pg_has_role('authenticator', 'app_reader', 'MEMBER')",
          "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'anon'::regrole "
          "AND setdatabase = 0"}) {
        expect_same(query);
    }
    expect_same("SELECT md5(lo_get(4242))");
    expect_closed();
    // What it may not do is told by name, and the rest is done all the same.
    for (const char* refused :
         {"must be superuser to change bypassrls attribute",
          "permission denied to set parameter \"app.settings.greeting\""}) {
        EXPECT_NE(said.find(refused), std::string::npos) << refused << "\n" << said;
    }
    EXPECT_EQ(
        project_.value("project", "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'app_worker'"),
        "t"
    );
    server_.execute("shop", "DROP ROLE app_worker");
}

TEST_F(HostedProject, is_filled_by_what_the_runbook_has_for_files_of_supabase_db_dump) {
    close_a_table();
    const fs::path night = directory_ / "night";
    const std::string dump = "PGHOST='" + server_.socket_folder().string() +
                             "' PGUSER=postgres PATH='" + server_.bin().string() +
                             "':$PATH " SOURCE_DIR "/tests/support/supabase_db_dump.sh shop '" +
                             night.string() + "' && gzip '" + night.string() + "/data.sql'";
    ASSERT_EQ(std::system(dump.c_str()), 0);
    const auto by_hand = foreign_by_hand(night, inspect(night, {}));
    ASSERT_TRUE(by_hand);
    EXPECT_TRUE(by_hand->is_into_project);
    EXPECT_FALSE(by_hand->not_held.empty());

    follow(*by_hand);

    for (const std::string table : users_tables) {
        if (!table.starts_with("supabase_migrations.")) expect_same(digest_of(table));
    }
    expect_closed();
    expect_same("SELECT last_value FROM public.posts_id_seq");
    expect_same("SELECT count(*) FROM pg_policy WHERE polrelid = 'public.posts'::regclass");
}

}  // namespace
}  // namespace backupwatch
