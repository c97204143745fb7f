#pragma once
#include <string_view>

namespace backupwatch {

/// Looks through COPY text, in pieces of any size, for an amount of money as our own sessions write
/// it, `$1,234.50`: one of another country has other signs, or has them elsewhere.
class MoneyFinder {
  public:
    void add(std::string_view piece);
    bool found() const { return found_; }

  private:
    enum class Place { elsewhere, first_group, group, cents };
    Place next(char letter);

    Place place_ = Place::elsewhere;
    int digits_ = 0;  ///< of the group, or of the cents
    bool found_ = false;
};

}  // namespace backupwatch
