#include "notify/email.hpp"

#include "core/base64.hpp"
#include "core/text.hpp"
#include "messages.hpp"
#include "notify/mail_content.hpp"
#include "notify/mime.hpp"
#include "read_mail.hpp"

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const MailAddress from{"backupwatch", "backupwatch@example.com"};
const MailAddress to{"", "devops@example.com"};
const std::string email_keys =
    "type: email, server: \"smtp://mail.example.com:587\", username: me, password: canarypassword, "
    "from: backupwatch <backupwatch@example.com>, to: [devops@example.com, boss@example.com]";

std::string decoded(std::string header) {
    std::string text;
    while (header.starts_with("=?utf-8?B?")) {
        const auto end = header.find("?=", 10);
        text += from_base64(header.substr(10, end - 10)).value_or("broken");
        header.erase(0, std::min(end + 3, header.size()));
    }
    return text + header;
}

const std::vector<std::string> headers_of_an_incident{
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type"};

TEST(Email, has_the_headers_that_make_it_a_polite_thread) {
    const ReadMail mail = read_mail(mail_content(message_of(failed_backup()), {}, from, to));

    EXPECT_EQ(mail.names, headers_of_an_incident);
    EXPECT_EQ(mail.headers.at("Date"), "Sun, 22 Nov 2026 03:00:02 +0000");
    EXPECT_EQ(mail.headers.at("From"), "\"backupwatch\" <backupwatch@example.com>");
    EXPECT_EQ(mail.headers.at("To"), "devops@example.com");
    EXPECT_EQ(mail.headers.at("Subject"), "[backupwatch] postry-ai/nightly: backup, incident 12");
    EXPECT_EQ(mail.headers.at("Message-ID"), "<msg_2KWPBgLlAfxdpx2AI54pPJ85f4W@example.com>");
    EXPECT_EQ(mail.headers.at("Auto-Submitted"), "auto-generated");
    EXPECT_EQ(mail.headers.at("X-Auto-Response-Suppress"), "All");
    EXPECT_EQ(mail.headers.at("In-Reply-To"), mail.headers.at("References"));
    EXPECT_TRUE(mail.headers.at("References").starts_with("<incident-12."));
}

TEST(Email, keeps_subject_and_thread_through_the_life_of_an_incident) {
    Message first = message_of(failed_backup());
    Message last = first;
    last.id = "another";
    last.now += 48h;
    last.notices[0].kind = NoticeKind::recovery;
    last.notices[0].severity = Severity::warning;
    last.notices[0].summary = "it is over";
    Message other = first;
    other.notices[0].incident = 13;
    const auto read = [](const Message& message) {
        return read_mail(mail_content(message, {}, from, to)).headers;
    };

    EXPECT_EQ(read(first).at("Subject"), read(last).at("Subject"));
    EXPECT_EQ(read(first).at("References"), read(last).at("References"));
    EXPECT_NE(read(first).at("Message-ID"), read(last).at("Message-ID"));
    EXPECT_NE(read(first).at("References"), read(other).at("References"));
    Message again = first;
    again.now += 1h;
    EXPECT_EQ(read(first).at("Message-ID"), read(again).at("Message-ID"));
}

TEST(Email, says_the_same_in_text_and_in_html) {
    Notice notice = failed_backup();
    notice.summary = "5 < 6 & \"so on\" \u00E9";
    const ReadMail mail = read_mail(
        mail_content(message_of(notice), {"https://wiki.example.com/a?b=1&c=2", "", ""}, from, to)
    );
    const std::string text = part_of(mail, "text/plain");
    const std::string html = part_of(mail, "text/html");

    EXPECT_TRUE(text.starts_with("CRITICAL postry-ai/nightly backup: 5 < 6 & \"so on\" \u00E9\r\n"))
        << text;
    EXPECT_NE(text.find("    backupwatch acknowledge 12\r\n"), std::string::npos) << text;
    EXPECT_NE(html.find("5 &lt; 6 &amp; &quot;so on&quot; \u00E9"), std::string::npos) << html;
    EXPECT_NE(html.find(">backupwatch acknowledge 12</code>"), std::string::npos);
    EXPECT_NE(html.find("<a href=\"https://wiki.example.com/a?b=1&amp;c=2\""), std::string::npos);
    EXPECT_LT(mail.body.find("text/plain"), mail.body.find("text/html"));
}

TEST(Email, is_text_alone_when_the_payload_was_refused) {
    Message message = message_of(failed_backup());
    message.plain = true;
    const ReadMail mail = read_mail(mail_content(message, {}, from, to));

    EXPECT_EQ(mail.headers.at("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_NE(unquoted(mail.body).find("backupwatch acknowledge 12"), std::string::npos);
}

TEST(Email, of_several_has_their_title_and_no_thread) {
    const ReadMail mail = read_mail(mail_content(message_of(storm(7)), {}, from, to));

    EXPECT_EQ(mail.headers.at("Subject"), "backupwatch, several at once: 7 critical");
    EXPECT_EQ(mail.headers.count("References"), 0u);
}

/// Nothing that a name holds ends a header, makes a line too long, or leaves a bare CR or LF.
void expect_sound(const std::string& content, const std::vector<std::string>& names) {
    std::size_t line = 0;
    for (std::size_t i = 0; i < content.size(); ++i) {
        const char c = content[i];
        ASSERT_TRUE((c >= 0x20 && c < 0x7F) || c == '\r' || c == '\n') << static_cast<int>(c);
        if (c == '\n') {
            ASSERT_TRUE(i > 0 && content[i - 1] == '\r') << "a bare LF";
            ASSERT_LE(line, 998u);
            line = 0;
        } else if (c == '\r') {
            ASSERT_TRUE(i + 1 < content.size() && content[i + 1] == '\n') << "a bare CR";
        } else {
            ++line;
        }
    }
    const ReadMail mail = read_mail(content);
    EXPECT_EQ(mail.names, names);
    const std::string subject = decoded(mail.headers.at("Subject"));
    EXPECT_EQ(clean_line(subject), subject);
    EXPECT_EQ(subject.find("\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"), std::string::npos);
}

TEST(Email, takes_whatever_a_name_or_a_summary_is) {
    std::vector<std::string> without_thread = headers_of_an_incident;
    std::erase(without_thread, "In-Reply-To");
    std::erase(without_thread, "References");
    for (const std::string& text : hostile_texts()) {
        for (const NoticeKind kind : all_kinds()) {
            Message message = message_of(hostile_notice(text, kind));
            message.id = text;
            const MailAddress hostile{text, "ops@example.com"};
            expect_sound(
                mail_content(message, {text, text, text}, hostile, hostile), headers_of_an_incident
            );
            message.notices[0].incident = 0;
            expect_sound(mail_content(message, {}, hostile, hostile), without_thread);
        }
    }
}

TEST(Mime, encodes_words_of_at_most_75_characters_and_whole_code_points) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "\u00E9\U0001F525";
    const std::string header = header_text(text);

    std::size_t start = 0;
    while (start < header.size()) {
        const auto end = std::min(header.find("\r\n ", start), header.size());
        const std::string word = header.substr(start, end - start);
        EXPECT_LE(word.size(), 75u);
        const std::string bytes = decoded(word);
        EXPECT_EQ(clean_line(bytes), bytes) << "a code point is split";
        start = end + 3;
    }
    EXPECT_EQ(header_text("as it is"), "as it is");
    EXPECT_EQ(header_text("\u00E9"), "=?utf-8?B?w6k=?=");
    EXPECT_EQ(header_text("=?x?="), "=?utf-8?B?PT94Pz0=?=");
    EXPECT_EQ(header_text("a\r\nBcc: b"), "a Bcc: b");
}

TEST(Mime, quotes_a_display_name) {
    EXPECT_EQ(header_address({"", "a@b.c"}), "a@b.c");
    EXPECT_EQ(header_address({"A \"B\" \\ C", "a@b.c"}), "\"A \\\"B\\\" \\\\ C\" <a@b.c>");
    EXPECT_EQ(header_address({"\u00E9", "a@b.c"}), "=?utf-8?B?w6k=?= <a@b.c>");
}

TEST(Mime, quotes_what_is_not_printable_and_breaks_long_lines) {
    EXPECT_EQ(quoted_printable("a=b \n\u00E9\n\n"), "a=3Db=20\r\n=C3=A9\r\n\r\n");
    const std::string long_line(200, 'x');
    const std::string quoted = quoted_printable(long_line + "\n");
    EXPECT_EQ(quoted.find("=\r\n"), 75u);
    EXPECT_EQ(unquoted(quoted), long_line + "\r\n");
}

TEST(Email, hands_in_one_mail_for_each_mailbox) {
    FakeNetwork network;
    network.mail_reply.code = 250;
    network.mail_reply.stage = MailStage::committed;
    const auto email = make_notifier(read_notifier(email_keys), network);
    ASSERT_EQ(email->lanes().size(), 2u);
    EXPECT_NE(email->lanes()[0].endpoint, email->lanes()[1].endpoint);

    EXPECT_EQ(send_by(*email, message_of(failed_backup()), 1).result, SendResult::delivered);

    ASSERT_EQ(network.mails.size(), 1u);
    const Mail& mail = network.mails[0];
    EXPECT_EQ(mail.recipient, "boss@example.com");
    EXPECT_EQ(mail.from, "backupwatch@example.com");
    EXPECT_EQ(mail.server.host, "mail.example.com");
    EXPECT_EQ(mail.server.username, "me");
    EXPECT_EQ(mail.server.password.reveal(), "canarypassword");
    EXPECT_EQ(mail.limit, 60s);
    EXPECT_EQ(mail.content.find("canary"), std::string::npos);
    EXPECT_EQ(read_mail(mail.content).headers.at("To"), "boss@example.com");
}

TEST(Email, still_reaches_a_mailbox_that_was_told_and_is_no_longer_configured) {
    FakeNetwork network;
    const auto email = make_notifier(read_notifier(email_keys), network);
    Lane lane = email->lanes()[0];
    lane.recipient = "gone@example.com";
    asio::io_context loop(1);
    run_on(loop, email->send(lane, message_of(failed_backup())));

    EXPECT_EQ(network.mails.at(0).recipient, "gone@example.com");
}

MailReply refused_at(
    MailStage stage, int code, const std::string& enhanced, const std::string& text = "no"
) {
    MailReply reply;
    reply.stage = stage;
    reply.code = code;
    reply.enhanced = enhanced;
    reply.text = text;
    reply.error = "mail.example.com:587 refused it";
    return reply;
}

TEST(Email, that_is_greylisted_waits_five_minutes_and_nothing_else_does) {
    const auto wait_of = [](const MailReply& reply) {
        const Receipt receipt = mail_receipt(reply, MailServer());
        EXPECT_EQ(receipt.result, SendResult::retry);
        return receipt.retry_after;
    };
    EXPECT_EQ(wait_of(refused_at(MailStage::recipient, 450, "4.7.1")), 5min);
    EXPECT_EQ(wait_of(refused_at(MailStage::data, 451, "4.7.0")), 5min);
    EXPECT_EQ(
        wait_of(refused_at(MailStage::recipient, 450, "4.2.0", "Greylisted, see http://x")), 5min
    );
    EXPECT_EQ(wait_of(refused_at(MailStage::recipient, 451, "", "greylisting in action")), 5min);
    EXPECT_EQ(wait_of(refused_at(MailStage::recipient, 450, "4.2.1")), std::nullopt);
    EXPECT_EQ(wait_of(refused_at(MailStage::data, 452, "4.3.1")), std::nullopt);
    EXPECT_EQ(wait_of(refused_at(MailStage::greeting, 421, "4.7.0")), std::nullopt);
}

TEST(Email, is_tried_by_a_log_in_that_sends_nothing) {
    FakeNetwork network;
    network.mail_reply = refused_at(MailStage::login, 535, "5.7.8");
    const auto email = make_notifier(read_notifier(email_keys), network);
    asio::io_context loop(1);

    const auto tried = run_on(loop, email->try_out());

    ASSERT_TRUE(tried);
    EXPECT_TRUE(network.mails.empty());
    EXPECT_EQ(tried->receipt.result, SendResult::broken);
    EXPECT_NE(tried->hint.find("`password`"), std::string::npos) << tried->hint;
}

TEST(Email, says_what_mends_a_log_in) {
    EXPECT_EQ(log_in_hint(MailReply()), "") << "it was accepted";
    const auto has = [](const MailReply& reply, const char* text) {
        return log_in_hint(reply).find(text) != std::string::npos;
    };
    EXPECT_TRUE(has(refused_at(MailStage::connect, 0, ""), "`server`"));
    EXPECT_TRUE(has(refused_at(MailStage::tls, 0, ""), "`tls`"));
    EXPECT_TRUE(has(refused_at(MailStage::login, 535, "5.7.8"), "`username`"));
    EXPECT_TRUE(has(refused_at(MailStage::login, 454, "4.7.0"), "later"));
    EXPECT_TRUE(has(refused_at(MailStage::greeting, 554, "5.7.1"), "mail server"));
    MailReply impostor = refused_at(MailStage::tls, 0, "");
    impostor.is_impostor = true;
    EXPECT_TRUE(has(impostor, "`ca_file`"));
    MailReply without_login = refused_at(MailStage::login, 250, "");
    without_login.is_misconfigured = true;
    EXPECT_TRUE(has(without_login, "Leave out `username`"));
}

}  // namespace
}  // namespace backupwatch
