#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace backupwatch {

/// Labels as Prometheus text writes them, escaped once and used for many samples:
/// `database="orders",set="nightly"`.
class Labels {
  public:
    Labels() = default;
    Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels);
    const std::string& text() const { return text_; }

  private:
    void add(std::string_view name, std::string_view value);
    std::string text_;
};

/// Writes the Prometheus text format 0.0.4 (why not a library: docs/decisions/prometheus-text.md).
class Exposition {
  public:
    /// Begins a family; its samples follow. `type`: gauge | counter | histogram.
    void family(std::string_view name, std::string_view type, std::string_view help);
    void sample(const Labels& labels, double value) { sample("", labels, no_labels(), value); }
    /// `suffix` of the family's name: `_bucket`, `_sum`, `_count`, or empty. `more` follows
    /// `labels`: what a row has in common is escaped once, and what many rows have in common too.
    void sample(std::string_view suffix, const Labels& labels, const Labels& more, double value);

    /// A family of one sample, without labels.
    void single(std::string_view name, std::string_view type, std::string_view help, double value) {
        family(name, type, help);
        sample({}, value);
    }

    /// The text, which is given away: it may be a hundred megabytes.
    std::string take() { return std::move(text_); }

  private:
    static const Labels& no_labels();

    std::string name_;
    std::string text_;
};

/// As Prometheus reads it: shortest exact, `NaN`, `+Inf`.
void append_number(std::string& text, double value);

}  // namespace backupwatch
