#include "report/runbook.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Result = DrillOutcome::Result;

const Instant midday = parse_rfc3339("2026-11-22T12:00:00Z").value();

Backup night_of(const std::string& day) {
    Backup backup;
    backup.id = "202611" + day + "T030000Z";
    backup.status = BackupStatus::completed;
    backup.started_at = parse_rfc3339("2026-11-" + day + "T03:00:00Z").value();
    backup.finished_at = backup.started_at + 5min;
    backup.size_bytes = 151'200'000;
    return backup;
}

RunbookFacts::Point point_of(
    const std::string& day, DrillOutcome::Result result, const std::string& error = {}
) {
    DrillOutcome drill;
    drill.result = result;
    drill.finished_at = night_of(day).started_at + 20min;
    drill.seconds = 41.4;
    drill.error = error;
    return {night_of(day), drill};
}

/// A shop whose newest dump is damaged, the one before proven, and a set that is only watched.
RunbookFacts shop() {
    RunbookFacts facts;
    facts.database = "shop";
    facts.now = midday;
    facts.host = "db.example.com";
    facts.port = "5433";
    RunbookFacts::Set nightly;
    nightly.name = "nightly";
    nightly.is_drilled = nightly.is_taken = true;
    nightly.points = {
        point_of("22", Result::failed, "public.posts: 1 of 12 rows missing | so"),
        point_of("21", Result::passed),
        {night_of("20")},
        point_of("19", Result::unknown, "no disk"),
        point_of("18", Result::passed)};
    RunbookFacts::Set provider;
    provider.name = "supabase";
    nightly.directory = "/dumps/shop";
    provider.provider_page = "https://provider.example.com/backups";
    provider.points = {{night_of("22")}};
    facts.sets = {nightly, provider};
    facts.marks = {
        {"shop", midday - 1h, NotedMark::Kind::noted, "deploy 2.0"},
        {"shop", midday - 40h, NotedMark::Kind::noted, "deploy 1.9"},
        {"shop", midday - 20 * 24h, NotedMark::Kind::noted, "deploy 1.0"}};
    RunbookFacts::Chosen chosen;
    chosen.set = "nightly";
    chosen.point = nightly.points[1];
    chosen.by_hand = {
        "shop", "shop_restored", 150004, {"cp the dump", "unpack it"}, {"createdb", "pg_restore"}};
    chosen.measured = RunbookFacts::Measured{midday - 32h, 3.2, 75.0, 12.0};
    facts.chosen = chosen;
    RunbookFacts::Guided guided;
    guided.set = chosen.set;
    guided.point = chosen.point;
    guided.measured = chosen.measured;
    guided.targets = {{"spare", "db2.example.com:5433/shop_restored"}};
    facts.guided = guided;
    facts.tables = {"public.posts"};
    facts.queries = {"SELECT * FROM posts WHERE title = 'it''s' LIMIT 10"};
    return facts;
}

RunbookFacts configured(RunbookSettings::Language language) {
    RunbookFacts facts = shop();
    facts.settings.language = language;
    facts.settings.contacts = {
        {"PO", "Florian", "+33 1 23 45 67 89"}, {"DBA", "Ada", "ada@example.com"}};
    facts.settings.approvals = {"PO"};
    facts.settings.maintenance = {
        "ENABLE_PERSIST_FIRST=false, redeploy", "remove the maintenance page"};
    facts.settings.verify = {{"https://app.example.com/dashboard", 200}};
    facts.settings.error_tracker = "https://errors.example.com";
    facts.attestations = {
        {"shop", "approval", "Florian", midday - 24h, midday + 24h, 2, {}},
        {"shop", "maintenance-on", "Ada", midday - 24h, midday + 24h, 1, {}},
        {"shop", "maintenance-off", "Ada", midday - 24h, midday + 24h, 1, {}},
        {"shop", "switch", "Ada", midday - 24h, midday + 24h, 0, {}},
        // Expired: nobody knows any more.
        {"shop", "after-checks", "Ada", midday - 91 * 24h, midday, 3, {}}};
    return facts;
}

void expect_golden_runbook(const std::string& name, const std::string& text) {
    const std::string path = SOURCE_DIR "/tests/unit/report/golden/" + name;
    if (::getenv("BACKUPWATCH_WRITE_GOLDEN") != nullptr) {
        std::ofstream(path, std::ios::binary) << text;
    }
    std::ifstream file(path, std::ios::binary);
    std::ostringstream golden;
    golden << file.rdbuf();
    EXPECT_EQ(golden.str(), text) << path;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(Runbook, is_the_golden_one_in_each_language) {
    expect_golden_runbook("runbook.en.md", runbook_text(configured(RunbookSettings::Language::en)));
    expect_golden_runbook("runbook.fr.md", runbook_text(configured(RunbookSettings::Language::fr)));
}

TEST(Runbook, names_the_last_proven_restore_point_before_a_moment) {
    const RunbookFacts facts = shop();
    struct Row {
        const char* what;
        Instant moment;
        const char* id;
    };
    const Row rows[] = {
        {"now: not the damaged one, nor one of a set that nobody drills",
         midday,
         "20261121T030000Z"},
        {"begun at that very moment", night_of("21").started_at, "20261121T030000Z"},
        {"it was still running then: begun before",
         night_of("21").started_at - 1ms,
         "20261118T030000Z"},
        {"before all", night_of("18").started_at - 1ms, nullptr},
    };
    for (const Row& row : rows) {
        const RunbookFacts::Point* const point = proven_before(facts, row.moment);
        if (row.id == nullptr) {
            EXPECT_EQ(point, nullptr) << row.what;
            continue;
        }
        ASSERT_NE(point, nullptr) << row.what;
        EXPECT_EQ(point->backup.id, row.id) << row.what;
    }
}

TEST(Runbook, never_calls_proven_what_no_drill_passed) {
    RunbookFacts facts = shop();
    for (RunbookFacts::Set& set : facts.sets) {
        for (RunbookFacts::Point& point : set.points) {
            if (point.is_proven()) point.drill->result = Result::unknown;
        }
    }
    facts.chosen->point = facts.guided->point = facts.sets[0].points[1];
    facts.chosen->measured.reset();

    const std::string text = runbook_text(facts);

    EXPECT_FALSE(contains(text, "**yes**")) << text;
    EXPECT_FALSE(contains(text, "It is proven")) << text;
    EXPECT_TRUE(contains(text, "No restore point is proven now")) << text;
    EXPECT_TRUE(contains(text, "**It is not proven**")) << text;
    EXPECT_TRUE(contains(text, "deploy 2.0: none is proven")) << text;
    EXPECT_TRUE(contains(text, "unknown: `backupwatch drill shop` measures it")) << text;
}

TEST(Runbook, without_commands_of_ours_restores_at_the_provider) {
    RunbookFacts facts = shop();
    facts.chosen.reset();

    const std::string text = runbook_text(facts);

    EXPECT_FALSE(contains(text, "```")) << text;
    EXPECT_TRUE(contains(text, "The page: https://provider.example.com/backups")) << text;
    EXPECT_TRUE(contains(text, "backupwatch attest shop provider-restore --minutes N")) << text;
}

TEST(Runbook, of_a_project_has_first_the_guided_restore_into_a_new_one) {
    for (const auto language : {RunbookSettings::Language::en, RunbookSettings::Language::fr}) {
        RunbookFacts facts = configured(language);
        facts.chosen->by_hand.is_into_project = true;
        facts.guided->is_into_project = true;
        facts.guided->targets = {{"fresh", "abc@aws-0-eu.pooler.supabase.com/postgres"}};

        const std::string text = runbook_text(facts);

        const auto guided =
            text.find("--into fresh --confirm abc@aws-0-eu.pooler.supabase.com/postgres`");
        const auto by_hand = text.find("### 1. ");
        EXPECT_LT(guided, by_hand) << text;
        const bool is_told = contains(text, "Make the new project of that target first") ||
                             contains(text, "Créez d’abord le nouveau projet de cette cible");
        EXPECT_TRUE(is_told) << text;
        EXPECT_FALSE(contains(text, "It makes that new database")) << text;
    }
}

TEST(Runbook, of_files_that_another_tool_left_says_where_they_lie) {
    RunbookFacts facts = shop();
    facts.chosen.reset();
    facts.sets.pop_back();

    const std::string text = runbook_text(facts);

    EXPECT_TRUE(contains(text, "Restore with the tool that made the backups (?)")) << text;
    EXPECT_TRUE(contains(text, "The set nightly lies in `/dumps/shop`")) << text;
    EXPECT_FALSE(contains(text, "provider's page")) << text;
}

TEST(Runbook, promises_whole_minutes_and_holds_the_sum_against_the_target) {
    // 2 + 1 + 1 + 1 minutes and 4 + 75 + 12 seconds are known, and the last step is not.
    RunbookFacts facts = configured(RunbookSettings::Language::en);
    const auto expect_total = [&](const std::string& text) {
        EXPECT_TRUE(contains(runbook_text(facts), "**Total: " + text)) << runbook_text(facts);
    };
    expect_total(
        "7 min (1 min 31 s of it measured), of 10 min.** Whether the target is met cannot be "
        "told: Check the application without a time."
    );

    facts.attestations.back().expires_at = midday + 1h;
    expect_total("10 min (1 min 31 s of it measured), of 10 min.** The target is met.");

    facts.attestations.back().minutes = 4;
    expect_total("11 min (1 min 31 s of it measured), of 10 min.** **The target is missed.**");

    // What is known may be too much already.
    facts.attestations.back().expires_at = midday;
    facts.attestations.front().minutes = 30;
    expect_total("35 min (1 min 31 s of it measured), of 10 min.** **The target is missed.**");
}

TEST(Runbook, tells_of_a_small_database_the_seconds_that_a_drill_measured) {
    struct Row {
        const char* what;
        std::optional<RunbookFacts::Measured> measured;
        const char* total;
    };
    const Row rows[] = {
        {"each rounded up to a second",
         {{midday, 0.2, 10, 0.9}},
         "under 1 min (12 s of it measured)"},
        {"a minute is none under it", {{midday, 1, 58, 0.5}}, "1 min (1 min of it measured)"},
        {"two", {{midday, 1, 58, 2}}, "2 min (1 min 1 s of it measured)"},
        {"nothing is known", std::nullopt, "0 s"},
    };
    RunbookFacts facts = shop();
    for (const Row& row : rows) {
        facts.chosen->measured = row.measured;
        const std::string text = runbook_text(facts);
        EXPECT_TRUE(contains(text, "**Total: " + std::string(row.total) + ", of 10 min.**"))
            << row.what << "\n"
            << text;
    }
    EXPECT_EQ(planned_total(runbook_steps(facts)).untimed.size(), runbook_steps(facts).size());
}

TEST(Runbook, of_a_supabase_project_fills_a_new_one_and_lists_what_no_dump_holds) {
    RunbookFacts facts = shop();
    ByHand& by_hand = facts.chosen->by_hand;
    by_hand.database = by_hand.restored = "postgres";
    by_hand.is_into_project = true;
    facts.guided.reset();
    by_hand.load = {"psql --file=globals.sql", "psql --single-transaction"};
    by_hand.not_held = {
        {"files of Storage (30)", "copy the buckets as well"},
        {"secrets of the vault", "keep them elsewhere as well"}};

    const std::string text = runbook_text(facts);

    for (const char* told :
         {"### 3. Make a new project at Supabase (?)",
          "export PGHOST=\"${PGHOST:-REGION.pooler.supabase.com}\" PGPORT=\"${PGPORT:-5432}\"",
          "### 5. Load it into the new project (?)",
          "cd \"${folder:?}\" &&\npsql --file=globals.sql &&\npsql --single-transaction\n",
          "- files of Storage (30): copy the buckets as well\n",
          "- secrets of the vault: keep them elsewhere as well\n",
          "cd / && rm --recursive \"${folder:?}\"",
          "the application back to the old project, which is kept",
          "attest shop project-load --minutes N",
          "Instead of steps 3 to 7: Restore at the provider"}) {
        EXPECT_TRUE(contains(text, told)) << told << " is not in\n" << text;
    }
    // Nothing of the old server's, and nothing that a project does not let anybody do.
    for (const char* other : {"db.example.com", "5433", "ALTER DATABASE", "superuser"}) {
        EXPECT_FALSE(contains(text, other)) << other << " is in\n" << text;
    }
}

TEST(Runbook, of_a_projects_dump_with_an_earlier_versions_lists_has_the_guided_restore_alone) {
    for (const auto language : {RunbookSettings::Language::en, RunbookSettings::Language::fr}) {
        RunbookFacts facts = shop();
        facts.settings.language = language;
        ByHand& by_hand = facts.chosen->by_hand;
        by_hand.is_into_project = by_hand.is_guided_only = true;
        by_hand.fetch = by_hand.load = {};
        by_hand.not_held = {{"secrets of the vault", "keep them elsewhere as well"}};
        facts.guided.reset();

        const std::string text = runbook_text(facts);

        const bool is_told =
            contains(text, "The lists beside this dump are an earlier version's") ||
            contains(text, "Les listes à côté de cette sauvegarde sont d’une");
        EXPECT_TRUE(is_told) << text;
        EXPECT_TRUE(contains(
            text, "`backupwatch restore shop/nightly --backup 20261121T030000Z --into NAME`"
        )) << text;
        EXPECT_TRUE(contains(text, "secrets of the vault")) << text;
        for (const char* other : {"```sh", "pg_restore", "PGHOST", "$folder", "${folder"}) {
            EXPECT_FALSE(contains(text, other)) << other << " is in\n" << text;
        }
    }
}

TEST(Runbook, has_alternatives_before_the_steps_and_none_of_them_in_a_block_to_paste) {
    RunbookFacts facts = shop();
    facts.sets[1].stretch = RunbookFacts::Stretch{midday - 7 * 24h, midday - 2min};
    RunbookFacts::Set& all = facts.sets.emplace_back();
    all.name = "all";
    all.points = {{night_of("22")}};
    all.whole = RunbookFacts::Whole{
        all.points.front(), {"cd \"${folder:?}\"", "gzip -dc all.sql.gz | psql"}};

    const std::string text = runbook_text(facts);

    const std::string restore =
        "### Instead of steps 3 to 6: `backupwatch restore`, the quickest where backupwatch still "
        "runs (1 min 31 s)\n\n"
        "- 20261121T030000Z of the set nightly, begun 2026-11-21T03:00Z. It is proven.\n"
        "- `backupwatch restore shop/nightly --backup 20261121T030000Z --into spare --confirm "
        "db2.example.com:5433/shop_restored`\n";
    EXPECT_TRUE(contains(text, restore)) << text;
    EXPECT_LT(text.find(restore), text.find("### 1. ")) << text;
    EXPECT_TRUE(contains(
        text, "- supabase restores to any moment from 2026-11-15T12:00Z to 2026-11-22T11:58Z.\n"
    )) << text;
    EXPECT_TRUE(
        contains(text, "- The newest of supabase: 20261122T030000Z (begun 2026-11-22T03:00Z)\n")
    ) << text;
    EXPECT_TRUE(
        contains(text, "### Instead of steps 3 to 6: Load a file that makes its databases itself")
    ) << text;
    EXPECT_TRUE(contains(text, "\n```\ncd \"${folder:?}\" &&\ngzip -dc all.sql.gz | psql\n```\n"))
        << text;

    facts.config = "/srv/our config.yaml";
    EXPECT_TRUE(contains(
        runbook_text(facts), "- `backupwatch --config '/srv/our config.yaml' restore shop/nightly "
    ));
    facts.guided->point = {night_of("20")};
    EXPECT_TRUE(
        contains(runbook_text(facts), "**It is not proven**: it may not restore.\n- `backup")
    );
    facts.chosen.reset();
    EXPECT_TRUE(contains(runbook_text(facts), "### Instead of step 3: `backupwatch restore`"));
    facts.guided.reset();
    EXPECT_FALSE(contains(runbook_text(facts), "backupwatch restore"));
}

TEST(Runbook, moves_what_is_watched_before_the_first_dump_after_the_restore) {
    RunbookFacts facts = shop();
    const std::string of_a_server =
        "- If the database is on another server or in another project now, first of all: point "
        "what backupwatch's configuration says of `shop` (`url`, `project`, `access_token`) at "
        "it, then `backupwatch reload`.";
    const std::string take =
        "- At once: `backupwatch backup shop/nightly --label 'after the restore'`";
    EXPECT_TRUE(contains(runbook_text(facts), of_a_server)) << runbook_text(facts);
    EXPECT_LT(runbook_text(facts).find(of_a_server), runbook_text(facts).find(take));

    facts.chosen->by_hand.is_into_project = true;
    EXPECT_FALSE(contains(runbook_text(facts), of_a_server));
    EXPECT_TRUE(contains(
        runbook_text(facts),
        "- First of all: point what backupwatch's configuration says of `shop` (`url`, `project`, "
        "`access_token`) at the new project, then `backupwatch reload`."
    )) << runbook_text(facts);

    facts.config = "/srv/ours.yaml";
    EXPECT_TRUE(contains(runbook_text(facts), "`backupwatch --config /srv/ours.yaml reload`"));
    EXPECT_TRUE(contains(
        runbook_text(facts), "At once: `backupwatch --config /srv/ours.yaml backup shop/nightly "
    ));
}

TEST(Runbook, advises_a_dump_of_the_set_that_is_taken_alone) {
    RunbookFacts facts = shop();
    const std::string in_place = "take a dump of it first: ";
    EXPECT_TRUE(contains(
        runbook_text(facts),
        in_place + "`backupwatch backup shop/nightly --label 'before the restore'`"
    )) << runbook_text(facts);
    // Of two the one that the commands are of.
    facts.sets.push_back(facts.sets.front());
    facts.sets.back().name = "weekly";
    EXPECT_TRUE(contains(runbook_text(facts), "`backupwatch backup shop/nightly --label"));
    facts.chosen->set = "weekly";
    EXPECT_TRUE(contains(runbook_text(facts), "`backupwatch backup shop/weekly --label"));
    EXPECT_FALSE(contains(runbook_text(facts), "`backupwatch backup shop/nightly"));
    // Where none is chosen it is still to be taken.
    facts.chosen.reset();
    EXPECT_TRUE(contains(runbook_text(facts), "--label 'after the restore'`"));

    for (RunbookFacts::Set& set : facts.sets) set.is_taken = false;

    EXPECT_FALSE(contains(runbook_text(facts), "backupwatch backup")) << runbook_text(facts);
    EXPECT_TRUE(contains(runbook_text(facts), in_place + "`pg_dump`")) << runbook_text(facts);
}

TEST(Runbook, quotes_names_for_the_shell_and_for_sql) {
    RunbookFacts facts = shop();
    facts.chosen->by_hand.database = "it's \"big\"";
    facts.chosen->by_hand.restored = "it's_restored";

    const std::string text = runbook_text(facts);

    EXPECT_TRUE(contains(text, "--dbname='it'\\''s_restored'")) << text;
    EXPECT_TRUE(contains(text, "datname = 'it''s \"big\"'")) << text;
    EXPECT_TRUE(contains(text, "RENAME TO \"it's \"\"big\"\"\";")) << text;
}

TEST(RestoredName, fits_into_a_name_of_postgres_whatever_the_database_is_called) {
    EXPECT_EQ(restored_name("shop"), "shop_restored");
    EXPECT_EQ(replaced_name("shop", "20261121T030000Z"), "shop_before_20261121t030000z");
    const std::string umlauts = "\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4";
    const std::string longest = "x" + umlauts + umlauts + umlauts + umlauts;
    EXPECT_LE(restored_name(longest).size(), 63U);
    EXPECT_TRUE(restored_name(longest).ends_with("\xC3\xA4_restored")) << restored_name(longest);
    EXPECT_LE(replaced_name(longest, std::string(200, 'a')).size(), 63U);
    EXPECT_NE(restored_name(longest), replaced_name(longest, "a"));
}

}  // namespace
}  // namespace backupwatch
