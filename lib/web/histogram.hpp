#pragma once
#include "web/exposition.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace backupwatch {

/// The upper bounds of a histogram's buckets, ascending, and the labels that say them; the last
/// label is that of no bound. Shared by all histograms of a family.
struct HistogramBounds {
    std::vector<double> values;
    std::vector<Labels> labels;
};
std::shared_ptr<const HistogramBounds> histogram_bounds(std::vector<double> values);

/// Counts values up to each of its bounds.
class Histogram {
  public:
    explicit Histogram(std::shared_ptr<const HistogramBounds> bounds);
    void observe(double value);

    /// The samples of the family that `out` is in.
    void write(Exposition& out, const Labels& labels) const;

  private:
    std::shared_ptr<const HistogramBounds> bounds_;
    std::vector<std::uint64_t> cumulative_;  ///< of values up to a bound; the last is of all
    double sum_ = 0;
};

}  // namespace backupwatch
