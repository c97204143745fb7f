#include "config/yaml.hpp"

#include "config/yaml_builder.hpp"
#include "config/yaml_text.hpp"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>

namespace backupwatch {
namespace {

/// yaml-cpp's reason without what it quotes (`unknown escape character: x`): that may be a piece of
/// a password.
std::string reason(const YAML::Exception& error) {
    return error.msg.substr(0, error.msg.find(": "));
}

bool indented_by_tab(std::string_view text, int line) {
    std::size_t begin = 0;
    for (int i = 1; i < line; ++i) {
        begin = text.find('\n', begin);
        if (begin == std::string_view::npos) return false;
        ++begin;
    }
    const auto first = text.find_first_not_of(" \t", begin);
    return text.substr(begin, first - begin).find('\t') != std::string_view::npos;
}

}  // namespace

YamlFile parse_yaml(std::string_view text, const std::string& file, ConfigErrors& errors) {
    const auto name = std::make_shared<const std::string>(file);
    YamlFile result;
    result.root.mark = {name, 1, 1};
    if (const auto bad = find_bad_character(text)) {
        errors.push_back({{name, bad->line, bad->column}, bad->what});
        return result;
    }
    YamlBuilder builder(name, errors);
    std::istringstream stream{std::string(text)};
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
        result.whole = true;
    } catch (const YAML::Exception& error) {
        const Mark mark{name, error.mark.line + 1, error.mark.column + 1};
        errors.push_back(
            {mark,
             "not valid YAML: " + (indented_by_tab(text, mark.line)
                                       ? "a tab indents this line; use spaces"
                                       : reason(error))}
        );
    } catch (const YamlBuilder::Stop&) {
        // Already reported.
    }
    if (auto root = builder.take_root()) result.root = std::move(*root);
    return result;
}

}  // namespace backupwatch
