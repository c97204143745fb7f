#include "report/opened_text.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

Instant at(const char* text) {
    return parse_rfc3339(text).value();
}

OpenedFacts last_night() {
    OpenedFacts facts;
    facts.target = "shop/nightly";
    facts.backup.id = "20261122T030000Z";
    facts.backup.label = "before 2.0";
    facts.backup.started_at = at("2026-11-22T03:00:00Z");
    facts.now = at("2026-11-22T10:12:00Z");
    facts.until = at("2026-11-22T12:12:00Z");
    return facts;
}

TEST(OpenedText, says_which_backup_it_is_how_old_and_until_when_it_stays) {
    EXPECT_EQ(
        opened_text(last_night()),
        "shop/nightly 20261122T030000Z \"before 2.0\", as it was at 2026-11-22T03:00Z "
        "(7 h 12 min ago)\n"
        "no drill has proven it yet\n"
        "a copy, until 2026-11-22T12:12Z or until it is left\n"
    );
}

TEST(OpenedText, says_what_its_drill_found_and_what_did_not_come_back) {
    OpenedFacts facts = last_night();
    facts.drill = DrillOutcome();
    facts.drill->result = DrillOutcome::Result::failed;
    facts.drill->finished_at = at("2026-11-22T03:10:00Z");
    facts.drill->error = "public.posts: 3 rows missing";
    facts.damaged = facts.backup;
    facts.damaged->id = "20261123T030000Z";
    facts.damaged->status = BackupStatus::failed;
    facts.damaged->error = "it is cut short";
    facts.missing = {{"the extension postgis is not installed here", "install postgis"}};
    facts.errors.assign(12, "could not create \x1b[31mindex");

    const std::string text = opened_text(facts);

    for (const char* words :
         {"its drill failed at 2026-11-22T03:10Z: public.posts: 3 rows missing\n",
          "passed over, since it is damaged: 20261123T030000Z (it is cut short)\n",
          "missing here: the extension postgis is not installed here (install postgis)\n",
          "restored with 12 errors, so something is not there:\n  could not create ",
          "  and 2 more\n"}) {
        EXPECT_NE(text.find(words), std::string::npos) << words << " in " << text;
    }
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << "a dump's words reach a terminal";

    facts.damaged->status = BackupStatus::unknown;
    const char* cannot_tell = "passed over, since nobody can tell whether it is whole: 20261123T";
    EXPECT_NE(opened_text(facts).find(cannot_tell), std::string::npos);
}

TEST(OpenedPrompt, names_the_backup_and_lets_its_name_mean_nothing_else) {
    EXPECT_EQ(opened_prompt("shop", "20261122T030000Z"), "shop@20261122T030000Z%R%x%# ");
    EXPECT_EQ(opened_prompt("shop", "a%`id`.sql"), "shop@a%%`id`.sql%R%x%# ");
}

}  // namespace
}  // namespace backupwatch
