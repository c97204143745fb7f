#include "process/descriptor.hpp"
#include "unit/watch/fixture.hpp"

#include <fcntl.h>
#include <sys/resource.h>

namespace backupwatch {
namespace {

/// While it lives there are two more descriptors: the event of a call on its own thread has one, a
/// leftover is found and locked with the other, and then nobody can look for its processes.
class TwoDescriptors {
  public:
    TwoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &usual_);
        const Descriptor next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        const rlimit two{static_cast<rlim_t>(next.get()) + 2, usual_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &two);
    }
    ~TwoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &usual_); }

  private:
    rlimit usual_{};
};

class CleanUp : public Watch {};

TEST_F(CleanUp, leaves_to_the_next_start_what_a_drill_left_and_cannot_be_removed) {
    auto world = make_world();
    const auto left = folder / "work/drill-left";
    std::filesystem::create_directories(left);
    {
        const TwoDescriptors limit;
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

}  // namespace
}  // namespace backupwatch
