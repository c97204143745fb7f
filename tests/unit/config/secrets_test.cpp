#include "config_folder.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace backupwatch {
namespace {

/// A password, by any way into the configuration, with something wrong nearby.
TEST(Secrets, are_in_no_error_however_they_are_given) {
    ConfigFolder folder;
    const std::string secret = "hunter2";
    const std::string file = folder.write(secret + "\n", "password").string();
    ::setenv("SECRETS_TEST_PASSWORD", secret.c_str(), 1);
    ::setenv("SECRETS_TEST_URL", ("mysql://me:" + secret + "@db/x").c_str(), 1);
    ::setenv("CREDENTIALS_DIRECTORY", folder.path("").c_str(), 1);

    const std::vector<std::string> values{
        secret,
        "\"" + secret + "\"",
        "*" + secret,
        "\"\\q" + secret + "\"",
        "[" + secret + "]",
        "{" + secret + ": x}",
        "{a: " + secret + "}",
        "!" + secret + " x",
        "&" + secret,
        "\"" + secret,
        "'" + secret,
        "|" + secret,
        "@" + secret,
        "%" + secret,
        "a: " + secret,
        "\"postgresql://me:$" + secret + "@db\"",
        "\"postgresql://me:${" + secret + "-}@db\"",
        "\"postgresql://me:${" + secret + "\"",
        "mysql://me:" + secret + "@db/x",
        "\"${SECRETS_TEST_PASSWORD}\"",
        "\"${SECRETS_TEST_URL}\"",
        "\"${file:" + file + "}\"",
        "\"${credential:password}\"",
        "\"" + secret + "\\u0000\"",
    };
    for (const std::string& value : values) {
        for (const std::string& line : {"    url: " + value, "    url:" + value}) {
            const auto errors = folder.errors_of("databases:\n  - name: a\n" + line + "\n");
            EXPECT_FALSE(errors.empty()) << line;
            for (const std::string& error : errors) {
                EXPECT_EQ(error.find(secret), std::string::npos) << line << "\n" << error;
            }
        }
    }
    ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(Secrets, in_a_url_are_hidden_where_the_url_is_misplaced) {
    ConfigFolder folder;

    EXPECT_EQ(
        folder.errors_of("http: {listen: 'postgresql://me:hunter2@db/x'}\ndatabases: [{name: a}]\n"
        ),
        std::vector<std::string>{
            "config.yaml:1:16: listen: \"postgresql://me:***@db/x\" is not an address and a "
            "port, such as 127.0.0.1:9856, [::1]:9856 or localhost:9856"}
    );
}

}  // namespace
}  // namespace backupwatch
