#pragma once
#include "core/incident/shared_cause.hpp"
#include "watch/world.hpp"

#include <iterator>
#include <map>
#include <set>
#include <string>
#include <tuple>

namespace backupwatch {

/// The findings that stand, and which of them name which cause.
class KnownFindings {
  public:
    const Told& all() const { return all_; }
    /// Null: there is none.
    const RecordedFinding* find(const FindingKey& key) const;
    void put(const FindingKey& key, RecordedFinding recorded);

    /// Of one set: what `is_gone` says so of.
    template <class Predicate>
    void erase_of(const std::string& database, const std::string& set, Predicate is_gone) {
        auto entry = all_.lower_bound({database, set, ""});
        while (entry != all_.end() && is_of(entry->first, database, set)) {
            entry = is_gone(entry->second.finding) ? erase(entry) : std::next(entry);
        }
    }
    template <class Predicate>
    void erase_of_database(const std::string& database, Predicate is_gone) {
        auto entry = all_.lower_bound({database, "", ""});
        while (entry != all_.end() && std::get<0>(entry->first) == database) {
            entry = is_gone(entry->second.finding) ? erase(entry) : std::next(entry);
        }
    }
    template <class Predicate>
    void erase_if(Predicate is_gone) {
        for (auto entry = all_.begin(); entry != all_.end();) {
            entry = is_gone(entry->second.finding) ? erase(entry) : std::next(entry);
        }
    }

    /// Those that fail by it, in order; no longer than the next change.
    Blaming blaming(const std::string& cause) const;
    bool is_blamed(const std::string& cause) const { return by_cause_.contains(cause); }
    /// Causes that came into or out of a finding since this was asked last.
    std::set<std::string> take_changed_causes();

  private:
    static bool is_of(const FindingKey& key, const std::string& database, const std::string& set);
    Told::iterator erase(Told::iterator entry);
    void leave_cause(const FindingKey& key, const Finding& finding);

    Told all_;
    std::map<std::string, std::set<FindingKey>> by_cause_;
    std::set<std::string> changed_causes_;
};

}  // namespace backupwatch
