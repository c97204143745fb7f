#include "config/node.hpp"

namespace backupwatch {

const Node* Node::find(std::string_view key) const {
    for (const Entry& entry : entries) {
        if (entry.key == key) return &entry.value;
    }
    return nullptr;
}

std::string_view kind_in_words(Node::Kind kind) {
    switch (kind) {
        case Node::Kind::nothing:
            return "no value";
        case Node::Kind::scalar:
            return "a single value";
        case Node::Kind::list:
            return "a list";
        case Node::Kind::mapping:
            return "a mapping";
    }
    return {};
}

}  // namespace backupwatch
