// What a text tells somebody to type is taken by the program as it stands: the commands in README,
// docs/, rules, runbooks and workflows, in what the program itself prints, and in its advice.
#include "core/wording/restore_steps.hpp"
#include "core/wording/wording.hpp"
#include "support/notices.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr int wrong_use = 64;
constexpr std::string_view ours = "backupwatch ";

/// Each with the files that have it.
using Commands = std::map<std::string, std::set<std::string>>;

void replace_all(std::string& text, std::string_view old, std::string_view by) {
    for (auto at = text.find(old); at != std::string::npos; at = text.find(old, at + by.size())) {
        text.replace(at, old.size(), by);
    }
}

/// What stands between `begin` and the next `end` is one word to be filled in.
void fill_in(std::string& text, std::string_view begin, std::string_view end) {
    for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
        const auto last = text.find(end, at + begin.size());
        if (last == std::string::npos) return;
        text.replace(at, last + end.size() - at, "X");
    }
}

void note(Commands& commands, std::string command, const std::string& where) {
    for (const char* blank : {"\n", "  "}) replace_all(command, blank, " ");
    // What a shell does with what it prints.
    for (const char* end : {" > ", " | ", " && ", "; "}) {
        command = command.substr(0, command.find(end));
    }
    commands[command].insert(where);
}

/// In backticks.
void note_spans(Commands& commands, std::string_view text, const std::string& where) {
    const std::string begin = "`" + std::string(ours);
    for (auto at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at + 1)) {
        std::string span(text.substr(at + 1, text.find('`', at + 1) - at - 1));
        fill_in(span, "{{", "}}");
        note(commands, std::move(span), where);
    }
}

/// A line of a block, as a shell has it, or a workflow.
void note_line(Commands& commands, std::string_view line, const std::string& where) {
    for (bool is_prefixed = true; is_prefixed;) {
        is_prefixed = false;
        for (const std::string_view prefix : {" ", "$ ", "- ", "run: ", "sudo "}) {
            if (!line.starts_with(prefix)) continue;
            line.remove_prefix(prefix.size());
            is_prefixed = true;
        }
    }
    if (line.starts_with(ours)) note(commands, std::string(line), where);
}

void note_markdown(Commands& commands, const fs::path& file) {
    std::string text = read_text(file);
    replace_all(text, "\\\n", " ");
    std::istringstream lines(text);
    std::string prose;
    bool is_block = false;
    for (std::string line; std::getline(lines, line);) {
        const auto begin = line.find_first_not_of(' ');
        if (begin != std::string::npos && line.substr(begin).starts_with("```")) {
            is_block = !is_block;
        } else if (is_block) {
            note_line(commands, line, file.filename());
        } else {
            prose += line + "\n";
        }
    }
    note_spans(commands, prose, file.filename());
}

/// Its literals as the compiler joins them; what comes in between them is filled in.
void note_source(Commands& commands, const fs::path& file) {
    std::istringstream lines(read_text(file));
    std::string code;
    for (std::string line; std::getline(lines, line);) {
        const auto begin = line.find_first_not_of(' ');
        if (begin == std::string::npos || line.substr(begin).starts_with("//")) continue;
        code += line.substr(begin) + "\n";
    }
    replace_all(code, "\\\"", "'");
    replace_all(code, "\"\n\"", "");
    const std::string begin = "`" + std::string(ours);
    for (auto at = code.find(begin); at != std::string::npos; at = code.find(begin, at + 1)) {
        std::string span = code.substr(at + 1, code.find('`', at + 1) - at - 1);
        fill_in(span, "\"", "\"");
        // Of any verb.
        if (span.starts_with(std::string(ours) + "X")) continue;
        note(commands, std::move(span), file.filename());
    }
}

void note_folder(
    Commands& commands,
    const char* folder,
    const char* ending,
    void (*note_file)(Commands&, const fs::path&)
) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(SOURCE_DIR) / folder)) {
        const std::string name = entry.path().filename();
        if (name.ends_with(ending)) note_file(commands, entry.path());
    }
}

Commands named_in_documents() {
    Commands commands;
    note_markdown(commands, fs::path(SOURCE_DIR) / "README.md");
    note_folder(commands, "docs", ".md", note_markdown);
    note_folder(commands, "tests/unit/report/golden", ".md", note_markdown);
    const auto note_rules = [](Commands& found, const fs::path& file) {
        note_spans(found, read_text(file), file.filename());
    };
    note_folder(commands, "deploy/prometheus", ".rules.yaml", note_rules);
    return commands;
}

/// By the program, in a text; each whole.
Commands named_by_the_program() {
    Commands commands;
    for (const char* folder : {"lib", "daemon"}) {
        note_folder(commands, folder, ".cpp", note_source);
    }
    for (const std::string& step : provider_steps("ID", "", "shop/nightly")) {
        note_spans(commands, step, "provider_steps");
    }
    return commands;
}

/// Of ourselves and of what several databases share nothing can be looked at, taken or drilled.
bool works_on_us(std::string_view command) {
    command.remove_prefix(std::min(ours.size(), command.size()));
    const auto verb = command.substr(0, command.find(' '));
    const bool is_work = verb == "check" || verb == "list" || verb == "backup" || verb == "drill";
    return is_work && command.find(" backupwatch") != std::string_view::npos;
}

void note_advice(Commands& commands, const Wording& wording, const std::string& where) {
    std::vector<Advice> all = wording.to_do;
    if (wording.acknowledge) all.push_back(*wording.acknowledge);
    for (const Advice& advice : all) {
        note_line(commands, advice.command, where);
        note_spans(commands, advice.text, where);
    }
}

Commands advised() {
    using namespace std::chrono_literals;
    Commands commands;
    for (const char* check :
         {"backup",
          "retention",
          "size",
          "shape",
          "restore",
          "after_backup",
          "disk",
          "source",
          "pitr",
          "project",
          "state",
          "service",
          "clock",
          "delivery",
          "of the future"}) {
        for (const char* database : {"shop", "backupwatch"}) {
            for (const auto severity : {Severity::warning, Severity::unknown, Severity::critical}) {
                Notice notice = failed_backup();
                notice.key = {database, "nightly", check};
                notice.severity = severity;
                Commands of_one;
                note_advice(of_one, word(notice, {}, night + 5h), check);
                EXPECT_FALSE(of_one.empty()) << check;
                commands.merge(of_one);
            }
        }
    }
    for (const auto kind : all_kinds()) {
        Notice notice = failed_backup();
        notice.kind = kind;
        note_advice(commands, word(notice, {}, night + 5h), "a kind of notice");
    }
    note_advice(commands, word(storm(8), night + 5h), "a storm");
    return commands;
}

/// Of every kind of notice about ourselves, and about what several databases share.
Commands advised_about_us() {
    using namespace std::chrono_literals;
    Commands commands;
    for (const std::string check : {"state", "clock", "delivery", "disk", "source"}) {
        for (const auto kind : all_kinds()) {
            Notice notice = failed_backup();
            notice.kind = kind;
            notice.key = {"backupwatch", check == "source" ? "db:5432" : "slack", check};
            note_advice(commands, word(notice, {}, night + 5h), check);
        }
    }
    return commands;
}

class NamedCommands : public testing::Test {
  protected:
    /// As a shell takes it, with a configuration that is not there: nothing is done, and what is
    /// wrong with the words themselves is said before.
    int exit_code_of(const std::string& command) const {
        const fs::path folder = site_.config().parent_path();
        write_text(folder / "screenshot.png", "");
        write_text(
            folder / "typed",
            "cd " + folder.string() +
                "\nbackupwatch() {\n    if [ \"$1\" = --config ]; then shift 2; fi\n    " PROGRAM
                " --config /nowhere/config.yaml \"$@\"\n}\n"
                "WHY=because OVERRIDE=because GITHUB_SHA=1 CI_COMMIT_SHORT_SHA=1\n" +
                command + "\n"
        );
        const std::string line = "bash " + (folder / "typed").string() + " > " +
                                 (folder / "said").string() + " 2>&1 < /dev/null";
        const int status = std::system(line.c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::string said() const { return read_text(site_.config().parent_path() / "said"); }

    void expect_taken(const std::string& command, const std::set<std::string>& files) const {
        const int code = exit_code_of(command);
        EXPECT_NE(code, wrong_use) << command << ", in " << *files.begin() << "\n" << said();
        // A shell that does not find it has another code.
        EXPECT_LT(code, wrong_use + 32) << command << "\n" << said();
    }

    const Site site_{"host=/nowhere"};
};

TEST_F(NamedCommands, in_documents_rules_and_runbooks_are_taken_as_they_stand) {
    const Commands commands = named_in_documents();
    EXPECT_GE(commands.size(), 40U);
    for (const char* file :
         {"README.md",
          "deployments.md",
          "operations.md",
          "runbook.md",
          "runbook.fr.md",
          "backups.rules.yaml",
          "backupwatch.rules.yaml"}) {
        EXPECT_TRUE(std::ranges::any_of(
            commands, [&](const auto& entry) { return entry.second.contains(file); }
        )) << "nothing was found in "
           << file;
    }
    for (const auto& [command, files] : commands) {
        // A comment that a restore gives its database.
        if (command.find(" begun") != std::string::npos) continue;
        const bool is_name_alone = command.find(' ', ours.size()) == std::string::npos;
        expect_taken(command + (is_name_alone ? " --help" : ""), files);
    }
}

TEST_F(NamedCommands, that_the_program_prints_are_whole) {
    const Commands commands = named_by_the_program();
    EXPECT_GE(commands.size(), 20U);
    for (const auto& [command, files] : commands) {
        // These two name what is meant, and no command to type.
        const bool is_named = command == "backupwatch open" || command == "backupwatch restore";
        expect_taken(command + (is_named ? " --help" : ""), files);
    }
}

TEST_F(NamedCommands, of_advice_are_whole) {
    const Commands commands = advised();
    EXPECT_GE(commands.size(), 10U);
    for (const auto& [command, checks] : commands) expect_taken(command, checks);
}

TEST_F(NamedCommands, of_advice_about_ourselves_name_nothing_that_is_no_database) {
    const Commands commands = advised_about_us();
    EXPECT_FALSE(commands.empty());
    for (const auto& [command, checks] : commands) EXPECT_FALSE(works_on_us(command)) << command;
    EXPECT_TRUE(works_on_us("backupwatch check backupwatch/slack"));
}

TEST_F(NamedCommands, that_are_wrong_would_be_seen) {
    for (const char* wrong :
         {"backupwatch undo shop",
          "backupwatch backup",
          "backupwatch drill shop --nonsense",
          "backupwatch gate shop --max-age soon"}) {
        EXPECT_EQ(exit_code_of(wrong), wrong_use) << wrong;
    }
    Commands commands;
    note_line(commands, "      - run: backupwatch mark shop \"deploy 2\" && ./migrate.sh", "");
    note_spans(commands, "See `backupwatch check {{ $labels.database }}` and `df -h`.", "");
    EXPECT_EQ(commands.begin()->first, "backupwatch check X");
    EXPECT_EQ(commands.rbegin()->first, "backupwatch mark shop \"deploy 2\"");
}

}  // namespace
}  // namespace backupwatch
