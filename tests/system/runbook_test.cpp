// The runbook that is written for the demo's database, followed to the letter.
#include "fakes/fake_http_server.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// What stands in its blocks of commands, in order.
std::string commands_in(const std::string& runbook, const std::string& fence = "```sh") {
    std::string commands;
    std::istringstream lines(runbook);
    bool is_command = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("```")) {
            is_command = line == fence && !is_command;
        } else if (is_command) {
            commands += line + "\n";
        }
    }
    return commands;
}

class RunbookOfAProgram : public testing::Test {
  protected:
    RunbookOfAProgram() : site_(server().url(the_database)) {
        load(server(), the_database, "seed.sql");
        site_.configure(settings(), in_database());
    }
    ~RunbookOfAProgram() override { EXPECT_EQ(site_.left_behind(), std::vector<std::string>()); }

    /// A shell and SQL take it for two words.
    static constexpr const char* the_database = "Le shop";
    static TestPostgres& server() { return TestPostgres::shared(); }
    static std::string settings() {
        return "        drill:\n"
               "          when: \"" +
               days_away() +
               "\"\n"
               "          verify: {tables: {public.posts: [user_id]}, queries: [\"SELECT * FROM "
               "posts\"]}\n";
    }
    /// Lines of the database itself, behind its sets.
    std::string in_database() const {
        return "    runbook:\n"
               "      verify: [{url: \"" +
               application_.url("/dashboard") +
               "\"}]\n"
               "      publish: [cp, --target-directory=" +
               published().string() + "]\n";
    }
    fs::path folder() const { return site_.config().parent_path(); }
    fs::path published() const { return folder() / "published"; }
    fs::path written() const {
        return site_.state() / "runbooks/shop/RUNBOOK-EMERGENCY-RESTORE.md";
    }

    /// As somebody would, in one session; what it says is in the file `said`.
    int follow(const std::string& runbook) const {
        return run("bash -e", commands_in(runbook), "/", folder());
    }
    int run(
        const std::string& shell,
        const std::string& commands,
        const fs::path& here,
        const fs::path& unpacked_in
    ) const {
        write_text(folder() / "commands.sh", commands);
        const std::string line = "cd " + here.string() + " && env PATH=" + server().bin().string() +
                                 ":$PATH TMPDIR=" + unpacked_in.string() + " " + shell + " " +
                                 (folder() / "commands.sh").string() + " > " +
                                 (folder() / "said").string() + " 2>&1";
        return std::system(line.c_str());
    }

    FakeHttpServer application_{FakeAnswer{200, {}, "OK"}};
    Site site_;
};

TEST_F(RunbookOfAProgram, brings_the_database_back_in_less_time_than_it_promises) {
    const std::string rows = "SELECT count(*) FROM public.posts";
    const std::string before = server().value(the_database, rows);
    ASSERT_NE(before, "0");
    const Ran drilled = site_.drill(site_.take_backup());
    EXPECT_EQ(drilled.exit_code, 0);
    const fs::path file = folder() / "runbook.md";
    const Ran written = site_.run({"runbook", "shop", "--output", file.string()});
    EXPECT_EQ(written.exit_code, 0) << written.out << written.err;
    const boost::json::value document = site_.run({"runbook", "shop", "--json"}).json();
    const std::chrono::seconds promised(document.at("promised_seconds").as_int64());
    server().execute(the_database, "DROP SCHEMA public CASCADE");

    const auto began = std::chrono::steady_clock::now();
    const int ended = follow(read_text(file));
    const auto took = std::chrono::steady_clock::now() - began;

    EXPECT_EQ(ended, 0) << read_text(folder() / "said") << commands_in(read_text(file));
    EXPECT_EQ(server().value(the_database, rows), before);
    EXPECT_LT(took, promised) << commands_in(read_text(file));
    // Of whole minutes that is easily so. The commands do less than the drill, which starts a
    // server as well: other work on this machine may make them slower, but not that much.
    constexpr double at_most = 3;
    const std::chrono::duration<double> measured(drilled.json().at("seconds").to_number<double>());
    EXPECT_LT(took, measured * at_most) << drilled.out;
    EXPECT_EQ(application_.received().size(), 1U);
    EXPECT_EQ(
        server().value(
            "postgres",
            "SELECT count(*) FROM pg_database WHERE NOT datallowconn AND datname LIKE 'Le%before%'"
        ),
        "1"
    ) << "the old one is kept";
}

TEST_F(RunbookOfAProgram, followed_twice_closes_nothing_and_has_a_way_back) {
    const std::string tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'posts'";
    const auto is_open = [](const std::string& database) {
        return server().value(
            "postgres", "SELECT datallowconn FROM pg_database WHERE datname = '" + database + "'"
        );
    };
    site_.take_backup();
    const std::string runbook = site_.run({"runbook", "shop"}).out;
    server().execute(the_database, "DROP TABLE public.posts CASCADE");
    ASSERT_EQ(follow(runbook), 0) << read_text(folder() / "said");
    ASSERT_EQ(server().value(the_database, tables), "1");

    follow(runbook);

    const std::string said = read_text(folder() / "said");
    EXPECT_NE(said.find("already: nothing was done"), std::string::npos) << said;
    EXPECT_EQ(is_open(the_database), "t");
    EXPECT_EQ(server().value(the_database, tables), "1");
    server().execute("postgres", "DROP DATABASE \"Le shop_restored\"");

    const std::string back = commands_in(runbook.substr(runbook.find("### The way back")), "```");
    EXPECT_EQ(run("bash -e", back, "/", folder()), 0) << back << read_text(folder() / "said");

    EXPECT_EQ(is_open(the_database), "t");
    EXPECT_EQ(server().value(the_database, tables), "0") << "the old one, as it was left";
    EXPECT_EQ(is_open("Le shop_restored"), "f");
    server().execute("postgres", "DROP DATABASE \"Le shop_restored\"");
}

TEST_F(RunbookOfAProgram, without_a_place_to_unpack_leaves_the_dump_as_it_is) {
    const fs::path dump = site_.dumps() / site_.take_backup();
    const auto before = contents_of(dump);
    ASSERT_FALSE(before.empty());

    // As a session goes on, whatever failed before.
    const std::string commands = commands_in(site_.run({"runbook", "shop"}).out);
    const int ended = run("bash", commands, dump, "/nowhere");

    EXPECT_NE(ended, 0) << read_text(folder() / "said");
    EXPECT_EQ(contents_of(dump), before) << read_text(folder() / "said");
}

TEST_F(RunbookOfAProgram, brings_back_what_another_tool_dumped_also_on_a_server_without_its_roles) {
    fs::create_directories(site_.dumps());
    fs::permissions(site_.dumps(), fs::perms::all);
    fs::permissions(folder(), fs::perms(0711));
    site_.configure_without_take("        settle: 1s\n" + settings());
    const std::string rows = "SELECT count(*) FROM public.posts";
    const std::string before = server().value(the_database, rows);
    server().execute(
        the_database,
        "CREATE ROLE \"the clerk\" LOGIN; CREATE ROLE reader;"
        "CREATE TABLE public.ledger (id integer);"
        "ALTER TABLE public.ledger OWNER TO \"the clerk\";"
        "CREATE POLICY read ON public.ledger TO reader USING (true)"
    );
    server().run(
        "pg_dump",
        {"--format=custom",
         "--file=" + (site_.dumps() / "shop of a tool.dump").string(),
         std::string("--dbname=") + the_database}
    );
    await("the dump to be judged", [&] { return site_.completed().size() == 1; });
    const Ran drilled = site_.run({"drill", "shop/nightly"});
    ASSERT_EQ(drilled.exit_code, 0) << drilled.out << drilled.err;
    const fs::path file = folder() / "runbook.md";
    ASSERT_EQ(site_.run({"runbook", "shop", "--output", file.string()}).exit_code, 0);
    const std::string text = read_text(file);
    EXPECT_EQ(text.find("backupwatch backup"), std::string::npos) << "we take none\n" << text;
    server().execute(the_database, "DROP TABLE public.posts CASCADE");

    const int ended = follow(text);

    EXPECT_EQ(ended, 0) << read_text(folder() / "said") << commands_in(text);
    EXPECT_EQ(server().value(the_database, rows), before);

    const TestPostgres new_one;
    const std::string there = "export PGHOST=" + new_one.socket_folder().string() +
                              " PGPORT=" + std::to_string(new_one.port()) + "\n";
    const int ended_there = run("bash -e", there + commands_in(text), "/", folder());

    EXPECT_EQ(ended_there, 0) << read_text(folder() / "said") << commands_in(text);
    EXPECT_EQ(new_one.value(the_database, rows), before);
    const std::string owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'ledger'";
    EXPECT_EQ(new_one.value(the_database, owner), "the clerk");
    EXPECT_EQ(new_one.value(the_database, "SELECT roles FROM pg_policies"), "{reader}");
}

TEST_F(RunbookOfAProgram, names_the_guided_restore_in_a_command_that_works_as_it_stands) {
    const std::string target =
        "restore_targets: [{name: spare, url: \"" + server().url("shop_again") + "\"}]\n";
    site_.configure(settings(), in_database() + target);
    EXPECT_EQ(site_.drill(site_.take_backup()).exit_code, 0);
    const std::string text = site_.run({"runbook", "shop"}).out;
    // As it stands there; a site names its configuration by itself.
    const std::string begin = "- `backupwatch --config " + site_.config().string() + " ";
    const std::size_t at = text.find(begin + "restore ");
    ASSERT_NE(at, std::string::npos) << text;
    std::istringstream command(
        text.substr(at + begin.size(), text.find("`\n", at) - at - begin.size())
    );
    std::vector<std::string> words;
    for (std::string word; command >> word;) words.push_back(word);

    const Ran ran = site_.run(words);

    EXPECT_EQ(ran.exit_code, 0) << text << ran.out << ran.err;
    const std::string rows = "SELECT count(*) FROM public.posts";
    EXPECT_EQ(server().value("shop_again", rows), server().value(the_database, rows));
    server().execute("postgres", "DROP DATABASE shop_again");
}

TEST_F(RunbookOfAProgram, ends_with_a_dump_that_is_taken_by_its_command_as_it_stands) {
    const std::string text = site_.run({"runbook", "shop"}).out;
    const std::string begin = "- At once: `";
    const std::size_t at = text.find(begin);
    ASSERT_NE(at, std::string::npos) << text;
    const std::size_t first = at + begin.size();
    const std::string command = text.substr(first, text.find('`', first) - first);
    const std::string typed = "backupwatch() { " PROGRAM " \"$@\"; }\n" + command + "\n";

    EXPECT_EQ(run("bash -e", typed, "/", folder()), 0) << command << read_text(folder() / "said");

    const boost::json::value list = site_.run({"list", "shop/nightly", "--json"}).json();
    ASSERT_EQ(list.at("backups").as_array().size(), 1U);
    EXPECT_EQ(list.at("backups").at(0).at("label").as_string(), "after the restore");
}

TEST_F(RunbookOfAProgram, says_how_a_whole_servers_dump_is_loaded_and_keeps_it_out_of_the_steps) {
    server().create_database("plain_shop");
    load(server(), "plain_shop", "seed.sql");
    const Site whole(server().url("plain_shop"));
    fs::create_directories(whole.dumps());
    fs::permissions(whole.dumps(), fs::perms::all);
    fs::permissions(whole.config().parent_path(), fs::perms(0711));
    whole.configure_without_take("        settle: 1s\n" + settings());
    const fs::path file = whole.dumps() / "all.sql";
    server().run("pg_dump", {"--create", "--file=" + file.string(), "--dbname=plain_shop"});
    await("the dump to be judged", [&] { return whole.completed().size() == 1; });

    const std::string text = whole.run({"runbook", "shop"}).out;

    EXPECT_NE(
        text.find("Load a file that makes its databases itself into a new server"),
        std::string::npos
    ) << text;
    EXPECT_NE(
        text.find("psql --no-psqlrc --quiet --dbname=postgres --file=" + file.string()),
        std::string::npos
    ) << text;
    EXPECT_EQ(commands_in(text).find("all.sql"), std::string::npos) << text;
}

TEST_F(RunbookOfAProgram, is_written_again_after_each_drill_and_published) {
    fs::create_directories(published());
    fs::permissions(published(), fs::perms::all);
    Daemon daemon(site_);
    const std::string id = site_.take_backup();
    EXPECT_FALSE(fs::exists(written()));

    EXPECT_EQ(site_.drill(id).exit_code, 0);

    await("the runbook to be published", [&] {
        return fs::exists(published() / "RUNBOOK-EMERGENCY-RESTORE.md");
    });
    const std::string text = read_text(written());
    EXPECT_NE(text.find(id), std::string::npos) << text;
    EXPECT_EQ(read_text(published() / "RUNBOOK-EMERGENCY-RESTORE.md"), text);
    const std::string next = site_.take_backup();
    EXPECT_EQ(site_.drill(next).exit_code, 0);
    await("the next to be in it", [&] {
        return read_text(written()).find(next + " of the set") != std::string::npos;
    });
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

}  // namespace
}  // namespace backupwatch
