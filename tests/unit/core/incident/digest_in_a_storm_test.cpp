// A digest among a storm would be one line of it, without anything that it says.
#include "core/incident/outbox.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<std::int64_t>;

const Tick morning{*parse_rfc3339("2026-11-22T07:00:00Z"), 1000s};

std::vector<Pending> storm_with_digest(std::size_t problems) {
    std::vector<Pending> queue(problems + 1);
    for (std::size_t i = 0; i < queue.size(); ++i) {
        queue[i].id = queue[i].order = static_cast<std::int64_t>(i) + 1;
        queue[i].notice.severity = Severity::critical;
        if (i == 0) {
            queue[i].notice.kind = NoticeKind::digest;
        } else {
            queue[i].notice.incident = static_cast<std::int64_t>(i);
            queue[i].notice.key.database = std::to_string(i);
        }
    }
    return fold(std::move(queue)).queue;
}

TEST(DigestInAStorm, is_sent_by_itself) {
    EXPECT_EQ(plan_send(storm_with_digest(7), {}, {}, morning).ids, (Ids{2, 3, 4, 5, 6, 7, 8}));
}

TEST(DigestInAStorm, comes_after_it) {
    LaneState lane;
    lane.sent = {morning.uptime - 1s};
    EXPECT_EQ(plan_send(storm_with_digest(0), lane, {}, morning).ids, Ids{1});
}

TEST(DigestInAStorm, of_digests_alone_is_no_storm) {
    std::vector<Pending> queue = storm_with_digest(0);
    for (std::int64_t id = 2; id < 9; ++id) {
        queue.push_back(queue.front());
        queue.back().id = queue.back().order = id;
    }
    EXPECT_EQ(plan_send(queue, {}, {}, morning).ids, Ids{1});
}

}  // namespace
}  // namespace backupwatch
