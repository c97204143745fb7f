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

void describe_verbs(CLI::App& app, Invocation& invocation, Words& words) {
    app.add_subcommand("run", "the daemon, in the foreground");
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
    auto* accept = app.add_subcommand(
        "accept",
        "what the newest backup lacks is meant to be gone, or that it is of another database, or "
        "what has changed at its provider"
    );
    add_target(accept, words.target);
    auto* status = app.add_subcommand("status", "everything at a glance");
    for (auto* verb : {check_config, check, list, take, drill, accept, status}) {
        verb->add_flag("--json", invocation.json, "one JSON document on standard output");
    }
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
    for (auto* verb : {incidents, acknowledge, silence, silences, unsilence, test}) {
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
    app.add_option("--config", invocation.config, "the configuration")->capture_default_str();
    app.add_option(
        "--socket", words.socket, "talk to the daemon that listens here, without a configuration"
    );
    describe_verbs(app, invocation, words);
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
    for (const auto& [name, value] : words.options) {
        if (!value.empty()) invocation.request.options[name] = value;
    }
    return {std::move(invocation), 0};
}

}  // namespace backupwatch
