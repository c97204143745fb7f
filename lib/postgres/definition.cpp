#include "postgres/definition.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace backupwatch {
namespace {

constexpr std::string_view opening = "(ARRAY[";
/// Two names of 63 letters with all of their quotes, and the dot; what a hostile server calls a
/// type comes with each element.
constexpr std::size_t longest_type = 260;
/// Arrays in arrays that are looked into, each by a call; and how often, taken together, a letter
/// is read again to find where they end. Beyond that it is no text of PostgreSQL's, and stays as it
/// is.
constexpr int deepest = 20;
constexpr std::size_t reads = 20;

/// Behind the string or the quoted identifier that begins at `at`.
std::size_t after_quotation(std::string_view text, std::size_t at) {
    const char quote = text[at];
    const bool escapes = quote == '\'' && at > 0 && text[at - 1] == 'E';
    for (++at; at < text.size(); ++at) {
        if (escapes && text[at] == '\\') {
            ++at;
        } else if (text[at] == quote) {
            if (at + 1 >= text.size() || text[at + 1] != quote) return at + 1;
            ++at;
        }
    }
    return text.size();
}

struct Elements {
    std::vector<std::string_view> texts;
    std::size_t end = 0;  ///< behind the closing bracket
};

/// The elements of an array whose `[` ends just before `begin`.
std::optional<Elements> elements_from(std::string_view text, std::size_t begin) {
    Elements elements;
    int depth = 0;
    std::size_t first = begin;
    for (std::size_t at = begin; at < text.size();) {
        const char character = text[at];
        if (character == '\'' || character == '"') {
            at = after_quotation(text, at);
            continue;
        }
        if (depth == 0 && (character == ',' || character == ']')) {
            elements.texts.push_back(text.substr(first, at - first));
            first = at + 1;
            if (character == ',' && text.substr(first, 1) == " ") at = first++;
            elements.end = at + 1;
            if (character == ']') return elements;
        }
        if (character == '(' || character == '[') ++depth;
        if (character == ')' || character == ']') --depth;
        ++at;
    }
    return std::nullopt;
}

/// The name of an array's element type where a cast `)::type[]` begins at `at`.
std::optional<std::string_view> cast_at(std::string_view text, std::size_t at) {
    constexpr std::string_view cast = ")::";
    if (text.substr(at, cast.size()) != cast) return std::nullopt;
    const auto begin = at + cast.size();
    const auto end = text.substr(0, begin + longest_type + 2).find("[]", begin);
    if (end == std::string_view::npos) return std::nullopt;
    const auto type = text.substr(begin, end - begin);
    // A type's name ends before any of these: the brackets found belong to something else.
    if (type.find_first_of(")(,['") != std::string_view::npos) return std::nullopt;
    return type;
}

class Rewording {
  public:
    explicit Rewording(std::size_t size) : left_(reads * size) {}

    std::string of(std::string_view definition, int depth = 0) {
        std::string text;
        std::size_t at = 0;
        while (at < definition.size()) {
            const char character = definition[at];
            if (character == '\'' || character == '"') {
                const auto end = after_quotation(definition, at);
                text += definition.substr(at, end - at);
                at = end;
                continue;
            }
            const auto elements = elements_at(definition, at, depth);
            const auto type = elements ? cast_at(definition, elements->end) : std::nullopt;
            if (!type) {
                text += character;
                ++at;
                continue;
            }
            text += "ARRAY[";
            for (const auto element : elements->texts) {
                if (text.back() != '[') text += ", ";
                text += "(" + of(element, depth + 1) + ")::" + std::string(*type);
            }
            text += "]";
            at = elements->end + std::string_view(")::[]").size() + type->size();
        }
        return text;
    }

  private:
    std::optional<Elements> elements_at(std::string_view text, std::size_t at, int depth) {
        if (depth == deepest || left_ == 0) return std::nullopt;
        if (text.substr(at, opening.size()) != opening) return std::nullopt;
        auto elements = elements_from(text, at + opening.size());
        left_ -= std::min(left_, (elements ? elements->end : text.size()) - at);
        return elements;
    }

    std::size_t left_;  ///< letters to look for the end of arrays in
};

}  // namespace

std::string restored_wording(std::string_view definition) {
    return Rewording(definition.size()).of(definition);
}

}  // namespace backupwatch
