#pragma once
#include "config/error.hpp"
#include "config/node.hpp"

#include <string>
#include <string_view>

namespace backupwatch {

struct YamlFile {
    Node root;
    /// Nothing of it was lost. Half a document is worth a look for one key (which socket?), but
    /// not for more: it would be full of errors that are none.
    bool whole = false;
};

/// The one document of a YAML file, with every place in it. Reports what is not YAML, or not what a
/// configuration needs of it (keys twice in one mapping, tags, a second document), to `errors`, and
/// gives what was read until then. Whatever the text is, memory and depth are bounded.
YamlFile parse_yaml(std::string_view text, const std::string& file, ConfigErrors& errors);

}  // namespace backupwatch
