// The daily digest in every channel that gets one: golden, and within its limits.
#include "core/wording/digest.hpp"

#include "messages.hpp"
#include "notify/mail_content.hpp"
#include "notify/slack.hpp"
#include "notify/webhook.hpp"
#include "support/golden.hpp"

#include <boost/json/array.hpp>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

DigestFacts facts_of(int good, int bad) {
    DigestFacts facts;
    for (int i = 0; i < good + bad; ++i) {
        SetProof& set = facts.sets.emplace_back();
        set.database = "shop-" + std::to_string(i);
        set.set = "nightly";
        set.is_drilled = true;
        set.last_backup = ProofMention{"20261122T030000Z", night, 151'200'000, std::nullopt};
        set.last_drill = ProofMention{"20261122T030000Z", night + 1h, std::nullopt, 183.2};
        set.target = 5min;
        set.next = night + 24h;
        if (i < good) continue;
        set.severity = Severity::critical;
        set.wrong = "backup: connection to <db> refused & gone";
    }
    facts.others = {{"disk of shop-0", Severity::ok, "52% of 8.0 GB used"}};
    return facts;
}

Message digest_of(int good, int bad) {
    Message message = message_of(make_digest(facts_of(good, bad), night + 4h));
    message.now = night + 4h + 2s;
    return message;
}

TEST(DigestBy, slack_is_the_golden_one) {
    expect_golden("notify", "digest.slack.json", slack_payload(digest_of(1, 1), {}) + "\n");
}

TEST(DigestBy, email_is_the_golden_one) {
    const MailAddress from{"backupwatch", "backupwatch@example.com"};
    const MailAddress to{"", "devops@example.com"};
    std::string mail = mail_content(digest_of(1, 1), {}, from, to);
    std::erase(mail, '\r');
    expect_golden("notify", "digest.eml", mail);
}

TEST(DigestBy, webhook_is_the_golden_one) {
    expect_golden("notify", "digest.webhook.json", webhook_payload(digest_of(1, 1), {}) + "\n");
}

TEST(DigestBy, slack_of_ten_thousand_sets_is_within_its_limits_with_its_colour) {
    for (const auto& message :
         {digest_of(10'000, 0), digest_of(0, 10'000), digest_of(5'000, 5'000)}) {
        const boost::json::value payload(parsed(slack_payload(message, {})));
        ASSERT_TRUE(payload.at("blocks").is_array());
        const auto& blocks = payload.at("attachments").at(0).at("blocks").as_array();
        EXPECT_LE(blocks.size() + 1, 50u);
        std::size_t characters = 0;
        for (const auto& block : blocks) {
            const std::string text = text_at(block, "/text/text");
            EXPECT_LE(text.size(), 3000u);
            characters += text.size();
        }
        EXPECT_LE(characters, 13'000u);
    }
}

TEST(DigestBy, email_and_webhook_of_ten_thousand_sets_stay_small) {
    EXPECT_LT(mail_content(digest_of(0, 10'000), {}, {}, {}).size(), 60'000u);
    EXPECT_LT(webhook_payload(digest_of(0, 10'000), {}).size(), 40'000u);
}

}  // namespace
}  // namespace backupwatch
