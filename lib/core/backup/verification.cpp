#include "core/backup/verification.hpp"

#include "core/backup/differences.hpp"
#include "core/backup/identifier.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <map>

namespace backupwatch {
namespace {

/// A list that nobody can read to its end is no sentence for 3 a.m.
constexpr std::size_t most_sentences = 20;

}  // namespace

void Differences::add(Harm harm, std::string sentence, std::uint64_t weight) {
    found.push_back({harm, std::move(sentence), weight});
}

void Differences::add_missing_table(const std::string& table, std::uint64_t rows) {
    const bool is_new = missing_tables.insert(identifier_parts(table)).second;
    if (is_new) add(Harm::table_missing, table + ": table missing", rows);
}

std::size_t Differences::count(const std::set<Harm>& harms) const {
    const auto is_one = [&](const Difference& difference) {
        return harms.count(difference.harm) > 0;
    };
    return static_cast<std::size_t>(std::count_if(found.begin(), found.end(), is_one));
}

std::vector<std::string> Differences::sentences() const {
    std::map<Harm, std::vector<Difference>> by_harm;
    for (const Difference& difference : found) by_harm[difference.harm].push_back(difference);

    std::vector<std::string> sentences;
    for (auto& [harm, differences] : by_harm) {
        std::stable_sort(
            differences.begin(),
            differences.end(),
            [](const Difference& a, const Difference& b) { return a.weight > b.weight; }
        );
        const std::size_t shown = std::min(differences.size(), most_sentences);
        for (std::size_t i = 0; i < shown; ++i) sentences.push_back(differences[i].sentence);
        if (differences.size() > shown) {
            sentences.push_back(
                "and " + std::to_string(differences.size() - shown) + " more like this"
            );
        }
    }
    return sentences;
}

VerifiedCheck verified(
    const Differences& differences, std::string name, const std::set<Harm>& harms, std::string fine
) {
    const std::size_t count = differences.count(harms);
    return {
        std::move(name), count == 0, count == 0 ? std::move(fine) : counted(count, "difference")};
}

Verification verify(
    const Manifest& expected, const RestoredContent& restored, const VerifyPolicy& policy
) {
    Verification result;
    Differences differences;
    verify_content(expected, restored, policy, result, differences);
    verify_schema(expected, restored, policy, result, differences);
    if (expected.is_of_supabase) verify_platform(expected, restored, result, differences);
    for (const NotHeld& part : expected.not_held) {
        result.skipped.push_back({part.what, part.why, expected.is_of_supabase});
    }
    result.errors = differences.sentences();
    return result;
}

}  // namespace backupwatch
