#pragma once
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace backupwatch {

/// The text of a document, as every command and every view writes it. Numbers are written plainly,
/// as people and the simplest of readers expect them: 300 and 0.252, never 3E2 or 2.52E-1. What is
/// no number in JSON (NaN, infinity) is null.
std::string json_text(const boost::json::value& document);
std::string json_text(const boost::json::object& document);

/// Milliseconds are what was measured; more digits would be noise.
double to_milliseconds(double seconds);

}  // namespace backupwatch
