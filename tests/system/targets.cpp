#include "system/targets.hpp"

#include <algorithm>
#include <sstream>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// All that a dump of it says; of newer minor versions each has a word of its own in two lines.
std::string contents_of_database(const TestPostgres& server, const std::string& database) {
    const fs::path file = server.socket_folder() / "contents.sql";
    server.run("pg_dump", {"-Fp", "--file=" + file.string(), "--dbname=" + database});
    std::istringstream lines(read_text(file));
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("restrict ") == std::string::npos) text += line + "\n";
    }
    return text;
}

/// What a server has beside the new database: databases, and roles with what each may and is.
std::string all_else(const TestPostgres& server) {
    std::string text;
    for (const char* query :
         {"SELECT string_agg(format('%s %s %s', datname, datdba, coalesce(shobj_description(oid, "
          "'pg_database'), '')), ',' ORDER BY datname) FROM pg_database WHERE datname <> "
          "'shop_restored'",
          "SELECT string_agg(format('%s %s', r, shobj_description(oid, 'pg_authid')), ',' "
          "ORDER BY rolname) FROM pg_roles r",
          "SELECT string_agg(m::text, ',' ORDER BY roleid, member) FROM pg_auth_members m"}) {
        text += server.value("postgres", query) + "\n";
    }
    return text;
}

}  // namespace

void WithTargets::SetUpTestSuite() {
    const TestPostgres& origin = TestPostgres::shared();
    gate_ = create_held(origin, "shop");
    origin.execute("postgres", "CREATE ROLE clerk LOGIN");
    origin.execute(
        "shop",
        "CREATE TABLE orders (id integer PRIMARY KEY, item text);"
        "INSERT INTO orders SELECT i, 'item ' || i FROM generate_series(1, 500) AS i;"
        "ALTER TABLE orders OWNER TO clerk; GRANT SELECT ON posts TO clerk;"
        "CREATE SUBSCRIPTION theirs CONNECTION 'host=/nowhere' PUBLICATION p "
        "WITH (connect = false, slot_name = NONE)"
    );
    origin_ = std::make_unique<Site>(origin.url("shop"));
    id_ = origin_->take_backup();
    // What is lost: written since.
    origin.execute("shop", "INSERT INTO orders VALUES (501, 'since')");
    spare_ = std::make_unique<TestPostgres>();
}

void WithTargets::TearDownTestSuite() {
    spare_.reset();
    origin_.reset();
    TestPostgres::shared().execute("shop", "DROP SUBSCRIPTION theirs");
    TestPostgres::shared().execute("postgres", "DROP DATABASE shop");
    TestPostgres::shared().execute("postgres", "DROP ROLE clerk");
}

WithTargets::WithTargets() : site_(TestPostgres::shared().url("shop")) {
    fs::copy(origin_->dumps(), site_.dumps(), fs::copy_options::recursive);
    configure();
    open_gate();
    for (const TestPostgres* server : {spare_.get(), &TestPostgres::shared()}) {
        server->execute("postgres", "DROP DATABASE IF EXISTS shop_restored WITH (FORCE)");
    }
}

void WithTargets::configure(const std::string& set, const std::string& database) const {
    site_.configure(
        set,
        database +
            "restore_targets:\n"
            "  - {name: spare, url: \"" +
            spare_->url("shop_restored") +
            "\"}\n"
            "  - {name: beside, url: \"" +
            TestPostgres::shared().url("shop_restored") +
            "\"}\n"
            "  - {name: itself, url: \"" +
            TestPostgres::shared().url("shop") +
            " connect_timeout=9\"}\n"
            "  - {name: poor, url: \"" +
            spare_->url("shop_restored", "poor") + "\"}\n"
    );
}

std::vector<std::string> WithTargets::words(
    const std::string& into, const std::string& confirm, const std::string& id
) const {
    std::vector<std::string> words{"restore", "shop", "--backup", id, "--into", into};
    if (!confirm.empty()) words.insert(words.end(), {"--confirm", confirm});
    return words;
}

std::vector<fs::path> WithTargets::kept_reports() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(site_.state() / "restores/shop")) {
        files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

std::ptrdiff_t WithTargets::reports_of_unfinished() const {
    if (!fs::exists(site_.state() / "restores/shop")) return 0;
    return std::ranges::count_if(kept_reports(), [](const fs::path& file) {
        return read_text(file).find("**NOT FINISHED: ") != std::string::npos;
    });
}

std::string WithTargets::comment_on(const TestPostgres& server) {
    return server.value(
        "postgres",
        "SELECT coalesce(shobj_description(oid, 'pg_database'), 'none') FROM pg_database WHERE "
        "datname = 'shop_restored'"
    );
}

void WithTargets::await_last_mark(const TestPostgres& server) {
    await("its sessions that mark to end", [&] {
        return server.value(
                   "postgres",
                   "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                   "'backupwatch_restore' AND datname = 'postgres'"
               ) == "0";
    });
}

std::string WithTargets::sessions_of_restore() {
    return spare_->value(
        "postgres", "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%'"
    );
}

void WithTargets::expect_restored(const TestPostgres& server) {
    EXPECT_EQ(
        server.value("shop_restored", "SELECT count(*) || max(item) FROM orders"), "500item 99"
    );
    EXPECT_EQ(server.value("shop_restored", "SELECT count(*) FROM posts"), "100");
    EXPECT_EQ(comment_on(server).find("backupwatch restore ended "), 0U) << comment_on(server);
}

Untouched::Untouched()
    : old_(contents_of_database(TestPostgres::shared(), "shop")),
      else_(all_else(TestPostgres::shared())) {}

void Untouched::expect_so() const {
    EXPECT_EQ(contents_of_database(TestPostgres::shared(), "shop"), old_);
    EXPECT_EQ(all_else(TestPostgres::shared()), else_);
}

}  // namespace backupwatch
