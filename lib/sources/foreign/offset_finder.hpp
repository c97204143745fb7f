#pragma once
#include <string_view>

namespace backupwatch {

/// Looks through COPY text, in pieces of any size, for a time of day with another offset than
/// UTC's, as a session of another time zone writes it: `2026-01-01 12:00:00.5-05`.
class OffsetFinder {
  public:
    void add(std::string_view piece);
    bool found() const { return found_; }

  private:
    enum class Place { elsewhere, time, fraction, offset };
    void take(char letter);

    Place place_ = Place::elsewhere;
    int digits_ = 0;            ///< behind the last colon, or the sign
    bool has_seconds_ = false;  ///< a second colon came
    bool is_zero_ = true;       ///< the offset so far
    bool found_ = false;
};

}  // namespace backupwatch
