#include "core/backup/by_hand.hpp"

namespace backupwatch {
namespace {

/// NAMEDATALEN of PostgreSQL, less its zero.
constexpr std::size_t longest_name = 63;

std::string with_ending(const std::string& name, const std::string& ending) {
    if (name.size() + ending.size() <= longest_name) return name + ending;
    // Not cut_bytes(): an ellipsis helps nobody here, half a character harms.
    std::size_t end = longest_name - ending.size();
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
    return name.substr(0, end) + ending;
}

}  // namespace

std::vector<std::string> in_new_folder() {
    return {
        "folder=$(mktemp --directory \"${TMPDIR:-/var/tmp}/restore.XXXXXX\")", "cd \"$folder\""};
}

std::string restored_name(const std::string& database) {
    return with_ending(database, "_restored");
}

std::string replaced_name(const std::string& database, const std::string& backup) {
    std::string ending = "_before_";
    for (const char c : backup) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        const bool is_capital = c >= 'A' && c <= 'Z';
        if (is_plain) ending += c;
        if (is_capital) ending += static_cast<char>(c - 'A' + 'a');
    }
    return with_ending(database, ending.substr(0, 32));
}

}  // namespace backupwatch
