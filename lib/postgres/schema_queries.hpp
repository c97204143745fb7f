#pragma once
#include <span>

namespace backupwatch {

/// One query for each kind of what a schema holds. Each follows user_objects and returns kind, up
/// to three parts of the name, the arguments of a function, and the definition.
extern const std::span<const char* const> schema_queries;

}  // namespace backupwatch
