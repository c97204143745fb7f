#include "config/document.hpp"

#include "config/references.hpp"
#include "config/text_file.hpp"
#include "config/yaml.hpp"

#include <glob.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace backupwatch {
namespace {

constexpr std::size_t largest_file = 4u << 20;
/// Of `defaults`, written out under every database; ten thousand with thirty keys have a third.
constexpr std::size_t heaviest_defaults = 128u << 20;

/// About the bytes that it takes in memory.
std::size_t weight(const Node& node) {
    std::size_t sum = 128 + node.text.size();
    for (const Node& item : node.items) sum += weight(item);
    for (const Node::Entry& entry : node.entries) sum += weight(entry.value);
    return sum;
}

Node* find(Node& node, std::string_view key) {
    for (Node::Entry& entry : node.entries) {
        if (entry.key == key) return &entry.value;
    }
    return nullptr;
}

/// The patterns of `include`: one, or a list of them.
std::vector<Node> include_patterns(const Node& root, ConfigErrors& errors) {
    const Node* include = root.find("include");
    if (include == nullptr) return {};
    std::vector<Node> patterns;
    if (include->kind == Node::Kind::list) {
        patterns = include->items;
    } else {
        patterns.push_back(*include);
    }
    const auto wrong = [&](const Node& pattern) {
        if (pattern.kind == Node::Kind::scalar) return false;
        errors.push_back(
            {pattern.mark,
             "include: must be a pattern of file names, or a list of them, not " +
                 std::string(kind_in_words(pattern.kind))}
        );
        return true;
    };
    std::erase_if(patterns, wrong);
    return patterns;
}

/// The files that `pattern` matches, sorted. None is an error.
std::vector<std::string> matching_files(
    const Node& pattern, const std::filesystem::path& directory, ConfigErrors& errors
) {
    const auto expanded = expand_references(pattern.text);
    if (const auto* wrong = std::get_if<Complaint>(&expanded)) {
        errors.push_back({pattern.mark, "include: " + wrong->text});
        return {};
    }
    const auto& text = std::get<std::string>(expanded);
    glob_t matches{};
    std::vector<std::string> files;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): reads the environment, which nobody changes
    if (::glob((directory / text).c_str(), 0, nullptr, &matches) == 0) {
        files.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
    }
    ::globfree(&matches);
    if (text.empty()) files.clear();
    if (files.empty()) {
        errors.push_back({pattern.mark, "include: " + in_quotes(text) + " matches no file"});
    }
    return files;
}

/// Adds the databases of an included file, which holds nothing else.
void add_databases(const Node& included, std::vector<Node>& databases, ConfigErrors& errors) {
    if (included.kind != Node::Kind::mapping) {
        errors.push_back({included.mark, "an included file must be a mapping with databases"});
        return;
    }
    for (const Node::Entry& entry : included.entries) {
        if (entry.key != "databases") {
            errors.push_back(
                {entry.key_mark,
                 "unknown key" + quoted_key(entry.key) + ": an included file holds databases alone"}
            );
        } else if (entry.value.kind != Node::Kind::list) {
            errors.push_back(
                {entry.value.mark,
                 "databases: must be a list, not " + std::string(kind_in_words(entry.value.kind))}
            );
        } else {
            const auto& items = entry.value.items;
            databases.insert(databases.end(), items.begin(), items.end());
        }
    }
}

std::vector<Node> included_databases(
    const Node& root, const std::filesystem::path& directory, ConfigErrors& errors
) {
    std::vector<Node> databases;
    std::set<std::string> seen;  // A file that two patterns match is one file.
    for (const Node& pattern : include_patterns(root, errors)) {
        for (const std::string& file : matching_files(pattern, directory, errors)) {
            if (!seen.insert(file).second) continue;
            const YamlFile included = read_yaml_file(file, errors);
            if (included.whole) add_databases(included.root, databases, errors);
        }
    }
    return databases;
}

void merge_defaults(const Node& root, Node& databases, ConfigErrors& errors) {
    const Node* defaults = root.find("defaults");
    if (defaults == nullptr) return;
    if (defaults->kind != Node::Kind::mapping) {
        errors.push_back(
            {defaults->mark,
             "defaults: must be a mapping, not " + std::string(kind_in_words(defaults->kind))}
        );
        return;
    }
    if (weight(*defaults) * databases.items.size() > heaviest_defaults) {
        errors.push_back({defaults->mark, "defaults: too large for so many databases"});
        return;
    }
    for (Node& database : databases.items) {
        if (database.kind == Node::Kind::mapping) database = merged(*defaults, database);
    }
}

}  // namespace

YamlFile read_yaml_file(const std::filesystem::path& path, ConfigErrors& errors) {
    const auto text = read_text_file(path, largest_file);
    if (const auto* wrong = std::get_if<Complaint>(&text)) {
        errors.push_back({{std::make_shared<const std::string>(path.string())}, wrong->text});
        return {};
    }
    return parse_yaml(std::get<std::string>(text), path.string(), errors);
}

Node merged(const Node& under, const Node& over) {
    if (under.kind != Node::Kind::mapping || over.kind != Node::Kind::mapping) return over;
    Node result = over;
    for (const Node::Entry& entry : under.entries) {
        Node* own = find(result, entry.key);
        if (own == nullptr) {
            result.entries.push_back(entry);
        } else {
            *own = merged(entry.value, *own);
        }
    }
    return result;
}

YamlFile read_document(const std::filesystem::path& path, ConfigErrors& errors) {
    YamlFile file = read_yaml_file(path, errors);
    Node& root = file.root;
    if (!file.whole || root.kind != Node::Kind::mapping) return file;

    std::vector<Node> included = included_databases(root, path.parent_path(), errors);
    Node* databases = find(root, "databases");
    if (databases == nullptr && !included.empty()) {
        Node list;
        list.kind = Node::Kind::list;
        list.mark = included.front().mark;
        root.entries.push_back({"databases", list.mark, list});
        databases = &root.entries.back().value;
    }
    if (databases == nullptr || databases->kind != Node::Kind::list) return file;
    std::move(included.begin(), included.end(), std::back_inserter(databases->items));
    merge_defaults(root, *databases, errors);
    return file;
}

}  // namespace backupwatch
