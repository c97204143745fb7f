#include "config/yaml_builder.hpp"

#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t deepest = 32;
/// Of a document with its aliases written out: about the bytes that it takes in memory.
constexpr std::size_t heaviest = 64u << 20;
constexpr std::size_t node_weight = 128;

}  // namespace

std::optional<Node> YamlBuilder::take_root() {
    while (!open_.empty()) {
        Node unfinished = std::move(open_.back().node);
        open_.pop_back();
        const bool has_place =
            open_.empty() || open_.back().key || open_.back().node.kind == Node::Kind::list;
        if (has_place) add(std::move(unfinished));
    }
    return std::move(root_);
}

void YamlBuilder::OnDocumentStart(const YAML::Mark& mark) {
    if (root_) stop(here(mark), "a second document begins here: a file holds one");
}

void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
    Node node;
    // yaml-cpp places a value that was left out where it noticed, often on the next line.
    const bool value_of_key = !open_.empty() && open_.back().key;
    node.mark = value_of_key ? open_.back().key->mark : here(mark);
    weigh(node.mark, node_weight);
    if (anchor != 0) anchored_.insert_or_assign(anchor, Anchored{node, node_weight});
    add(std::move(node));
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) stop(here(mark), "an alias stands within what it refers to");
    weigh(here(mark), found->second.weight);
    add(found->second.node);
}

void YamlBuilder::OnScalar(
    const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value
) {
    refuse_tag(mark, tag);
    Node node;
    node.kind = Node::Kind::scalar;
    node.mark = here(mark);
    node.text = value;
    const std::size_t weight = node_weight + value.size();
    weigh(node.mark, weight);
    if (anchor != 0) {
        weigh(node.mark, weight);
        anchored_.insert_or_assign(anchor, Anchored{node, weight});
    }
    add(std::move(node));
}

void YamlBuilder::OnSequenceStart(
    const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value
) {
    refuse_tag(mark, tag);
    open(mark, anchor, Node::Kind::list);
}

void YamlBuilder::OnMapStart(
    const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value
) {
    refuse_tag(mark, tag);
    open(mark, anchor, Node::Kind::mapping);
}

void YamlBuilder::stop(const Mark& mark, std::string message) {
    errors_.push_back({mark, std::move(message)});
    throw Stop{};
}

void YamlBuilder::refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    // `?` is a plain value, `!` a quoted one.
    if (!tag.empty() && tag != "?" && tag != "!") {
        stop(here(mark), "a YAML tag stands here: none is understood");
    }
}

void YamlBuilder::weigh(const Mark& mark, std::size_t weight) {
    weight_ += weight;
    if (weight_ > heaviest) stop(mark, "the document is too large, its aliases written out");
}

void YamlBuilder::open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    if (open_.size() >= deepest) {
        stop(here(mark), "nested deeper than " + std::to_string(deepest) + " levels");
    }
    Node node;
    node.kind = kind;
    node.mark = here(mark);
    open_.push_back({std::move(node), anchor, weight_, {}, {}});
    weigh(here(mark), node_weight);
}

void YamlBuilder::close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    if (closed.anchor != 0) {
        const std::size_t weight = weight_ - closed.weight_before;
        weigh(closed.node.mark, weight);
        anchored_.insert_or_assign(closed.anchor, Anchored{closed.node, weight});
    }
    add(std::move(closed.node));
}

void YamlBuilder::add(Node node) {
    if (open_.empty()) {
        root_ = std::move(node);
        return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::list) {
        parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
        add_key(parent, node);
    } else {
        parent.node.entries.push_back(
            {std::move(parent.key->text), std::move(parent.key->mark), std::move(node)}
        );
        parent.key.reset();
    }
}

void YamlBuilder::add_key(Open& mapping, const Node& node) {
    if (node.kind != Node::Kind::scalar || node.text.empty()) {
        stop(node.mark, "a key must be a word, not " + std::string(kind_in_words(node.kind)));
    }
    const auto [first, is_new] = mapping.keys.emplace(node.text, node.mark);
    if (!is_new) {
        const std::string first_line = std::to_string(first->second.line);
        errors_.push_back(
            {node.mark,
             "duplicate key" + quoted_key(node.text) + ": it is already on line " + first_line}
        );
    }
    mapping.key = Key{node.text, node.mark};
}

}  // namespace backupwatch
