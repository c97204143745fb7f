#include "config/references.hpp"
#include "config/value.hpp"
#include "config/yaml.hpp"
#include "target.hpp"

#include <string>

namespace backupwatch {
namespace {

template <class T>
void read_as(const std::string& text) {
    const Parsed<T> parsed = parse_value(text, As<T>());
    if (const auto* wrong = std::get_if<Complaint>(&parsed)) {
        expect(!wrong->text.empty(), "a complaint says something");
    }
}

/// Of references only those that name nothing of this machine.
bool is_harmless(const std::string& text) {
    return text.find("${file:") == std::string::npos && text.find("${cred") == std::string::npos;
}

void read_values(const Node& node, int depth) {
    expect(depth <= 64, "the depth is bounded");
    read_as<bool>(node.text);
    read_as<int>(node.text);
    read_as<Duration>(node.text);
    read_as<Bytes>(node.text);
    read_as<Percent>(node.text);
    read_as<Schedule>(node.text);
    if (is_harmless(node.text)) expand_in_pieces(node.text);
    for (const Node& item : node.items) read_values(item, depth + 1);
    for (const Node::Entry& entry : node.entries) read_values(entry.value, depth + 1);
}

}  // namespace

void read_foreign_bytes(std::string_view bytes) {
    ConfigErrors errors;
    const YamlFile file = parse_yaml(bytes, "config.yaml", errors);
    expect(file.whole || !errors.empty(), "what is not read is an error");
    for (const ConfigError& error : errors) to_string(error);
    read_values(file.root, 0);
}

}  // namespace backupwatch
