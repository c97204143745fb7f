#pragma once
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// The beginning of every query of the catalog: `space`, the schemas that are not the system's;
/// `relation`, what lies in them but temporary relations and extensions' members;
/// `member(classid, objid)`, what belongs to an extension. Nothing of the schemas `left_out`.
std::string user_objects(const std::vector<std::string>& left_out = {});

/// Likewise of the queues of pgmq alone, whether they are members of it or not.
std::string queues_objects();

/// `schema.table.column` from its parts, each quoted; parts that are missing are left out.
std::string quoted_name(const std::vector<std::optional<std::string>>& parts);

}  // namespace backupwatch
