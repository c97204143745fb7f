#include "net/mail_dialogue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace backupwatch {
namespace {

TEST(MailDialogue, keeps_the_last_line_of_the_last_reply) {
    MailDialogue dialogue;

    dialogue.on_heard("220 hello\r\n");
    dialogue.on_said("EHLO me\r\n");
    dialogue.on_heard("250-4.4.4 not the last\r\n");
    EXPECT_EQ(dialogue.text(), "hello");
    dialogue.on_heard("250 2.10.333 the last\tone\r\n");

    EXPECT_EQ(dialogue.code(), 250);
    EXPECT_EQ(dialogue.enhanced(), "2.10.333");
    EXPECT_EQ(dialogue.text(), "the last one");
}

TEST(MailDialogue, takes_for_an_enhanced_code_only_what_is_one) {
    for (const std::string text :
         {"1.2.3.4 x", "3.1.1 x", "5.1 x", "5..1 x", "5.1. x", "5.1.x x", "", "5"}) {
        MailDialogue dialogue;
        dialogue.on_heard("550 " + text + "\r\n");
        EXPECT_EQ(dialogue.enhanced(), "") << text;
        EXPECT_EQ(dialogue.text(), text);
    }
}

TEST(MailDialogue, is_not_misled_by_a_password_that_looks_like_a_verb) {
    MailDialogue dialogue;

    dialogue.on_said("AUTH LOGIN\r\n");
    dialogue.on_heard("334 UGFzc3dvcmQ6\r\n");
    dialogue.on_said("DATA\r\n");

    EXPECT_EQ(dialogue.stage(), MailStage::login);
}

TEST(MailDialogue, bounds_what_it_keeps_and_survives_garbage) {
    MailDialogue dialogue;

    dialogue.on_heard("250 " + std::string(100'000, 'x'));
    EXPECT_EQ(dialogue.text().size(), 500U);
    for (const std::string line : {"", "\r\n", "2", "abc def", "99", "\x01\x02\x03\x04"}) {
        dialogue.on_heard(line);
    }
    EXPECT_EQ(dialogue.code(), 250);
    dialogue.on_heard("354");
    EXPECT_EQ(dialogue.code(), 354);
}

}  // namespace
}  // namespace backupwatch
