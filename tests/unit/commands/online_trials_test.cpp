#include "commands/online_trials.hpp"

#include "commands/check_config_online.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <functional>

namespace backupwatch {
namespace {

constexpr std::uint64_t gigabyte = 1'000'000'000;

FolderFacts folder(const std::string& path) {
    return {.path = path, .exists = true, .obstacle = "", .free = 100 * gigabyte};
}

/// Where everything is well.
OnlineFacts good_facts() {
    OnlineFacts facts;
    facts.host.installed = {{15, "/usr/lib/postgresql/15/bin", true, true}};
    facts.host.extensions[15] = {"plpgsql"};
    facts.host.state_dir = folder("/srv/state");
    facts.host.work_dir = folder("/srv/work");

    DatabaseFacts shop;
    shop.name = "shop";
    shop.has_url = true;
    shop.tried_snapshot = true;
    shop.current.emplace();
    shop.current->server_version = 150020;
    shop.current->database_size = gigabyte;
    shop.current->collate = shop.current->ctype = "fr_FR.UTF-8";
    shop.current->extensions = {{"plpgsql", "1.0", "pg_catalog"}};

    SetFacts nightly;
    nightly.name = "nightly";
    nightly.takes = true;
    nightly.drilled = true;
    nightly.directory = folder("/srv/dumps");
    nightly.rights = Rights{.role = "backup", .hidden = {}, .large_objects = 0};
    shop.sets.push_back(nightly);
    facts.databases.push_back(shop);
    return facts;
}

HiddenRelation unreadable(const std::string& table) {
    return {"public", table};
}
HiddenRelation filtered(const std::string& table) {
    HiddenRelation relation = unreadable(table);
    relation.is_filtered = true;
    return relation;
}

/// What is not well, a line each, as `verdict place what: sentence [hint]`.
std::string complaints(const OnlineFacts& facts) {
    std::string text;
    for (const Trial& trial : judge_online(facts)) {
        if (trial.verdict == Verdict::ok) continue;
        text += std::string(to_string(trial.verdict)) + " " + trial.database + "/" + trial.set +
                " " + trial.what + ": " + trial.sentence + " [" + trial.hint + "]\n";
    }
    return text;
}

TEST(OnlineTrials, complain_of_nothing_where_all_is_well) {
    const auto trials = judge_online(good_facts());

    EXPECT_EQ(complaints(good_facts()), "");
    EXPECT_EQ(exit_code(trials), 0);
    std::string tried;
    for (const Trial& trial : trials) tried += trial.what + ", ";
    EXPECT_EQ(
        tried,
        "state_dir, work_dir, log-in, server, snapshot, dump programs, rights, dumps folder, "
        "dump space, drill programs, extensions, locale, drill space, "
    );
}

struct Case {
    std::string name;
    std::function<void(OnlineFacts&, DatabaseFacts&, SetFacts&)> change;
    int exit_code;
    std::string complaint;
};

void PrintTo(const Case& tested, std::ostream* out) {
    *out << tested.name;
}

class OnlineTrial : public testing::TestWithParam<Case> {};

TEST_P(OnlineTrial, is_judged) {
    OnlineFacts facts = good_facts();
    DatabaseFacts& shop = facts.databases.front();
    GetParam().change(facts, shop, shop.sets.front());

    EXPECT_EQ(complaints(facts), GetParam().complaint);
    EXPECT_EQ(exit_code(judge_online(facts)), GetParam().exit_code);
}

/// Nothing but this of a database that nobody could log in to.
void no_log_in(DatabaseFacts& shop, SetFacts& set, Failure::Kind kind, const std::string& why) {
    shop.login = Failure(kind, why);
    shop.current.reset();
    shop.tried_snapshot = false;
    set.rights.reset();
}

const std::vector<Case> cases{
    {"a_program_after_backups_that_is_not_there",
     [](auto&, auto&, auto& set) {
         set.hook_missing = Failure(Failure::Kind::missing, "cannot run rclone: there is none");
     },
     2,
     "problem shop/nightly after_backup: cannot run rclone: there is none []\n"},
    {"a_refused_log_in",
     [](auto&, auto& shop, auto& set) {
         no_log_in(shop, set, Failure::Kind::denied, "no password is right for ann");
     },
     2,
     "problem shop/ log-in: no password is right for ann []\n"},
    {"an_unreachable_server_which_may_be_back_by_night",
     [](auto&, auto& shop, auto& set) {
         no_log_in(shop, set, Failure::Kind::unreachable, "connection refused");
     },
     3,
     "unknown shop/ log-in: connection refused []\n"},
    {"a_session_that_breaks_later",
     [](auto&, auto& shop, auto&) {
         shop.reading = Failure(Failure::Kind::timeout, "no end of the questions within 2m");
     },
     3,
     "unknown shop/ server: no end of the questions within 2m []\n"},
    {"a_role_without_rights",
     [](auto&, auto&, auto& set) {
         set.rights->hidden = {unreadable("a"), unreadable("b")};
     },
     2,
     "problem shop/nightly rights: the role backup may not read public.a and public.b "
     "[GRANT pg_read_all_data TO backup.]\n"},
    {"a_role_without_rights_on_a_server_without_pg_read_all_data",
     [](auto&, auto& shop, auto& set) {
         shop.current->server_version = 130010;
         set.rights->hidden = {unreadable("a")};
     },
     2,
     "problem shop/nightly rights: the role backup may not read public.a [GRANT USAGE ON SCHEMA, "
     "and SELECT ON ALL TABLES and ALL SEQUENCES IN SCHEMA, of each of them TO backup.]\n"},
    {"large_objects_of_others",
     [](auto&, auto&, auto& set) { set.rights->large_objects = 3; },
     2,
     "problem shop/nightly rights: the role backup may not read 3 large objects [GRANT SELECT ON "
     "LARGE OBJECT, of each in pg_largeobject_metadata, TO backup, or dump as a superuser: "
     "pg_read_all_data does not cover them.]\n"},
    {"row_level_security",
     [](auto&, auto&, auto& set) {
         for (const char* table : {"a", "b", "c", "d", "e"}) {
             set.rights->hidden.push_back(filtered(table));
         }
     },
     2,
     "problem shop/nightly rights: the role backup cannot see every row of public.a, public.b, "
     "public.c and 2 more: row-level security applies to it [ALTER ROLE backup BYPASSRLS.]\n"},
    {"both_at_once",
     [](auto&, auto&, auto& set) {
         set.rights->hidden = {unreadable("a"), filtered("b")};
     },
     2,
     "problem shop/nightly rights: the role backup may not read public.a, and cannot see every row "
     "of public.b: row-level security applies to it "
     "[GRANT pg_read_all_data TO backup; ALTER ROLE backup BYPASSRLS.]\n"},
    {"what_is_no_users_and_is_left_out",
     [](auto&, auto&, auto& set) {
         set.not_dumped = {{"cron", "jobid_seq", true}, {"cron", "job", false, true}};
     },
     0,
     "advice shop/nightly rights: the role backup sees every row but those of cron.jobid_seq and "
     "cron.job, which its dumps leave out "
     "[GRANT pg_read_all_data TO backup; ALTER ROLE backup BYPASSRLS.]\n"},
    {"queues_that_pg_dump_leaves_out",
     [](auto&, auto& shop, auto&) {
         shop.current->undumped_queues = {
             {"idle", {"TABLE pgmq.q_idle"}, std::nullopt},
             {"mails", {"TABLE pgmq.q_mails"}, std::nullopt}};
     },
     2,
     "problem shop/ queues: no dump holds the messages of the queues idle and mails: what belongs "
     "to the extension pgmq, pg_dump leaves out [ALTER EXTENSION pgmq DROP TABLE pgmq.q_idle; "
     "ALTER "
     "EXTENSION pgmq DROP TABLE pgmq.q_mails;]\n"},
    {"an_exclusion_that_matches_nothing",
     [](auto&, auto&, auto& set) {
         set.rights.reset();
         set.rights_untold = Failure(Failure::Kind::rejected, "\"log\" matches no table", "Why?");
     },
     2,
     "problem shop/nightly rights: \"log\" matches no table [Why?]\n"},
    {"a_snapshot_that_a_pooler_on_its_port_does_not_share",
     [](auto&, auto& shop, auto&) {
         shop.on_pooler_port = true;
         shop.snapshot = Failure(Failure::Kind::rejected, "invalid snapshot identifier");
     },
     2,
     "problem shop/ snapshot: two sessions cannot share a snapshot through the transaction pooler "
     "on port 6543: invalid snapshot identifier [Use port 5432, of the pooler's session mode or of "
     "the server itself, in the url.]\n"},
    {"a_snapshot_that_is_not_shared_elsewhere",
     [](auto&, auto& shop, auto&) {
         shop.snapshot = Failure(Failure::Kind::rejected, "invalid snapshot identifier");
     },
     2,
     "problem shop/ snapshot: two sessions cannot share a snapshot: invalid snapshot identifier "
     "[Use the server's own address, or the pooler's session mode, in the url.]\n"},
    {"sessions_that_forget_their_settings",
     [](auto&, auto& shop, auto&) { shop.keeps_settings = false; },
     2,
     "problem shop/ snapshot: a pooler in transaction mode stands between: sessions do not keep "
     "their settings [Use the server's own address, or the pooler's session mode, in the url.]\n"},
    {"a_pooler_port_where_all_went_well",
     [](auto&, auto& shop, auto&) { shop.on_pooler_port = true; },
     0,
     "advice shop/ snapshot: two sessions share a snapshot, but port 6543 is by custom a "
     "transaction pooler's [Use port 5432, of the pooler's session mode or of the server itself, "
     "in the url.]\n"},
    {"a_server_newer_than_every_program",
     [](auto&, auto& shop, auto&) { shop.current->server_version = 170001; },
     2,
     "problem shop/ dump programs: no PostgreSQL client programs of major 17 or newer are "
     "installed (found: 15) [Install the package postgresql-client-17, from "
     "https://apt.postgresql.org where Debian itself has not got it.]\n"
     "problem shop/nightly drill programs: no PostgreSQL server and client programs of major 17 or "
     "newer are installed (found: 15) [Install the package postgresql-17, from "
     "https://apt.postgresql.org where Debian itself has not got it.]\n"},
    {"a_newer_client_whose_dumps_no_server_here_restores",
     [](auto& facts, auto&, auto&) {
         facts.host.installed = {
             {14, "/pg/14/bin", false, true},
             {15, "/pg/15/bin", false, true},
             {16, "/pg/16/bin", true, false}};
     },
     2,
     "problem shop/nightly drill programs: no PostgreSQL server and client programs of major 16 or "
     "newer are installed (found: none) [Install the package postgresql-16, from "
     "https://apt.postgresql.org where Debian itself has not got it.]\n"},
    {"a_server_too_old",
     [](auto&, auto& shop, auto&) { shop.current->server_version = 110022; },
     2,
     "problem shop/ server: PostgreSQL 11.22, a database of 1.00 GB, which is older than can be "
     "read [Upgrade it to PostgreSQL 12 or newer.]\n"},
    {"an_extension_that_is_not_here",
     [](auto&, auto& shop, auto&) {
         shop.current->extensions.push_back({"vector", "0.5", "x"});
     },
     2,
     "problem shop/nightly extensions: vector is not installed for PostgreSQL 15 here [Install the "
     "package postgresql-15-pgvector, or what `apt-cache search postgresql-15-` offers for it.]\n"},
    {"extensions_of_another_major_only",
     [](auto& facts, auto&, auto&) {
         facts.host.extensions = {{14, {"plpgsql"}}};
     },
     3,
     "unknown shop/nightly extensions: the folder of the extensions of PostgreSQL 15 was not found "
     "here []\n"},
    {"a_locale_that_is_not_here_without_failing",
     [](auto& facts, auto&, auto&) { facts.host.missing_locales = {"fr_FR.UTF-8"}; },
     0,
     "advice shop/nightly locale: the locale fr_FR.UTF-8 is not installed here: a drill restores "
     "with C.UTF-8 instead, and texts sort otherwise [Install the package locales-all, or generate "
     "fr_FR.UTF-8 with locale-gen.]\n"},
    {"no_room_for_a_dump",
     [](auto&, auto&, auto& set) { set.directory->free = gigabyte / 2; },
     2,
     "problem shop/nightly dump space: a dump needs about 567.1 MB in /srv/dumps, where 500.0 MB "
     "are free [Free some space there, or lower `keep`.]\n"},
    {"room_for_a_dump_that_compresses_well",
     [](auto&, auto&, auto& set) {
         set.directory->free = gigabyte / 2;
         set.newest.emplace();
         set.newest->database_size = gigabyte;
         set.newest_size = gigabyte / 10;
     },
     0,
     ""},
    {"no_room_for_a_drill",
     [](auto& facts, auto&, auto&) { facts.host.work_dir.free = gigabyte; },
     2,
     "problem shop/nightly drill space: a drill needs about 1.25 GB in /srv/work, where 1.00 GB "
     "are free [Free some space, or point work_dir to a bigger volume.]\n"},
    {"a_folder_that_cannot_be_written",
     [](auto&, auto&, auto& set) { set.directory->obstacle = "/srv/dumps: Permission denied"; },
     2,
     "problem shop/nightly dumps folder: /srv/dumps cannot be written (/srv/dumps: Permission "
     "denied) [Give it to the user that runs this: install -d -o USER -m 700 /srv/dumps.]\n"},
    {"a_folder_that_cannot_be_made",
     [](auto& facts, auto&, auto&) {
         facts.host.state_dir.exists = false;
         facts.host.state_dir.obstacle = "/srv: Permission denied";
     },
     2,
     "problem / state_dir: /srv/state cannot be made (/srv: Permission denied) [Give it to the "
     "user that runs this: install -d -o USER -m 700 /srv/state.]\n"},
    {"a_work_folder_below_a_closed_one",
     [](auto& facts, auto&, auto&) { facts.host.closed_folder = "/srv"; },
     2,
     "problem / work_dir: the user that a drill's server runs as may not pass through /srv, on the "
     "way to /srv/work [chmod o+x /srv, or point work_dir elsewhere.]\n"},
    {"a_kernel_that_cannot_fence_a_drill",
     [](auto& facts, auto&, auto&) { facts.host.sandbox_gaps = {"this kernel has no fence"}; },
     0,
     "advice / sandbox: this kernel has no fence [Drill only dumps of people whom you trust, or "
     "give the machine a newer kernel.]\n"},
    {"backups_that_cannot_be_listed",
     [](auto&, auto&, auto& set) {
         set.listing = Failure(Failure::Kind::missing, "no such folder");
     },
     2,
     "problem shop/nightly backups: no such folder []\n"},
    {"a_watched_folder_that_is_not_there",
     [](auto&, auto&, auto& set) {
         set.takes = set.drilled = false;
         set.rights.reset();
         set.directory->exists = false;
         set.listing = Failure(Failure::Kind::missing, "cannot read /srv/dumps");
     },
     2,
     "problem shop/nightly dumps folder: /srv/dumps does not exist, and nothing of it can be "
     "watched [Correct `directory`, or make the folder that the dumps are copied to.]\n"},
    {"a_watched_folder_that_cannot_be_read",
     [](auto&, auto&, auto& set) {
         set.takes = set.drilled = false;
         set.rights.reset();
         set.listing = Failure(Failure::Kind::denied, "cannot read /srv/dumps");
     },
     2,
     "problem shop/nightly dumps folder: cannot read /srv/dumps []\n"},
    {"a_disk_whose_path_is_not_there",
     [](auto&, auto& shop, auto&) {
         shop.disk.emplace();
         shop.disk->failure = Failure(Failure::Kind::missing, "cannot measure the volume of /x");
     },
     2,
     "problem shop/ disk: cannot measure the volume of /x []\n"},
    {"a_disk_that_the_role_may_not_measure",
     [](auto&, auto& shop, auto&) {
         shop.disk.emplace();
         shop.disk->failure =
             Failure(Failure::Kind::denied, "permission denied for database x", "Grant reading.");
     },
     2,
     "problem shop/ disk: permission denied for database x [GRANT pg_read_all_stats to the role "
     "of the url.]\n"},
    {"a_disk_that_nobody_could_ask_for",
     [](auto&, auto& shop, auto& set) {
         no_log_in(shop, set, Failure::Kind::unreachable, "connection refused");
         shop.disk = DiskFacts{"all databases of its server", std::nullopt, std::nullopt};
     },
     3,
     "unknown shop/ log-in: connection refused []\n"
     "unknown shop/ disk: all databases of its server: nobody could log in to ask []\n"},
    {"copies_of_an_unknown_database_by_their_newest_dump",
     [](auto&, auto& shop, auto& set) {
         set.newest = shop.current;
         set.newest->dump_version = 160002;
         shop.current.reset();
         shop.has_url = shop.tried_snapshot = set.takes = false;
         set.rights.reset();
     },
     2,
     "problem shop/nightly drill programs: no PostgreSQL server and client programs of major 16 or "
     "newer are installed (found: 15) [Install the package postgresql-16, from "
     "https://apt.postgresql.org where Debian itself has not got it.]\n"},
    {"copies_of_which_there_are_none_yet",
     [](auto&, auto& shop, auto& set) {
         shop.current.reset();
         shop.has_url = shop.tried_snapshot = set.takes = false;
         set.rights.reset();
     },
     3,
     "unknown shop/nightly drill programs: no complete backup is there yet to say which PostgreSQL "
     "a "
     "drill needs []\n"},
};

INSTANTIATE_TEST_SUITE_P(Table, OnlineTrial, testing::ValuesIn(cases), [](const auto& tested) {
    return tested.param.name;
});

TEST(OnlineTrials, say_what_can_be_watched) {
    OnlineFacts facts = good_facts();
    DatabaseFacts& shop = facts.databases.front();
    shop.sets.front().takes = false;
    shop.disk = DiskFacts{"the volume of /srv", 5 * gigabyte, std::nullopt};

    const std::string text = trials_text(judge_online(facts));

    EXPECT_NE(text.find("/srv/dumps can be read\n"), std::string::npos) << text;
    EXPECT_NE(text.find("5.00 GB used, of the volume of /srv\n"), std::string::npos) << text;
}

TEST(OnlineTrials, leave_the_work_folder_alone_where_nothing_is_drilled) {
    OnlineFacts facts = good_facts();
    facts.databases.front().sets.front().drilled = false;
    facts.host.closed_folder = "/srv";
    facts.host.sandbox_gaps = {"this kernel has no fence"};

    EXPECT_EQ(complaints(facts), "");
}

TEST(OnlineTrials, of_a_problem_and_something_unknown_exit_with_the_problem) {
    const std::vector<Trial> trials{
        {"a", "", "log-in", Verdict::problem}, {"b", "", "log-in", Verdict::unknown}};

    EXPECT_EQ(exit_code(trials), 2);
}

NotifierFacts notifier(SendResult result, const std::string& answer, const std::string& hint) {
    NotifierFacts facts{"email", {}};
    facts.tried.receipt.result = result;
    facts.tried.receipt.answer = answer;
    facts.tried.hint = hint;
    return facts;
}

TEST(OnlineTrials, of_a_notifier_tell_the_answer_its_class_and_what_mends_it) {
    OnlineFacts facts = good_facts();
    facts.notifiers = {notifier(SendResult::delivered, "250 2.0.0 OK", "")};
    EXPECT_EQ(complaints(facts), "");
    EXPECT_EQ(judge_online(facts).back().sentence, "accepted: 250 2.0.0 OK");

    facts.notifiers = {
        notifier(SendResult::broken, "535 5.7.8 no", "Correct `password`."),
        notifier(SendResult::retry, "connection refused", "Correct `server`.")};
    EXPECT_EQ(
        complaints(facts),
        "problem / log-in: broken: 535 5.7.8 no [Correct `password`.]\n"
        "unknown / log-in: retry: connection refused [Correct `server`.]\n"
    );
    EXPECT_NE(trials_text(judge_online(facts)).find("notifier email"), std::string::npos);
    EXPECT_EQ(exit_code(judge_online(facts)), 2);
}

TEST(OnlineTrials, of_a_notifier_tell_until_when_its_certificate_is_valid) {
    const Instant now = *parse_rfc3339("2026-11-22T03:00:00Z");
    OnlineFacts facts = good_facts();
    facts.now = now;
    facts.notifiers = {notifier(SendResult::delivered, "250 OK", "")};
    auto& certificate = facts.notifiers.front().tried.receipt.certificate;

    certificate = {now - Days(30), now + Days(60)};
    const Trial good = judge_online(facts).back();
    certificate = {now - Days(85), now + Days(5)};
    const Trial soon = judge_online(facts).back();

    EXPECT_EQ(good.verdict, Verdict::ok);
    EXPECT_EQ(good.sentence, "accepted: 250 OK; certificate valid until 2027-01-21T03:00Z");
    EXPECT_EQ(soon.verdict, Verdict::advice);
    EXPECT_EQ(soon.sentence, "accepted: 250 OK; certificate valid until 2026-11-27T03:00Z");
    EXPECT_NE(soon.hint, "");
}

const std::vector<Trial> two_trials{
    {"", "", "state_dir", Verdict::ok, "it can be written"},
    {"shop", "nightly", "rights", Verdict::problem, "no", "GRANT it."}};

TEST(OnlineTrials, stand_in_columns_with_their_hints_below) {
    EXPECT_EQ(
        trials_text(two_trials),
        "  ok       this host     state_dir  it can be written\n"
        "  problem  shop/nightly  rights     no\n"
        "                                    hint: GRANT it.\n"
    );
}

TEST(OnlineTrials, say_the_same_to_programs) {
    EXPECT_EQ(
        boost::json::serialize(trials_json(two_trials)),
        R"([{"database":"","set":"","notifier":"","restore_target":"","what":"state_dir","verdict":"ok",)"
        R"("sentence":"it can be written","hint":""},)"
        R"({"database":"shop","set":"nightly","notifier":"","restore_target":"","what":"rights","verdict":"problem",)"
        R"("sentence":"no","hint":"GRANT it."}])"
    );
}

}  // namespace
}  // namespace backupwatch
