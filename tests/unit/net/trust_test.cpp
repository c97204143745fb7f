#include "fakes/fake_http_server.hpp"
#include "unit/net/support.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

HttpReply ask(const Identity& identity, const std::filesystem::path& ca_file) {
    Net net;
    FakeHttpServer server(FakeAnswer{.body = "ok"}, identity);
    auto request = request_to(server.url("/secret"));
    request.network.ca_file = ca_file;
    auto reply = net.send(request);
    const bool asked = !server.received().empty();
    EXPECT_EQ(asked, reply.error.empty()) << "something was sent to a peer that is not trusted";
    return reply;
}

TEST(Trust, speaks_to_a_server_that_the_ca_file_vouches_for) {
    const CertificateAuthority authority;
    const CaFile file(authority);

    const auto reply = ask(authority.issue(), file.path());

    EXPECT_EQ(reply.error, "");
    EXPECT_EQ(reply.body, "ok");
}

/// A certificate has seconds, and the authority's was made a moment before.
void expect_about(const std::optional<Certificate>& certificate, Duration left) {
    ASSERT_TRUE(certificate);
    const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    EXPECT_LT(std::chrono::abs(certificate->valid_until - now - left), 1min)
        << to_rfc3339(certificate->valid_until);
}

TEST(Trust, tells_when_the_first_of_the_chain_expires) {
    const CertificateAuthority authority;  // for 30 days
    const CaFile file(authority);

    const auto soon = ask(authority.issue({.from = -85 * 24h, .until = 5 * 24h}), file.path());
    const auto late = ask(authority.issue({.from = -1h, .until = 300 * 24h}), file.path());

    expect_about(soon.certificate, 5 * 24h);
    EXPECT_EQ(soon.certificate->valid_until - soon.certificate->valid_from, Duration(90 * 24h));
    expect_about(late.certificate, 30 * 24h);
}

TEST(Trust, tells_of_no_certificate_that_it_does_not_trust_nor_without_tls) {
    const CertificateAuthority authority;
    const CaFile file(authority);
    FakeHttpServer plain(FakeAnswer{});
    Net net;

    EXPECT_FALSE(net.send(request_to(plain.url())).certificate);
    EXPECT_FALSE(ask(authority.issue(), {}).certificate);
    EXPECT_FALSE(ask(authority.issue({.host = "127.0.0.2"}), file.path()).certificate);
}

TEST(Trust, tells_when_it_expires_of_a_server_that_did_not_answer) {
    Net net;
    const CertificateAuthority authority;
    const CaFile file(authority);
    FakeHttpServer server(FakeAnswer{.fault = FakeAnswer::Fault::reset}, authority.issue());
    auto request = request_to(server.url());
    request.network.ca_file = file.path();

    const auto reply = net.send(request);

    EXPECT_NE(reply.error, "");
    expect_about(reply.certificate, 24h);
}

TEST(Trust, takes_a_servers_own_certificate_as_the_ca_file) {
    const CertificateAuthority authority;
    const auto identity = authority.issue();
    const TemporaryFolder folder;
    std::ofstream(folder / "server.pem") << identity.certificate;

    EXPECT_EQ(ask(identity, folder / "server.pem").error, "");
}

TEST(Trust, calls_a_server_of_an_unknown_authority_an_impostor) {
    const CertificateAuthority unknown;
    const CertificateAuthority known;
    const CaFile file(known);

    for (const auto& ca_file : {std::filesystem::path(), file.path()}) {
        const auto reply = ask(unknown.issue(), ca_file);
        EXPECT_EQ(reply.reached, Reached::impostor);
        EXPECT_TRUE(contains(reply.error, "is not accepted")) << reply.error;
    }
}

TEST(Trust, calls_an_expired_certificate_an_impostors) {
    const CertificateAuthority authority;
    const CaFile file(authority);
    const auto expired = authority.issue({.from = -48h, .until = -1h});
    const auto future = authority.issue({.from = 24h, .until = 48h});

    const auto late = ask(expired, file.path());
    const auto early = ask(future, file.path());

    EXPECT_EQ(late.reached, Reached::impostor);
    EXPECT_TRUE(contains(late.error, "expired")) << late.error;
    EXPECT_EQ(early.reached, Reached::impostor);
}

TEST(Trust, calls_another_hosts_certificate_an_impostors) {
    const CertificateAuthority authority;
    const CaFile file(authority);

    for (const auto* host : {"hooks.example.com", "127.0.0.2"}) {
        const auto reply = ask(authority.issue({.host = host}), file.path());
        EXPECT_EQ(reply.reached, Reached::impostor) << host;
        EXPECT_TRUE(contains(reply.error, "127.0.0.1")) << reply.error;
    }
}

TEST(Trust, does_not_carry_one_requests_authority_over_to_the_next) {
    Net net;
    const CertificateAuthority authority;
    const CaFile file(authority);
    FakeHttpServer server(FakeAnswer{}, authority.issue());
    auto with = request_to(server.url());
    with.network.ca_file = file.path();

    EXPECT_EQ(net.send(with).status, 200);
    EXPECT_EQ(net.send(request_to(server.url())).reached, Reached::impostor);
}

TEST(Trust, names_a_ca_file_that_cannot_be_read) {
    const CertificateAuthority authority;

    const auto reply = ask(authority.issue(), "/no/such/ca.pem");

    EXPECT_EQ(reply.reached, Reached::none_by_our_fault);
    EXPECT_EQ(reply.error, "cannot read the certificates in \"/no/such/ca.pem\"");
}

TEST(Trust, reaches_nobody_where_the_other_side_speaks_no_tls) {
    Net net;
    FakeHttpServer plain(FakeAnswer{});

    const auto url = "https://127.0.0.1:" + std::to_string(plain.port()) + "/";
    const auto reply = net.send(request_to(url, 1s));

    EXPECT_EQ(reply.reached, Reached::nobody);
    EXPECT_NE(reply.error, "");
}

}  // namespace
}  // namespace backupwatch
