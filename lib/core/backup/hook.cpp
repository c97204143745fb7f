#include "core/backup/hook.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>

namespace backupwatch {
namespace {

/// Once more after it was interrupted: what ends us twice in the midst of it may be the program.
constexpr int most_hook_tries = 2;

using Value = std::string HandedBackup::*;
struct Placeholder {
    std::string_view name;
    std::string_view variable;
    Value value;
};
constexpr std::array<Placeholder, 5> placeholders{{
    {"folder", folder_variable, &HandedBackup::folder},
    {"id", "BACKUPWATCH_ID", &HandedBackup::id},
    {"database", "BACKUPWATCH_DATABASE", &HandedBackup::database},
    {"set", "BACKUPWATCH_SET", &HandedBackup::set},
    {"manifest", "BACKUPWATCH_MANIFEST", &HandedBackup::manifest},
}};

const Placeholder* find_placeholder(std::string_view name) {
    const auto found = std::ranges::find(placeholders, name, &Placeholder::name);
    return found == placeholders.end() ? nullptr : &*found;
}

/// The word in braces that `text` begins with; empty: none.
std::string_view word_in_braces(std::string_view text) {
    const auto end = text.find_first_not_of(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", 1
    );
    if (end == std::string_view::npos || text[end] != '}') return {};
    return text.substr(1, end - 1);
}

bool has_placeholder(const HookArgument& argument) {
    return std::ranges::any_of(argument, [](const HookPart& part) {
        return !part.placeholder.empty();
    });
}

std::string fill_in(const HookArgument& argument, const HandedBackup& backup) {
    std::string text;
    for (const HookPart& part : argument) {
        const Placeholder* placeholder = find_placeholder(part.placeholder);
        text += placeholder == nullptr ? part.text.reveal() : backup.*(placeholder->value);
    }
    return text;
}

auto progress_of(const HookRun& run) {
    return std::tuple(run.tries, run.is_over(), run.state);
}

/// The newest that was handed over ends whatever failed before it.
void forget_superseded(std::vector<HookRun>& runs) {
    const auto newest = std::find_if(runs.rbegin(), runs.rend(), [](const HookRun& run) {
        return run.state == HookRun::State::done;
    });
    if (newest == runs.rend()) return;
    const std::string id = newest->backup_id;
    const Instant at = newest->backup_at;
    std::erase_if(runs, [&](const HookRun& run) {
        return run.is_over() && run.backup_id != id && run.backup_at <= at;
    });
}

}  // namespace

std::vector<std::string_view> hook_placeholders() {
    std::vector<std::string_view> names;
    for (const Placeholder& placeholder : placeholders) names.push_back(placeholder.name);
    return names;
}

std::variant<HookArgument, UnknownPlaceholder> parse_hook_argument(std::string_view written) {
    HookArgument argument;
    std::string text;
    const auto end_text = [&] {
        if (!text.empty()) argument.push_back({Secret(std::exchange(text, {})), {}});
    };
    while (!written.empty()) {
        const auto brace = std::min(written.find('{'), written.size());
        text += written.substr(0, brace);
        written.remove_prefix(brace);
        if (written.empty()) break;
        if (written.starts_with("{{")) {
            text += '{';
            written.remove_prefix(2);
            continue;
        }
        const std::string_view word = word_in_braces(written);
        if (word.empty()) {
            text += '{';
            written.remove_prefix(1);
            continue;
        }
        if (find_placeholder(word) == nullptr) return UnknownPlaceholder{std::string(word)};
        end_text();
        argument.push_back({{}, std::string(word)});
        written.remove_prefix(word.size() + 2);
    }
    end_text();
    return argument;
}

std::vector<std::string> fill_in(
    const std::vector<HookArgument>& arguments, const HandedBackup& backup
) {
    std::vector<std::string> filled;
    for (const HookArgument& argument : arguments) filled.push_back(fill_in(argument, backup));
    if (std::ranges::none_of(arguments, has_placeholder)) filled.push_back(backup.folder);
    return filled;
}

std::vector<std::pair<std::string, std::string>> hook_variables(const HandedBackup& backup) {
    std::vector<std::pair<std::string, std::string>> variables;
    for (const Placeholder& placeholder : placeholders) {
        variables.emplace_back(placeholder.variable, backup.*(placeholder.value));
    }
    return variables;
}

std::optional<HookStep> next_hook_step(const std::vector<HookRun>& runs) {
    for (const HookRun& run : runs) {
        if (run.is_over()) continue;
        return HookStep{run, run.state == HookRun::State::begun && run.tries >= most_hook_tries};
    }
    return std::nullopt;
}

void note_run(std::vector<HookRun>& runs, const HookRun& run) {
    const auto known = std::ranges::find(runs, run.backup_id, &HookRun::backup_id);
    if (known == runs.end()) {
        runs.push_back(run);
    } else if (progress_of(*known) <= progress_of(run)) {
        *known = run;
    }
    std::ranges::stable_sort(runs, {}, [](const HookRun& one) {
        return std::pair(one.backup_at, one.backup_id);
    });
    std::erase_if(runs, [](const HookRun& one) { return one.state == HookRun::State::gone; });
    forget_superseded(runs);
}

}  // namespace backupwatch
