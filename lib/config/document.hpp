#pragma once
#include "config/error.hpp"
#include "config/node.hpp"
#include "config/yaml.hpp"

#include <filesystem>

namespace backupwatch {

/// A whole configuration as if it were one file: the databases of the files that `include` names
/// stand behind those of the file itself, and `defaults` is merged under each of them (mappings
/// deeply, anything else replaced). Each value keeps its place. Blocks; reads these files only.
/// Where an included file is broken, its databases are missing.
YamlFile read_document(const std::filesystem::path& path, ConfigErrors& errors);

/// One file, as it stands there.
YamlFile read_yaml_file(const std::filesystem::path& path, ConfigErrors& errors);

/// `over`, with what only `under` has.
Node merged(const Node& under, const Node& over);

}  // namespace backupwatch
