#include "postgres/supabase_rights.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

struct HiddenCase {
    HiddenRelation relation;
    bool is_left_out;
};

TEST(SupabaseRights, leave_out_what_is_no_users_and_nothing_of_a_users) {
    const HiddenCase cases[] = {
        // An extension's, wherever it lies.
        {{"cron", "job", false, true, "pg_cron"}, true},
        {{"cron", "jobid_seq", true, false, "pg_cron"}, true},
        {{"pgmq", "meta", false, false, "pgmq"}, true},
        {{"public", "spatial_ref_sys", false, false, "postgis"}, true},
        // The user's, in an extension's schema.
        {{"cron", "notes"}, false},
        {{"pgmq", "q_mails"}, false},
        // What the platform writes down of its own work, and of vectors that lie elsewhere.
        {{"auth", "schema_migrations"}, true},
        {{"storage", "migrations"}, true},
        {{"storage", "buckets_vectors"}, true},
        {{"storage", "vector_indexes"}, true},
        {{"supabase_functions", "migrations"}, true},
        {{"supabase_functions", "hooks"}, true},
        {{"supabase_functions", "hooks_id_seq", true, false, "", "supabase_functions.hooks"}, true},
        {{"supabase_functions", "mine"}, false},
        // The platform's tables, the user's rows; a default of theirs names the sequence.
        {{"auth", "users"}, false},
        {{"auth", "refresh_tokens_id_seq", true, false, "", "auth.refresh_tokens"}, false},
        {{"storage", "objects", false, true}, false},
        {{"storage", "migrations", true}, false},
        // The user's.
        {{"public", "posts"}, false},
        {{"public", "posts_id_seq", true, false, "", "public.posts"}, false},
        {{"public", "migrations"}, false},
        {{"public", "schema_migrations", false, true}, false},
    };
    Rights rights;
    rights.role = "postgres";
    for (const HiddenCase& one : cases) rights.hidden.push_back(one.relation);
    std::string left_out;
    std::string refused;
    for (const HiddenCase& one : cases) {
        (one.is_left_out ? left_out : refused) += one.relation.quoted() + "\n";
    }

    std::string taken;
    for (const HiddenRelation& relation : take_platforms(rights)) taken += relation.quoted() + "\n";
    std::string kept;
    for (const HiddenRelation& relation : rights.hidden) kept += relation.quoted() + "\n";

    EXPECT_EQ(taken, left_out);
    EXPECT_EQ(kept, refused);
}

TEST(SupabaseRights, name_what_is_left_out_and_what_would_have_it_in_the_next_dump) {
    const std::vector<HiddenRelation> left_out{
        {"cron", "jobid_seq", true, false, "pg_cron"},
        {"Topo", "topology", false, true, "postgis"}};

    std::string said;
    for (const NotHeld& part : not_held_of(left_out, "dumper", 150020)) {
        said += part.what + ": " + part.why + "\n";
    }

    EXPECT_EQ(
        said,
        "sequence cron.jobid_seq: left out, as the role dumper may not read it: "
        "GRANT pg_read_all_data TO dumper\n"
        "table \"Topo\".topology: left out, as row-level security hides rows of it from the role "
        "dumper: ALTER ROLE dumper BYPASSRLS\n"
    );
}

}  // namespace
}  // namespace backupwatch
