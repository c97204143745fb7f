#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <variant>

namespace backupwatch {

struct Complaint {
    std::string text;
};

/// The bytes of a file, or why it cannot be read; a file over `limit` bytes is not read at all.
std::variant<std::string, Complaint> read_text_file(
    const std::filesystem::path& path, std::size_t limit
);

}  // namespace backupwatch
