#include "support/target_cases.hpp"

namespace backupwatch {
namespace {

using ProjectStep = TargetDecision::Step;

constexpr const char* project_begun =
    "backupwatch restore into a project begun 2026-11-22T03:20:00Z: shop/nightly 20261122T030000Z";
constexpr const char* project_loaded =
    "backupwatch restore into a project loaded 2026-11-22T03:30:00Z: shop/nightly 20261122T030000Z";
constexpr const char* project_ended =
    "backupwatch restore into a project ended 2026-11-22T03:40:00Z: shop/nightly 20261122T030000Z";

TargetFacts new_project() {
    TargetFacts facts = facts_of_target("new@pooler/postgres", "postgres");
    facts.role = "postgres";
    facts.backup = "shop/nightly 20261122T030000Z";
    facts.is_backup_of_project = true;
    facts.watched = {{"shop", "8", "postgres"}};
    TargetFacts::Database database;
    database.encoding = "UTF8";
    database.project = ProjectContent();
    facts.database = database;
    return facts;
}

void holds(
    TargetFacts& facts, std::string kind, std::size_t count, std::vector<std::string> names
) {
    facts.database->project->found.push_back({std::move(kind), count, std::move(names)});
}

TEST(ProjectTarget, is_loaded_only_where_it_is_new_and_that_can_be_told) {
    const TargetCase table[] = {
        {"new", [](auto&) {}, ProjectStep::fill_project, "is a new project of Supabase's"},
        {"for whatever backup",
         [](auto& f) { f.is_backup_of_project.reset(); },
         ProjectStep::fill_project,
         "is a new project"},
        {"interrupted",
         [](auto& f) { f.database->comment = project_begun; },
         ProjectStep::fill_project,
         "was begun at 2026-11-22T03:20Z was interrupted, and has left nothing in it"},
        {"interrupted, and in use since: never dropped",
         [](auto& f) { f.database->comment = project_begun, holds(f, "table", 1, {"public.a"}); },
         ProjectStep::refuse,
         "in use: it holds 1 table (public.a)"},
        {"marked as a plain database of ours is, and in use: never dropped",
         [](auto& f) {
             f.database->comment =
                 "backupwatch restore begun 2026-11-22T03:20:00Z: shop/nightly 20261122T030000Z";
             holds(f, "table", 1, {"public.a"});
         },
         ProjectStep::refuse,
         "in use"},
        {"loaded, and not verified",
         [](auto& f) { f.database->comment = project_loaded, holds(f, "table", 1, {"public.a"}); },
         ProjectStep::verify_project,
         "already loaded at 2026-11-22T03:30Z and never verified to its end"},
        {"loaded, and somebody is at work in it",
         [](auto& f) {
             f.database->comment = project_loaded, holds(f, "table", 1, {"public.a"});
             f.database->sessions = 1;
         },
         ProjectStep::refuse,
         "somebody is at work in"},
        {"loaded, and another's, who alone may mark it",
         [](auto& f) {
             f.database->comment = project_loaded, holds(f, "table", 1, {"public.a"});
             f.database->is_anothers = true;
         },
         ProjectStep::refuse,
         "no member of"},
        {"loaded with another backup",
         [](auto& f) {
             f.database->comment = project_loaded, holds(f, "table", 1, {"public.a"});
             f.backup = "shop/nightly 20261123T030000Z";
         },
         ProjectStep::refuse,
         "was loaded as a whole at 2026-11-22T03:30Z and never verified to its end"},
        {"ended",
         [](auto& f) { f.database->comment = project_ended, holds(f, "table", 1, {"public.a"}); },
         ProjectStep::refuse,
         "whose restore came to its end at 2026-11-22T03:40Z"},
        {"emptied since",
         [](auto& f) { f.database->comment = project_ended; },
         ProjectStep::fill_project,
         "is a new project"},
        {"many tables",
         [](auto& f) {
             holds(f, "table", 7, {"public.a", "public.b", "public.c"});
         },
         ProjectStep::refuse,
         "7 tables (public.a, public.b, public.c and 4 more)"},
        {"policies and rows",
         [](auto& f) {
             holds(f, "policy", 2, {"p on storage.objects", "q on storage.objects"});
             f.database->project->found.push_back({"row in auth.users", 1000, {}, true});
         },
         ProjectStep::refuse,
         "2 policies (p on storage.objects and q on storage.objects) and more than 1000 rows in "
         "auth.users"},
        {"nobody may look into it",
         [](auto& f) { f.database->project->lacking_rights = {"SELECT on auth.users"}; },
         ProjectStep::refuse,
         "cannot be told: postgres lacks SELECT on auth.users"},
        {"nobody may write there",
         [](auto& f) { f.database->project->lacking_rights = {"INSERT on auth.\"its users\""}; },
         ProjectStep::refuse,
         "cannot be told: postgres lacks INSERT on auth.\"its users\"",
         "`sed -i.bak -e '/; TABLE DATA auth its users [^ ]*$/d' rows.list`"},
        {"a queue that nobody has made there, and its archive",
         [](auto& f) {
             f.database->project->absent = {{"pgmq.q_it's"}, {"pgmq.a_it's"}, {"pgmq.a_mails"}};
         },
         ProjectStep::refuse,
         "has rows for: table pgmq.q_it's, table pgmq.a_it's and table pgmq.a_mails",
         "run in psql: SELECT pgmq.create('it''s'); SELECT pgmq.create('mails'); Then restore "
         "again."},
        {"queues that pgmq.create does not make",
         [](auto& f) {
             f.database->project->absent = {{"pgmq.q_fast"}, {"pgmq.q_jobs_p0"}};
             f.needs.queues.unlogged = {"fast"};
             f.needs.queues.partitioned = {"jobs"};
             f.needs.queues.parts = {{"pgmq.q_jobs_p0", "jobs"}};
         },
         ProjectStep::refuse,
         "has rows for: table pgmq.q_fast and table pgmq.q_jobs_p0",
         "run in psql: SELECT pgmq.create_unlogged('fast'); Make by pgmq.create_partitioned, with "
         "the interval that it had: jobs. Enable the extension that makes the rest. Then restore "
         "again. Where the platform itself has changed, load the rest by hand"},
        {"a queue beside one that is empty, and closed by its user",
         [](auto& f) {
             f.database->project->absent = {{"pgmq.q_mails"}};
             f.database->project->lacking_queues = {"pgmq.q_shut"};
             f.database->project->standing = {{"ROW SECURITY", "pgmq", "q_shut"}};
         },
         ProjectStep::refuse,
         "has rows for: table pgmq.q_mails",
         "run in psql: SELECT pgmq.create('mails'); SELECT pgmq.create('shut'); Then restore"},
        {"rights alone on a queue that is not there",
         [](auto& f) {
             f.database->project->lacking_queues = {"pgmq.q_idle"};
             f.database->project->standing = {{"ACL", "pgmq", "TABLE q_idle"}};
         },
         ProjectStep::refuse,
         "and needed there: rights on table pgmq.q_idle",
         "SELECT pgmq.create('idle');"},
        {"an empty queue that a view of the user's stands on",
         [](auto& f) {
             f.database->project->gone = {"pgmq.q_idle"};
             f.database->project->standing = {{"VIEW", "public", "v"}};
         },
         ProjectStep::refuse,
         "and needed there: view public.v",
         "run in psql: SELECT pgmq.create('idle'); Then restore again. Where you can do without "
         "what stands on it, load"},
        {"an empty queue, and an empty table of the platform's",
         [](auto& f) {
             f.database->project->gone = {"pgmq.q_idle", "storage.prefixes"};
             f.database->project->standing = {
                 {"POLICY", "pgmq", "q_idle own"}, {"POLICY", "storage", "prefixes own"}};
         },
         ProjectStep::refuse,
         "and needed there: policy pgmq.q_idle own and policy storage.prefixes own",
         "run in psql: SELECT pgmq.create('idle'); Enable the extension that makes the rest. Then "
         "restore again. Where"},
        {"an empty queue, and a column of an empty table",
         [](auto& f) {
             f.database->project->gone = {"pgmq.q_idle"};
             f.database->project->gone_columns = {{"storage.prefixes", "level"}};
             f.database->project->standing = {{"POLICY", "pgmq", "q_idle own"}};
         },
         ProjectStep::refuse,
         "and needed there: policy pgmq.q_idle own",
         "SELECT pgmq.create('idle'); Enable the extension that makes the rest. Then restore "
         "again. Where"},
        {"an empty table of the platform's alone",
         [](auto& f) {
             f.database->project->gone = {"storage.prefixes"};
             f.database->project->standing = {{"POLICY", "storage", "prefixes own"}};
         },
         ProjectStep::refuse,
         "and needed there: policy storage.prefixes own",
         "enable the extension that makes it. Then restore again. Where you can do without what "
         "stands on it, load"},
        {"a table with rows alone",
         [](auto& f) { f.database->project->absent = {{"auth.sessions"}}; },
         ProjectStep::refuse,
         "has rows for: table auth.sessions",
         "enable the extension that makes it. Then restore again. Where the platform itself has "
         "changed, load"},
        {"a queue with rows, and another table",
         [](auto& f) {
             f.database->project->absent = {{"pgmq.q_mails"}, {"auth.sessions"}};
         },
         ProjectStep::refuse,
         "has rows for: table pgmq.q_mails and table auth.sessions",
         "run in psql: SELECT pgmq.create('mails'); Enable the extension that makes the rest. Then "
         "restore again. Where"},
        {"an extension that is to be enabled",
         [](auto& f) { f.database->project->to_enable = {"pgmq"}; },
         ProjectStep::refuse,
         "has not enabled an extension of the backup's, whose schema no load makes: pgmq",
         "enable it there (Database, Extensions in the dashboard), and restore again. Where you "
         "can do without it, load the rest by hand: README.txt beside the dump has the commands. "
         "Before them, in the same copy of its folder: `sed -i.bak -e '/; EXTENSION - pgmq [^ "
         "]*$/d' structure.list`."},
        {"what nothing makes there",
         [](auto& f) {
             f.database->project->absent = {{"pgmq.q_mails", "headers"}, {"auth.sessions", "tag"}};
         },
         ProjectStep::refuse,
         "has rows for: column headers of pgmq.q_mails and column tag of auth.sessions",
         "by hand: README.txt beside the dump has the commands. Before them, in the same copy of "
         "its folder: `sed -i.bak -e '/; TABLE DATA auth sessions [^ ]*$/d' -e '/; TABLE DATA pgmq "
         "q_mails [^ ]*$/d' rows.list`."},
        {"what nothing makes there, and lists beside the dump that load nothing",
         [](auto& f) {
             f.database->project->absent = {{"auth.sessions", "tag"}};
             f.has_project_lists = false;
         },
         ProjectStep::refuse,
         "column tag of auth.sessions",
         "the platform itself has changed, take what you need out of the backup by `backupwatch "
         "open`"},
        {"an extension that is not to be had",
         [](auto& f) {
             f.database->project->unavailable = {"plv8"};
             f.database->project->needing = {
                 {"FUNCTION", "public", "f()"}, {"ACL", "public", "FUNCTION f()"}};
         },
         ProjectStep::refuse,
         "cannot have an extension that the backup needs: plv8, needed by function public.f()",
         "do without what needs the extension, load the rest by hand: README.txt beside the dump "
         "has the commands. Before them, in the same copy of its folder: `sed -i.bak -e '/; "
         "FUNCTION public f() [^ ]*$/d' -e '/; ACL public FUNCTION f() [^ ]*$/d' -e '/; EXTENSION "
         "- plv8 [^ ]*$/d' structure.list`."},
        {"an extension that is not to be had, beside what is left out",
         [](auto& f) {
             f.database->project->unavailable = {"plv8"};
             f.database->project->left_out.extensions = {"rum"};
             f.database->project->left_out.sequences = {{"storage", "prefixes_id_seq"}};
         },
         ProjectStep::refuse,
         "cannot have an extension that the backup needs: plv8",
         "`sed -i.bak -e '/; EXTENSION - plv8 [^ ]*$/d' -e '/; EXTENSION - rum [^ ]*$/d' "
         "structure.list && sed -i.bak -e '/; SEQUENCE SET storage prefixes_id_seq [^ ]*$/d' "
         "rows.list`."},
        {"several of these, of which the first is told and all are taken out",
         [](auto& f) {
             ProjectContent& project = *f.database->project;
             project.absent = {{"auth.identities"}};
             project.standing = {
                 {"POLICY", "auth", "identities own"}, {"VIEW", "public", "logins"}};
             project.unavailable = {"plv8"};
             project.needing = {{"FUNCTION", "public", "f()"}, {"VIEW", "public", "logins"}};
             project.lacking_rights = {"SELECT on auth.users", "INSERT on auth.sessions"};
             project.left_out.extensions = {"rum"};
         },
         ProjectStep::refuse,
         "has rows for: table auth.identities; what it lacks is needed by policy auth.identities "
         "own and view public.logins",
         "`sed -i.bak -e '/; POLICY auth identities own [^ ]*$/d' -e '/; VIEW public logins "
         "[^ ]*$/d' -e '/; FUNCTION public f() [^ ]*$/d' -e '/; EXTENSION - plv8 [^ ]*$/d' -e '/; "
         "EXTENSION - rum [^ ]*$/d' structure.list && sed -i.bak -e '/; TABLE DATA auth identities "
         "[^ ]*$/d' -e '/; TABLE DATA auth sessions [^ ]*$/d' rows.list`."},
        {"a policy on a queue that is not there",
         [](auto& f) {
             f.database->project->gone = {"pgmq.q_mails"};
             f.database->project->standing = {{"POLICY", "pgmq", "q_mails own"}};
         },
         ProjectStep::refuse,
         "lacks what is empty in the backup, and needed there: policy pgmq.q_mails own",
         "run in psql: SELECT pgmq.create('mails'); Then restore again. Where you can do without "
         "what stands on it, load the rest by hand: README.txt beside the dump has the commands. "
         "Before them, in the same copy of its folder: `sed -i.bak -e '/; POLICY pgmq q_mails own "
         "[^ ]*$/d' structure.list`."},
        {"what is left out",
         [](auto& f) {
             f.database->project->left_out.tables = {"storage.prefixes"};
             f.database->project->left_out.extensions = {"plv8"};
             f.database->project->gone = {"storage.prefixes"};
             f.database->project->notes = {{"storage.prefixes", "", true}, {"extension plv8", ""}};
         },
         ProjectStep::fill_project,
         "is a new project of Supabase's (left out: storage.prefixes and extension plv8)"},
        {"of a database that is no project",
         [](auto& f) { f.is_backup_of_project = false; },
         ProjectStep::refuse,
         "the backup is of a database that is none"},
        {"somebody is at work in it",
         [](auto& f) { f.database->sessions = 2; },
         ProjectStep::refuse,
         "somebody is at work in new@pooler/postgres: 2 sessions"},
        {"a load that nobody holds any more",
         [](auto& f) { f.database->sessions_of_restore = 1, f.database->comment = project_begun; },
         ProjectStep::refuse,
         "a restore is still at work in new@pooler/postgres: 1 session"},
        {"another's, who alone may mark it",
         [](auto& f) { f.database->is_anothers = true; },
         ProjectStep::refuse,
         "belongs to a role that postgres is no member of"},
        {"of another encoding",
         [](auto& f) { f.database->encoding = "SQL_ASCII"; },
         ProjectStep::refuse,
         "its encoding is SQL_ASCII"},
        {"the old project itself",
         [](auto& f) { f.watched[0].system_identifier = "7"; },
         ProjectStep::refuse,
         "is watched as shop"},
        {"the old project itself, by another host",
         [](auto& f) { f.watched[0].is_same_address = true; },
         ProjectStep::refuse,
         "is watched as shop"},
        {"another project, of a server that was made of the same image",
         [](auto& f) {
             f.watched[0].system_identifier = "7", f.watched[0].is_other_project = true;
         },
         ProjectStep::fill_project,
         "is a new project"},
        {"of an older server",
         [](auto& f) { f.server_version = 140010; },
         ProjectStep::refuse,
         "is on PostgreSQL 14"},
    };
    expect_decisions(new_project(), table);
}

TEST(ProjectTarget, is_refused_for_an_extension_without_what_may_need_another_alone) {
    TargetFacts facts = new_project();
    facts.database->project->unavailable = {"plv8"};
    facts.database->project->to_enable = {"pg_net"};
    facts.database->project->needing = {{"VIEW", "public", "sent"}};

    const TargetDecision decision = decide_target(facts);

    EXPECT_EQ(
        decision.sentence,
        "new@pooler/postgres cannot have an extension that the backup needs: plv8"
    );
    EXPECT_NE(decision.hint.find("'/; VIEW public sent [^ ]*$/d'"), decision.hint.npos)
        << "by hand neither is there\n"
        << decision.hint;
}

TEST(ProjectTarget, that_is_laid_out_as_none_any_more_is_not_dropped_by_its_mark) {
    TargetFacts facts = new_project();
    facts.database->project.reset();
    facts.database->comment = project_begun;
    const TargetDecision decision = decide_target(facts);
    EXPECT_EQ(decision.step, ProjectStep::refuse);
    EXPECT_NE(decision.hint.find("no restore drops a project"), std::string::npos);
}

TEST(ProjectTarget, has_marks_that_are_read_back_as_they_were_written) {
    for (const char* text : {project_begun, project_loaded, project_ended}) {
        const auto mark = parse_restore_mark(text);
        ASSERT_TRUE(mark) << text;
        EXPECT_TRUE(mark->is_of_project);
        EXPECT_EQ(to_text(*mark), text);
    }
}

}  // namespace
}  // namespace backupwatch
