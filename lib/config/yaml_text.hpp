#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace backupwatch {

struct BadCharacter {
    int line = 0;
    int column = 0;
    std::string what;
};

/// The first byte that no configuration holds. yaml-cpp would end the document at some of them
/// (NUL, 0x04) and silently replace others (what is not UTF-8), in a password too.
std::optional<BadCharacter> find_bad_character(std::string_view text);

}  // namespace backupwatch
