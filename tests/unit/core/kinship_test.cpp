#include "core/backup/kinship.hpp"

#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using Tables = std::set<std::string>;

const Tables shop{"public.orders", "public.users"};
const Tables grown{"public.orders", "public.items"};
const Tables blog{"public.posts"};

KinDump kin(const std::string& when, Tables tables, Kinship kinship = Kinship::undecided) {
    return {when, at(when), std::make_shared<const Tables>(std::move(tables)), kinship};
}

/// A database of Laravel's: what that makes in each, and these.
Tables laravel(Tables own) {
    for (const char* name :
         {"cache",
          "cache_locks",
          "failed_jobs",
          "job_batches",
          "jobs",
          "migrations",
          "password_reset_tokens",
          "personal_access_tokens",
          "sessions",
          "users"}) {
        own.insert(std::string("public.") + name);
    }
    return own;
}

const Tables laravel_shop = laravel(
    {"public.carts",
     "public.categories",
     "public.invoices",
     "public.orders",
     "public.payments",
     "public.products"}
);
const Tables laravel_blog = laravel(
    {"public.authors",
     "public.categories",
     "public.comments",
     "public.media",
     "public.posts",
     "public.tags"}
);

TEST(Kinship, is_decided_by_the_last_own_dump_there_or_gone) {
    constexpr auto own = Kinship::own;
    constexpr auto other = Kinship::other;
    struct Case {
        const char* what;
        std::optional<KinDump> reference;
        std::vector<KinDump> dumps;
        std::vector<Kinship> decided;
    };
    const std::string n1 = "2026-11-20T03:00", n2 = "2026-11-21T03:00", n3 = "2026-11-22T03:00";
    const std::vector<Case> cases{
        {"nothing is known: the oldest is", {}, {kin(n1, shop), kin(n2, blog)}, {own, other}},
        {"it grows by and by",
         kin(n1, blog),
         {kin(n2, {"public.posts", "public.items", "public.orders"}), kin(n3, grown)},
         {own, own}},
        {"a name that many have",
         kin(n1, shop),
         {kin(n2, {"public.posts", "public.users"}), kin(n3, {"public.users"})},
         {other, other}},
        {"what a framework makes",
         kin(n1, {"public.orders", "public.schema_migrations", "public.ar_internal_metadata"}),
         {kin(n2, {"public.posts", "public.schema_migrations", "public.ar_internal_metadata"})},
         {other}},
        {"names that many have, of one that has no others",
         kin(n1, {"public.users", "public.sessions"}),
         {kin(n2, {"public.users", "public.sessions", "public.orders"}), kin(n3, blog)},
         {own, other}},
        {"one of several alone",
         kin(n1, {"public.orders", "public.items", "public.customers"}),
         {kin(n2, {"public.posts", "public.customers"})},
         {other}},
        {"one of several, and a table is renamed",
         kin(n1, {"public.users", "public.sessions", "public.posts", "public.comments"}),
         {kin(n2, {"public.users", "public.sessions", "public.posts", "public.replies"})},
         {own}},
        {"one of several, and one that many have",
         kin(n1, {"public.users", "public.posts", "public.comments", "public.tags", "public.a"}),
         {kin(n2, {"public.users", "public.posts", "public.x", "public.y", "public.z"})},
         {other}},
        {"what Laravel makes, and one of six",
         kin(n1, laravel_shop),
         {kin(n2, laravel_blog)},
         {other}},
        {"what Laravel makes, and one of two of another",
         kin(n1, laravel_shop),
         {kin(n2, laravel({"public.categories", "public.posts"}))},
         {other}},
        {"what Laravel makes, and one of two is renamed",
         kin(n1, laravel({"public.categories", "public.posts"})),
         {kin(n2, laravel({"public.categories", "public.articles"}))},
         {own}},
        {"half of them",
         kin(n1, {"public.a", "public.b", "public.c", "public.d"}),
         {kin(n2, {"public.a", "public.b", "public.x", "public.y", "public.z"})},
         {own}},
        {"under half of them",
         kin(n1, {"public.a", "public.b", "public.c", "public.d", "public.e"}),
         {kin(n2, {"public.a", "public.b", "public.x", "public.y", "public.z"})},
         {other}},
        {"most are gone",
         kin(n1, {"public.a", "public.b", "public.c", "public.d", "public.e"}),
         {kin(n2, {"public.a"})},
         {own}},
        {"the good ones are rotated away", kin(n1, shop), {kin(n2, blog)}, {other}},
        {"and come back", kin(n1, shop), {kin(n2, blog, other), kin(n3, grown)}, {other, own}},
        {"what was decided stays",
         kin(n3, blog),
         {kin(n1, shop, own), kin(n2, shop, own), kin(n3, blog, own)},
         {own, own, own}},
        {"an older one that comes late",
         kin(n3, shop),
         {kin(n1, blog), kin(n2, shop)},
         {other, own}},
        {"there was none, and then there are", kin(n1, {}), {kin(n2, blog)}, {own}},
        {"all of them are gone", kin(n1, shop), {kin(n2, {})}, {other}},
    };
    for (const Case& c : cases) {
        auto dumps = c.dumps;
        decide_kinship(c.reference, dumps);
        std::vector<Kinship> decided;
        for (const KinDump& dump : dumps) decided.push_back(dump.kinship);
        EXPECT_EQ(decided, c.decided) << c.what;
    }
}

TEST(Kinship, of_another_database_says_what_it_was_held_against) {
    std::vector<KinDump> dumps{kin("2026-11-22T03:00", blog)};
    decide_kinship(kin("2026-11-21T03:00", shop), dumps);
    EXPECT_EQ(
        dumps[0].reason,
        "it holds none of the 2 tables of 2026-11-21T03:00, the last known to be of this database: "
        "it is a dump of another one (if that is meant: backupwatch accept)"
    );
    dumps = {kin("2026-11-22T03:00", {"public.posts", "public.users"})};
    decide_kinship(kin("2026-11-21T03:00", shop), dumps);
    EXPECT_TRUE(dumps[0].reason.starts_with("it holds only 1 of the 2 tables of 2026-11-21T03:00"))
        << dumps[0].reason;
    dumps = {kin("2026-11-22T03:00", laravel_blog)};
    decide_kinship(kin("2026-11-21T03:00", laravel_shop), dumps);
    EXPECT_TRUE(dumps[0].reason.starts_with(
        "it holds only 1 of the 6 tables of 2026-11-21T03:00, the last known to be of this "
        "database (those aside that many databases have): "
    )) << dumps[0].reason;
}

}  // namespace
}  // namespace backupwatch
