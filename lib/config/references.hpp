#pragma once
#include "config/text_file.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace backupwatch {

/// `text` with its references replaced: `${NAME}` by the environment, `${file:/path}` by a file,
/// `${credential:name}` by a file of systemd's $CREDENTIALS_DIRECTORY (both without the newline
/// that ends them), `$$` by a dollar. What comes in is not looked at again. The complaint names the
/// reference and never holds any other part of the text.
std::variant<std::string, Complaint> expand_references(std::string_view text);

/// Where a credential lies: in systemd's `directory`; without one, which a command that somebody
/// types never has, root finds `secret_NAME` where our unit takes it from. None: nowhere.
std::optional<std::filesystem::path> file_of_credential(
    std::string_view name, const std::optional<std::string>& directory, bool is_root
);

/// expand_references() for a text with a grammar of its own, which must not be looked for in what
/// comes in.
struct PiecedText {
    struct Piece {
        std::string text;
        bool is_brought = false;  ///< by a reference, and so perhaps secret
    };
    std::vector<Piece> pieces;
};
std::variant<PiecedText, Complaint> expand_in_pieces(std::string_view text);

}  // namespace backupwatch
