// A folder of more dumps than are read within one look.
#include "unit/watch/fixture.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

class ReadingOn : public Watch {
  protected:
    ReadingOn() {
        set().settings.drill.reset();
        for (int nights = 6; nights > 0; --nights) {
            source().add(noon - nights * 24h);
            source().backups.back().is_unread = true;
            source().backups.back().status = BackupStatus::running;
        }
    }
    ~ReadingOn() override { end_all(); }

    WatchedSet& set() { return *world->databases[0].sets[0]; }
    FakeSource& source() { return source_of(set()); }
    /// A poll, and what it leaves to be done beside the next ones.
    void poll() {
        begin(work_once());
        clock.settle();
    }
    Task<> work_once() {
        const Stream polled = stream(world, "poll");
        co_await polled.work(due(noon));
    }
    long unread() {
        const auto& backups = set().inventory->backups;
        return std::ranges::count_if(backups, &Backup::is_unread);
    }

    std::shared_ptr<World> world = [this] {
        auto made = make_world();
        add_set(*made);
        return made;
    }();
};

TEST_F(ReadingOn, does_not_wait_for_the_next_poll_where_each_look_finds_more_of_it_read) {
    source().reads_in_a_slice = 2;
    poll();
    EXPECT_EQ(unread(), 6);

    clock.advance(10min);
    EXPECT_EQ(unread(), 0);
    EXPECT_EQ(source().catch_ups, 3);
    EXPECT_EQ(failures, std::vector<std::string>());
}

TEST_F(ReadingOn, is_left_to_the_next_poll_where_nothing_more_was_read) {
    poll();
    clock.advance(10min);
    EXPECT_EQ(unread(), 6);
    EXPECT_EQ(source().catch_ups, 1);

    source().reads_in_a_slice = 6;
    poll();
    clock.advance(10min);
    EXPECT_EQ(unread(), 0);
    EXPECT_EQ(source().catch_ups, 2);
}

TEST_F(ReadingOn, is_done_once_however_often_it_is_polled) {
    poll();
    poll();
    clock.advance(30s);
    EXPECT_EQ(source().catch_ups, 1);
}

TEST_F(ReadingOn, ends_with_the_configuration_that_it_began_under) {
    source().reads_in_a_slice = 1;
    poll();
    const int lists = source().lists;
    const auto next = reload(*world);
    clock.advance(10min);
    EXPECT_EQ(source().catch_ups, 1);
    EXPECT_EQ(source().lists, lists);
}

}  // namespace
}  // namespace backupwatch
