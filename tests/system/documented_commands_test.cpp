// README's table of commands, the manual page and the program's own --help, held against each
// other.
#include "system/support.hpp"

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace backupwatch {
namespace {

using Options = std::set<std::string>;

/// Of every command, which all of them have.
const Options common_options{"--json", "--config", "--socket", "--help"};

Options options_in(const std::string& text) {
    static const std::regex option("--[a-z][a-z-]*");
    Options found;
    for (std::sregex_iterator at(text.begin(), text.end(), option), end; at != end; ++at) {
        if (!common_options.contains(at->str())) found.insert(at->str());
    }
    return found;
}

/// What stands in backticks in the first cell of its rows: a command and its options each.
std::map<std::string, Options> documented() {
    std::map<std::string, Options> commands;
    std::istringstream lines(read_text(std::filesystem::path(SOURCE_DIR) / "README.md"));
    static const std::regex code("`([^`]*)`");
    bool is_in_table = false;
    for (std::string line; std::getline(lines, line);) {
        if (line == "| command | does |") is_in_table = true;
        if (!line.starts_with("|")) is_in_table = false;
        if (!is_in_table || !line.starts_with("| `")) continue;
        // A bar within a cell is written as \|.
        const std::string cell = line.substr(2, line.find(" |") - 2);
        for (std::sregex_iterator at(cell.begin(), cell.end(), code), end; at != end; ++at) {
            const std::string words = (*at)[1];
            commands[words.substr(0, words.find(' '))] = options_in(words);
        }
    }
    return commands;
}

/// The line behind each `.TP` among its commands: `.BR backup " \fIDATABASE\fR [" \-\-label ]`; two
/// commands of one line stand on either side of a comma.
std::map<std::string, Options> in_manual_page() {
    std::string page = read_text(std::filesystem::path(SOURCE_DIR) / "deploy/debian/backupwatch.1");
    page = page.substr(
        page.find(".SH COMMANDS"), page.find(".SH OPTIONS") - page.find(".SH COMMANDS")
    );
    page = std::regex_replace(page, std::regex(R"(\\-)"), "-");
    std::map<std::string, Options> commands;
    std::istringstream lines(page);
    static const std::regex name("(?:^\\.B[IR]* |\", \" )([a-z][a-z-]*)");
    bool is_head = false;
    for (std::string line; std::getline(lines, line); is_head = line == ".TP") {
        if (!is_head) continue;
        for (std::sregex_iterator at(line.begin(), line.end(), name), end; at != end; ++at) {
            commands[(*at)[1]] = options_in(line);
        }
    }
    return commands;
}

std::string help_of(std::vector<std::string> arguments, const std::filesystem::path& folder) {
    arguments.push_back("--help");
    Running running(std::move(arguments), folder);
    return running.wait().out;
}

/// The lines below "Subcommands:" begin with their names.
std::set<std::string> commands_in_help(const std::string& help) {
    std::set<std::string> commands;
    std::istringstream lines(help.substr(help.find("Subcommands:")));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line) && line.starts_with("  ")) {
        std::istringstream words(line);
        std::string name;
        words >> name;
        // A text that goes on in the next line is indented further.
        if (line[2] != ' ') commands.insert(name);
    }
    return commands;
}

TEST(DocumentedCommands, are_those_that_the_program_has_with_their_options) {
    const Site site{"host=/nowhere"};
    const auto folder = site.config().parent_path();
    const auto table = documented();
    std::set<std::string> names;
    for (const auto& [name, options] : table) names.insert(name);
    const auto manual = in_manual_page();

    const std::set<std::string> commands = commands_in_help(help_of({}, folder));

    EXPECT_EQ(names, commands);
    for (const std::string& name : commands) {
        const Options options = options_in(help_of({name}, folder));
        EXPECT_EQ(table.at(name), options) << name;
        ASSERT_TRUE(manual.contains(name)) << name << " has no place in the manual page";
        EXPECT_EQ(manual.at(name), options) << name << " in the manual page";
    }
    EXPECT_EQ(manual.size(), commands.size()) << "and none that is not";
}

}  // namespace
}  // namespace backupwatch
