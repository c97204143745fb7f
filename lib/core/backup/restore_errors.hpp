#pragma once
#include "core/backup/restore_error.hpp"
#include "core/backup/verification.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// What a backup needs and this machine has not.
struct MissingHere {
    std::string sentence;    ///< `the extension postgis is not installed here`
    std::string installing;  ///< `install postgresql-15-postgis-3`

    friend bool operator==(const MissingHere&, const MissingHere&) = default;
};
MissingHere missing_extension(const std::string& extension, int major);

/// The errors of one restore, sorted as they come. Bounded, but nothing that is wrong is forgotten.
class RestoreErrors {
  public:
    /// `major` is that of the server that is restored into.
    explicit RestoreErrors(int major) : major_(major) {}

    /// `shown` is what people read of it, should it be damage.
    void add(const RestoreError& error, std::string shown);

    struct Sorted {
        std::vector<std::string> damage;   ///< in the order they came
        std::vector<SkippedPart> notes;    ///< of what is harmless
        std::vector<MissingHere> missing;  ///< then nothing can be said of what damage leaves
    };
    /// `left_out` are the extensions that were not restored, since nothing seemed to need them:
    /// where something does not exist after all, they are missing.
    Sorted sorted(const std::set<std::string>& left_out) const;

  private:
    enum class Kind { damage, dangling, dangling_remark };
    struct Shown {
        Kind kind = Kind::damage;
        std::string text;
    };
    bool has(Kind kind) const { return counts_.contains(kind); }

    int major_;
    std::vector<Shown> shown_;
    std::map<Kind, std::size_t> counts_;  ///< of all, shown or not
    /// By what and why, how many.
    std::map<std::pair<std::string, std::string>, std::size_t> harmless_;
    std::size_t other_harmless_ = 0;
    std::vector<MissingHere> missing_;
};

/// All of them in one sentence, and what to install.
std::pair<std::string, std::string> in_words(const std::vector<MissingHere>& missing);

}  // namespace backupwatch
