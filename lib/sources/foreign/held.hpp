#pragma once
#include <cstddef>
#include <string_view>

namespace backupwatch {

/// Of what is kept of a file, in bytes: of some 80,000 tables.
inline constexpr std::size_t most_held = 128 << 20;
/// PostgreSQL cuts a name at 63 bytes, each of which may be a quote that is doubled: of three parts
/// with their own quotes and dots, as a policy has them.
inline constexpr std::size_t longest_known_name = 3 * (2 * 63 + 2) + 2;
/// What a name takes beside itself, in the containers that it is in.
inline constexpr std::size_t held_by_name = 100;

/// The name itself. Throws Failure::missing where it is longer than any of PostgreSQL's: before it
/// is taken apart, since a few bytes of a packed file make millions of one.
std::string_view bounded_name(std::string_view name);

/// What is kept of a file, counted. It is read in the daemon's own memory, which no fence limits,
/// and may be anybody's. Throws Failure::missing where it would be more than most_held.
class Held {
  public:
    explicit Held(std::size_t bytes = 0) : bytes_(bytes) {}

    void add(std::size_t bytes);
    /// One that is kept once. Throws as bounded_name() does.
    void add_name(std::string_view name) { add(bounded_name(name).size() + held_by_name); }
    std::size_t bytes() const { return bytes_; }

  private:
    std::size_t bytes_;
};

}  // namespace backupwatch
