#include "sources/dump/restore_log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace backupwatch {
namespace {

struct Read {
    std::vector<int> finished;
    std::vector<std::string> errors;
    std::string lost;
};

Read read(const std::vector<std::string_view>& lines) {
    Read result;
    const RestoreLog::Items items;
    RestoreLog log([&result](int dump_id) { result.finished.push_back(dump_id); }, items, 15);
    for (const auto line : lines) log.add(line);
    result.errors = log.sorted({}).damage;
    result.lost = log.lost();
    return result;
}

TEST(RestoreLog, tells_which_items_are_finished) {
    const Read result = read({
        "pg_restore: connecting to database for restore",
        "pg_restore: launching item 3375 TABLE DATA posts",
        "pg_restore: finished item 3375 TABLE DATA posts",
        "pg_restore: finished item 3230 CONSTRAINT posts posts_pkey",
    });

    EXPECT_EQ(result.finished, (std::vector<int>{3375, 3230}));
    EXPECT_TRUE(result.errors.empty());
}

TEST(RestoreLog, tells_also_an_error_without_words) {
    EXPECT_EQ(
        read({"pg_restore: error: "}).errors, std::vector<std::string>{"an error without words"}
    );
}

TEST(RestoreLog, reads_a_line_that_lies_among_pieces_of_others) {
    const Read result = read({
        "pg_restore: pg_restore: finished item 3375 TABLE DATA posts",
        "processing data for table \"public.b\"",
        "pg_restore:pg_restore: processing data for table \"public.c\"",
        " finished item 3379 TABLE DATA c",
        "pg_restore: processing data for table \"public.a\"finished item 3376 TABLE DATA tags",
        "pg_restore: creating TABLE \"public.finished item 3378\"",
        "pg_restore: pg_restore: error: COPY failed for table \"b\"",
        "pg_restore: error: could not execute query: finished item 3377",
    });

    EXPECT_EQ(result.finished, (std::vector<int>{3375, 3379, 3376}));
    EXPECT_EQ(
        result.errors,
        (std::vector<std::string>{
            "COPY failed for table \"b\"", "could not execute query: finished item 3377"})
    );
}

TEST(RestoreLog, says_of_an_error_what_it_is_about) {
    const Read result = read({
        "pg_restore: while PROCESSING TOC:",
        "pg_restore: from TOC entry 3230; 2606 16400 CONSTRAINT posts posts_pkey postgres",
        "pg_restore: error: could not execute query: ERROR:  relation \"x\" does not exist",
        "Command was: ALTER TABLE ONLY public.posts",
        "    ADD CONSTRAINT posts_pkey PRIMARY KEY (id);",
        "pg_restore: warning: errors ignored on restore: 1",
    });

    ASSERT_EQ(result.errors.size(), 1u);
    EXPECT_EQ(
        result.errors[0],
        "CONSTRAINT posts posts_pkey postgres: could not execute query: ERROR:  relation \"x\" "
        "does not exist; Command was: ALTER TABLE ONLY public.posts"
    );
}

TEST(RestoreLog, shows_no_value_of_a_row) {
    const Read result = read({
        "pg_restore: error: could not execute query: ERROR:  could not create unique index \"i\"",
        "DETAIL:  Key (email)=(alice@example.com) is duplicated.",
        "pg_restore: error: COPY failed for table \"t\": ERROR:  invalid input syntax for type "
        "integer: \"alice@example.com\"",
        "CONTEXT:  COPY t, line 1, column id: \"alice@example.com\"",
        "pg_restore: error: COPY failed for table \"t\": ERROR:  new row violates check \"c\"",
        "DETAIL:  Failing row contains (1, alice@example.com).",
    });

    ASSERT_EQ(result.errors.size(), 3u);
    for (const auto& error : result.errors) {
        EXPECT_EQ(error.find("alice"), std::string::npos) << error;
    }
    EXPECT_NE(result.errors[1].find("COPY t, line 1, column id"), std::string::npos);
}

TEST(RestoreLog, takes_the_schema_that_every_database_has_for_no_error) {
    EXPECT_TRUE(read({"pg_restore: error: could not execute query: ERROR:  schema \"public\" "
                      "already exists",
                      "Command was: CREATE SCHEMA public;"})
                    .errors.empty());
}

TEST(RestoreLog, judges_an_error_by_its_item_and_the_statement_that_failed) {
    const RestoreLog::Items items{{4, {"TABLE", false}}, {5, {"POLICY", false}}};
    RestoreLog log([](int) {}, items, 15);
    for (const auto line : {
             "pg_restore: from TOC entry 4; 1259 17181 TABLE plain app",
             "pg_restore: error: could not execute query: ERROR:  role \"app\" does not exist",
             "Command was: ALTER TABLE public.plain OWNER TO app;",
             "pg_restore: from TOC entry 5; 3256 17206 POLICY plain pol app",
             "pg_restore: error: could not execute query: ERROR:  role \"app\" does not exist",
             "Command was: CREATE POLICY pol ON public.plain TO app USING (true);",
             // Of the same item again, which is not told twice.
             "pg_restore: error: could not execute query: ERROR:  role \"b\" does not exist",
             "Command was: ALTER POLICY pol;",
         }) {
        log.add(line);
    }

    const auto sorted = log.sorted({});

    ASSERT_EQ(sorted.notes.size(), 1u);
    EXPECT_EQ(sorted.notes[0].what, "owner app");
    ASSERT_EQ(sorted.damage.size(), 2u);
    EXPECT_TRUE(sorted.damage[0].starts_with("POLICY plain pol app: ")) << sorted.damage[0];
    EXPECT_TRUE(sorted.damage[1].starts_with("POLICY plain pol app: ")) << sorted.damage[1];
}

TEST(RestoreLog, takes_no_item_of_another_worker_for_that_of_an_error) {
    const RestoreLog::Items items{{4, {"ACL", true}}};
    RestoreLog log([](int) {}, items, 15);
    for (const auto line : {
             "pg_restore: entering main parallel loop",
             "pg_restore: from TOC entry 4; 0 0 ACL FUNCTION f app",
             "pg_restore: error: could not execute query: ERROR:  function f() does not exist",
             "Command was: GRANT ALL ON FUNCTION f() TO app;",
             "pg_restore: error: could not execute query: ERROR:  relation \"t\" does not exist",
             "Command was: CREATE INDEX i ON t (a);",
         }) {
        log.add(line);
    }

    const auto sorted = log.sorted({"pg_cron"});

    EXPECT_TRUE(sorted.damage.empty());
    EXPECT_EQ(sorted.notes.size(), 0u);
    EXPECT_EQ(sorted.missing.size(), 1u);
}

TEST(RestoreLog, drops_details_that_quote_a_row) {
    const Read result = read({
        "pg_restore: error: COPY failed for table \"t\": ERROR:  invalid input syntax for type "
        "json",
        "DETAIL:  Token \"alice\" is invalid.",
        "CONTEXT:  JSON data, line 1: {alice",
        "pg_restore: error: COPY failed for table \"t\": ERROR:  value \"33612345678\" is out of "
        "range for type integer",
        "CONTEXT:  COPY t, line 1, column id: \"33612345678\"",
    });

    ASSERT_EQ(result.errors.size(), 2u);
    EXPECT_EQ(
        result.errors[0], "COPY failed for table \"t\": ERROR:  invalid input syntax for type json"
    );
    EXPECT_EQ(
        result.errors[1],
        "COPY failed for table \"t\": ERROR:  value \"...\" is out of range for type integer; "
        "CONTEXT:  COPY t, line 1, column id: ..."
    );
}

constexpr std::string_view known =
    "pg_restore: error: could not execute query: ERROR:  schema \"public\" already exists";
constexpr std::string_view failed =
    "pg_restore: error: COPY failed for table \"t\": ERROR:  division by zero";

TEST(RestoreLog, misses_an_error_that_was_lost_in_the_line_of_another_worker) {
    const Read result = read({
        known,
        "pg_restore: entering main parallel loop",
        "pg_restore: processing data for table \"public.t\"error: COPY failed for table \"t\"",
        "pg_restore: warning: errors ignored on restore: 3",
    });

    EXPECT_EQ(result.errors, std::vector<std::string>());
    EXPECT_EQ(
        result.lost,
        "pg_restore counted 3 errors, more than the 1 that could be read: its workers write into "
        "each other's lines"
    );
}

TEST(RestoreLog, reads_an_error_whose_beginning_stands_before_another_line) {
    const Read result = read({
        "pg_restore: entering main parallel loop",
        "pg_restore: pg_restore: finished item 3341 TABLE DATA t",
        "error: COPY failed for table \"t\": ERROR:  division by zero",
        "CONTEXT:  COPY t, line 1",
        "error: that nobody began",
        "pg_restore: warning: errors ignored on restore: 2",
    });

    EXPECT_EQ(result.finished, std::vector<int>{3341});
    ASSERT_EQ(result.errors.size(), 1u);
    EXPECT_TRUE(result.errors[0].starts_with("COPY failed for table \"t\"")) << result.errors[0];
}

TEST(RestoreLog, reads_an_error_with_the_line_of_another_in_its_midst) {
    struct Case {
        std::vector<std::string_view> lines;
        std::vector<std::string> errors;
        std::string lost = "";
    };
    const std::string damage = "could not execute query: ERROR:  boom";
    const Case cases[] = {
        {{"pg_restore: error: pg_restore: finished item 5 DEFAULT ACL",
          "could not execute query: ERROR:  boom",
          "Command was: GRANT;"},
         {damage + "; Command was: GRANT;"}},
        {{"pg_restore: error: pg_restore: could not execute query: ERROR:  boom",
          "Command was: GRANT;",
          "finished item 5 DEFAULT ACL"},
         {damage + "; Command was: GRANT;"}},
        {{"pg_restore: error: pg_restore: pg_restore: finished item 5 DEFAULT ACL",
          "could not execute query: ERROR:  boom",
          "launching item 6 ACL"},
         {damage}},
        {{"pg_restore: error: pg_restore: error: COPY failed for table \"t\"",
          "pg_restore: finished item 5 TABLE DATA t",
          "could not execute query: ERROR:  boom"},
         {"COPY failed for table \"t\"", damage}},
        {{"pg_restore: error: pg_restore: finished item 5 DEFAULT ACL"},
         {},
         "1 error of pg_restore's whose text could not be found: its workers write into each "
         "other's lines"},
        // What is left of a line that nobody knows, and then an error in words that nobody knows.
        {{"pg_restore: pg_restore: finished item 5 DEFAULT ACL",
          "setting owner and privileges for TABLE \"t\"",
          "pg_restore: error: invalid line in large object TOC file"},
         {"invalid line in large object TOC file"}},
        // A statement may begin as an error does.
        {{"pg_restore: finished item 5 DEFAULT ACL",
          "pg_restore: error: could not execute query: ERROR:  boom",
          "Command was: SELECT '",
          "error: ",
          "could not '"},
         {damage + "; Command was: SELECT '"}},
    };
    for (const auto& [lines, errors, lost] : cases) {
        const Read result = read(lines);
        EXPECT_EQ(result.errors, errors) << lines.front();
        EXPECT_EQ(result.lost, lost) << lines.front();
        EXPECT_EQ(result.finished, std::vector<int>{5}) << lines.front();
    }
}

/// What each process writes, piece by piece.
using Pieces = std::vector<std::string>;

Pieces operator+(Pieces first, const Pieces& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

Pieces line(const std::string& text) {
    return {"pg_restore:", " ", text + "\n"};
}

const std::string boom = "could not execute query: ERROR:  boom ";

Pieces error(const std::string& name) {
    return {"pg_restore:", " ", "error: ", boom + name + "\nCommand was: " + name + ";\n"};
}

/// Calls it with each order in which the pieces may come.
void interleave(
    const std::vector<Pieces>& processes,
    std::vector<std::size_t>& written,
    std::string& text,
    const std::function<void()>& with_all
) {
    bool is_all = true;
    for (std::size_t i = 0; i < processes.size(); ++i) {
        if (written[i] == processes[i].size()) continue;
        is_all = false;
        const std::size_t before = text.size();
        text += processes[i][written[i]++];
        interleave(processes, written, text, with_all);
        --written[i];
        text.resize(before);
    }
    if (is_all) with_all();
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines{"pg_restore: entering main parallel loop"};
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

TEST(RestoreLog, reads_what_its_processes_write_in_each_order_of_the_pieces) {
    struct Case {
        std::vector<Pieces> processes;
        std::string errors;
        std::vector<int> finished;
        std::size_t orders;
    };
    const Pieces finished = line("finished item 5 X");
    const Pieces launching = line("launching item 6 Y");
    const Pieces toc = line("while PROCESSING TOC:") + line("from TOC entry 7; 1 2 ACL x app");
    const Case cases[] = {
        {{error("A"), finished}, "A", {5}, 35},
        {{error("A"), finished + launching}, "A", {5}, 210},
        {{error("A"), error("B")}, "AB", {}, 70},
        {{error("A"), toc + error("B")}, "AB", {}, 1001},
        {{toc + error("A"), finished + launching}, "A", {5}, 8008},
        {{error("A"), error("B"), finished}, "AB", {5}, 11'550},
        {{error("A"), finished, launching}, "A", {5}, 4200},
    };
    for (const Case& one : cases) {
        std::vector<std::size_t> written(one.processes.size());
        std::string text;
        std::size_t orders = 0;
        std::vector<std::string> misread;
        interleave(one.processes, written, text, [&] {
            ++orders;
            const Read result = read(lines_of(text));
            std::string errors;
            for (const std::string& shown : result.errors) {
                const char name = shown.back() == ';' ? shown.at(shown.size() - 2) : '?';
                const std::string own = boom + name + "; Command was: " + name + ";";
                errors += shown.ends_with(own) ? name : '?';
            }
            std::ranges::sort(errors);
            const bool is_read =
                errors == one.errors && result.finished == one.finished && result.lost.empty();
            if (!is_read) misread.push_back(text);
        });
        EXPECT_EQ(orders, one.orders);
        EXPECT_EQ(misread.size(), 0u) << "such as\n" << misread.front();
    }
}

TEST(RestoreLog, knows_of_an_awaited_error_what_it_is_about_where_it_is_the_only_one) {
    struct Case {
        std::vector<std::string_view> lines;
        std::vector<std::string> errors;
    };
    const Case cases[] = {
        {{"pg_restore: from TOC entry 4; 0 0 ACL f app",
          "pg_restore: error: pg_restore: from TOC entry 7; 0 0 TABLE t app",
          "could not execute query: ERROR:  boom A",
          "pg_restore: error: could not execute query: ERROR:  boom B"},
         {"ACL f app: " + boom + "A", "TABLE t app: " + boom + "B"}},
        {{"pg_restore: from TOC entry 4; 0 0 ACL f app",
          "pg_restore: error: pg_restore: error: pg_restore: finished item 5 X",
          "could not execute query: ERROR:  boom A",
          "could not execute query: ERROR:  boom B"},
         {boom + "A", boom + "B"}},
    };
    for (const auto& [lines, errors] : cases) {
        std::vector<std::string_view> all{"pg_restore: entering main parallel loop"};
        all.insert(all.end(), lines.begin(), lines.end());
        EXPECT_EQ(read(all).errors, errors);
    }
}

TEST(RestoreLog, misses_nothing_where_pg_restore_counts_what_it_saw) {
    struct Case {
        std::vector<std::string_view> lines;
        std::size_t errors;
    };
    const Case cases[] = {
        {{known, "pg_restore: warning: errors ignored on restore: 1"}, 0},
        {{failed, failed, "pg_restore: warning: errors ignored on restore: 2"}, 2},
        // A worker's error counts, and so does its item.
        {{known,
          "pg_restore: entering main parallel loop",
          failed,
          "pg_restore: warning: errors ignored on restore: 3"},
         1},
    };
    for (const auto& [lines, errors] : cases) {
        const Read result = read(lines);
        EXPECT_EQ(result.errors.size(), errors);
        EXPECT_EQ(result.lost, "");
    }
}

TEST(RestoreLog, is_bounded) {
    const RestoreLog::Items items;
    RestoreLog log([](int) {}, items, 15);
    for (int i = 0; i < 5000; ++i) {
        log.add("pg_restore: error: " + std::string(5000, 'x'));
        for (int j = 0; j < 10; ++j) log.add("DETAIL: " + std::string(5000, 'y'));
    }

    const auto errors = log.sorted({}).damage;

    ASSERT_EQ(errors.size(), 101u);
    EXPECT_LT(errors[0].size(), 2200u);
    EXPECT_EQ(errors.back(), "and 4900 more errors");
}

}  // namespace
}  // namespace backupwatch
