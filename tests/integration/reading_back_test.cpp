#include "drill/large_objects.hpp"
#include "dump_fixture.hpp"
#include "sources/dump/sha256.hpp"

namespace backupwatch {
namespace {

/// What is read back is not in a throw-away server here, but in `shop` of the tests' server.
class ReadingBack : public DumpTest {
  protected:
    Rows large_objects(const std::string& database) {
        const auto connection = run_on(
            loop_, Connection::connect(Secret(server_.url(database)), faithful_settings(), patience)
        );
        return run_on(loop_, read_large_objects(*connection, pool_, patience));
    }
};

/// 20 MB, and 40 MB of which all but the last byte is a hole: both beyond what is hashed in one
/// piece, neither ends where a piece does. The rest is small, or empty.
constexpr const char* large_objects_of_all_sizes = R"(
SELECT lo_from_bytea(0, convert_to(repeat('0123456789abcde', 1400001), 'UTF8'));
SELECT lo_put(lo_create(4711), 40000000, 'x');
SELECT lo_from_bytea(0, convert_to(i::text, 'UTF8')) FROM generate_series(1, 40) i;
SELECT lo_create(0);)";

TEST_F(ReadingBack, of_large_objects_gives_the_hash_that_the_dump_has) {
    server_.execute("shop", large_objects_of_all_sizes);
    const auto source = make(plan());
    const Backup backup = take(*source);
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    ASSERT_EQ(manifest.large_objects.value().count, 43u);

    EXPECT_EQ(large_objects("shop"), *manifest.large_objects);
    server_.execute("shop", "SELECT lo_put(4711, 39999999, 'y')");
    EXPECT_NE(large_objects("shop"), *manifest.large_objects);
}

TEST_F(ReadingBack, of_a_large_object_takes_more_than_the_gigabyte_that_fits_into_a_value) {
    constexpr std::size_t megabyte = 1 << 20;
    server_.execute("shop", "SELECT lo_put(lo_create(4711), 1024::bigint * 1048576, 'x')");

    Sha256 expected;
    const std::string hole(megabyte, '\0');
    for (int i = 0; i < 1024; ++i) expected.add(hole);
    expected.add("x");
    EXPECT_EQ(large_objects("shop"), hash_row("4711\t" + expected.hex()));
}

}  // namespace
}  // namespace backupwatch
