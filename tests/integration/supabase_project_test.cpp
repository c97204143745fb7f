#include "supabase_fixture.hpp"

#include <fstream>
#include <sstream>

namespace backupwatch {
namespace {

/// A new project: laid out as each is, and with nothing of a user's.
class NewProject : public SupabaseTest {
  protected:
    NewProject() {
        server_.create_database("project");
        std::ostringstream layout;
        layout << std::ifstream(supabase_layout).rdbuf();
        const std::string text = layout.str();
        const auto users_part = text.find("-- What the user made.");
        EXPECT_NE(users_part, std::string::npos);
        std::ofstream(directory_ / "platform.sql") << text.substr(0, users_part);
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

    for (const char* table :
         {"auth.users",
          "auth.identities",
          "auth.refresh_tokens",
          "storage.buckets",
          "storage.objects",
          "public.profiles",
          "public.posts",
          "public.comments",
          "public.post_counts",
          "cron.job",
          "supabase_migrations.schema_migrations",
          "auth.schema_migrations"}) {
        expect_same(
            std::string("SELECT count(*) || md5(string_agg(t::text, '' ORDER BY t::text)) FROM ") +
            table + " t"
        );
    }
    for (const char* query :
         {"SELECT count(*) FROM pg_policy WHERE polrelid <> 'realtime.messages'::regclass",
          "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal",
          "SELECT string_agg(tgname, ',' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal",
          "SELECT string_agg(evtname, ',' ORDER BY evtname) FROM pg_event_trigger",
          "SELECT string_agg(prrelid::regclass::text, ',') FROM pg_publication_rel",
          "SELECT last_value FROM public.posts_id_seq",
          "SELECT last_value FROM cron.jobid_seq",
          "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated",
          "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relrowsecurity"}) {
        expect_same(query);
    }
    // Loaded as they stand: no trigger made a second profile, or a request.
    EXPECT_EQ(server_.value("project", "SELECT count(*) FROM net.http_request_queue"), "0");
}

}  // namespace
}  // namespace backupwatch
