#include "postgres/server_settings.hpp"

#include <gtest/gtest.h>

#include <map>

namespace backupwatch {
namespace {

constexpr std::uint64_t gib = 1024ULL * 1024 * 1024;

using Settings = std::map<std::string, std::string>;

Settings settings(int major, int jobs, const Machine& machine) {
    const auto list = server_settings(major, jobs, machine, "/private/socket");
    return {list.begin(), list.end()};
}

TEST(ServerSettings, are_sized_to_the_machine_within_bounds) {
    struct Row {
        std::uint64_t memory;
        int jobs;
        const char* buffers;
        const char* sorting;
    };
    const Row rows[] = {
        {24 * gib, 2, "512MB", "96MB"},  // cores are free: an index may be built by three
        {24 * gib, 4, "512MB", "32MB"},
        {4 * gib, 8, "512MB", "32MB"},
        {gib, 1, "256MB", "96MB"},
        {gib / 16, 4, "16MB", "16MB"},  // a tiny container
    };
    for (const auto& row : rows) {
        const auto found = settings(15, row.jobs, {.cores = 4, .memory = row.memory});
        EXPECT_EQ(found.at("shared_buffers"), row.buffers) << row.memory;
        EXPECT_EQ(found.at("maintenance_work_mem"), row.sorting) << row.memory;
    }
}

TEST(ServerSettings, leave_index_builds_alone_while_cores_are_free) {
    const Machine machine{.cores = 4, .memory = 8 * gib};

    EXPECT_EQ(settings(15, 2, machine).count("max_parallel_maintenance_workers"), 0U);
    EXPECT_EQ(settings(15, 4, machine).at("max_parallel_maintenance_workers"), "0");
}

TEST(ServerSettings, have_connections_for_every_job_and_reader) {
    const Machine machine{.cores = 128, .memory = 64 * gib};

    EXPECT_EQ(settings(15, 2, machine).at("max_connections"), "100");
    EXPECT_EQ(settings(15, 45, machine).at("max_connections"), "100");
    EXPECT_EQ(settings(15, 128, machine).at("max_connections"), "266");
}

TEST(ServerSettings, name_nothing_that_an_old_major_does_not_know) {
    const auto found = settings(10, 8, {.cores = 1, .memory = gib});

    EXPECT_EQ(found.count("jit"), 0U);
    EXPECT_EQ(found.count("max_parallel_maintenance_workers"), 0U);
}

TEST(ServerSettings, keep_the_server_private) {
    const auto found = settings(15, 2, {.cores = 2, .memory = gib});

    EXPECT_EQ(found.at("listen_addresses"), "");
    EXPECT_EQ(found.at("unix_socket_directories"), "/private/socket");
    EXPECT_EQ(found.at("unix_socket_permissions"), "0700");
}

TEST(Machine, has_cores_and_memory) {
    const Machine ours = Machine::ours();

    EXPECT_GE(ours.cores, 1U);
    EXPECT_GT(ours.memory, gib / 16);
}

}  // namespace
}  // namespace backupwatch
