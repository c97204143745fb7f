#include "config/references.hpp"

#include "config_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace backupwatch {
namespace {

std::string expanded(const std::string& text) {
    const auto result = expand_references(text);
    if (const auto* wrong = std::get_if<Complaint>(&result)) return "error: " + wrong->text;
    return std::get<std::string>(result);
}

TEST(References, take_variables_from_the_environment) {
    ::setenv("REFERENCES_TEST_HOST", "db", 1);
    ::setenv("REFERENCES_TEST_EMPTY", "", 1);

    EXPECT_EQ(expanded("postgresql://${REFERENCES_TEST_HOST}/x"), "postgresql://db/x");
    EXPECT_EQ(expanded("${REFERENCES_TEST_HOST}${REFERENCES_TEST_HOST}"), "dbdb");
    EXPECT_EQ(expanded("${REFERENCES_TEST_EMPTY}"), "");
    EXPECT_EQ(
        expanded("${REFERENCES_TEST_UNSET}"),
        "error: ${REFERENCES_TEST_UNSET}: this environment variable is not set"
    );
}

TEST(References, write_two_dollars_for_one) {
    EXPECT_EQ(expanded("pa$$word"), "pa$word");
    EXPECT_EQ(expanded("$${HOME}"), "${HOME}");
    EXPECT_EQ(expanded("$$$$"), "$$");
}

TEST(References, do_not_look_again_at_what_came_in) {
    ::setenv("REFERENCES_TEST_NESTED", "${HOME}$$", 1);

    EXPECT_EQ(expanded("${REFERENCES_TEST_NESTED}"), "${HOME}$$");
}

TEST(References, refuse_a_lone_dollar_without_quoting_the_rest) {
    const std::string lone = "error: a dollar that begins no reference: write $$ for a dollar";
    const std::string malformed =
        "error: not a reference: write ${NAME}, ${file:/path} or ${credential:name}, and $$ for a "
        "dollar";
    for (const std::string text : {"hunter$2", "hunter$", "$HOME", "${HOME"}) {
        EXPECT_EQ(expanded(text), lone) << text;
    }
    for (const std::string text : {"${}", "${hunter-2}", "${2}", "${env:HOME}"}) {
        EXPECT_EQ(expanded(text), malformed) << text;
    }
}

TEST(References, read_files_without_the_newline_that_ends_them) {
    ConfigFolder folder;
    const std::string path = folder.write("hunter2\n", "password").string();
    folder.write("two\nlines\r\n", "lines");
    folder.write("", "empty");

    EXPECT_EQ(expanded("${file:" + path + "}"), "hunter2");
    EXPECT_EQ(expanded("${file:" + folder.path("lines").string() + "}"), "two\nlines");
    EXPECT_EQ(expanded("${file:" + folder.path("empty").string() + "}"), "");
}

TEST(References, say_which_file_cannot_be_read_and_why) {
    ConfigFolder folder;
    const std::string missing = folder.path("missing").string();
    const std::string large = folder.write(std::string(70'000, 'x'), "large").string();

    EXPECT_EQ(
        expanded("${file:" + missing + "}"),
        "error: ${file:" + missing + "}: " + missing + " cannot be read: No such file or directory"
    );
    EXPECT_EQ(
        expanded("${file:" + large + "}"),
        "error: ${file:" + large + "}: " + large + " is larger than 64KiB"
    );
    EXPECT_EQ(expanded("${file:x}"), "error: ${file:x}: the path must be absolute");
    EXPECT_EQ(
        expanded("${file:/dev/zero}"), "error: ${file:/dev/zero}: /dev/zero is larger than 64KiB"
    );
}

TEST(References, read_credentials_of_systemd) {
    ConfigFolder folder;
    folder.write("hunter2\n", "smtp");
    ::setenv("CREDENTIALS_DIRECTORY", folder.path("").c_str(), 1);

    EXPECT_EQ(expanded("${credential:smtp}"), "hunter2");
    EXPECT_EQ(
        expanded("${credential:../smtp}"),
        "error: ${credential:../smtp}: a credential's name is a file name"
    );

    ::unsetenv("CREDENTIALS_DIRECTORY");
    EXPECT_EQ(
        expanded("${credential:smtp}"),
        "error: ${credential:smtp}: $CREDENTIALS_DIRECTORY is not set; systemd sets it for "
        "LoadCredential=, and root needs none for secret_NAME"
    );
}

// Or the first commands of an alert, which somebody types, blame a configuration that is good.
TEST(References, find_the_credentials_of_our_unit_as_root_without_systemd) {
    struct Row {
        const char* name;
        std::optional<std::string> directory;
        bool is_root;
        std::optional<std::filesystem::path> file;
    };
    const std::filesystem::path folder = "/etc/backupwatch/credentials";
    const Row rows[] = {
        {"secret_slack", "/run/credentials/x", true, "/run/credentials/x/secret_slack"},
        {"secret_slack", std::nullopt, true, folder / "slack"},
        {"secret_slack", std::nullopt, false, std::nullopt},  // it may not read it
        {"slack", std::nullopt, true, std::nullopt},          // of another unit
    };
    for (const Row& row : rows) {
        EXPECT_EQ(file_of_credential(row.name, row.directory, row.is_root), row.file) << row.name;
    }
    std::ifstream unit(SOURCE_DIR "/systemd/backupwatch.service");
    std::ostringstream text;
    text << unit.rdbuf();
    EXPECT_NE(
        text.str().find("\nLoadCredential=secret:" + folder.string() + "\n"), std::string::npos
    );
}

}  // namespace
}  // namespace backupwatch
