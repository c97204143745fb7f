#include "sources/hook_settings.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

namespace backupwatch {
namespace {

constexpr const char* key = "after_backup";

bool has_nul(const PiecedText& word) {
    return std::ranges::any_of(word.pieces, [](const PiecedText::Piece& piece) {
        return piece.text.find('\0') != std::string::npos;
    });
}

/// What references brought is text, whatever it looks like.
std::variant<HookArgument, UnknownPlaceholder> argument_of(const PiecedText& word) {
    HookArgument argument;
    for (const PiecedText::Piece& piece : word.pieces) {
        if (piece.is_brought) {
            argument.push_back({Secret(piece.text), {}});
            continue;
        }
        auto parsed = parse_hook_argument(piece.text);
        if (std::holds_alternative<UnknownPlaceholder>(parsed)) return parsed;
        auto& parts = std::get<HookArgument>(parsed);
        std::ranges::move(parts, std::back_inserter(argument));
    }
    return argument;
}

/// Quoted only where it resembles one: it may as well be a password with braces.
std::string sentence(const UnknownPlaceholder& unknown) {
    const auto valid = hook_placeholders();
    const std::string meant(nearest(unknown.name, valid));
    const std::string what =
        meant.empty() ? "a word in braces is no placeholder: there is {" + listed(valid) + "}"
                      : "{" + unknown.name + "} is no placeholder: did you mean {" + meant + "}";
    return what + "; write {{ for a brace";
}

/// The first word. Its text is not shown: a reference may have brought it.
std::string program_of(const PiecedText& word) {
    std::string program;
    for (const PiecedText::Piece& piece : word.pieces) program += piece.text;
    return program;
}

}  // namespace

void describe_hook(Section& section, std::optional<HookSettings>& hook, Duration& limit) {
    std::vector<PiecedText> words;
    const bool is_read =
        section.key(key, words, "a program and its arguments, run after each dump: copies it away")
            .is_read();
    section.key("after_backup_timeout", limit, "then that program is ended, and has failed")
        .at_least(std::chrono::seconds(1));
    if (!is_read || words.empty()) return;

    const auto complain = [&](std::size_t index, const std::string& what) {
        section.complain(
            std::string(key) + "." + std::to_string(index), std::string(key) + ": " + what
        );
    };
    HookSettings described;
    described.program = program_of(words.front());
    if (described.program.empty()) {
        complain(0, "the program has no name");
    } else if (described.program.find('/') != std::string::npos && !described.program.starts_with('/')) {
        complain(0, "the program must be a name that is looked for in PATH, or an absolute path");
    }
    for (std::size_t index = 0; index < words.size(); ++index) {
        if (has_nul(words[index])) complain(index, "an argument cannot hold a NUL byte");
        if (index == 0) continue;
        auto argument = argument_of(words[index]);
        if (const auto* unknown = std::get_if<UnknownPlaceholder>(&argument)) {
            complain(index, sentence(*unknown));
        } else {
            described.arguments.push_back(std::move(std::get<HookArgument>(argument)));
        }
    }
    hook = std::move(described);
}

}  // namespace backupwatch
