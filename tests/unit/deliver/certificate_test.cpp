// What is known of the certificates of those who are told, and for how long.
#include "seam.hpp"

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using enum NoticeKind;

/// Of a year, with so many days left.
Certificate lasting(int days) {
    return {night + Days(days - 365), night + Days(days)};
}

/// The next answer of each channel comes with that certificate.
void show(DeliverySeam& seam, const Certificate& certificate) {
    HttpReply ok = http_reply(200, "ok");
    HttpReply accepted = http_reply(202, "");
    MailReply mail;
    mail.code = 250;
    mail.stage = MailStage::committed;
    ok.certificate = accepted.certificate = mail.certificate = certificate;
    seam.network.http = {ok, accepted};
    seam.network.mail = {mail};
}

std::optional<Certificate> known(const DeliverySeam& seam, std::size_t notifier = 0) {
    const auto shown = seam.delivery->health().at(notifier).certificate;
    return shown ? std::optional<Certificate>(*shown) : std::nullopt;
}

TEST(Certificates, are_known_of_every_channel_that_was_told_something) {
    for (const char* channel : {"slack", "pagerduty", "email", "webhook"}) {
        SCOPED_TRACE(channel);
        DeliverySeam seam({channel});
        HttpReply reply = http_reply(std::string(channel) == "pagerduty" ? 202 : 200, "ok");
        MailReply mail;
        mail.code = 250;
        mail.stage = MailStage::committed;
        reply.certificate = mail.certificate = lasting(5);
        seam.network.http = {reply};
        seam.network.mail = {mail};
        EXPECT_FALSE(known(seam));

        seam.tell(problem, 1);

        EXPECT_EQ(seam.count(channel, "delivered"), 1);
        EXPECT_EQ(known(seam), lasting(5));
    }
}

TEST(Certificates, are_known_of_who_refuses_and_of_who_does_not_answer) {
    DeliverySeam seam({"slack"});
    HttpReply refused = http_reply(503, "");
    refused.certificate = lasting(5);
    HttpReply silent = no_http_reply(Reached::someone);
    silent.certificate = lasting(6);
    seam.network.http = {refused, silent};

    seam.tell(problem, 1);
    EXPECT_EQ(known(seam), lasting(5));
    seam.clock.advance(2s);
    EXPECT_EQ(known(seam), lasting(6));
}

TEST(Certificates, are_known_after_a_restart_and_until_another_is_shown) {
    DeliverySeam seam({"slack"});
    show(seam, lasting(5));
    seam.tell(problem, 1);

    seam.restart();
    EXPECT_EQ(known(seam), lasting(5));

    seam.clock.advance(10s);
    // A connection that came to no handshake says nothing of it.
    seam.network.http = {no_http_reply(Reached::nobody)};
    seam.tell(problem, 2);
    EXPECT_EQ(known(seam), lasting(5));

    show(seam, lasting(300));
    seam.clock.advance(2s);
    EXPECT_EQ(known(seam), lasting(300));
    seam.restart();
    EXPECT_EQ(known(seam), lasting(300));
}

TEST(Certificates, that_a_test_was_shown_are_kept_and_said_at_once) {
    DeliverySeam seam({"slack"});
    show(seam, lasting(5));
    seam.tell(problem, 1);
    int changes = 0;
    seam.delivery->events.health_changed = [&] { ++changes; };
    const std::string endpoint = run_on(seam.loop, seam.store->outbox(0)).lanes.at(0).endpoint;

    seam.clock.advance(1min);
    seam.delivery->note_certificate(endpoint, lasting(300));
    seam.delivery->note_certificate("of nobody", lasting(1));
    seam.clock.settle();

    EXPECT_EQ(changes, 1);
    EXPECT_EQ(known(seam), lasting(300));
    const auto lanes = run_on(seam.loop, seam.store->outbox(0)).lanes;
    ASSERT_EQ(lanes.size(), 1U);
    EXPECT_EQ(lanes.at(0).certificate, (ShownCertificate{lasting(300), night + 1min}));
}

TEST(Certificates, that_are_another_than_before_are_said_at_once_and_else_are_not) {
    DeliverySeam seam({"webhook"});
    int changes = 0;
    seam.delivery->events.health_changed = [&] { ++changes; };
    for (const int days : {5, 5, 300}) {
        show(seam, lasting(days));
        seam.tell(problem, days);
        seam.clock.advance(20s);
    }
    EXPECT_EQ(changes, 2);
}

}  // namespace
}  // namespace backupwatch
