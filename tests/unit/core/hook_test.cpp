#include "core/backup/hook.hpp"

#include "a_set.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

const HandedBackup handed_nightly{
    "/dumps/shop/1", "1", "shop", "nightly", "/dumps/shop/1/manifest.json"};

/// What the program gets; an unknown placeholder as `unknown: NAME`.
std::vector<std::string> given(const std::vector<std::string>& written) {
    std::vector<HookArgument> arguments;
    for (const std::string& word : written) {
        const auto parsed = parse_hook_argument(word);
        if (const auto* unknown = std::get_if<UnknownPlaceholder>(&parsed)) {
            return {"unknown: " + unknown->name};
        }
        arguments.push_back(std::get<HookArgument>(parsed));
    }
    return fill_in(arguments, handed_nightly);
}

TEST(HookArguments, are_filled_in) {
    using Words = std::vector<std::string>;
    struct Case {
        Words written, given;
    };
    const Case cases[] = {
        {{"copy", "{folder}", "r:b/{database}/{set}/{id}"},
         {"copy", "/dumps/shop/1", "r:b/shop/nightly/1"}},
        {{"{manifest}{id}x"}, {"/dumps/shop/1/manifest.json1x"}},
        // Nothing says where the backup is: it comes last.
        {{}, {"/dumps/shop/1"}},
        {{"-v", ""}, {"-v", "", "/dumps/shop/1"}},
        // Braces that are none of ours.
        {{"{id}", "{}", "a{", "}", "{a b}", "{\"k\":1}", "{-}"},
         {"1", "{}", "a{", "}", "{a b}", "{\"k\":1}", "{-}"}},
        {{"{{id}", "{{{id}", "{{{{"}, {"{id}", "{1", "{{"}},
        {{"{foldr}"}, {"unknown: foldr"}},
        {{"{Folder}"}, {"unknown: Folder"}},
        {{"x{id}{nope}"}, {"unknown: nope"}},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(given(c.written), c.given) << testing::PrintToString(c.written);
    }
}

TEST(HookArguments, of_what_came_in_are_not_looked_at_again) {
    const HandedBackup odd{"/dumps/{id}", "1", "{folder}", "nightly", "m"};

    const HookArgument argument{{Secret("{id}"), {}}, {{}, "folder"}, {{}, "database"}};

    EXPECT_EQ(fill_in({argument}, odd), std::vector<std::string>{"{id}/dumps/{id}{folder}"});
}

TEST(HookVariables, are_the_same_five) {
    std::string text;
    for (const auto& [name, value] : hook_variables(handed_nightly))
        text += name + "=" + value + " ";
    EXPECT_EQ(
        text,
        "BACKUPWATCH_FOLDER=/dumps/shop/1 BACKUPWATCH_ID=1 BACKUPWATCH_DATABASE=shop "
        "BACKUPWATCH_SET=nightly BACKUPWATCH_MANIFEST=/dumps/shop/1/manifest.json "
    );
}

HookRun run_of(int night, HookRun::State state, int tries = 1, const std::string& error = {}) {
    const Instant when = at("2026-11-22T03:00") + night * 24h;
    return {std::to_string(night), when, state, tries, when, 12, error};
}

using State = HookRun::State;

TEST(HookStep, is_the_oldest_that_is_not_over_and_twice_at_most) {
    EXPECT_FALSE(next_hook_step({}));
    EXPECT_FALSE(next_hook_step({run_of(1, State::done), run_of(2, State::failed)}));

    const auto oldest = next_hook_step(
        {run_of(1, State::failed), run_of(2, State::owed, 0), run_of(3, State::owed, 0)}
    );
    ASSERT_TRUE(oldest);
    EXPECT_EQ(oldest->run.backup_id, "2");
    EXPECT_FALSE(oldest->is_given_up);

    EXPECT_FALSE(next_hook_step({run_of(1, State::begun, 1)})->is_given_up) << "once more";
    EXPECT_TRUE(next_hook_step({run_of(1, State::begun, 2)})->is_given_up);
}

std::string noted(const std::vector<HookRun>& news) {
    std::vector<HookRun> runs;
    for (const HookRun& run : news) note_run(runs, run);
    std::string text;
    for (const HookRun& run : runs) {
        text += run.backup_id + ":" + std::to_string(static_cast<int>(run.state)) + "/" +
                std::to_string(run.tries) + " ";
    }
    return text;
}

TEST(HookRuns, keep_what_is_known_best_in_the_order_of_the_backups) {
    EXPECT_EQ(noted({run_of(2, State::owed, 0), run_of(1, State::owed, 0)}), "1:0/0 2:0/0 ");
    EXPECT_EQ(noted({run_of(1, State::begun), run_of(1, State::owed, 0)}), "1:1/1 ");
    EXPECT_EQ(noted({run_of(1, State::failed), run_of(1, State::begun)}), "1:3/1 ");
    EXPECT_EQ(noted({run_of(1, State::begun), run_of(1, State::begun, 2)}), "1:1/2 ");
    EXPECT_EQ(noted({run_of(1, State::owed, 0), run_of(1, State::gone, 0)}), "");
}

TEST(HookRuns, forget_what_is_over_once_a_later_one_is_done) {
    EXPECT_EQ(
        noted(
            {run_of(1, State::done),
             run_of(2, State::failed),
             run_of(3, State::begun),
             run_of(4, State::done),
             run_of(5, State::failed)}
        ),
        "3:1/1 4:2/1 5:3/1 "
    );
}

struct HookCase {
    std::vector<HookRun> runs;
    std::string expected;  ///< `severity failures summary`; empty: silent
};

TEST(HookCheck, follows_the_table) {
    const HookCase cases[] = {
        {{}, ""},
        // Nothing is over, so nothing is known.
        {{run_of(1, State::owed, 0)}, ""},
        {{run_of(1, State::begun)}, ""},
        {{run_of(1, State::done)}, "ok 0 the program of after_backup is done with 1, within 12 s"},
        // That it runs again takes back nothing.
        {{run_of(1, State::done), run_of(2, State::begun)},
         "ok 0 the program of after_backup is done with 1, within 12 s"},
        {{run_of(1, State::failed, 1, "exit code 1: no host")},
         "warning 1 the program of after_backup failed with 1: exit code 1: no host; it was not "
         "done with any before"},
        {{run_of(1, State::done),
          run_of(2, State::failed, 1, "exit code 1"),
          run_of(3, State::failed, 1, "exit code 2"),
          run_of(4, State::owed, 0)},
         "warning 2 the program of after_backup failed with 3: exit code 2; the last that it was "
         "done with is 1"},
        {{run_of(1, State::failed, 1, "exit code 1"), run_of(2, State::done)},
         "ok 0 the program of after_backup is done with 2, within 12 s"},
    };
    for (const HookCase& c : cases) {
        ASet set;
        set.policy.hook_limit = 1h;
        set.seen.hook_runs = c.runs;
        const auto finding = check_hook(set.policy, set.seen, at("2026-11-22T03:00"));
        std::string told;
        if (finding) {
            told = std::string(to_string(finding->severity)) + " " +
                   std::to_string(finding->failures) + " " + finding->summary;
            EXPECT_EQ(finding->threshold, "exit code 0 within 1 h");
        }
        EXPECT_EQ(told, c.expected);
    }
}

TEST(HookCheck, tells_of_a_debt_that_nobody_pays) {
    const Instant night = at("2026-11-23T03:00");
    const struct {
        std::vector<HookRun> runs;
        Duration later;
        std::string expected;
    } cases[] = {
        {{run_of(1, State::owed, 0)}, 2h, ""},
        {{run_of(1, State::owed, 0)},
         2h + 1s,
         "warning 1 the program of after_backup is owed 1 for 2 h, and was not begun; it was not "
         "done with any before"},
        // Whoever began it is stopped, or hangs where nobody can end it.
        {{run_of(0, State::done), run_of(1, State::begun)},
         5h,
         "warning 1 the program of after_backup was begun with 1 5 h ago, and nobody says how that "
         "ended; the last that it was done with is 0"},
        {{run_of(0, State::failed), run_of(1, State::begun)},
         5h,
         "warning 2 the program of after_backup was begun with 1 5 h ago, and nobody says how that "
         "ended; it was not done with any before"},
        // A clock that was put back.
        {{run_of(1, State::owed, 0)}, -48h, ""},
    };
    for (const auto& c : cases) {
        ASet set;
        set.policy.hook_limit = 1h;
        set.seen.hook_runs = c.runs;
        const auto finding = check_hook(set.policy, set.seen, night + c.later);
        std::string told;
        if (finding) {
            told = std::string(to_string(finding->severity)) + " " +
                   std::to_string(finding->failures) + " " + finding->summary;
        }
        EXPECT_EQ(told, c.expected);
        set.seen.clock_doubted_before = night + 1s;
        const auto in_doubt = check_hook(set.policy, set.seen, night + c.later);
        const bool is_late = in_doubt && in_doubt->summary.find("nobody says") != std::string::npos;
        EXPECT_FALSE(is_late) << "a jump of the clock makes nothing late";
    }
}

TEST(HookCheck, is_one_of_sets_with_such_a_program_alone) {
    ASet set;
    set.seen.hook_runs = {run_of(1, State::failed)};
    EXPECT_FALSE(check_hook(set.policy, set.seen, set.now));
    EXPECT_EQ(std::ranges::count(checks_of(set.policy), "after_backup"), 0);
    set.policy.hook_limit = 1h;
    EXPECT_EQ(std::ranges::count(checks_of(set.policy), "after_backup"), 1);
    const auto findings = check_set(set.policy, set.seen, set.now);
    EXPECT_EQ(std::ranges::count(findings, "after_backup", &Finding::check), 1);
}

}  // namespace
}  // namespace backupwatch
