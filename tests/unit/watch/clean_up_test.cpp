#include "process/descriptor.hpp"
#include "unit/watch/fixture.hpp"

#include <fcntl.h>
#include <sys/resource.h>

namespace backupwatch {
namespace {

/// While it lives one file can be opened, and no second: a leftover is found and locked, and then
/// nobody can look for its processes.
class OneDescriptor {
  public:
    OneDescriptor() {
        ::getrlimit(RLIMIT_NOFILE, &usual_);
        const Descriptor next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        const rlimit one{static_cast<rlim_t>(next.get()) + 1, usual_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &one);
    }
    ~OneDescriptor() { ::setrlimit(RLIMIT_NOFILE, &usual_); }

  private:
    rlimit usual_{};
};

class CleanUp : public Watch {};

TEST_F(CleanUp, leaves_to_the_next_start_what_a_drill_left_and_cannot_be_removed) {
    auto world = make_world();
    const auto left = folder / "work/drill-left";
    std::filesystem::create_directories(left);
    {
        const OneDescriptor limit;
        EXPECT_NO_THROW(run_on(loop, world->clean_up()));
    }
    EXPECT_TRUE(std::filesystem::exists(left));

    run_on(loop, world->clean_up());

    EXPECT_FALSE(std::filesystem::exists(left));
}

}  // namespace
}  // namespace backupwatch
