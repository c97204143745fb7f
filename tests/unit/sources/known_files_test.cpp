#include "sources/foreign/known_files.hpp"

#include "sources/foreign/verdict_text.hpp"
#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

const std::string this_judge = "1 shop shop";

std::shared_ptr<const InspectedDump> with_table(const std::string& id, const std::string& table) {
    InspectedDump dump;
    dump.manifest.id = id;
    dump.manifest.is_from_file = true;
    dump.manifest.files = {{id, 1, 1, std::string(64, 'a')}};
    dump.manifest.tables.emplace_back().name = table;
    return std::make_shared<const InspectedDump>(dump);
}

JudgedFile whole(const std::string& id, const std::string& table) {
    JudgedFile judged;
    judged.stamp = "stamp of " + id;
    judged.status = BackupStatus::completed;
    judged.inspected = with_table(id, table);
    judged.at = at(id);
    return judged;
}

FileVerdict kept(const std::string& id, const std::string& table, Kinship kinship) {
    FileVerdict verdict;
    verdict.file = {id, "stamp of " + id};
    verdict.judge = this_judge;
    verdict.at = at(id);
    verdict.status = BackupStatus::completed;
    verdict.kinship = kinship;
    verdict.error = kinship == Kinship::other ? "another's" : "";
    verdict.content = verdict_text(*with_table(id, table));
    return verdict;
}

/// As they lie in the folder, listed.
class Files {
  public:
    Files() : known(this_judge) {}

    std::vector<ForeignDump> list(const std::vector<std::string>& ids) {
        known.forget_all_but(ids);
        std::vector<ForeignDump> dumps;
        for (const std::string& id : ids) {
            const auto judged = known.find(id, "stamp of " + id);
            ForeignDump& dump = dumps.emplace_back();
            dump.backup = with_status(BackupStatus::running, id);
            dump.backup.is_unread = !judged;
            if (!judged) continue;
            dump.backup.status = judged->status;
            dump.stamp = judged->stamp;
            dump.is_whole = judged->marks.has_value();
            dump.inspected = judged->inspected;
        }
        known.decide(dumps, noon);
        return dumps;
    }
    BackupStatus status(const std::string& id) { return list({id}).at(0).backup.status; }
    void keep() { known.note_kept(known.changes(noon)); }

    KnownFiles known;
};

const std::string first = "2026-11-20T03:00";
const std::string second = "2026-11-21T03:00";

TEST(KnownFiles, are_of_no_database_until_the_state_has_said_what_it_knows) {
    Files files;
    files.known.add(second, whole(second, "public.posts"));
    const auto before = files.list({second}).at(0);
    EXPECT_TRUE(before.backup.is_unread);
    EXPECT_FALSE(before.is_whole);
    EXPECT_FALSE(files.known.acceptance(noon));
    files.keep();

    files.known.recall(
        {kept(first, "public.orders", Kinship::own), kept(second, "public.posts", Kinship::other)},
        noon
    );
    EXPECT_EQ(files.status(second), BackupStatus::failed) << "the state knew better";
    EXPECT_EQ(files.list({second}).at(0).backup.error, "another's");

    const auto accepted = files.known.acceptance(noon);
    ASSERT_TRUE(accepted);
    files.known.accept(accepted->file);
    EXPECT_EQ(files.status(second), BackupStatus::completed);
}

TEST(KnownFiles, of_which_the_state_knows_none_are_of_this_database) {
    Files files;
    files.known.recall({}, noon);
    files.known.add(first, whole(first, "public.orders"));
    EXPECT_EQ(files.status(first), BackupStatus::completed);
}

TEST(KnownFiles, that_cannot_be_read_any_more_say_why_though_they_were_of_another_database) {
    FileVerdict former = kept(second, "public.posts", Kinship::other);
    former.judge = "0 shop shop";
    Files files;
    files.known.recall({kept(first, "public.orders", Kinship::own), former}, noon);
    JudgedFile damaged;
    damaged.stamp = "stamp of " + second;
    damaged.status = BackupStatus::failed;
    damaged.error = "cut short";
    files.known.add(second, damaged);

    files.list({second});
    const auto change = files.known.changes(noon);
    ASSERT_EQ(change.known.size(), 1u);
    EXPECT_EQ(change.known.at(0).error, "cut short");
    EXPECT_FALSE(files.known.acceptance(noon)) << "there is nothing to accept";
    files.known.accept({second, "stamp of " + second});
    EXPECT_EQ(files.known.find(second, "stamp of " + second)->kinship, Kinship::undecided);
}

TEST(KnownFiles, of_another_judge_stay_of_their_database_until_they_are_read_again) {
    FileVerdict former = kept(second, "public.posts", Kinship::other);
    former.judge = "0 shop shop";
    Files files;
    files.known.recall({former}, noon);
    EXPECT_TRUE(files.list({second}).at(0).backup.is_unread);
    EXPECT_TRUE(files.known.changes(noon).gone.empty());

    files.known.add(second, whole(second, "public.posts"));
    EXPECT_EQ(files.status(second), BackupStatus::failed);
}

TEST(KnownFiles, are_not_forgotten_while_their_folder_is_away) {
    Files files;
    files.known.recall({kept(first, "public.orders", Kinship::own)}, noon);
    files.known.recall({kept(second, "public.orders", Kinship::own)}, noon);
    files.list({});
    EXPECT_TRUE(files.known.changes(noon).gone.empty());
    EXPECT_EQ(files.status(first), BackupStatus::completed);

    files.list({second});
    EXPECT_EQ(files.known.changes(noon).gone, (std::vector<FileKey>{{first, "stamp of " + first}}));
}

/// A file of SQL with these bytes.
JudgedFile with_sql(const std::string& id, char bytes, bool is_unique) {
    JudgedFile judged = whole(id, "public.posts");
    InspectedDump dump = *judged.inspected;
    dump.sql_sha256 = std::string(64, bytes);
    dump.is_unique = is_unique;
    judged.inspected = std::make_shared<const InspectedDump>(dump);
    return judged;
}

const std::string third = "2026-11-22T03:00";

TEST(KnownFiles, of_the_bytes_of_an_earlier_one_are_no_newer_or_may_be) {
    struct Case {
        const char* what;
        char bytes;
        bool is_unique;
        std::string finished;
        std::optional<Instant> unchanged_since;
    };
    const std::vector<Case> cases{
        {"other bytes", 'b', true, third, {}},
        {"a copy", 'a', true, first, {}},
        {"a copy, or nothing has changed", 'a', false, third, at(first)},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.what);
        Files files;
        files.known.recall({}, noon);
        files.known.add(first, with_sql(first, 'a', c.is_unique));
        files.known.add(third, with_sql(third, c.bytes, c.is_unique));
        const Backup newest = files.list({first, third}).at(1).backup;
        EXPECT_EQ(newest.status, BackupStatus::completed);
        EXPECT_EQ(newest.finished_at, at(c.finished));
        EXPECT_EQ(newest.unchanged_since, c.unchanged_since);
    }
}

TEST(KnownFiles, are_copies_though_the_earlier_one_is_gone_and_another_process_saw_it) {
    Files files;
    files.known.recall({}, noon);
    files.known.add(first, with_sql(first, 'a', true));
    files.list({first});
    files.known.add(second, with_sql(second, 'a', true));
    EXPECT_EQ(files.list({second}).at(0).backup.finished_at, at(first));
    const auto change = files.known.changes(noon);
    ASSERT_EQ(change.known.size(), 1u) << "of the first nothing is needed any more";

    Files later;
    later.known.add(third, with_sql(third, 'a', true));
    later.known.recall(change.known, noon);
    EXPECT_EQ(later.list({third}).at(0).backup.finished_at, at(first));
}

TEST(KnownFiles, are_copies_in_the_place_of_what_they_are_copies_of) {
    for (const bool is_recalled_late : {false, true}) {
        Files files;
        files.known.recall({}, noon);
        // Not the newest: that one is remembered in any case.
        files.known.add(first, with_sql(first, 'a', true));
        files.known.add(second, with_sql(second, 'b', true));
        files.list({first, second});
        const auto change = files.known.changes(noon);
        JudgedFile anew = with_sql(first, 'a', true);
        anew.stamp = "another stamp";
        anew.at = at(third);

        Files later;
        if (!is_recalled_late) later.known.recall(change.known, noon);
        later.known.add(first, anew);
        if (is_recalled_late) later.known.recall(change.known, noon);
        const auto judged = later.known.find(first, "another stamp");
        ASSERT_TRUE(judged && judged->inspected);
        EXPECT_EQ(judged->inspected->since, at(first)) << is_recalled_late;
    }
}

TEST(KnownFiles, are_of_another_database_only_once_those_that_say_so_are_read) {
    Files files;
    files.known.recall({}, noon);
    files.known.add(second, whole(second, "public.orders"));
    files.known.add(third, whole(third, "public.posts"));
    const Backup before = files.list({first, second, third}).at(2).backup;
    EXPECT_EQ(before.status, BackupStatus::running);
    EXPECT_TRUE(before.is_unread);
    EXPECT_NE(before.error.find("still to be read"), std::string::npos) << before.error;

    files.known.add(first, whole(first, "public.posts"));
    const auto read = files.list({first, second, third});
    EXPECT_EQ(read.at(2).backup.status, BackupStatus::completed);
    EXPECT_EQ(read.at(1).backup.status, BackupStatus::failed);

    Files later;
    later.known.recall({kept(second, "public.posts", Kinship::other)}, noon);
    EXPECT_EQ(later.list({first, second}).at(1).backup.status, BackupStatus::failed)
        << "what was decided stays, whatever is still to be read";
}

TEST(KnownFiles, dated_in_the_future_are_nothing_that_others_are_held_against) {
    const std::string future = "2036-11-22T03:00";
    Files files;
    files.known.recall(
        {kept(first, "public.orders", Kinship::own), kept(future, "public.posts", Kinship::own)},
        noon
    );
    files.known.add(second, whole(second, "public.orders"));
    EXPECT_EQ(files.status(second), BackupStatus::completed);
    files.known.add(third, whole(third, "public.posts"));
    EXPECT_EQ(files.status(third), BackupStatus::failed);
}

TEST(KnownFiles, that_are_kept_are_not_held_in_memory_and_read_back) {
    Files files;
    files.known.recall({}, noon);
    files.known.add(second, with_sql(second, 'a', true));
    files.list({second});
    const FileVerdictChange change = files.known.changes(noon);
    ASSERT_EQ(change.known.size(), 1u);
    files.known.note_kept(change);
    const FileKey file{second, "stamp of " + second};
    EXPECT_EQ(files.known.find(second, file.stamp)->inspected, nullptr) << "it is held";
    EXPECT_TRUE(files.list({second}).at(0).is_whole);
    const std::string& content = change.known[0].content;
    EXPECT_EQ(files.known.content_of(file, content)->manifest.id, second);

    // An earlier one comes later: what is kept of the other changes.
    files.known.add(first, with_sql(first, 'a', true));
    files.list({first, second});
    const auto later = files.known.changes(noon).known;
    ASSERT_EQ(later.size(), 2u);
    EXPECT_EQ(later[1].file, file);
    EXPECT_EQ(later[1].content, "") << "the state has it";
    EXPECT_EQ(files.known.content_of(file, content)->since, at(first));

    EXPECT_EQ(files.known.content_of(file, "{}"), nullptr);
    EXPECT_FALSE(files.known.find(second, file.stamp)) << "it has to be read again";
}

/// The state is slow, and another look lists the folder meanwhile.
TEST(KnownFiles, of_which_more_is_known_once_they_are_written_down_are_written_down_again) {
    Files files;
    files.known.recall({}, noon);
    files.known.add(third, with_sql(third, 'a', true));
    files.list({third});
    const FileVerdictChange under_way = files.known.changes(noon);
    files.known.add(first, with_sql(first, 'a', true));
    files.list({first, third});
    files.known.note_kept(under_way);

    const auto change = files.known.changes(noon);
    ASSERT_EQ(change.known.size(), 2u);
    EXPECT_EQ(change.known[1].file.id, third);
    Files later;
    later.known.recall(change.known, noon);
    EXPECT_EQ(later.list({third}).at(0).backup.finished_at, at(first)) << "it is a copy";

    // The older one may have been the last to be written.
    files.known.note_kept(change);
    files.known.note_kept(under_way);
    EXPECT_EQ(files.known.changes(noon).known.size(), 1u);
}

TEST(KnownFiles, that_are_recalled_are_not_held_in_memory) {
    Files files;
    files.known.recall({kept(first, "public.orders", Kinship::own)}, noon);
    EXPECT_EQ(files.status(first), BackupStatus::completed);
    EXPECT_EQ(files.known.find(first, "stamp of " + first)->inspected, nullptr);
}

/// With more in it than is kept.
JudgedFile too_long(const std::string& id) {
    JudgedFile judged = with_sql(id, 'a', true);
    InspectedDump dump = *judged.inspected;
    dump.prelude.emplace_back(longest_verdict_text, 'x');
    judged.inspected = std::make_shared<const InspectedDump>(dump);
    return judged;
}

TEST(KnownFiles, that_are_too_long_to_be_kept_are_known_by_what_others_are_held_against) {
    Files files;
    files.known.recall({}, noon);
    files.known.add(first, too_long(first));
    files.list({first});
    const auto change = files.known.changes(noon);
    ASSERT_EQ(change.known.size(), 1u);
    EXPECT_EQ(change.known[0].status, BackupStatus::completed);
    EXPECT_EQ(change.known[0].kinship, Kinship::own);
    EXPECT_LT(change.known[0].content.size(), 1000u);
    files.known.note_kept(change);
    EXPECT_TRUE(files.known.changes(noon).known.empty()) << "it is kept";

    Files later;
    later.known.recall(change.known, noon);
    EXPECT_TRUE(later.list({first}).at(0).backup.is_unread) << "of its content nothing is known";
    EXPECT_EQ(
        later.known.why_again(first, "stamp of " + first),
        "what was found in it is too long to be kept, so it is read again after each restart"
    );
    later.known.add(second, whole(second, "public.orders"));
    EXPECT_EQ(later.status(second), BackupStatus::failed) << "another database's";
    later.known.add(third, with_sql(third, 'a', true));
    EXPECT_EQ(later.list({third}).at(0).backup.finished_at, at(first)) << "a copy of it";
}

TEST(KnownFiles, that_are_too_long_to_be_kept_are_let_go_but_for_the_newest_and_what_is_asked_for) {
    const std::vector<std::string> nights{
        "2026-11-18T03:00", "2026-11-19T03:00", first, second, third};
    Files files;
    files.known.recall({}, noon);
    for (const std::string& night : nights) files.known.add(night, too_long(night));
    files.list(nights);
    files.keep();
    const auto is_held = [&](const std::string& id) {
        const auto judged = files.known.find(id, "stamp of " + id);
        return judged && judged->inspected != nullptr;
    };
    for (const std::string& night : nights) {
        EXPECT_EQ(is_held(night), night == second || night == third) << night;
        EXPECT_TRUE(files.list(nights).at(0).is_whole) << "it is still known";
    }

    const FileKey oldest{nights[0], "stamp of " + nights[0]};
    EXPECT_EQ(files.known.content_of(oldest, "{}"), nullptr);
    EXPECT_FALSE(files.known.find(oldest.id, oldest.stamp)) << "it is to be read again";
    EXPECT_TRUE(files.known.changes(noon).gone.empty());
    files.known.add(oldest.id, too_long(oldest.id));
    EXPECT_EQ(files.known.find(oldest.id, oldest.stamp)->kinship, Kinship::own) << "as it was";
    files.keep();
    EXPECT_TRUE(is_held(oldest.id)) << "whoever asked for it gets nothing";
    EXPECT_TRUE(is_held(third));
}

TEST(KnownFiles, are_written_down_in_portions_and_those_that_are_gone_at_the_end) {
    const std::vector<std::string> nights{first, second, third};
    Files files;
    files.known.recall({kept("2026-11-18T03:00", "public.posts", Kinship::undecided)}, noon);
    for (const std::string& night : nights) {
        JudgedFile judged = whole(night, "public.posts");
        InspectedDump dump = *judged.inspected;
        dump.prelude.emplace_back(most_written / 2, 'x');
        judged.inspected = std::make_shared<const InspectedDump>(dump);
        files.known.add(night, judged);
    }
    files.list(nights);
    EXPECT_GT(files.known.unkept_bytes(), most_written);

    FileVerdictChange change = files.known.changes(noon);
    ASSERT_EQ(change.known.size(), 2u);
    EXPECT_TRUE(change.gone.empty());
    files.known.note_kept(change);
    change = files.known.changes(noon, second + '\0');
    ASSERT_EQ(change.known.size(), 1u);
    EXPECT_EQ(change.known[0].file.id, third);
    EXPECT_EQ(change.gone.size(), 1u);
    files.known.note_kept(change);
    EXPECT_EQ(files.known.unkept_bytes(), 0u);
}

TEST(KnownFiles, of_the_same_tables_share_their_names) {
    Files files;
    files.known.recall({kept(first, "public.posts", Kinship::own)}, noon);
    files.known.add(second, whole(second, "public.posts"));
    const auto one = files.known.find(first, "stamp of " + first);
    const auto other = files.known.find(second, "stamp of " + second);
    ASSERT_TRUE(one && one->marks && other && other->marks);
    EXPECT_EQ(one->marks->tables, other->marks->tables) << "they are there twice";
}

}  // namespace
}  // namespace backupwatch
