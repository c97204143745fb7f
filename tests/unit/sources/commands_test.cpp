#include "sources/dump/commands.hpp"

#include "core/failure.hpp"
#include "sources/dump/instructions.hpp"
#include "sources/dump/tool_failure.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

TEST(Commands, of_pg_dump_show_no_password_and_name_each_excluded_table) {
    const auto access =
        ServerAccess::to_production(Secret("postgresql://ann:hidden@db.example.com/shop"));
    PgDumpOptions options;
    options.database = "shop";
    options.snapshot = "00000003-0000001B-1";
    options.encoding = "UTF8";
    options.lock_timeout = std::chrono::seconds(10);
    options.excluded = {"\"audit\".\"log\""};
    options.excluded_schemas = {"vault", "Odd"};

    const Command command =
        pg_dump({15, "/usr/lib/postgresql/15/bin", true, true}, access, options, "/dumps/x");

    const auto has = [&](std::string_view argument) {
        return std::ranges::find(command.arguments, argument) != command.arguments.end();
    };
    EXPECT_EQ(command.program, "/usr/lib/postgresql/15/bin/pg_dump");
    EXPECT_EQ(command.directory, "/dumps/x");
    EXPECT_TRUE(has("--snapshot=00000003-0000001B-1"));
    EXPECT_TRUE(has("--lock-wait-timeout=10000"));
    EXPECT_TRUE(has("--exclude-table=\"audit\".\"log\""));
    EXPECT_TRUE(has("--exclude-schema=vault"));
    EXPECT_TRUE(has("--exclude-schema=\"Odd\""));
    EXPECT_TRUE(has("--no-password"));
    for (const auto& argument : command.arguments) {
        EXPECT_EQ(argument.find("hidden"), std::string::npos) << argument;
    }
}

TEST(Instructions, are_commands_that_a_shell_takes) {
    Manifest manifest;
    manifest.database_name = "o'shop";
    manifest.server_version = 150020;
    manifest.encoding = "UTF8";
    manifest.collate = manifest.ctype = "fr_FR.UTF-8";

    const auto commands = restore_commands(manifest, "o'shop", 4);

    ASSERT_EQ(commands.size(), 4u);
    EXPECT_EQ(
        commands[1],
        "createdb --template=template0 --encoding=UTF8 --lc-collate=fr_FR.UTF-8 "
        "--lc-ctype=fr_FR.UTF-8 'o'\\''shop'"
    );
    EXPECT_EQ(
        commands[3], "pg_restore --jobs=4 --no-tablespaces --verbose '--dbname=o'\\''shop' archive"
    );
    EXPECT_NE(instructions(manifest).find(commands[1]), std::string::npos);
    EXPECT_NE(
        instructions(manifest).find(
            "\n  grep '^CREATE ROLE' globals.sql | psql --no-psqlrc --dbname=postgres\n"
        ),
        std::string::npos
    ) << "for a server that has roles of its own";
}

TEST(ToolFailure, tells_by_the_last_lines_what_kind_it_is) {
    struct Case {
        std::string line;
        Failure::Kind kind;
    };
    const Case cases[] = {
        {"pg_dump: error: could not write to file: No space left on device",
         Failure::Kind::exhausted},
        {"pg_dump: error: query failed: ERROR:  canceling statement due to lock timeout",
         Failure::Kind::timeout},
        {"pg_dump: error: query failed: ERROR:  permission denied for table posts",
         Failure::Kind::denied},
        {"pg_dump: error: query failed: server closed the connection unexpectedly",
         Failure::Kind::unreachable},
        {"pg_dump: error: connection to server at \"db\" failed: Connection refused",
         Failure::Kind::unreachable},
        {"pg_dump: error: aborting because of server version mismatch", Failure::Kind::missing},
        {"pg_dump: error: something new", Failure::Kind::rejected},
    };

    for (const auto& c : cases) {
        Exit exit;
        exit.code = 1;
        exit.last_lines = {"pg_dump: note", c.line};
        const Failure failure = tool_failure("pg_dump of \"shop\"", exit);
        EXPECT_EQ(failure.kind(), c.kind) << c.line;
        EXPECT_NE(std::string(failure.what()).find(c.line), std::string::npos);
    }
}

}  // namespace
}  // namespace backupwatch
