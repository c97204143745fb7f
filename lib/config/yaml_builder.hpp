#pragma once
#include "config/error.hpp"
#include "config/node.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace backupwatch {

/// Builds nodes from yaml-cpp's events. Its own YAML::Node forgets duplicate keys and the places of
/// keys, and expands aliases without a bound.
class YamlBuilder : public YAML::EventHandler {
  public:
    /// Thrown out of the parser where reading on would make no sense; the error is reported then.
    struct Stop {};

    YamlBuilder(std::shared_ptr<const std::string> file, ConfigErrors& errors)
        : file_(std::move(file)), errors_(errors) {}

    /// What was read; where the document broke off, what was complete by then. Empty files have
    /// nothing.
    std::optional<Node> take_root();

    void OnDocumentStart(const YAML::Mark& mark) override;
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        const std::string& value
    ) override;
    void OnSequenceStart(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        YAML::EmitterStyle::value style
    ) override;
    void OnSequenceEnd() override { close(); }
    void OnMapStart(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        YAML::EmitterStyle::value style
    ) override;
    void OnMapEnd() override { close(); }

  private:
    struct Key {
        std::string text;
        Mark mark;
    };
    /// A list or mapping whose end has not come yet.
    struct Open {
        Node node;
        YAML::anchor_t anchor;
        std::size_t weight_before;  ///< of the document, when this began
        std::optional<Key> key;     ///< of a mapping: waits for its value
        std::unordered_map<std::string, Mark> keys;
    };
    struct Anchored {
        Node node;
        std::size_t weight;
    };

    Mark here(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }
    [[noreturn]] void stop(const Mark& mark, std::string message);
    void refuse_tag(const YAML::Mark& mark, const std::string& tag);
    void weigh(const Mark& mark, std::size_t weight);
    void open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind);
    void close();
    void add(Node node);
    void add_key(Open& mapping, const Node& node);

    std::shared_ptr<const std::string> file_;
    ConfigErrors& errors_;
    std::optional<Node> root_;
    std::vector<Open> open_;
    std::unordered_map<YAML::anchor_t, Anchored> anchored_;
    std::size_t weight_ = 0;
};

}  // namespace backupwatch
