#pragma once
#include "core/time/time.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// A JSON object of which each member must be there and be what is asked for; otherwise
/// Failure::corrupt names the document, where in it, and the member. Refers to the document.
class JsonObject {
  public:
    JsonObject(const boost::json::object& object, std::string where);

    [[noreturn]] void fail(const std::string& why) const;

    bool has(std::string_view key) const;
    /// There, and not null.
    bool has_value(std::string_view key) const;
    bool flag(std::string_view key) const;
    /// Any finite number.
    double real(std::string_view key) const;
    std::string text(std::string_view key) const;
    /// 0 or more, and no more than there can be of rows or bytes.
    std::uint64_t count(std::string_view key) const;
    std::int64_t signed_count(std::string_view key) const;
    /// 0 or more, of an int.
    int number(std::string_view key) const;
    Instant instant(std::string_view key) const;
    /// A path that stays below the folder it is in: relative, no `..`, no empty part.
    std::string path(std::string_view key) const;
    /// 64 hexadecimal digits in lower case.
    std::string sha256(std::string_view key) const;
    std::vector<std::string> texts(std::string_view key) const;
    JsonObject object(std::string_view key) const;

    template <class T>
    std::vector<T> objects(std::string_view key, T (*read)(const JsonObject&)) const {
        std::vector<T> values;
        for (const auto& element : elements(key)) values.push_back(read(element));
        return values;
    }

  private:
    const boost::json::value& member(std::string_view key) const;
    std::vector<JsonObject> elements(std::string_view key) const;

    const boost::json::object* object_;
    std::string where_;
};

}  // namespace backupwatch
