#include "unit/watch/fixture.hpp"

namespace backupwatch {
namespace {

class FirstLook : public Watch {};

TEST_F(FirstLook, at_one_set_waits_for_no_other) {
    auto world = make_world();
    WatchedSet& slow = add_set(*world, "slow");
    source_of(slow).list_lasts = 30s;
    WatchedSet& drilled = add_set(*world, "drilled");
    source_of(drilled).add(noon - 1h);
    source_of(drilled).drill_lasts = 1h;
    WatchedSet& last = add_set(*world);

    first_look(world, *scope);
    clock.settle();

    EXPECT_FALSE(slow.last_look);
    EXPECT_EQ(drilled.running, "drill");
    EXPECT_TRUE(last.last_look);
    clock.advance(30s);
    EXPECT_TRUE(slow.last_look);
}

TEST_F(FirstLook, that_cannot_be_recorded_ends_no_other) {
    auto world = make_world();
    WatchedSet& one = add_set(*world, "one");
    WatchedSet& other = add_set(*world, "other");
    store.refuses = true;

    first_look(world, *scope);
    clock.settle();

    EXPECT_TRUE(one.last_look);
    EXPECT_TRUE(other.last_look);
    EXPECT_EQ(failures, std::vector<std::string>());
}

class HungMount : public Watch {
  protected:
    static Severity told(const World& world, const std::string& check) {
        return world.told().at({"shop", "nightly", check}).finding.severity;
    }
};

TEST_F(HungMount, leaves_no_old_green_standing) {
    auto world = make_world();
    WatchedSet& set = add_set(*world);
    source_of(set).add(noon - 1h);
    begin(look_only(*world, set));
    ASSERT_EQ(told(*world, "backup"), Severity::ok);
    source_of(set).list_lasts = 1000h;
    clock.advance(15min);
    begin(look_only(*world, set));

    clock.advance(30min);
    EXPECT_EQ(told(*world, "backup"), Severity::ok);
    clock.advance(2min);

    for (const char* check : {"backup", "retention", "source"}) {
        EXPECT_EQ(told(*world, check), Severity::unknown) << check;
    }
    EXPECT_EQ(worst_of(world->told()), Severity::unknown);
    const auto summary = world->told().at({"shop", "nightly", "backup"}).finding.summary;
    EXPECT_TRUE(summary.starts_with("not looked at since 2026-11-22T12:00Z")) << summary;
}

TEST_F(HungMount, is_not_what_a_suspend_is) {
    auto world = make_world();
    WatchedSet& set = add_set(*world);
    source_of(set).add(noon - 1h);
    begin(look_only(*world, set));
    clock.advance(30min);
    clock.sleep(8h);
    EXPECT_EQ(told(*world, "backup"), Severity::ok) << "its next look is due only now";

    clock.advance(17min);
    EXPECT_EQ(told(*world, "backup"), Severity::unknown) << "awake, and not looked at";
    const auto summary = world->told().at({"shop", "nightly", "backup"}).finding.summary;
    EXPECT_TRUE(summary.starts_with("not looked at since 2026-11-22T12:00Z")) << summary;
}

TEST_F(HungMount, is_over_with_the_first_look_that_comes_back) {
    auto world = make_world();
    WatchedSet& set = add_set(*world);
    source_of(set).add(noon - 1h);
    source_of(set).list_lasts = 2h;
    set.memory->last_seen = moment_of(clock);
    begin(look_only(*world, set));
    clock.advance(1h);
    EXPECT_EQ(told(*world, "backup"), Severity::unknown) << "it was never looked at";
    clock.advance(61min);
    EXPECT_EQ(told(*world, "backup"), Severity::ok);
}

}  // namespace
}  // namespace backupwatch
