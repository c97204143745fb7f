#include "command_line.hpp"

#include "config/error.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "exit_code.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

constexpr const char* footer =
    "Exit codes: 0 ok, 1 warning, 2 critical or the work failed, 3 unknown (cannot tell),\n"
    "64 usage, 78 bad configuration. Times are RFC 3339, UTC.";

/// What is wrong with it, or nothing.
template <class Read>
std::string error_of(Read read, const std::string& text) {
    try {
        read(text);
    } catch (const Failure& failure) {
        return failure.what();
    }
    return {};
}

std::string check_period(const std::string& text) {
    return error_of(period_of, text);
}

std::string check_hold(const std::string& text) {
    return error_of(hold_of, text);
}

std::string check_moment(const std::string& text) {
    return error_of(written_moment, text);
}

std::string check_since(const std::string& text) {
    return error_of([](const std::string& since) { written_since(since, Instant()); }, text);
}

/// `DATABASE` or `DATABASE/SET`.
void add_target(CLI::App* verb, std::string& target) {
    verb->add_option("target", target, "DATABASE or DATABASE/SET")
        ->required()
        ->type_name("DATABASE[/SET]");
}

/// The first word that is neither an option nor an option's value: the command that was meant.
std::string first_word(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--config" || word == "--socket") {
            ++i;
        } else if (!word.starts_with("-")) {
            return std::string(word);
        }
    }
    return {};
}

/// Whether `word` is no command of this program; that is said on standard error then.
bool refuse_unknown(const CLI::App& app, const std::string& word) {
    std::vector<std::string> names;
    for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
    if (word.empty() || std::find(names.begin(), names.end(), word) != names.end()) return false;
    const std::string_view meant = nearest(word, {names.begin(), names.end()});
    std::cerr << "error: there is no command " << quoted_line(word) << "\nhint: ";
    if (!meant.empty()) std::cerr << "did you mean `" << meant << "`? ";
    std::cerr << "`backupwatch --help` lists them all.\n";
    return true;
}

/// The words of a command, as they were typed.
struct Words {
    std::string socket;
    std::vector<std::string> targets;
    std::string target;
    std::string report;
    std::string evidence;
    std::map<std::string, std::string> options;  ///< of the request, by name
};

void describe_open(CLI::App& open, Words& words) {
    add_target(&open, words.target);
    auto* backup =
        open.add_option("--backup", words.options["backup"], "this one instead of the newest")
            ->type_name("ID");
    open.add_option(
            "--before",
            words.options["before"],
            "the newest from before then, such as \"2026-11-22 03:00\" (UTC)"
    )
        ->check(check_moment)
        ->excludes(backup)
        ->type_name("TIME");
    open.add_option("--export", words.options["export"], "write this table as SQL, instead of psql")
        ->type_name("TABLE");
    open.add_option("--for", words.options["for"], "how long at most; 2h if left out, 24h at most")
        ->check(check_hold)
        ->type_name("DURATION");
}

void describe_restore(CLI::App& restore, Words& words) {
    add_target(&restore, words.target);
    auto* backup =
        restore.add_option("--backup", words.options["backup"], "this one")->type_name("ID");
    restore
        .add_option(
            "--before",
            words.options["before"],
            "the newest from before then, such as \"2026-11-22 03:00\" (UTC)"
        )
        ->check(check_moment)
        ->excludes(backup)
        ->type_name("TIME");
    restore.add_option("--into", words.options["into"], "which of restore_targets")
        ->type_name("NAME");
    restore
        .add_option(
            "--confirm",
            words.options["confirm"],
            "do it: the host (with its port, unless 5432) and the new database, as they were "
            "shown; "
            "left out: only shows"
        )
        ->type_name("HOST/DBNAME");
    restore.add_option("--report", words.report, "write the report there")->type_name("FILE.md");
}

void describe_verbs(CLI::App& app, Invocation& invocation, Words& words) {
    app.add_subcommand("run", "the daemon, in the foreground");
    auto* reload = app.add_subcommand(
        "reload", "have the daemon read its configuration again; a bad one changes nothing"
    );
    auto* check_config = app.add_subcommand(
        "check-config", "validate, and print the next three slots of each schedule"
    );
    check_config->add_flag(
        "--online", invocation.online, "also try log-ins, rights, programs and disk space"
    );
    auto* check = app.add_subcommand("check", "look now, and print the findings");
    check->add_option("target", words.targets, "DATABASE or DATABASE/SET; all if left out")
        ->type_name("DATABASE[/SET]");
    auto* list = app.add_subcommand("list", "the backups of a set");
    add_target(list, words.target);
    for (auto* verb : {check, list}) {
        verb->add_option(
                "--wait",
                words.options["wait"],
                "for files that take long to read; 1h without a daemon"
        )
            ->check(check_period)
            ->type_name("DURATION");
    }
    auto* take = app.add_subcommand("backup", "take a dump now, for instance before a migration");
    add_target(take, words.target);
    take->add_option("--label", words.options["label"], "shown wherever the backup is")
        ->type_name("TEXT");
    take->add_option("--keep", words.options["keep"], "keep it at least this long, such as 30d")
        ->check(check_period)
        ->type_name("DURATION");
    auto* drill = app.add_subcommand(
        "drill", "restore a backup into a throw-away PostgreSQL, verify it, time it"
    );
    add_target(drill, words.target);
    drill->add_option("--backup", words.options["backup"], "this one instead of the newest")
        ->type_name("ID");
    drill->add_option("--report", words.report, "write the test report there")
        ->type_name("FILE.md");
    auto* open = app.add_subcommand(
        "open", "restore a backup into a throw-away PostgreSQL, and look something up in it"
    );
    describe_open(*open, words);
    auto* restore = app.add_subcommand(
        "restore",
        "the emergency: restore a backup into a new database or Supabase project, and verify it"
    );
    describe_restore(*restore, words);
    auto* accept = app.add_subcommand(
        "accept",
        "what the newest backup lacks is meant to be gone, or that it is of another database, or "
        "what has changed at its provider"
    );
    add_target(accept, words.target);
    auto* status = app.add_subcommand("status", "everything at a glance");
    for (auto* verb : {reload, check_config, check, list, take, drill, restore, accept, status}) {
        verb->add_flag("--json", invocation.json, "one JSON document on standard output");
    }
}

/// What a deployment asks and says, and what was.
void describe_deployment_verbs(CLI::App& app, Invocation& invocation, Words& words) {
    auto* gate = app.add_subcommand(
        "gate", "may I migrate now? 0 only with a young backup that itself passed a drill"
    );
    add_target(gate, words.target);
    gate->add_option(
            "--max-age", words.options["max_age"], "how old that backup may be; 24h if left out"
    )
        ->check(check_period)
        ->type_name("DURATION");
    gate->add_flag_callback(
        "--take", [&words] { words.options["take"] = "yes"; }, "take a dump first, and drill it"
    );
    gate->add_option(
            "--override", words.options["override"], "pass it all the same; recorded, and told"
    )
        ->type_name("REASON");
    auto* mark = app.add_subcommand(
        "mark", "note a moment such as a deployment, to find the restore point before it"
    );
    mark->add_option("database", words.target, "its name")->required()->type_name("DATABASE");
    mark->add_option("text", words.options["text"], "what happens")->required()->type_name("TEXT");
    auto* history = app.add_subcommand(
        "history", "backups, drills, incidents and marks of the past, as kept: 400 days"
    );
    history->add_option("database", words.target, "its name")->required()->type_name("DATABASE");
    history
        ->add_option(
            "--since", words.options["since"], "such as 30d, or \"2026-11-22 03:00\" (UTC)"
        )
        ->check(check_since)
        ->type_name("TIME");
    history->add_option("--limit", words.options["limit"], "of each kind at most; 100 if left out")
        ->type_name("N");
    for (auto* verb : {gate, mark, history}) {
        verb->add_flag("--json", invocation.json, "one JSON document on standard output");
    }
}

/// What an emergency needs, and what shows that it is prepared for.
void describe_emergency_verbs(CLI::App& app, Invocation& invocation, Words& words) {
    auto* runbook =
        app.add_subcommand("runbook", "how to restore it in an emergency, with what exists now");
    runbook->add_option("--output", words.report, "write it there")->type_name("FILE.md");
    auto* attest =
        app.add_subcommand("attest", "record what only a person can confirm, for 90 days");
    auto* readiness =
        app.add_subcommand("readiness", "the set-up checklist, each item with its evidence");
    readiness->add_option("--report", words.report, "write it there")->type_name("FILE.md");
    readiness->add_flag_callback(
        "--notify",
        [&words] { words.options["notify"] = "yes"; },
        "tell it to everybody who gets the digest"
    );
    for (auto* verb : {runbook, attest, readiness}) {
        verb->add_option("database", words.target, "its name")->required()->type_name("DATABASE");
        verb->add_flag("--json", invocation.json, "one JSON document on standard output");
    }
    attest->add_option("item", words.options["item"], "what; a wrong one lists them all")
        ->required()
        ->type_name("ITEM");
    attest->add_option("--by", words.options["by"], "who confirms it")
        ->required()
        ->type_name("WHO");
    attest->add_option("--minutes", words.options["minutes"], "how long it took")->type_name("N");
    attest
        ->add_option(
            "--file", words.evidence, "a file that shows it: its path and SHA-256 are kept"
        )
        ->type_name("FILE");
}

void describe_alert_verbs(CLI::App& app, Invocation& invocation, Words& words) {
    auto* incidents = app.add_subcommand("incidents", "what is wrong now, and who was told");
    auto* acknowledge =
        app.add_subcommand("acknowledge", "somebody works on it: no reminders for a day");
    acknowledge->add_option("incident", words.target, "its number")->required()->type_name("ID");
    auto* silence = app.add_subcommand("silence", "keep quiet about it for a while");
    silence->add_option("target", words.target, "DATABASE, DATABASE/SET or DATABASE/SET/CHECK")
        ->required()
        ->type_name("DATABASE[/SET[/CHECK]]");
    silence->add_option("--for", words.options["for"], "how long, such as 2h")
        ->required()
        ->check(check_period)
        ->type_name("DURATION");
    silence->add_option("--reason", words.options["reason"], "why; shown with it")
        ->required()
        ->type_name("TEXT");
    auto* silences = app.add_subcommand("silences", "what is silenced now");
    auto* unsilence = app.add_subcommand("unsilence", "end a silence");
    unsilence->add_option("silence", words.target, "its number")->required()->type_name("ID");
    auto* test = app.add_subcommand("notify-test", "send a real test message, and see the answer");
    test->add_option("notifier", words.targets, "all if left out")->type_name("NOTIFIER");
    test->add_flag_callback(
        "--page",
        [&words] { words.options["page"] = "yes"; },
        "page somebody, too, and take it back at once"
    );
    auto* tell = app.add_subcommand(
        "tell", "tell everybody but pagers something, without a daemon and without its state"
    );
    tell->add_option("text", words.target, "what is wrong")->required()->type_name("TEXT");
    for (auto* verb : {incidents, acknowledge, silence, silences, unsilence, test, tell}) {
        verb->add_flag("--json", invocation.json, "one JSON document on standard output");
    }
}

}  // namespace

ParsedCommandLine parse_command_line(int argc, char** argv) {
    CLI::App app(
        "Every night, for every database: a proof that its backup restores, or a person told "
        "that it does not.",
        "backupwatch"
    );
    app.footer(footer);
    app.set_version_flag("--version", "backupwatch " BACKUPWATCH_VERSION);
    app.require_subcommand(1);
    app.fallthrough();

    Invocation invocation;
    Words words;
    app.add_option("--config", invocation.config, "the configuration")
        ->capture_default_str()
        ->type_name("FILE");
    app.add_option(
           "--socket", words.socket, "talk to the daemon that listens here, without a configuration"
    )
        ->type_name("PATH");
    describe_verbs(app, invocation, words);
    describe_deployment_verbs(app, invocation, words);
    describe_emergency_verbs(app, invocation, words);
    describe_alert_verbs(app, invocation, words);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool is_help = error.get_exit_code() == 0;
        if (!is_help && refuse_unknown(app, first_word(argc, argv))) {
            return {std::nullopt, usage_error};
        }
        app.exit(error);
        return {std::nullopt, is_help ? 0 : usage_error};
    }

    invocation.request.verb = app.get_subcommands().front()->get_name();
    invocation.request.targets = words.target.empty() ? words.targets : std::vector{words.target};
    if (!words.socket.empty()) invocation.socket = words.socket;
    if (!words.report.empty()) invocation.report = words.report;
    if (!words.evidence.empty()) invocation.evidence = words.evidence;
    if (invocation.report && invocation.request.verb == "runbook") {
        invocation.request.options["output"] = "yes";
    }
    for (const auto& [name, value] : words.options) {
        if (!value.empty()) invocation.request.options[name] = value;
    }
    return {std::move(invocation), 0};
}

}  // namespace backupwatch
