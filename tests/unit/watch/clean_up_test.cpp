#include "process/descriptor.hpp"
#include "unit/watch/fixture.hpp"

#include <fcntl.h>
#include <sys/resource.h>

namespace backupwatch {
namespace {

/// While it lives there are that many more descriptors.
class FewDescriptors {
  public:
    explicit FewDescriptors(rlim_t count) {
        ::getrlimit(RLIMIT_NOFILE, &usual_);
        const Descriptor next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        const rlimit few{static_cast<rlim_t>(next.get()) + count, usual_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &few);
    }
    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &usual_); }

  private:
    rlimit usual_{};
};

class CleanUp : public Watch {
  protected:
    /// So many that hang, of which some have a place each, and one last that is healthy.
    static constexpr int most_at_once = 32;
    FakeSource& add_behind_those_that_hang(World& world, int count) {
        for (int i = 0; i < count; ++i) {
            FakeSource& hung = source_of(add_set(world, "hung-" + std::to_string(i)));
            hung.clean_up_lasts = Source::clearing_limit + 1s;
            hung.clean_up_fails = Failure(Failure::Kind::timeout, "hangs");
        }
        return source_of(add_set(world));
    }

    /// However long what hangs may take by the clock. What a drill left is cleared by a thread.
    void await_end() {
        clock.advance(1h);
        for (int turns = 0; turns < 5000 && scope->size() > 0; ++turns) {
            clock.settle();
            std::this_thread::sleep_for(1ms);
        }
        EXPECT_EQ(scope->size(), 0u);
    }
};

TEST_F(CleanUp, leaves_to_the_next_start_what_a_drill_left_and_cannot_be_removed) {
    auto world = make_world();
    const auto left = folder / "work/drill-left";
    std::filesystem::create_directories(left);
    {
        // The event of a call on its own thread has one, a leftover is found and locked with the
        // other, and then nobody can look for its processes.
        const FewDescriptors limit(2);
        EXPECT_NO_THROW(run_on(loop, world->clean_up()));
    }
    EXPECT_TRUE(std::filesystem::exists(left));

    run_on(loop, world->clean_up());

    EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(CleanUp, is_done_of_the_others_where_it_fails_for_some) {
    auto world = make_world();
    for (int i = 0; i < 40; ++i) {
        FakeSource& source = source_of(add_set(*world, "set-" + std::to_string(i)));
        if (i != 39) source.clean_up_fails = Failure(Failure::Kind::denied, "no right");
    }

    run_on(loop, world->clean_up());

    EXPECT_TRUE(source_of(*world->databases.front().sets.back()).is_clean);
}

TEST_F(CleanUp, is_done_of_one_behind_as_many_as_there_are_places_that_hang) {
    auto world = make_world();
    const FakeSource& healthy = add_behind_those_that_hang(*world, most_at_once);

    begin(world->clean_up());
    await_end();

    EXPECT_TRUE(healthy.is_clean);
}

TEST_F(CleanUp, is_left_to_the_next_start_behind_twice_as_many_that_hang) {
    auto world = make_world();
    const FakeSource& healthy = add_behind_those_that_hang(*world, 2 * most_at_once);

    begin(world->clean_up());
    await_end();

    EXPECT_FALSE(healthy.is_clean);
    EXPECT_EQ(failures, std::vector<std::string>());
}

TEST_F(CleanUp, is_left_to_the_next_start_where_nobody_can_wait_for_want_of_descriptors) {
    const auto real = make_clock(loop.get_executor());
    auto world = make_world(1, nullptr, *real);
    const FakeSource& last = add_behind_those_that_hang(*world, most_at_once + 8);
    {
        const FewDescriptors limit(0);
        begin(world->clean_up());
    }
    await_end();

    EXPECT_FALSE(last.is_clean);
    EXPECT_EQ(failures, std::vector<std::string>());
}

}  // namespace
}  // namespace backupwatch
