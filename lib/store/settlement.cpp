#include "store/store.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

/// Of notices that the store has not seen: only those matter that it takes in the same moment.
constexpr std::size_t most_made_up = 10'000;
constexpr std::size_t most_answers = 10'000;

template <class T, class Predicate>
void drop_oldest(std::vector<T>& all, std::size_t most, Predicate counts) {
    const auto many = static_cast<std::size_t>(std::ranges::count_if(all, counts));
    if (many <= most) return;
    std::size_t excess = many - most;
    std::erase_if(all, [&](const T& one) { return excess > 0 && counts(one) && excess-- > 0; });
}

}  // namespace

void add(Settlement& settlement, Settlement later) {
    settlement.lane = std::move(later.lane);
    std::set<std::int64_t> replaced(later.gone.begin(), later.gone.end());
    for (const Pending& pending : later.changed) replaced.insert(pending.id);
    std::erase_if(settlement.changed, [&](const Pending& pending) {
        return replaced.contains(pending.id);
    });
    std::ranges::move(later.changed, std::back_inserter(settlement.changed));
    std::ranges::move(later.gone, std::back_inserter(settlement.gone));
    for (Answer& answer : later.answers) add(settlement.answers, std::move(answer));
    drop_oldest(settlement.gone, most_made_up, [](std::int64_t id) { return id < 0; });
    drop_oldest(settlement.answers, most_answers, [](const Answer&) { return true; });
}

}  // namespace backupwatch
