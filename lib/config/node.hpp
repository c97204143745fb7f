#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// A place in a configuration file. Line and column count from 1 (columns in bytes); a line of 0
/// means the file as a whole.
struct Mark {
    std::shared_ptr<const std::string> file;
    int line = 0;
    int column = 0;
};

/// What the configuration says, in the order and at the places where it says it. Scalars are text:
/// what a text means (a number, a time, a reference) is decided by the key that reads it, so that
/// 03:00, 0123 and yes stay what was written.
struct Node {
    enum class Kind { nothing, scalar, list, mapping };
    struct Entry;

    Kind kind = Kind::nothing;
    Mark mark;
    std::string text;            ///< of a scalar
    std::vector<Node> items;     ///< of a list
    std::vector<Entry> entries;  ///< of a mapping

    /// The value of this key, or null; of anything but a mapping, null.
    const Node* find(std::string_view key) const;
};

struct Node::Entry {
    std::string key;
    Mark key_mark;
    Node value;
};

/// `a list`, `a mapping`, `a single value`, `no value`.
std::string_view kind_in_words(Node::Kind kind);

}  // namespace backupwatch
