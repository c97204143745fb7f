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

}  // namespace
}  // namespace backupwatch
