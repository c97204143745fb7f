#pragma once
#include <string_view>
#include <vector>

namespace backupwatch {

/// A pattern of tables as pg_dump's --exclude-table takes them: `schema.table`, or `table` alone.
/// `*` is any text, `?` any one character; letters are small ones unless they stand in double
/// quotes, where everything is itself. Two differences: `table` alone is that of every schema, and
/// the rest of regular expressions is refused.
class NamePattern {
  public:
    /// Throws Failure::rejected where it cannot be read.
    explicit NamePattern(std::string_view text);

    bool matches(std::string_view schema, std::string_view table) const;

  private:
    struct Glyph {
        enum class Kind { letter, any_letter, any_text };
        Kind kind;
        char letter;
    };
    using Glyphs = std::vector<Glyph>;

    static bool matches(const Glyphs& pattern, std::string_view text);

    std::vector<Glyphs> parts_;  ///< of the name: one, or the schema's and the table's
};

}  // namespace backupwatch
