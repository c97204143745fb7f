#include "core/backup/project_lacks.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using Names = std::vector<std::string>;

ProjectNeeds needs_of_backup() {
    ProjectNeeds needs;
    needs.loaded = {{"auth.sessions", {"id", "tag"}}};
    needs.empty = {{"storage.prefixes", {"name", "level"}}};
    needs.sequences = {"auth.refresh_tokens_id_seq"};
    return needs;
}

struct LacksCase {
    const char* name;
    ProjectLacks lacks;
    Names refused;  ///< tables
    Names left_out;
    Names gone;
    const char* note;
};

TEST(ProjectLacks, are_left_out_where_nothing_is_lost_and_refused_where_rows_are) {
    const LacksCase table[] = {
        {"nothing", {}, {}, {}, {}, ""},
        {"a table with rows", {{{"auth.sessions"}}, {}}, {"auth.sessions"}, {}, {}, ""},
        {"a column of one", {{{"auth.sessions", "tag"}}, {}}, {"auth.sessions"}, {}, {}, ""},
        {"an empty table",
         {{{"storage.prefixes"}}, {}},
         {},
         {"storage.prefixes"},
         {"storage.prefixes"},
         "storage.prefixes: empty in the backup, and the project had none: the platform's, or its "
         "user's, who makes it there"},
        // What stands on the table, and not on them, stands.
        {"columns of one",
         {{{"storage.prefixes", "level"}, {"storage.prefixes", "name"}}, {}},
         {},
         {"storage.prefixes"},
         {},
         "storage.prefixes: empty in the backup, and the project's had no columns level and name: "
         "the platform's, or its user's, who makes it there"},
        {"a sequence",
         {{}, {"auth.refresh_tokens_id_seq"}},
         {},
         {},
         {},
         "sequence auth.refresh_tokens_id_seq: not set, the project had none: the platform's, or "
         "its user's, who makes it there"},
    };
    for (const LacksCase& one : table) {
        SCOPED_TRACE(one.name);
        ProjectContent content;
        judge_lacks(content, needs_of_backup(), one.lacks);
        Names refused;
        for (const auto& part : content.absent) refused.push_back(part.table);
        EXPECT_EQ(refused, one.refused);
        const auto& tables = content.left_out.tables;
        EXPECT_EQ(Names(tables.begin(), tables.end()), one.left_out);
        EXPECT_EQ(Names(content.gone.begin(), content.gone.end()), one.gone);
        EXPECT_EQ(content.left_out.sequences.size(), one.lacks.sequences.size());
        std::string note;
        for (const SkippedPart& part : content.notes) note += part.what + ": " + part.why;
        EXPECT_EQ(note, one.note);
    }
}

TEST(ProjectLacks, of_extensions_are_left_out_where_nothing_of_the_backup_needs_them) {
    ProjectContent content;
    content.unavailable = {"plv8", "rum"};
    ProjectFit fit;
    fit.extensions = {"plv8"};
    fit.needing = {{"FUNCTION", "public", "f()"}};
    fit.standing = {{"POLICY", "storage", "prefixes own"}};

    judge_fit(content, fit);

    EXPECT_EQ(content.unavailable, Names{"plv8"});
    EXPECT_EQ(content.needing, fit.needing);
    EXPECT_EQ(content.standing, fit.standing);
    EXPECT_EQ(content.left_out.extensions, std::set<std::string>{"rum"});
    ASSERT_EQ(content.notes.size(), 1u);
    EXPECT_EQ(content.notes.front().what, "extension rum");
}

TEST(ProjectLacks, are_asked_of_the_backup_each_whether_it_has_rows_for_it_or_none) {
    ProjectContent content;
    content.unavailable = {"plv8"};
    judge_lacks(
        content,
        needs_of_backup(),
        {{{"auth.sessions", "tag"}, {"auth.users"}, {"storage.prefixes", "level"}}, {}}
    );
    ProjectNeeds needs;
    needs.empty = {{"storage.gone", {}}};
    judge_lacks(content, needs, {{{"storage.gone"}}, {}});

    const NeededPerhaps perhaps = needed_perhaps(content);

    EXPECT_EQ(perhaps.extensions, std::set<std::string>{"plv8"});
    Names asked;
    for (const auto& one : perhaps.absent) asked.push_back(one.table + " " + one.column);
    EXPECT_EQ(
        asked,
        (Names{"auth.sessions tag", "auth.users ", "storage.gone ", "storage.prefixes level"})
    );

    // Of a backup that does not tell, none is left out.
    judge_fit(content, all_needed(perhaps));
    EXPECT_EQ(content.unavailable, Names{"plv8"});
    EXPECT_EQ(content.standing.size(), 4u);
    EXPECT_EQ(content.standing.back(), (ListedEntry{"TABLE", "storage", "prefixes"}));
}

}  // namespace
}  // namespace backupwatch
