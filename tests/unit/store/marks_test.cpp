#include "fixture.hpp"

namespace backupwatch {
namespace {

Outcome noting(
    const std::string& text, Instant when, NotedMark::Kind kind = NotedMark::Kind::noted
) {
    Outcome outcome = outcome_at(when);
    outcome.mark = NotedMark{"orders", when, kind, text};
    return outcome;
}

TEST(Marks, are_given_back_oldest_first_after_a_restart) {
    TemporaryFolder folder;
    {
        const auto store = opened(folder);
        run(store->commit(noting("2.0", night + 1h, NotedMark::Kind::gate_overridden)));
        run(store->commit(noting("1.9", night)));
        Outcome other = noting("of another", night);
        other.mark->database = "users";
        run(store->commit(std::move(other)));
    }

    const auto marks = run(opened(folder)->marks("orders", night - 24h));

    ASSERT_EQ(marks.size(), 2U);
    EXPECT_EQ(marks[0].text, "1.9");
    EXPECT_EQ(marks[0].kind, NotedMark::Kind::noted);
    EXPECT_EQ(marks[1].text, "2.0");
    EXPECT_EQ(marks[1].kind, NotedMark::Kind::gate_overridden);
    EXPECT_EQ(marks[1].at, night + 1h);
    EXPECT_EQ(run(opened(folder)->marks("orders", night + 1h)).size(), 1U);
}

Attestation attested(const std::string& by, std::optional<int> minutes = {}) {
    return {"orders", "approvals", by, night, night + 24h * 90, minutes, "/tmp/mail.pdf"};
}

TEST(Attestations, are_replaced_by_the_next_of_the_same_item) {
    TemporaryFolder folder;
    {
        const auto store = opened(folder);
        run(store->keep_attestation(attested("Ada", 7)));
        run(store->keep_attestation(attested("Grace")));
    }

    const auto kept = run(opened(folder)->attestations("orders"));

    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].by, "Grace");
    EXPECT_FALSE(kept[0].minutes);
    EXPECT_EQ(kept[0].expires_at, night + 24h * 90);
    EXPECT_EQ(kept[0].file, "/tmp/mail.pdf");
    EXPECT_TRUE(run(opened(folder)->attestations("users")).empty());
}

}  // namespace
}  // namespace backupwatch
