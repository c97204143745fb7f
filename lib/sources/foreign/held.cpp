#include "sources/foreign/held.hpp"

#include "core/failure.hpp"

#include <string>

namespace backupwatch {

std::string_view bounded_name(std::string_view name) {
    if (name.size() <= longest_known_name) return name;
    throw Failure(
        Failure::Kind::missing,
        "it has a name of " + std::to_string(name.size()) +
            " bytes, longer than any of PostgreSQL's, and cannot be looked into here"
    );
}

void Held::add(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= most_held) return;
    throw Failure(
        Failure::Kind::missing, "it holds more tables, or others, than can be looked into here"
    );
}

}  // namespace backupwatch
