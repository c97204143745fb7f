// Does what its argument names, so that a test can see that the build's sanitizer notices.
#include <climits>
#include <cstdio>
#include <string_view>
#include <thread>

namespace {

int use_after_free() {
    int* const number = new int(1);
    delete number;
    return *static_cast<volatile int*>(number);
}

int overflow(int by) {
    volatile int number = INT_MAX;
    return number + by;
}

int race() {
    int number = 0;
    std::thread other([&] { ++number; });
    ++number;
    other.join();
    return number;
}

}  // namespace

/// Ends with 0 where nobody notices.
int main(int argc, char** argv) {
    const std::string_view fault = argc > 1 ? argv[1] : "";
    if (fault == "address") std::printf("%d\n", use_after_free());
    if (fault == "undefined") std::printf("%d\n", overflow(argc));
    if (fault == "thread") std::printf("%d\n", race());
}
