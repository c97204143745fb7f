// What people are told of a project over a day: one cause is one notice.
#include "unit/watch/fixture.hpp"
#include "unit/watch/supabase_watch.hpp"

namespace backupwatch {
namespace {

using Notices = std::vector<std::string>;

class SupabaseStory : public SupabaseWatch {
  protected:
    SupabaseStory() { start_telling(); }

    /// A process that begins, and tells.
    void start_telling() {
        start();
        world->alerting.use(chat_and_pager());
        world->alerting.deliver = [this](const std::vector<Pending>& notices) {
            for (const Pending& pending : notices) {
                const Notice& notice = pending.notice;
                told.push_back(
                    name_of(pending.lane) + " " + std::string(to_string(notice.kind)) + " " +
                    notice.key.check
                );
                last_summary = notice.summary;
            }
        };
        run_on(loop, world->judge_all());
    }
    /// Its disk is polled every 5 minutes, and looked at every 15.
    void pass(Duration duration) {
        for (Duration passed{}; passed < duration; passed += 5min) {
            project().disk_measured_at = to_rfc3339(clock.now());
            poll();
            if (passed % 15min == 0s) look();
            clock.advance(5min);
        }
    }
    Notices told_since() { return std::exchange(told, {}); }
    std::string disk() const {
        return in_words_of(world->findings().at({"shop", "", "disk"}).finding);
    }

    Notices told;
    std::string last_summary;
};

TEST_F(SupabaseStory, C1_a_refused_token_is_one_notice_that_says_blind) {
    struct Case {
        const char* what;
        Duration known_before;
    };
    for (const auto& [what, known_before] : {Case{"known before", 1h}, Case{"at the start", 0h}}) {
        SCOPED_TRACE(what);
        store = Store::in_memory();
        project() = SupabaseProject(clock.now());
        web.script.instead_of_all.reset();
        start_telling();
        pass(known_before);
        EXPECT_EQ(told_since(), Notices());

        web.script.instead_of_all = refusal(401, "Unauthorized");
        pass(5min);
        EXPECT_TRUE(disk().starts_with("unknown 0: cannot tell how full the disk is")) << disk();
        EXPECT_EQ(told_since(), Notices()) << "it has three tries";
        pass(2h);
        EXPECT_EQ(told_since(), Notices{"slack problem source"});
        EXPECT_TRUE(has(last_summary, "cannot be read since")) << last_summary;
        EXPECT_TRUE(has(last_summary, "the access token is refused")) << last_summary;
        EXPECT_TRUE(disk().starts_with("unknown 1: cannot tell how full the disk is")) << disk();
        start_telling();
        pass(2h);
        EXPECT_EQ(told_since(), Notices()) << "it is known over a restart";

        web.script.instead_of_all.reset();
        pass(1h);
        EXPECT_EQ(told_since(), Notices{"slack recovery source"});
        EXPECT_TRUE(disk().starts_with("ok 0")) << disk();
    }
}

TEST_F(SupabaseStory, C10_an_outage_is_one_notice_and_one_that_comes_and_goes_is_none) {
    const FakeAnswer failing{503, {}, "<html>"};
    pass(1h);
    for (int turn = 0; turn < 4; ++turn) {
        web.script.instead_of_all = failing;
        pass(15min);
        web.script.instead_of_all.reset();
        pass(15min);
    }
    EXPECT_EQ(told_since(), Notices());
    web.script.instead_of_all = failing;
    pass(5h);
    EXPECT_EQ(told_since(), Notices{"slack problem source"});
    EXPECT_TRUE(disk().starts_with("unknown 1")) << disk();
    web.script.instead_of_all.reset();
    pass(1h);
    EXPECT_EQ(told_since(), Notices{"slack recovery source"});
}

TEST_F(SupabaseStory, C2_a_disk_that_alone_is_refused_is_told_by_itself_and_at_once) {
    pass(1h);
    web.script.instead["/config/disk/util"] = refusal(403, "Forbidden");
    pass(5min);
    EXPECT_EQ(told_since(), Notices{"slack problem disk"});
    pass(2h);
    EXPECT_EQ(told_since(), Notices());
}

TEST_F(SupabaseStory, C6_a_disk_that_alone_fails_is_told_though_the_backups_are_read) {
    pass(1h);
    web.script.instead["/config/disk/util"] = FakeAnswer{503, {}, "<html>"};
    pass(50min);
    EXPECT_EQ(told_since(), Notices()) << "it is known on";
    pass(1h);
    EXPECT_EQ(told_since(), Notices{"slack problem disk"});
}

TEST_F(SupabaseStory, A5_a_plan_without_backups_is_one_notice) {
    project().backups.clear();
    web.script.plan = "free";
    web.script.retention = std::nullopt;
    pass(24h * 3);
    EXPECT_EQ(told_since(), Notices{"slack problem backup"});
}

TEST_F(SupabaseStory, A5_a_plan_without_backups_is_reminded_of_as_anything_else_is) {
    project().backups.clear();
    web.script.plan = "free";
    web.script.retention = std::nullopt;
    AlertPolicy policy = chat_and_pager();
    policy.reminders = {24h, 24h * 3, 24h * 7};
    world->alerting.use(std::move(policy));
    for (int hours = 0; hours < 24 * 15; ++hours) {
        look();
        clock.advance(1h);
    }
    Notices notices{"slack problem backup"};
    notices.resize(5, "slack reminder backup");
    EXPECT_EQ(told_since(), notices) << "after 1, 3, 7 and 14 days";
}

}  // namespace
}  // namespace backupwatch
