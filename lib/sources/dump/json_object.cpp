#include "sources/dump/json_object.hpp"

#include "core/failure.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cmath>
#include <limits>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

/// Of rows or bytes: what there is more of is nowhere, and would only run over in sums.
constexpr std::int64_t most = std::int64_t{1} << 53;

std::string quoted(std::string_view key) {
    return "\"" + std::string(key) + "\"";
}

bool stays_below(std::string_view path) {
    while (true) {
        const auto slash = path.find('/');
        const auto part = path.substr(0, slash);
        if (part.empty() || part == "." || part == "..") return false;
        if (part.find('\0') != std::string_view::npos) return false;
        if (slash == std::string_view::npos) return true;
        path.remove_prefix(slash + 1);
    }
}

}  // namespace

JsonObject::JsonObject(const json::object& object, std::string where)
    : object_(&object), where_(std::move(where)) {}

void JsonObject::fail(const std::string& why) const {
    throw Failure(Failure::Kind::corrupt, "cannot use " + where_ + ": " + why);
}

const json::value& JsonObject::member(std::string_view key) const {
    const auto* value = object_->if_contains(json::string_view(key.data(), key.size()));
    if (value == nullptr) fail("it has no " + quoted(key));
    return *value;
}

bool JsonObject::has(std::string_view key) const {
    return object_->contains(json::string_view(key.data(), key.size()));
}

bool JsonObject::has_value(std::string_view key) const {
    return has(key) && !member(key).is_null();
}

bool JsonObject::flag(std::string_view key) const {
    const auto& value = member(key);
    if (!value.is_bool()) fail(quoted(key) + " is neither true nor false");
    return value.get_bool();
}

double JsonObject::real(std::string_view key) const {
    const auto& value = member(key);
    if (!value.is_number()) fail(quoted(key) + " is not a number");
    const double number = value.to_number<double>();
    if (!std::isfinite(number)) fail(quoted(key) + " is out of range");
    return number;
}

std::string JsonObject::text(std::string_view key) const {
    const auto& value = member(key);
    if (!value.is_string()) fail(quoted(key) + " is not a text");
    const auto& string = value.get_string();
    return {string.data(), string.size()};
}

std::uint64_t JsonObject::count(std::string_view key) const {
    const auto& value = member(key);
    if (value.is_uint64() || (value.is_int64() && value.get_int64() > most)) {
        fail(quoted(key) + " is out of range");
    }
    if (!value.is_int64() || value.get_int64() < 0) fail(quoted(key) + " is not a count");
    return static_cast<std::uint64_t>(value.get_int64());
}

std::int64_t JsonObject::signed_count(std::string_view key) const {
    const auto& value = member(key);
    if (!value.is_int64()) fail(quoted(key) + " is not a whole number");
    return value.get_int64();
}

int JsonObject::number(std::string_view key) const {
    const auto value = count(key);
    if (value > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
        fail(quoted(key) + " is out of range");
    }
    return static_cast<int>(value);
}

Instant JsonObject::instant(std::string_view key) const {
    const auto instant = parse_rfc3339(text(key));
    if (!instant) fail(quoted(key) + " is not a time");
    return *instant;
}

std::string JsonObject::path(std::string_view key) const {
    std::string path = text(key);
    if (!stays_below(path)) fail(quoted(key) + " is not a path within the dump");
    return path;
}

std::string JsonObject::sha256(std::string_view key) const {
    std::string digits = text(key);
    const bool is_one =
        digits.size() == 64 && digits.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!is_one) fail(quoted(key) + " is not a SHA-256");
    return digits;
}

std::vector<std::string> JsonObject::texts(std::string_view key) const {
    const auto& value = member(key);
    if (!value.is_array()) fail(quoted(key) + " is not a list");
    std::vector<std::string> texts;
    for (const auto& element : value.get_array()) {
        if (!element.is_string()) fail(quoted(key) + " is not a list of texts");
        texts.emplace_back(element.get_string().data(), element.get_string().size());
    }
    return texts;
}

JsonObject JsonObject::object(std::string_view key) const {
    const auto& value = member(key);
    if (!value.is_object()) fail(quoted(key) + " is not an object");
    return JsonObject(value.get_object(), where_ + ", " + std::string(key));
}

std::vector<JsonObject> JsonObject::elements(std::string_view key) const {
    const auto& value = member(key);
    if (!value.is_array()) fail(quoted(key) + " is not a list");
    std::vector<JsonObject> elements;
    for (const auto& element : value.get_array()) {
        const std::string where =
            where_ + ", " + std::string(key) + " " + std::to_string(elements.size() + 1);
        if (!element.is_object()) fail(where + " is not an object");
        elements.emplace_back(element.get_object(), where);
    }
    return elements;
}

}  // namespace backupwatch
