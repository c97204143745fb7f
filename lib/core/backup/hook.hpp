#pragma once
#include "core/secret.hpp"
#include "core/time/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace backupwatch {

/// A backup as it is handed to the program of `after_backup`.
struct HandedBackup {
    std::string folder;
    std::string id;
    std::string database;
    std::string set;
    std::string manifest;  ///< the file
};

/// A piece of an argument: text, or the name of what it is filled in with. Text is secret, since
/// nobody can tell what of it is.
struct HookPart {
    Secret text{};
    std::string placeholder{};  ///< without its braces; empty: this is text

    friend bool operator==(const HookPart&, const HookPart&) = default;
};
using HookArgument = std::vector<HookPart>;

/// Their names, without braces.
std::vector<std::string_view> hook_placeholders();

/// What a person wrote, with its `{folder}` and so on; `{{` is a brace, and one that begins no word
/// is one as well. Or a word in braces that is no placeholder.
struct UnknownPlaceholder {
    std::string name;
};
std::variant<HookArgument, UnknownPlaceholder> parse_hook_argument(std::string_view written);

/// As the program gets them. Where none has a placeholder, the folder comes last.
std::vector<std::string> fill_in(
    const std::vector<HookArgument>& arguments, const HandedBackup& backup
);
/// The same as variables, for scripts. By that of the folder what it starts is known.
inline constexpr const char* folder_variable = "BACKUPWATCH_FOLDER";
std::vector<std::pair<std::string, std::string>> hook_variables(const HandedBackup& backup);

/// How handing over one backup stands.
struct HookRun {
    enum class State {
        owed,    ///< it was taken, and the program was not begun yet
        begun,   ///< and not ended: it runs, or whoever ran it was ended
        done,    ///< exit code 0
        failed,  ///< anything else
        gone,    ///< the backup went before its turn came: nobody is owed anything
    };
    std::string backup_id;
    Instant backup_at;
    State state = State::owed;
    int tries = 0;
    Instant changed_at;
    double seconds = 0;
    std::string error{};

    bool is_over() const { return state != State::owed && state != State::begun; }
    friend bool operator==(const HookRun&, const HookRun&) = default;
};

/// What is to be done for a set whose program does not run now: the oldest that is not over.
struct HookStep {
    HookRun run;
    bool is_given_up = false;  ///< begun as often as it may be, and interrupted each time
};
std::optional<HookStep> next_hook_step(const std::vector<HookRun>& runs);

/// Takes in what is newly known of one backup, unless more is known of it already. Keeps them in
/// the order of the backups, and of what is over what is still judged by.
void note_run(std::vector<HookRun>& runs, const HookRun& run);

}  // namespace backupwatch
