// What lies with exit code 0: each line of facts/peers.md, table 4.3, and the tests that have the
// right verdict of it.
//
// -Fc cut at 60 %
//     ForeignDrill.is_refused_what_its_own_tools_call_good
// pg_dump killed -9, -Fc and -Fd
//     LyingDump.of_a_pg_dump_that_was_killed_is_never_whole
// -Fd -Z0, a data file cut at the end of a line
//     ForeignDrill.is_refused_what_its_own_tools_call_good
// plain, cut at COPY or within it
//     the same, and FlippedDump.that_is_cut_is_corrupt_or_lacks_padding_alone
// psql without ON_ERROR_STOP
//     ForeignDrill.fails_where_psql_would_only_mention_an_error
// pg_dump | gzip without pipefail
//     ForeignDrill.is_refused_what_its_own_tools_call_good
// a digit flipped
//     compressed: FlippedDump.in_what_is_compressed_is_found_by_its_checksum
//     not, in a dump of ours: Damage.by_one_changed_value_is_seen_though_everything_restores
//     not, in another tool's: LyingDump.with_a_flipped_digit_passes_and_says_what_is_not_proven
// row security, and a role without BYPASSRLS
//     FailingDump.by_a_role_that_cannot_see_every_row_fails_with_its_name
//     with --enable-row-security: HiddenRowsDrill.*, ForeignDrill.says_what_the_file_may_lack
// -T of a pattern that matches nothing
//     Exclusions.refuse_a_pattern_that_matches_nothing
// a schema-only archive
//     ForeignDrill.is_refused_what_its_own_tools_call_good
// pg_restore that goes on after errors
//     RestoreError.*, LackingRestore.*, WithoutRoles.*
// -O -x with policies
//     ForeignDrill.makes_the_roles_that_policies_and_rights_need
// a heap page that is corrupt, and count(*) reads an index alone
//     FailingDump.of_a_page_that_cannot_be_read_fails_though_an_index_counts_its_rows
// pg_amcheck without its extension
//     Nothing runs it: docs/decisions/counts-and-hashes.md. What it would find is in no dump, as
//     indexes are built anew, and of a restored table each row is read back: ReadingBack.*
// disk full
//     LyingDump.that_a_full_disk_cut_is_never_whole
//     of ours: FailingDump.on_a_disk_that_fills_up_leaves_nothing
#include "foreign_drill_fixture.hpp"
#include "support/small_disk.hpp"

#include <spawn.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <sstream>

namespace backupwatch {
namespace {

class LyingDump : public ForeignDrill {
  protected:
    /// It takes `pg_dump -Z9` seconds, and a compressed dump of it is megabytes.
    void fill_slowly() {
        fill(
            "CREATE TABLE posts AS SELECT n, (SELECT string_agg(md5(n::text || i::text), '') FROM "
            "generate_series(1, 12) AS i) AS text FROM generate_series(1, 60000) AS n"
        );
    }

    pid_t start_pg_dump(const std::vector<std::string>& arguments) const {
        std::vector<std::string> words{(server_.bin() / "pg_dump").string()};
        words.push_back("--dbname=" + server_.url("shop"));
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        pid_t pid = -1;
        EXPECT_EQ(::posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ), 0);
        return pid;
    }

    /// The bytes of its rows: those of a file, or of what a folder has.
    static std::uintmax_t written(const fs::path& dump) {
        std::error_code changing;
        if (fs::is_regular_file(dump, changing)) return fs::file_size(dump, changing);
        std::uintmax_t bytes = 0;
        for (fs::directory_iterator entry(dump, changing), end; !changing && entry != end;
             entry.increment(changing)) {
            if (entry->path().extension() == ".gz") bytes += entry->file_size(changing);
        }
        return changing ? 0 : bytes;
    }

    /// Once some of its rows are written. Where it was through before that, once more.
    void kill_in_the_midst(const std::string& name, const std::string& form) {
        const fs::path path = folder_ / name;
        for (int tries = 0; tries < 5; ++tries) {
            fs::remove_all(path);
            const pid_t pid = start_pg_dump({form, "-Z9", "--file=" + path.string()});
            int status = 0;
            pid_t ended = 0;
            while (ended == 0 && written(path) < 100'000) {
                std::this_thread::sleep_for(2ms);
                ended = ::waitpid(pid, &status, WNOHANG);
            }
            if (ended == 0) {
                ::kill(pid, SIGKILL);
                ::waitpid(pid, &status, 0);
            }
            if (WIFSIGNALED(status)) return;
        }
        FAIL() << "pg_dump was never killed within its work";
    }

    /// As whoever checks a dump by its table of contents does it.
    int pg_restore_list(const std::string& name) const {
        const std::string command = (server_.bin() / "pg_restore").string() + " --list " +
                                    (folder_ / name).string() + " > /dev/null";
        return std::system(command.c_str());
    }
};

TEST_F(LyingDump, of_a_pg_dump_that_was_killed_is_never_whole) {
    fill_slowly();
    for (const auto& [name, form, says] :
         {std::tuple("killed.dump", "-Fc", "cut short"), {"killed", "-Fd", "cut short"}}) {
        SCOPED_TRACE(name);
        kill_in_the_midst(name, form);
        EXPECT_EQ(pg_restore_list(name), 0) << "it lies";

        const std::string error = error_of(name);
        EXPECT_NE(error.find(says), std::string::npos) << error;
        const DrillReport report = drill(name);
        EXPECT_EQ(report.result, DrillOutcome::Result::failed) << errors_of(report);
    }
}

/// Nobody can know what stood there: the file is compared with itself, and that is said.
TEST_F(LyingDump, with_a_flipped_digit_passes_and_says_what_is_not_proven) {
    fill("CREATE TABLE posts (id int PRIMARY KEY, likes int); INSERT INTO posts VALUES (1, 4711)");
    for (const auto& [name, form] :
         {std::pair("raw.dump", "-Fc"), {"shop.tar", "-Ft"}, {"shop.sql", "-Fp"}}) {
        SCOPED_TRACE(name);
        std::vector<std::string> arguments{form};
        if (form == std::string("-Fc")) arguments.emplace_back("-Z0");
        const fs::path path = dump(name, arguments);
        std::ostringstream text;
        text << std::ifstream(path, std::ios::binary).rdbuf();
        std::string bytes = text.str();
        const auto digit = bytes.find("1\t4711\n");
        ASSERT_NE(digit, std::string::npos);
        bytes[digit + 2] = '5';
        std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;

        EXPECT_EQ(error_of(name), "");
        DrillSettings settings;
        settings.timeout = 2min;
        settings.queries.texts = {"SELECT 1 / (likes - 4711) FROM posts"};
        const DrillReport report = drill(name, std::move(settings));

        EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
        EXPECT_NE(skipped_of(report).find("rows of the source"), std::string::npos)
            << skipped_of(report);
    }
}

TEST_F(LyingDump, that_a_full_disk_cut_is_never_whole) {
    const fs::path disk = directory_ / "disk";
    const SmallDisk small(disk, "2m");
    if (!small.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    fill_slowly();
    int status = 0;
    const pid_t pid = start_pg_dump({"-Fc", "-Z1", "--file=" + (disk / "full.dump").string()});
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << status;
    fs::copy_file(disk / "full.dump", folder_ / "full.dump");
    EXPECT_EQ(pg_restore_list("full.dump"), 0) << "it lies";

    EXPECT_NE(error_of("full.dump").find("cut short"), std::string::npos) << error_of("full.dump");
    const DrillReport report = drill("full.dump");
    EXPECT_EQ(report.result, DrillOutcome::Result::failed) << errors_of(report);
}

}  // namespace
}  // namespace backupwatch
