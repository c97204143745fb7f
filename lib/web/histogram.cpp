#include "web/histogram.hpp"

#include "web/exposition.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

namespace backupwatch {

std::shared_ptr<const HistogramBounds> histogram_bounds(std::vector<double> values) {
    HistogramBounds bounds;
    std::string text;
    for (const double value : values) {
        text.clear();
        append_number(text, value);
        bounds.labels.push_back({{"le", text}});
    }
    bounds.labels.push_back({{"le", "+Inf"}});
    bounds.values = std::move(values);
    return std::make_shared<const HistogramBounds>(std::move(bounds));
}

Histogram::Histogram(std::shared_ptr<const HistogramBounds> bounds)
    : bounds_(std::move(bounds)), cumulative_(bounds_->labels.size()) {}

void Histogram::observe(double value) {
    const auto bound = std::lower_bound(bounds_->values.begin(), bounds_->values.end(), value);
    const auto first = static_cast<std::size_t>(std::distance(bounds_->values.begin(), bound));
    for (std::size_t i = first; i < cumulative_.size(); ++i) ++cumulative_[i];
    sum_ += value;
}

void Histogram::write(Exposition& out, const Labels& labels) const {
    for (std::size_t i = 0; i < cumulative_.size(); ++i) {
        out.sample("_bucket", labels, bounds_->labels[i], static_cast<double>(cumulative_[i]));
    }
    const Labels none;
    out.sample("_sum", labels, none, sum_);
    out.sample("_count", labels, none, static_cast<double>(cumulative_.back()));
}

}  // namespace backupwatch
