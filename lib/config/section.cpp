#include "config/section.hpp"

#include <algorithm>
#include <charconv>

namespace backupwatch {

const Node* Section::find(std::string_view name, std::string_view text, bool has_keys) {
    known_.emplace_back(name);
    if (keys_) {
        const std::string path = prefix_ + std::string(name);
        const auto same = [&](const KeyText& key) { return key.path == path; };
        if (std::none_of(keys_->begin(), keys_->end(), same)) {
            keys_->push_back({path, std::string(text), has_keys});
        }
    }
    return mapping_ ? mapping_->find(name) : nullptr;
}

void Section::accept(const std::function<void(Section&)>& description) {
    if (keys_) {
        description(*this);
        return;
    }
    std::vector<KeyText> keys;
    Section listing(keys, "");
    description(listing);
    known_.insert(known_.end(), listing.known_.begin(), listing.known_.end());
}

bool Section::has(std::string_view path) const {
    return mapping_ != nullptr && follow(path).whole;
}

Mark Section::mark(std::string_view path) const {
    return mapping_ ? follow(path).node->mark : Mark{};
}

void Section::complain(std::string_view path, const std::string& message) {
    if (errors_) errors_->push_back({mark(path), message});
}

Section::Reached Section::follow(std::string_view path) const {
    Reached reached{mapping_, true};
    while (!path.empty()) {
        const auto step = path.substr(0, path.find('.'));
        path.remove_prefix(std::min(path.size(), step.size() + 1));
        const Node* next = nullptr;
        if (reached.node->kind == Node::Kind::list) {
            std::size_t index = 0;
            std::from_chars(step.data(), step.data() + step.size(), index);
            if (index < reached.node->items.size()) next = &reached.node->items[index];
        } else {
            next = reached.node->find(step);
        }
        if (next == nullptr) return {reached.node, false};
        reached.node = next;
    }
    return reached;
}

void Section::report(const Node& node, std::string_view name, const std::string& message) {
    errors_->push_back({node.mark, std::string(name) + ": " + message});
}

bool Section::is(const Node& node, Node::Kind kind, std::string_view name) {
    if (node.kind == kind) return true;
    if (node.kind == Node::Kind::nothing) {
        report(node, name, "has no value: write one, or leave the key out");
    } else {
        report(
            node,
            name,
            "must be " + std::string(kind_in_words(kind)) + ", not " +
                std::string(kind_in_words(node.kind))
        );
    }
    return false;
}

std::optional<std::string> Section::text_of(const Node& node, std::string_view name) {
    if (!is(node, Node::Kind::scalar, name)) return std::nullopt;
    auto expanded = expand_references(node.text);
    if (const auto* wrong = std::get_if<Complaint>(&expanded)) {
        report(node, name, wrong->text);
        return std::nullopt;
    }
    return std::move(std::get<std::string>(expanded));
}

std::optional<PiecedText> Section::pieces_of(const Node& node, std::string_view name) {
    if (!is(node, Node::Kind::scalar, name)) return std::nullopt;
    auto expanded = expand_in_pieces(node.text);
    if (const auto* wrong = std::get_if<Complaint>(&expanded)) {
        report(node, name, wrong->text);
        return std::nullopt;
    }
    for (const auto& piece : std::get<PiecedText>(expanded).pieces) {
        if (piece.is_brought) errors_->secrets.emplace_back(piece.text);
    }
    return std::move(std::get<PiecedText>(expanded));
}

std::filesystem::path Section::beside_file(const Mark& mark, const std::filesystem::path& path) {
    const auto folder = std::filesystem::absolute(*mark.file).parent_path();
    auto place = (folder / path).lexically_normal();
    // `/srv/dumps/` and `/srv/dumps` are one folder.
    return place.has_filename() ? place : place.parent_path();
}

void Section::finish() {
    if (mapping_ == nullptr) return;
    const std::vector<std::string_view> valid(known_.begin(), known_.end());
    for (const Node::Entry& entry : mapping_->entries) {
        if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
        std::string message = "unknown key" + quoted_key(entry.key);
        if (entry.key.find(':') != std::string::npos) {
            message += ": a space must follow the colon of a key";
        } else if (const auto meant = nearest(entry.key, valid); !meant.empty()) {
            message += ": did you mean " + in_quotes(meant) + "?";
        } else {
            message += ": valid here are " + listed(valid);
        }
        errors_->push_back({entry.key_mark, message});
    }
}

}  // namespace backupwatch
