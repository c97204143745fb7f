#include "config_folder.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using Lines = std::vector<std::string>;

struct BadDocument {
    std::string text;
    Lines errors;
};

void expect_errors(const std::vector<BadDocument>& table) {
    for (const BadDocument& row : table) {
        ConfigFolder folder;
        EXPECT_EQ(folder.errors_of(row.text), row.errors) << row.text;
    }
}

/// Keys of a database with a set of dumps.
std::string database(const std::string& keys) {
    return "databases:\n  - name: a\n" + keys;
}
/// Keys of a set of dumps, from line 5 on, each indented by 8.
std::string set(const std::string& keys) {
    return database("    url: host=db\n    backups:\n      - source: dump\n" + keys);
}
const std::string good_set = "        directory: /srv/a\n        take: \"03:00\"\n";

TEST(BadDocument, without_a_database) {
    const std::string none = ": no database: list at least one in databases";
    expect_errors({
        {"", {"config.yaml:1:1" + none}},
        {"# nothing yet\n", {"config.yaml:1:1" + none}},
        {"state_dir: /x\n", {"config.yaml:1:1" + none}},
        {"databases: []\n", {"config.yaml:1:12" + none}},
        {"databases:\n",
         {"config.yaml:1:1: databases: has no value: write one, or leave the key out"}},
        {"databases: a\n", {"config.yaml:1:12: databases: must be a list, not a single value"}},
        {"- databases\n", {"config.yaml:1:1: must be a mapping, not a list"}},
        {"databases: [a]\n",
         {"config.yaml:1:13: databases: must be a mapping, not a single value"}},
    });
}

TEST(BadDocument, with_keys_that_nobody_knows) {
    expect_errors({
        {"state_dirs: /x\ndatabases: [{name: a}]\n",
         {"config.yaml:1:1: unknown key \"state_dirs\": did you mean \"state_dir\"?"}},
        {"http: {port: 80}\ndatabases: [{name: a}]\n",
         {"config.yaml:1:8: unknown key \"port\": valid here are listen"}},
        {set(good_set + "        drill:\n          verify: {row: true}\n"),
         {"config.yaml:9:20: unknown key \"row\": did you mean \"rows\"?"}},
        {set(good_set + "        polll: 5m\n"),
         {"config.yaml:8:9: unknown key \"polll\": did you mean \"poll\"?"}},
        {database("    url:host=db\n"),
         {"config.yaml:3:5: unknown key: a space must follow the colon of a key"}},
    });
}

TEST(BadDocument, with_alerts_that_nobody_would_get) {
    const std::string hook =
        "notifiers: [{type: webhook, name: a, url: \"https://h/x\", secret: "
        "\"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"";
    const std::string rest = "databases: [{name: shop}]\n";
    expect_errors({
        {hook + "}]\nescalation: [{notify: [b]}]\n" + rest,
         {"config.yaml:2:23: notify: \"b\" is no notifier"}},
        {hook + "}]\nescalation: [{notify: [a], checks: [bakcup], databases: [shp]}]\n" + rest,
         {"config.yaml:2:36: checks: \"bakcup\" is no check; did you mean \"backup\"?",
          "config.yaml:2:57: databases: \"shp\" is no database; did you mean \"shop\"?"}},
        {hook + "}]\nescalation: [{checks: [backup]}]\n" + rest,
         {"config.yaml:2:14: notify is missing: whom this step tells"}},
        {hook + "}]\nescalation: [{notify: [a], severity: bad}]\n" + rest,
         {"config.yaml:2:38: severity: \"bad\" is none of warning, unknown, critical"}},
        {hook + ", fallback: a}]\n" + rest,
         {"config.yaml:1:130: fallback: \"a\" takes over from itself in the end: a notifier that "
          "is "
          "broken cannot"}},
        {hook +
             ", fallback: p}, {type: pagerduty, name: p, routing_key: "
             "0123456789abcdef0123456789abcdef}]\n" +
             rest,
         {"config.yaml:1:130: fallback: \"p\" calls people, and \"a\" does not: it would wake them "
          "for everything"}},
        {hook + "}]\nreminders: [3d, 1d]\n" + rest,
         {"config.yaml:2:12: reminders: must be a minute or more, and ascend"}},
    });
}

TEST(BadDocument, with_a_digest_that_nobody_could_get) {
    const std::string hook =
        "notifiers: [{type: webhook, name: hook, url: 'https://h/x', secret: "
        "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=}]\n";
    const std::string pager =
        "notifiers: [{type: pagerduty, routing_key: 0123456789abcdef0123456789abcdef}]\n";
    const std::string rest = "databases: [{name: a}]\n";
    expect_errors({
        {"digest: '07:00'\n" + rest,
         {"config.yaml:1:9: digest: nobody would get it: notifiers has only pagers, or none"}},
        {pager + "digest: '07:00'\ndigest_notify: [pagerduty]\n" + rest,
         {"config.yaml:2:9: digest: nobody would get it: notifiers has only pagers, or none",
          "config.yaml:3:16: digest_notify: \"pagerduty\" calls people, and a digest is no alarm"}},
        {hook + "digest: '07:00'\ndigest_notify: [hok]\n" + rest,
         {"config.yaml:3:16: digest_notify: \"hok\" is no notifier; did you mean \"hook\"?"}},
        {hook + "digest_notify: [hook]\n" + rest,
         {"config.yaml:2:16: digest_notify: there is no digest that they could get"}},
    });
}

TEST(BadDocument, with_restore_targets_that_name_nothing_or_what_is_watched) {
    expect_errors({
        {"databases: [{name: a, url: \"postgresql://db/a\"}]\n"
         "restore_targets:\n"
         "  - {name: spare, url: \"postgresql://db/a\"}\n"
         "  - {name: spare, url: \"postgresql://db/b\"}\n"
         "  - {url: nowhere}\n",
         {"config.yaml:3:24: url: is that of the database a, which no restore may touch: name a "
          "new database",
          "config.yaml:4:12: name: duplicate \"spare\", as at config.yaml:3:12",
          "config.yaml:5:5: name is missing: what `restore --into` calls it",
          "config.yaml:5:11: url: must be a libpq URL, such as postgresql://user@host/database"}},
    });
}

TEST(BadDocument, with_a_source_of_a_later_version) {
    expect_errors({
        {database("    backups: [{source: pgbarman, directory: /srv/a, jbos: 2}]\n"),
         {"config.yaml:3:24: source: \"pgbarman\" is none that this version of backupwatch has: "
          "dump, supabase",
          "config.yaml:3:53: unknown key \"jbos\": did you mean \"jobs\"?"}},
    });
}

TEST(BadDocument, with_a_runbook_that_nobody_could_follow) {
    expect_errors({
        {"databases:\n"
         "  - name: a\n"
         "    runbook:\n"
         "      language: de\n"
         "      contacts: [{role: PO, name: Ada}]\n"
         "      approvals: [PO, CTO]\n"
         "      verify: [{url: app.example.com, expect: 99}]\n"
         "      error_tracker: https://ada:hush@errors.example.com\n"
         "      publish: [./upload]\n",
         {"config.yaml:4:17: language: \"de\" is none of en, fr",
          "config.yaml:5:18: reach is missing: a telephone number, an address",
          "config.yaml:6:18: approvals: no contact has the role \"CTO\"",
          "config.yaml:7:22: url: \"app.example.com\" must be an https:// URL without a user in "
          "it; "
          "http:// is allowed to this host alone",
          "config.yaml:7:47: expect: 99 is less than 100",
          "config.yaml:8:22: error_tracker: \"https://ada:***@errors.example.com\" must be an "
          "https:// URL without a user in it; http:// "
          "is "
          "allowed to this host alone",
          "config.yaml:9:17: publish: the program must be a name that is looked for in PATH, or an "
          "absolute path"}},
    });
}

TEST(BadDocument, with_values_of_the_wrong_kind) {
    expect_errors({
        {set("        directory: [/srv/a]\n"),
         {"config.yaml:6:20: directory: must be a single value, not a list"}},
        {set(good_set + "        exclude_tables: logs\n"),
         {"config.yaml:8:25: exclude_tables: must be a list, not a single value"}},
        {set(good_set + "        exclude_tables: ['log[0-9]']\n"),
         {"config.yaml:8:25: exclude_tables: cannot read the pattern \"log[0-9]\": it has a [, of "
          "a "
          "regular expression"}},
        {set(good_set + "        exclude_tables: [logs, {a: b}, ~]\n"),
         {"config.yaml:8:32: exclude_tables: must be a single value, not a mapping",
          "config.yaml:8:40: exclude_tables: has no value: write one, or leave the key out"}},
        {set(good_set + "        drill: true\n"),
         {"config.yaml:8:16: drill: must be a mapping, not a single value"}},
        {set(good_set + "        drill:\n"),
         {"config.yaml:8:9: drill: has no value: write one, or leave the key out"}},
        {set(good_set + "        drill: {verify: {tables: [a]}}\n"),
         {"config.yaml:8:34: tables: must be a mapping, not a list"}},
        {set(good_set + "        drill: {verify: {tables: {public.posts: id}}}\n"),
         {"config.yaml:8:49: tables: must be a list, not a single value"}},
        {set(good_set + "        keep: ~\n"),
         {"config.yaml:8:9: keep: has no value: write one, or leave the key out"}},
        {"http: 127.0.0.1:9856\ndatabases: [{name: a}]\n",
         {"config.yaml:1:7: http: must be a mapping, not a single value"}},
    });
}

TEST(BadDocument, with_values_that_mean_nothing) {
    expect_errors({
        {set(good_set + "        keep: 8\n"),
         {"config.yaml:8:15: keep: \"8\" is not a duration such as 200ms, 30s, 5m, 26h or 7d"}},
        {set(good_set + "        keep: 1 week\n"),
         {"config.yaml:8:15: keep: \"1 week\" is not a duration such as 200ms, 30s, 5m, 26h or "
          "7d"}},
        {set(good_set + "        jobs: two\n"),
         {"config.yaml:8:15: jobs: \"two\" is not a whole number"}},
        {set(good_set + "        jobs: 2.5\n"),
         {"config.yaml:8:15: jobs: \"2.5\" is not a whole number"}},
        {set(good_set + "        jobs: 99999999999\n"),
         {"config.yaml:8:15: jobs: \"99999999999\" is not a whole number"}},
        {set(good_set + "        drill: {verify: {rows: yes}}\n"),
         {"config.yaml:8:32: rows: \"yes\" is not true or false"}},
        {set("        directory: /srv/a\n        take: 24:00\n"),
         {"config.yaml:7:15: take: \"24:00\" is not a time of day: write hours and minutes in UTC, "
          "as "
          "03:00"}},
        {set(good_set + "        drill: {when: Someday 04:00}\n"),
         {"config.yaml:8:23: when: \"Someday\" is not a day of the week: write Mon, Tue, Wed, Thu, "
          "Fri, "
          "Sat or Sun; or after_backup"}},
        {"log: {level: verbose}\ndatabases: [{name: a}]\n",
         {"config.yaml:1:14: level: \"verbose\" is none of debug, info, warning, error"}},
        {database("    url: host=db\n    disk: {source: database, capacity: 8 GB, warning: 0.8}\n"),
         {"config.yaml:4:40: capacity: \"8 GB\" is not a size such as 100MB, 8GB or 64MiB",
          "config.yaml:4:55: warning: \"0.8\" is not a percentage such as 80%, from 0% to 100%"}},
        {"state_dir: \"\"\ndatabases: [{name: a}]\n",
         {"config.yaml:1:12: state_dir: must not be empty"}},
    });
}

TEST(BadDocument, with_impossible_values) {
    expect_errors({
        {set(good_set + "        jobs: 0\n"), {"config.yaml:8:15: jobs: 0 is less than 1"}},
        {set(good_set + "        jobs: 1000\n"), {"config.yaml:8:15: jobs: 1000 is more than 64"}},
        {set(good_set + "        poll: 200ms\n"),
         {"config.yaml:8:15: poll: 200ms is less than 1s"}},
        {set(good_set + "        keep_at_least: 0\n"),
         {"config.yaml:8:24: keep_at_least: 0 is less than 1"}},
        {set(good_set + "        keep: 99999999d\n"),
         {"config.yaml:8:15: keep: \"99999999d\" is not a duration such as 200ms, 30s, 5m, 26h or "
          "7d"}},
        {set("        directory: /srv/a\n        take: every 99999999d\n"),
         {"config.yaml:7:15: take: \"99999999d\" is not a period of a second or more: write 30s, "
          "5m or 1h"}},
        {"concurrency: {dumps: -1}\ndatabases: [{name: a}]\n",
         {"config.yaml:1:22: dumps: -1 is less than 1"}},
        {"spread: 25h\ndatabases: [{name: a}]\n", {"config.yaml:1:9: spread: 25h is more than 1d"}},
        {"control_socket: /" + std::string(120, 'x') + "\ndatabases: [{name: a}]\n",
         {"config.yaml:1:17: control_socket: \"/" + std::string(79, 'x') +
          "…\" is too long for a socket: at most 107 bytes"}},
    });
}

TEST(BadDocument, with_bad_addresses_to_listen_on) {
    for (const std::string address :
         {"9856",
          "':9856'",
          "127.0.0.1",
          "'127.0.0.1:'",
          "127.0.0.1:65536",
          "127.0.0.1:http",
          "127.0.0.256:80",
          "'::1:80'",
          "'[::1:80'",
          "'[::g]:80'",
          "'http://127.0.0.1:80'",
          "'a b:80'",
          "'-:80'",
          "db.example.com:80",
          "'[localhost]:80'"}) {
        ConfigFolder folder;
        const auto errors =
            folder.errors_of("http: {listen: " + address + "}\ndatabases: [{name: a}]\n");
        ASSERT_EQ(errors.size(), 1u) << address;
        EXPECT_TRUE(
            errors[0].ends_with("is not an address and a port, such as 127.0.0.1:9856, "
                                "[::1]:9856 or localhost:9856")
        ) << errors[0];
    }
}

TEST(BadDocument, with_bad_names) {
    const std::string rule =
        " is not a name: letters, digits and . _ - after a letter or digit, at most 63 in all";
    const std::string longest(63, 'x');
    expect_errors({
        {"databases: [{name: \"\"}]\n", {"config.yaml:1:20: name: must not be empty"}},
        {"databases: [{name: -a}]\n", {"config.yaml:1:20: name: \"-a\"" + rule}},
        {"databases: [{name: a/b}]\n", {"config.yaml:1:20: name: \"a/b\"" + rule}},
        {"databases: [{name: é}]\n", {"config.yaml:1:20: name: \"é\"" + rule}},
        {"databases: [{name: " + longest + "}]\n", {}},
        {"databases: [{name: " + longest + "x}]\n",
         {"config.yaml:1:20: name: \"" + longest + "x\"" + rule}},
        {"databases: [{name: backupwatch}]\n",
         {"config.yaml:1:20: name: \"backupwatch\" is reserved: under this name backupwatch "
          "watches "
          "itself"}},
        {set(good_set + "        name: my dumps\n"),
         {"config.yaml:8:15: name: \"my dumps\"" + rule}},
    });
}

TEST(BadDocument, with_names_twice) {
    expect_errors({
        {"databases:\n  - name: a\n  - name: b\n  - name: a\n",
         {"config.yaml:4:11: name: duplicate \"a\", as at config.yaml:2:11"}},
        {set("        directory: /srv/a\n      - {source: dump, directory: /srv/b}\n"),
         {"config.yaml:7:9: name: duplicate \"dump\", as at config.yaml:5:9"}},
        {"databases: [{name: a}]\nlog: {}\nlog: {}\n",
         {"config.yaml:3:1: duplicate key \"log\": it is already on line 2"}},
    });
}

TEST(BadDocument, without_what_is_required) {
    expect_errors({
        {"databases: [{url: host=db}]\n",
         {"config.yaml:1:13: name is missing: the database's name"}},
        {database("    backups: [{}]\n"),
         {"config.yaml:3:15: source is missing: where the backups come from, such as dump"}},
        {database("    backups: [{source: dump}]\n"),
         {"config.yaml:3:15: directory is missing: the folder where the dumps lie"}},
        {database("    disk: {}\n"),
         {"config.yaml:3:11: source is missing: filesystem, database or supabase"}},
    });
}

TEST(BadDocument, with_keys_that_contradict_each_other) {
    expect_errors({
        {set(good_set + "        settle: 1m\n        files: '*.sql'\n"),
         {"config.yaml:8:17: settle: of a folder that is only watched; remove it, or take",
          "config.yaml:9:16: files: of a folder that is only watched; remove it, or take"}},
        {set(good_set + "        every: 1d\n"),
         {"config.yaml:8:16: every: a set with take has it from there; remove one of the two"}},
        {database("    backups:\n      - {source: dump, directory: /srv/a, take: \"03:00\"}\n"),
         {"config.yaml:4:49: take: needs the url of the database, which is missing"}},
        {set(good_set + "        keep: 3d\n        reach_back: 7d\n"),
         {"config.yaml:9:21: reach_back: 7d can never hold, as dumps go after 3d; raise keep"}},
        {set(good_set + "        drill: {target: 2h}\n"),
         {"config.yaml:8:25: target: 2h is longer than timeout, 1h"}},
        {set(good_set + "        drill: {timeout: 1m}\n"),
         {"config.yaml:8:26: target: 5m is longer than timeout, 1m"}},
        {set(good_set + "        drill: {when: Sun 04:00, max_age: 26h}\n"),
         {"config.yaml:8:43: max_age: 26h can never hold, as drills are 7d apart"}},
        {set(good_set + "        drill: {max_age: 23h}\n"),
         {"config.yaml:8:26: max_age: 23h can never hold, as drills are 1d apart"}},
    });
}

TEST(BadDocument, with_a_disk_that_contradicts_itself) {
    expect_errors({
        {database("    disk: {source: filesystem}\n"),
         {"config.yaml:3:20: path is missing: source filesystem needs it"}},
        {database("    disk: {source: filesystem, path: /x, capacity: 8GB}\n"),
         {"config.yaml:3:52: capacity: source filesystem does not have this key"}},
        {database("    disk: {source: database}\n"),
         {"config.yaml:3:20: capacity is missing: source database needs it",
          "config.yaml:3:20: source: database needs the url of the database, which is missing"}},
        {database("    disk: {source: filesystem, path: /x, warning: 90%}\n"),
         {"config.yaml:3:51: warning: must be less than critical"}},
        {database("    disk: {source: filesystem, path: /x, critical: 50%}\n"),
         {"config.yaml:3:52: warning: must be less than critical"}},
        {database("    url: host=db\n    disk: {source: database, capacity: 0B}\n"),
         {"config.yaml:4:40: capacity: 0B is less than 1B"}},
        {database("    disk: {source: supaase}\n"),
         {"config.yaml:3:20: source: \"supaase\" is none of filesystem, database, supabase"}},
        {database("    disk: {source: supabase, capacity: 8GB}\n"),
         {"config.yaml:3:20: source: supabase needs a backup set of that source, which is missing",
          "config.yaml:3:40: capacity: source supabase does not have this key"}},
        {database("    backups: [{source: supabase, project: Shop, access_token: \"a b\", "
                  "api_url: \"http://api.example.com\", pitr: on, drill: {}}]\n"),
         {"config.yaml:3:43: project: \"Shop\" is no reference of a project: 20 small letters",
          "config.yaml:3:63: access_token: must be one word",
          "config.yaml:3:79: api_url: \"http://api.example.com\" must be an https:// URL without a "
          "user in it; http:// is allowed to this host alone",
          "config.yaml:3:111: pitr: \"on\" is none of off, optional, required",
          "config.yaml:3:122: drill: backups of source supabase cannot be fetched; drill dumps, in "
          "a set of their own"}},
    });
}

std::string two_sets(const std::string& first, const std::string& second) {
    return "work_dir: /w\ndatabases:\n"
           "  - {name: a, backups: [{source: dump, directory: " +
           first +
           "}]}\n"
           "  - {name: b, backups: [{source: dump, directory: " +
           second + "}]}\n";
}

TEST(BadDocument, with_sets_in_one_another) {
    expect_errors({
        {two_sets("/srv/a", "/srv/a/"),
         {"config.yaml:4:51: directory: \"/srv/a\" is also the directory of a/dump"}},
        {two_sets("/srv/a", "/srv/./b/../a/b"),
         {"config.yaml:4:51: directory: \"/srv/a/b\" lies in the directory of a/dump"}},
        {two_sets("/srv/a/b", "/srv/a"),
         {"config.yaml:3:51: directory: \"/srv/a/b\" lies in the directory of b/dump"}},
        {two_sets("/srv/a", "/srv/ab"), {}},
        {two_sets("/w/a", "/srv"), {"config.yaml:3:51: directory: \"/w/a\" lies in work_dir"}},
        {two_sets("/", "/srv"),
         {"config.yaml:1:11: work_dir: \"/w\" lies in the directory of a/dump",
          "config.yaml:4:51: directory: \"/srv\" lies in the directory of a/dump"}},
    });
}

TEST(BadDocument, has_all_its_errors_at_once) {
    expect_errors({
        {"state_dri: /x\n"
         "http: {listen: nowhere}\n"
         "databases:\n"
         "  - name: a b\n"
         "    url: ${NOT_SET_ANYWHERE}\n"
         "    backups:\n"
         "      - source: dump\n"
         "        take: \"03:00\"\n"
         "        grace: soon\n",
         {"config.yaml:1:1: unknown key \"state_dri\": did you mean \"state_dir\"?",
          "config.yaml:2:16: listen: \"nowhere\" is not an address and a port, such as "
          "127.0.0.1:9856, [::1]:9856 or localhost:9856",
          "config.yaml:4:11: name: \"a b\" is not a name: letters, digits and . _ - after a letter "
          "or digit, at most 63 in all",
          "config.yaml:5:10: url: ${NOT_SET_ANYWHERE}: this environment variable is not set",
          "config.yaml:7:9: directory is missing: the folder where the dumps lie",
          "config.yaml:9:16: grace: \"soon\" is not a duration such as 200ms, 30s, 5m, 26h or 7d"}},
    });
}

}  // namespace
}  // namespace backupwatch
