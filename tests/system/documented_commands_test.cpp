// The program's own --help against README's table of commands and docs/commands.md, of which the
// manual page is made.
#include "system/support.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

const fs::path readme_file = SOURCE_DIR "/README.md";
const fs::path page_of_commands = SOURCE_DIR "/docs/commands.md";
const fs::path page_of_operations = SOURCE_DIR "/docs/operations.md";

/// An argument or an option of a command, as --help has it.
struct HelpEntry {
    std::string name;     ///< `target`, `--label`, `-h,--help`
    std::string type;     ///< `DATABASE[/SET]`, or empty
    std::string usually;  ///< its value where it is left out, or empty
    bool is_needed = false;
    bool is_repeated = false;
    std::string text;
};
using HelpEntries = std::vector<HelpEntry>;

std::string help_of(std::vector<std::string> arguments, const fs::path& folder) {
    arguments.push_back("--help");
    Running running(std::move(arguments), folder);
    return running.wait().out;
}

HelpEntry read_entry(const std::string& head, const std::string& text) {
    HelpEntry entry;
    entry.text = text;
    std::istringstream words(head);
    words >> entry.name;
    for (std::string word; words >> word && word != "Excludes:";) {
        if (word == "REQUIRED") {
            entry.is_needed = true;
        } else if (word == "...") {
            entry.is_repeated = true;
        } else {
            const auto equals = word.find('=');
            entry.type = word.substr(0, equals);
            if (equals != std::string::npos) entry.usually = word.substr(equals + 1);
        }
    }
    return entry;
}

/// What stands below "Options:", for instance. A long one has its text in the next line.
HelpEntries entries_below(const std::string& help, const std::string& title) {
    HelpEntries entries;
    const auto at = help.find("\n" + title + ":\n");
    if (at == std::string::npos) return entries;
    std::istringstream lines(help.substr(at + title.size() + 3));
    for (std::string line; std::getline(lines, line) && line.starts_with("  ");) {
        const auto gap = line.find("  ", 2);
        const std::string head = line.substr(2, gap - 2);
        if (gap == std::string::npos) std::getline(lines, line);
        const auto text = line.find_first_not_of(' ', gap == std::string::npos ? 0 : gap);
        entries.push_back(read_entry(head, line.substr(text)));
    }
    return entries;
}

struct ProgramCommand {
    std::string name;
    std::string text;
    HelpEntries arguments;
    HelpEntries options;  ///< its own
    bool has_json = false;
};

std::vector<ProgramCommand> commands_of_program(const fs::path& folder) {
    std::vector<ProgramCommand> commands;
    for (const HelpEntry& one : entries_below(help_of({}, folder), "Subcommands")) {
        const std::string help = help_of({one.name}, folder);
        ProgramCommand command{one.name, one.text, entries_below(help, "Positionals"), {}};
        for (HelpEntry& option : entries_below(help, "Options")) {
            if (option.name == "--json") command.has_json = true;
            const bool is_common = option.name == "--json" || option.name == "-h,--help";
            if (!is_common) command.options.push_back(std::move(option));
        }
        commands.push_back(std::move(command));
    }
    return commands;
}

/// ` DATABASE[/SET]`, ` [NOTIFIER...]`.
std::string arguments_of(const ProgramCommand& command) {
    std::string arguments;
    for (const HelpEntry& argument : command.arguments) {
        const std::string shown = argument.type + (argument.is_repeated ? "..." : "");
        arguments += " " + (argument.is_needed ? shown : "[" + shown + "]");
    }
    return arguments;
}

/// `### `drill DATABASE[/SET]``.
std::string heading_of(const ProgramCommand& command) {
    return "### `" + command.name + arguments_of(command) + "`\n";
}

std::string list_of(const HelpEntries& options) {
    std::string list;
    for (const HelpEntry& option : options) {
        list += "- `" + option.name + (option.type.empty() ? "" : " " + option.type) + "`" +
                (option.is_needed ? " (needed): " : ": ") + option.text;
        if (!option.usually.empty()) list += "; `" + option.usually + "` if left out";
        list += "\n";
    }
    return list;
}

/// Without its list of options, and without empty lines around it.
std::string prose_in(const std::string& section) {
    std::string prose;
    std::istringstream lines(section);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("- `-")) prose += line + "\n";
    }
    const auto first = prose.find_first_not_of('\n');
    if (first == std::string::npos) return {};
    return prose.substr(first, prose.find_last_not_of('\n') + 1 - first) + "\n";
}

/// `text` from behind the heading `begin` to the next that begins with `end`.
std::pair<std::size_t, std::size_t> section_of(
    const std::string& text, const std::string& begin, const std::string& end
) {
    const auto at = text.find("\n" + begin + "\n");
    if (at == std::string::npos) throw std::runtime_error("there is no " + begin);
    const auto first = at + begin.size() + 2;
    return {first, std::min(text.find("\n" + end, first), text.size())};
}

/// What people have written of each command.
std::map<std::string, std::string> prose_of_commands(const std::string& sections) {
    std::map<std::string, std::string> prose;
    static const std::regex heading("### `([a-z-]+)[^\n]*\n");
    const std::sregex_iterator end;
    for (std::sregex_iterator at(sections.begin(), sections.end(), heading); at != end; ++at) {
        const auto begins = static_cast<std::size_t>(at->position() + at->length());
        const auto ends = sections.find("\n### ", begins);
        prose[(*at)[1]] = prose_in(sections.substr(begins, ends - begins));
    }
    return prose;
}

/// The page as it is, with commands and options as the program has them.
std::string page_as_it_should_be(std::string page, const fs::path& folder) {
    const auto [begin, end] = section_of(page, "## Commands", "## ");
    auto prose = prose_of_commands(page.substr(begin, end - begin));
    std::string sections;
    for (const ProgramCommand& command : commands_of_program(folder)) {
        std::string text = prose[command.name];
        if (text.empty()) text = command.text + "\n";
        const std::string options = list_of(command.options);
        sections += "\n" + heading_of(command) + "\n" + text;
        if (!options.empty()) sections += "\n" + options;
    }
    page.replace(begin, end - begin, sections);
    const auto [first, last] = section_of(page, "## Options", "## ");
    const std::string said = prose_in(page.substr(first, last - first));
    const HelpEntries options = entries_below(help_of({}, folder), "Options");
    page.replace(first, last - first, "\n" + said + "\n" + list_of(options));
    return page;
}

/// The rows of README's table, as the list of the page has them.
std::string exit_codes_of_readme() {
    const std::string text = read_text(readme_file);
    static const std::regex row("\\| ([0-9]+) \\| ([^|\n]*) \\|\n");
    std::string list;
    for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at) {
        list += "- `" + at->str(1) + "`: " + at->str(2) + "\n";
    }
    return list;
}

/// By its name with its arguments, `drill DATABASE[/SET]`, the options of each.
using OptionsOfCommands = std::map<std::string, std::set<std::string>>;

/// What stands in backticks in the first cell of its rows.
OptionsOfCommands commands_of_readme() {
    OptionsOfCommands commands;
    std::istringstream lines(read_text(readme_file));
    static const std::regex code("`([^`]*)`");
    static const std::regex option("--[a-z][a-z-]*");
    static const std::regex first_option(" \\[?--.*");
    bool is_in_table = false;
    for (std::string line; std::getline(lines, line);) {
        if (line == "| command | does |") is_in_table = true;
        if (!line.starts_with("|")) is_in_table = false;
        if (!is_in_table || !line.starts_with("| `")) continue;
        // A bar within a cell is written as \|.
        const std::string cell = line.substr(2, line.find(" |") - 2);
        for (std::sregex_iterator at(cell.begin(), cell.end(), code), end; at != end; ++at) {
            const std::string words = (*at)[1];
            auto& options = commands[std::regex_replace(words, first_option, "")];
            for (std::sregex_iterator of(words.begin(), words.end(), option); of != end; ++of) {
                options.insert(of->str());
            }
        }
    }
    return commands;
}

/// What is to be done first, by the name of an alert or a check: the last cell of the rows of the
/// table that begins with `head`.
std::map<std::string, std::string> first_steps(const std::string& page, const std::string& head) {
    std::map<std::string, std::string> steps;
    static const std::regex row("\\| `(\\w+)` \\| [^|]+ \\| ([^|]+) \\|");
    std::istringstream lines(page.substr(std::min(page.find(head), page.size())));
    std::string line;
    // Its head, and the line below that.
    std::getline(lines, line);
    std::getline(lines, line);
    while (std::getline(lines, line) && line.starts_with("|")) {
        std::smatch cells;
        if (!std::regex_match(line, cells, row)) throw std::runtime_error("not a row: " + line);
        steps[cells[1]] = cells[2];
    }
    return steps;
}

std::set<std::string> all_matches(const fs::path& source, const std::string& pattern) {
    const std::string text = read_text(fs::path(SOURCE_DIR) / source);
    const std::regex name(pattern);
    std::set<std::string> names;
    for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) {
        names.insert((*at)[1]);
    }
    return names;
}

/// Those that there is advice for, and those that a step of `escalation` may name.
std::set<std::string> checks_of_the_code() {
    auto checks = all_matches("lib/core/wording/advice.cpp", "\\{\"(\\w+)\", on_\\w+\\}");
    checks.merge(all_matches("lib/watch/alert_settings.cpp", "\n    \"(\\w+)\"[,}]"));
    return checks;
}

class DocumentedCommands : public testing::Test {
  protected:
    fs::path folder() const { return site_.config().parent_path(); }

  private:
    Site site_{"host=/nowhere"};
};

TEST_F(DocumentedCommands, are_in_readme_with_their_arguments_and_options) {
    OptionsOfCommands commands;
    for (const ProgramCommand& command : commands_of_program(folder())) {
        auto& options = commands[command.name + arguments_of(command)];
        for (const HelpEntry& option : command.options) options.insert(option.name);
        const bool is_without = command.name == "run" || command.name == "open";
        EXPECT_EQ(command.has_json, !is_without) << command.name;
    }

    EXPECT_GT(commands.size(), 20U);
    EXPECT_EQ(commands_of_readme(), commands);
}

TEST_F(DocumentedCommands, are_on_their_page_with_their_options_and_exit_codes) {
    const std::string found = read_text(page_of_commands);
    const std::string wanted = page_as_it_should_be(found, folder());
    if (::getenv("BACKUPWATCH_WRITE_GOLDEN") != nullptr) write_text(page_of_commands, wanted);

    EXPECT_EQ(read_text(page_of_commands), wanted);
    const std::string codes = exit_codes_of_readme();
    EXPECT_GT(codes.size(), 100U);
    EXPECT_NE(found.find("\n" + codes + "\n"), std::string::npos) << codes;
}

// That those of ours are taken as they stand, NamedCommands has.
TEST_F(DocumentedCommands, are_three_for_each_alert_and_each_check) {
    const std::string page = read_text(page_of_operations);
    const auto of_checks = first_steps(page, "| check | means | first |");
    auto all = first_steps(page, "| alert | means | first |");
    EXPECT_GT(all.size(), 20U);
    all.insert(of_checks.begin(), of_checks.end());
    static const std::regex three("`([^`]+)`; `([^`]+)`; `([^`]+)`");
    for (const auto& [name, steps] : all) {
        std::smatch each;
        ASSERT_TRUE(std::regex_match(steps, each, three)) << name << ": " << steps;
        const std::set<std::string> different(each.begin() + 1, each.end());
        EXPECT_EQ(different.size(), 3U) << name << ": " << steps;
    }

    std::set<std::string> documented;
    for (const auto& [check, steps] : of_checks) documented.insert(check);
    const std::set<std::string> checks = checks_of_the_code();
    EXPECT_GE(checks.size(), 14U);
    EXPECT_EQ(documented, checks);
}

}  // namespace
}  // namespace backupwatch
