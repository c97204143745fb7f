#pragma once
#include "config/error.hpp"
#include "config/node.hpp"
#include "config/references.hpp"
#include "config/value.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace backupwatch {

template <class T>
class Key;

/// A key that some room has registered: `databases[].backups[].keep`.
struct KeyText {
    std::string path;
    std::string text;  ///< what it is for
    bool has_keys;     ///< a mapping, or a list of them, with keys of its own
};

/// One mapping of the configuration, described by the room that uses it:
///
///     void describe(Section& section, DumpSettings& settings) {
///         section.key("directory", settings.directory, "where the dumps lie").required();
///         section.key("keep", settings.keep, "older dumps go").at_least(1h);
///         section.section("drill", settings.drill, "the test restore");
///     }
///
/// The value that stands in the field when it is described is the default. One description serves
/// three readers: it loads a document, lists the keys (for the test that config.example.yaml has
/// them all), and names the nearest valid key in an error. Nothing throws: errors are collected,
/// and a field whose value means nothing keeps its default.
class Section {
  public:
    /// Reads `mapping`, which must live as long.
    Section(const Node& mapping, ConfigErrors& errors) : mapping_(&mapping), errors_(&errors) {}
    /// Reads nothing and lists the keys, each path beginning with `prefix`.
    Section(std::vector<KeyText>& keys, std::string prefix)
        : keys_(&keys), prefix_(std::move(prefix)) {}

    /// A value. T: PiecedText, whatever has a parse_value (value.hpp), and optional<T>, vector<T>
    /// and map<string, T> of that. A relative path is relative to the file that holds it.
    template <class T>
    Key<T> key(std::string_view name, T& value, std::string_view text);

    /// A nested mapping, described by an overload of describe(Section&, T&) found beside T.
    /// optional<T>: engaged only where the document has it.
    template <class T>
    void section(std::string_view name, T& value, std::string_view text);

    /// A list of mappings, described likewise. values[i] is the i-th of the document, errors or
    /// not.
    template <class T>
    void list(std::string_view name, std::vector<T>& values, std::string_view text);

    /// A key that read_document has already dealt with.
    void handled(std::string_view name, std::string_view text) { find(name, text, false); }
    /// What `description` names is valid here as well, though nobody knows yet who reads it.
    void accept(const std::function<void(Section&)>& description);

    /// For rules between keys. A path leads from here: `take`, `drill.max_age`, `backups.0.take`.
    /// Whether the document has it; never while keys are listed.
    bool has(std::string_view path) const;
    /// Where it stands, or as far as the path leads.
    Mark mark(std::string_view path) const;
    /// An error there.
    void complain(std::string_view path, const std::string& message);

    /// Reports the keys that nobody has described. Called last, by whoever made the section.
    void finish();

  private:
    struct Reached {
        const Node* node;
        bool whole;
    };
    Reached follow(std::string_view path) const;
    const Node* find(std::string_view name, std::string_view text, bool has_keys);
    static std::filesystem::path beside_file(const Mark& mark, const std::filesystem::path& path);
    bool is(const Node& node, Node::Kind kind, std::string_view name);
    /// The text of a scalar, its references replaced; nothing after an error.
    std::optional<std::string> text_of(const Node& node, std::string_view name);
    std::optional<PiecedText> pieces_of(const Node& node, std::string_view name);
    void report(const Node& node, std::string_view name, const std::string& message);

    /// Nothing after an error.
    template <class T>
    std::optional<T> single(const Node& node, std::string_view name);
    template <class T>
    bool read(const Node& node, std::string_view name, T& value);
    template <class T>
    bool read(const Node& node, std::string_view name, std::optional<T>& value);
    template <class T>
    bool read(const Node& node, std::string_view name, std::vector<T>& values);
    template <class T>
    bool read(const Node& node, std::string_view name, std::map<std::string, T>& values);
    template <class T>
    void read_mapping(const Node& node, std::string_view name, T& value);
    template <class T>
    void list_keys(const std::string& prefix, T& value);

    const Node* mapping_ = nullptr;
    ConfigErrors* errors_ = nullptr;
    std::vector<KeyText>* keys_ = nullptr;
    std::string prefix_;
    std::vector<std::string> known_;  ///< described here
};

/// A key just described: what its value must be, each checked at once.
template <class T>
class Key {
  public:
    Key(Section& section, std::string_view name, std::string_view text, const T& value, bool read)
        : section_(section), name_(name), text_(text), value_(value), read_(read) {}

    Key& required() {
        if (!section_.has(name_)) {
            section_.complain({}, std::string(name_) + " is missing: " + std::string(text_));
        }
        return *this;
    }
    template <class Bound>
    Key& at_least(const Bound& least) {
        if (read_ && value_ < least) complain(shown() + "is less than " + value_text(least));
        return *this;
    }
    template <class Bound>
    Key& at_most(const Bound& most) {
        if (read_ && value_ > most) complain(shown() + "is more than " + value_text(most));
        return *this;
    }
    /// Or else the error: the value, unless it is secret, and `sentence`.
    template <class Predicate>
    Key& must(const Predicate& hold, const std::string& sentence) {
        if (read_ && !hold(value_)) complain(shown() + sentence);
        return *this;
    }

    /// Whether the document has it, and it means something.
    bool is_read() const { return read_; }

  private:
    /// The value for an error, with a space; empty for a secret, or where there are several.
    std::string shown() const {
        if constexpr (requires { value_text(*value_); }) {
            return value_text(*value_) + " ";
        } else if constexpr (requires { value_text(value_); }) {
            return value_text(value_) + " ";
        } else {
            return "";
        }
    }
    void complain(const std::string& message) {
        section_.complain(name_, std::string(name_) + ": " + message);
    }

    Section& section_;
    std::string_view name_;
    std::string_view text_;
    const T& value_;
    bool read_;
};

/// `value` as the document says it; see Section.
template <class T>
void read_section(const Node& mapping, T& value, ConfigErrors& errors) {
    Section section(mapping, errors);
    describe(section, value);
    section.finish();
}

/// Every key that describing a T registers, each once.
template <class T>
std::vector<KeyText> registered_keys() {
    std::vector<KeyText> keys;
    T value;
    Section section(keys, "");
    describe(section, value);
    return keys;
}

template <class T>
Key<T> Section::key(std::string_view name, T& value, std::string_view text) {
    const Node* node = find(name, text, false);
    const bool was_read = node != nullptr && read(*node, name, value);
    return Key<T>(*this, name, text, value, was_read);
}

template <class T>
void Section::section(std::string_view name, T& value, std::string_view text) {
    constexpr bool optional = requires {
        value.has_value();
    };
    const Node* node = find(name, text, true);
    if constexpr (optional) {
        typename T::value_type described;
        if (keys_) list_keys(std::string(name) + ".", described);
        if (node == nullptr) return;
        read_mapping(*node, name, described);
        value = std::move(described);
    } else {
        if (keys_) list_keys(std::string(name) + ".", value);
        if (node != nullptr) read_mapping(*node, name, value);
    }
}

template <class T>
void Section::list(std::string_view name, std::vector<T>& values, std::string_view text) {
    const Node* node = find(name, text, true);
    if (keys_) {
        T described;
        list_keys(std::string(name) + "[].", described);
    }
    if (node == nullptr || !is(*node, Node::Kind::list, name)) return;
    values.clear();
    for (const Node& item : node->items) {
        values.emplace_back();
        read_mapping(item, name, values.back());
    }
}

template <class T>
void Section::read_mapping(const Node& node, std::string_view name, T& value) {
    if (is(node, Node::Kind::mapping, name)) read_section(node, value, *errors_);
}

template <class T>
void Section::list_keys(const std::string& prefix, T& value) {
    Section nested(*keys_, prefix_ + prefix);
    describe(nested, value);
}

template <class T>
std::optional<T> Section::single(const Node& node, std::string_view name) {
    if constexpr (std::is_same_v<T, PiecedText>) {
        return pieces_of(node, name);
    } else {
        const auto text = text_of(node, name);
        if (!text) return std::nullopt;
        if constexpr (std::is_same_v<T, Secret>) errors_->secrets.emplace_back(*text);
        Parsed<T> parsed = parse_value(*text, As<T>{});
        if (const auto* wrong = std::get_if<Complaint>(&parsed)) {
            report(node, name, wrong->text);
            return std::nullopt;
        }
        if constexpr (std::is_same_v<T, std::filesystem::path>) {
            return beside_file(node.mark, std::get<T>(parsed));
        } else {
            return std::move(std::get<T>(parsed));
        }
    }
}

template <class T>
bool Section::read(const Node& node, std::string_view name, T& value) {
    auto parsed = single<T>(node, name);
    if (!parsed) return false;
    value = std::move(*parsed);
    return true;
}

template <class T>
bool Section::read(const Node& node, std::string_view name, std::optional<T>& value) {
    auto parsed = single<T>(node, name);
    if (!parsed) return false;
    value = std::move(parsed);
    return true;
}

template <class T>
bool Section::read(const Node& node, std::string_view name, std::vector<T>& values) {
    if (!is(node, Node::Kind::list, name)) return false;
    values.clear();
    bool all = true;
    for (const Node& item : node.items) all &= read(item, name, values.emplace_back());
    return all;
}

template <class T>
bool Section::read(const Node& node, std::string_view name, std::map<std::string, T>& values) {
    if (!is(node, Node::Kind::mapping, name)) return false;
    values.clear();
    bool all = true;
    for (const Node::Entry& entry : node.entries) all &= read(entry.value, name, values[entry.key]);
    return all;
}

}  // namespace backupwatch
