#include "commands/verbs.hpp"
#include "unit/watch/fixture.hpp"

#include <boost/json/array.hpp>

namespace backupwatch {
namespace {

using ListCommand = Watch;

TEST_F(ListCommand, names_what_a_backup_may_be_a_copy_of) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    const Request request{"list", {"shop"}, {}};
    const auto list = [&] { return run_on(loop, list_command(*world, request, [](auto&&...) {})); };
    EXPECT_TRUE(list().document.at("backups").at(0).at("unchanged_since").is_null());

    source_of(set).backups.front().unchanged_since = noon - 48h;

    const Reply reply = list();
    EXPECT_EQ(
        reply.document.at("backups").at(0).at("unchanged_since").as_string(), "2026-11-20T12:00:00Z"
    );
    EXPECT_NE(
        reply.text.find("  byte for byte the one of 2026-11-20T12:00:00Z\n"), std::string::npos
    ) << reply.text;
}

}  // namespace
}  // namespace backupwatch
