// Whoever can write the folder of a set can put any manifest there. Each is a failed backup with a
// clear sentence, and the daemon that looks at it, and drills it, goes on as if nothing were.
#include "sources/dump/manifest_json.hpp"
#include "sources/dump/sha256.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <string>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// With its own digest made right.
std::string sealed_again(std::string text) {
    text.resize(text.size() - 77);
    return text + "\"sha256\":\"" + sha256_hex(text) + "\"}\n";
}

std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error("there is no " + from);
    return sealed_again(text.replace(at, from.size(), to));
}

std::uint64_t resident_bytes(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/statm");
    std::uint64_t all = 0;
    std::uint64_t resident = 0;
    status >> all >> resident;
    return resident * 4096;
}

struct Hostile {
    std::function<void(const fs::path& manifest, const std::string& good)> makes;
    std::string sentence;
};

const Hostile hostile_manifests[] = {
    {[](const fs::path& manifest, const std::string&) {
         fs::resize_file(manifest, 0);
         fs::resize_file(manifest, 1'000'000'000);
     },
     "has 1000000000 bytes, more than any such file"},
    {[](const fs::path& manifest, const std::string&) {
         fs::remove(manifest);
         ::mkfifo(manifest.c_str(), 0600);
     },
     "is not an ordinary file"},
    {[](const fs::path& manifest, const std::string&) {
         fs::remove(manifest);
         fs::create_symlink("/dev/zero", manifest);
     },
     "is not an ordinary file"},
    {[](const fs::path& manifest, const std::string&) {
         fs::remove(manifest);
         fs::create_directory(manifest);
     },
     "is not an ordinary file"},
    {[](const fs::path& manifest, const std::string&) {
         write_text(manifest, sealed_again(std::string(100'000, '[') + std::string(77, ' ')));
     },
     "manifest.json is not a JSON object"},
    {[](const fs::path& manifest, const std::string&) {
         std::string broad = "{\"a\":[0";
         for (int i = 0; i < 1'000'000; ++i) broad += ",0";
         write_text(manifest, sealed_again(broad + "]," + std::string(77, ' ')));
     },
     "takes more memory than any manifest of its size"},
    {[](const fs::path& manifest, const std::string& good) {
         write_text(
             manifest, with(good, "\"path\":\"globals.sql\"", "\"path\":\"../../etc/passwd\"")
         );
     },
     "\"path\" is not a path within the dump"},
    {[](const fs::path& manifest, const std::string& good) {
         write_text(manifest, with(good, "\"path\":\"globals.sql\"", "\"path\":\"/etc/passwd\""));
     },
     "\"path\" is not a path within the dump"},
    {[](const fs::path& manifest, const std::string& good) {
         write_text(manifest, with(good, "\"path\":\"globals.sql\"", "\"path\":\"README.txt\""));
     },
     "it lists README.txt twice"},
    {[](const fs::path& manifest, const std::string& good) {
         write_text(manifest, with(good, "\"rows\":100", "\"rows\":18446744073709551615"));
     },
     "\"rows\" is out of range"},
    {[](const fs::path& manifest, const std::string& good) {
         write_text(manifest, with(good, "\"tables\":[", "\"tables\":7,\"x\":["));
     },
     "\"tables\" is not a list"},
};

TEST(HostileManifest, is_a_failed_backup_whatever_it_is_and_harms_nothing) {
    const TestPostgres& server = TestPostgres::shared();
    server.create_database("hostile");
    server.execute("hostile", "CREATE TABLE t AS SELECT i FROM generate_series(1, 100) AS i");
    const Site site(server.url("hostile"));
    const std::string good = site.take_backup();
    const std::string text = read_text(site.dumps() / good / "manifest.json");
    const Daemon daemon(site);
    site.run({"check"});
    [[maybe_unused]] const std::uint64_t before = resident_bytes(daemon.pid());

    const std::string bad = "29991231T235959Z";
    const fs::path folder = site.dumps() / bad;
    for (const Hostile& hostile : hostile_manifests) {
        SCOPED_TRACE(hostile.sentence);
        fs::copy(site.dumps() / good, folder, fs::copy_options::recursive);
        hostile.makes(folder / "manifest.json", text);
        const auto began = std::chrono::steady_clock::now();

        const auto listed = site.run({"list", "shop", "--json"}).json();
        const auto& backups = listed.at("backups").as_array();
        ASSERT_EQ(backups.size(), 2u);
        EXPECT_EQ(backups.at(1).at("status").as_string(), "failed");
        const std::string error(backups.at(1).at("error").as_string());
        EXPECT_NE(error.find(hostile.sentence), std::string::npos) << error;
        EXPECT_LT(error.size(), 300u);

        const Ran drill = site.drill(bad);
        EXPECT_EQ(drill.exit_code, 2) << drill.out << drill.err;
        const auto report = drill.json();
        EXPECT_EQ(report.at("result").as_string(), "failed");
        const std::string why(report.at("errors").at(0).as_string());
        EXPECT_NE(why.find(hostile.sentence), std::string::npos) << why;

        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
        EXPECT_EQ(daemon.get("/healthz").status, 200);
        fs::remove_all(folder);
    }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    // A sanitizer keeps what was freed.
    EXPECT_LT(resident_bytes(daemon.pid()), before + 64'000'000);
#endif
    EXPECT_EQ(site.drill(good).exit_code, 0);
    EXPECT_EQ(site.left_behind(), std::vector<std::string>());
}

/// What could be so, and is not: the drill finds it.
TEST(HostileManifest, that_is_only_absurd_is_found_by_the_drill_and_shown_without_harm) {
    const TestPostgres& server = TestPostgres::shared();
    server.create_database("absurd");
    server.execute("absurd", "CREATE TABLE t AS SELECT i FROM generate_series(1, 100) AS i");
    const Site site(server.url("absurd"));
    const std::string good = site.take_backup();
    const std::string text = read_text(site.dumps() / good / "manifest.json");
    Daemon daemon(site);
    const std::string name = "\"name\":\"public.t\"";
    const std::pair<std::string, std::string> changes[] = {
        {"\"rows\":100", "\"rows\":9000000000000000"},
        {name, "\"name\":\"public.t; DROP TABLE t; --\""},
        {name, R"("name":"public.\"t\"\"; DROP TABLE t; --\"")"},
        {name, R"("name":"public.\u001b]0;owned\u0007\u202et")"},
        {name, "\"name\":\"public." + std::string(100'000, 'x') + "\""},
        {name, "\"name\":\"\""},
        {name, R"("name":"\"")"},
    };
    const std::string bad = "20000101T000000Z";
    const fs::path folder = site.dumps() / bad;
    for (const auto& [from, to] : changes) {
        SCOPED_TRACE(to.substr(0, 60));
        fs::copy(site.dumps() / good, folder, fs::copy_options::recursive);
        write_text(folder / "manifest.json", with(text, from, to));
        const auto began = std::chrono::steady_clock::now();

        EXPECT_EQ(site.run({"list", "shop"}).exit_code, 0);
        const Ran drill = site.run({"drill", "shop", "--backup", bad});
        EXPECT_EQ(drill.exit_code, 2) << drill.out << drill.err;
        const std::string shown = drill.out + drill.err + site.run({"check"}).out;
        for (const char* harmful : {"\x1b", "\x07", "\u202e"}) {
            EXPECT_EQ(shown.find(harmful), std::string::npos) << shown;
        }
        EXPECT_LT(shown.size(), 20'000u);
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
        EXPECT_EQ(daemon.get("/healthz").status, 200);
        EXPECT_EQ(daemon.get("/metrics").status, 200);
        fs::remove_all(folder);
    }
    EXPECT_EQ(server.value("absurd", "SELECT count(*) FROM t"), "100");
    EXPECT_EQ(site.drill(good).exit_code, 0);
    EXPECT_EQ(daemon.stop().exit_code, 0);
    EXPECT_EQ(site.left_behind(), std::vector<std::string>());
}

}  // namespace
}  // namespace backupwatch
