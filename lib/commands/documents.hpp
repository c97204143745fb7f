#pragma once
#include "core/backup/backup.hpp"
#include "core/backup/mark.hpp"
#include "core/check/finding.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What findings and backups look like in every answer of ours.
boost::json::object finding_json(const Finding& finding);
boost::json::object findings_json(const std::vector<Finding>& findings);
boost::json::object backup_json(const Backup& backup);
boost::json::object mark_json(const NotedMark& mark);

boost::json::value or_null(const std::optional<Instant>& instant);
/// Of an empty text.
boost::json::value text_or_null(const std::string& text);

/// A line each, the worst first.
std::string findings_text(std::vector<Finding> findings);
Severity worst_of(const std::vector<Finding>& findings);

}  // namespace backupwatch
