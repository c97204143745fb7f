// Supabase's API as it is on a real connection: TLS, and what goes wrong before any reply. The rest
// of it is in tests/unit/watch, where time is the test's.
#include "async/clock.hpp"
#include "async/hanging_calls.hpp"
#include "async/pool.hpp"
#include "fakes/fake_supabase.hpp"
#include "net/network.hpp"
#include "sources/registry.hpp"
#include "sources/supabase/api.hpp"
#include "sources/supabase/settings.hpp"
#include "sources/supabase/supabase_source.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <fstream>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

class SupabaseOverTls : public testing::Test {
  protected:
    SupabaseOverTls() { std::ofstream(ca_file()) << authority_.pem(); }

    std::filesystem::path ca_file() const { return folder_ / "ca.pem"; }

    std::unique_ptr<Source> source(const std::string& url) {
        auto own = std::make_shared<SupabaseSettings>();
        own->project = "abcdefghijklmnopqrst";
        own->access_token = Secret(token_);
        own->api_url = url;
        own->network.ca_file = ca_file();
        own->network.proxy = "";
        SetSettings set;
        set.name = "supabase";
        set.source = "supabase";
        set.provider.emplace();
        set.own = own;
        const HttpReader web(*network_);
        const SourcePlace place{"shop", Secret(), *clock_, pool_, calls_, web, commons_};
        return make_supabase(set, place);
    }
    Inventory list(const std::string& url) {
        const auto asked = source(url);
        return run_on(loop_, asked->list());
    }
    /// Why nothing is known; empty: something is.
    std::string failure_of(const std::string& url) {
        try {
            list(url);
            return {};
        } catch (const Failure& failure) {
            EXPECT_EQ(std::string(failure.what()).find(token_), std::string::npos)
                << failure.what();
            return failure.what();
        }
    }
    static bool has(const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    }

    std::string token_ = "sbp_fc0123456789canary0123456789canary012345";
    TemporaryFolder folder_;
    CertificateAuthority authority_;
    asio::io_context loop_{1};
    std::unique_ptr<Network> network_ = make_network(loop_.get_executor());
    std::unique_ptr<Clock> clock_ = make_clock(loop_.get_executor());
    Pool pool_{1};
    HangingCalls calls_;
    SourceCommons commons_;
    FakeSupabase supabase_{authority_, clock_->now()};
};

TEST_F(SupabaseOverTls, is_read) {
    const Inventory inventory = list(supabase_.url());
    EXPECT_EQ(inventory.backups.size(), 7u);
    ASSERT_TRUE(inventory.provider);
    EXPECT_EQ(inventory.provider->remarks, std::vector<Remark>());
    for (const ReceivedRequest& request : supabase_.received()) {
        EXPECT_EQ(request.method, "GET");
        EXPECT_EQ(request.headers.at("authorization"), "Bearer " + token_);
        EXPECT_FALSE(has(request.target, token_));
    }
}

TEST_F(SupabaseOverTls, C13_a_test_in_which_anything_but_get_is_sent_has_failed) {
    auto other = std::make_unique<FakeSupabase>(authority_, clock_->now());
    HttpRequest request;
    request.method = "POST";
    request.url = Secret(other->url() + "/v1/projects/x/database/backups/restore");
    request.network.ca_file = ca_file();
    request.network.proxy = "";
    HttpClient& web = *network_;
    const HttpReply reply = run_on(loop_, web.send(std::move(request)));
    EXPECT_EQ(reply.status, 404) << reply.error;
    EXPECT_NONFATAL_FAILURE(other.reset(), "what a provider keeps is never touched");
}

TEST_F(SupabaseOverTls, C8_a_server_that_nobody_vouches_for_is_never_asked) {
    CertificateAuthority stranger;
    std::ofstream(ca_file()) << stranger.pem();
    EXPECT_TRUE(failure_of(supabase_.url()).starts_with("cannot read the backups: "));
    FakeSupabase other(stranger, clock_->now());
    EXPECT_EQ(failure_of(other.url()), "");
    EXPECT_EQ(supabase_.asked(), 0) << "the token was not sent";
}

TEST_F(SupabaseOverTls, C8_a_host_that_is_not_there) {
    EXPECT_TRUE(
        failure_of("https://127.0.0.1:" + std::to_string(unused_port())).starts_with("cannot read")
    );
    EXPECT_TRUE(failure_of("https://supabase.invalid").starts_with("cannot read the backups: "));
}

TEST_F(SupabaseOverTls, C8_a_redirect_is_not_followed_and_takes_no_token_along) {
    FakeSupabase elsewhere(authority_, clock_->now());
    supabase_.with([&](SupabaseScript& script) {
        script.instead_of_all = FakeAnswer{302, {{"Location", elsewhere.url() + "/v1"}}, ""};
    });
    EXPECT_EQ(
        failure_of(supabase_.url()),
        "cannot read the backups: it is to be looked for elsewhere (HTTP 302), where the token is "
        "not sent"
    );
    EXPECT_EQ(elsewhere.asked(), 0);
}

TEST_F(SupabaseOverTls, C8_a_reply_that_drips_or_breaks_off_or_never_ends) {
    const auto answer_with = [&](FakeAnswer answer) {
        supabase_.with([&](SupabaseScript& script) {
            script.instead["/database/backups"] = std::move(answer);
        });
    };
    std::string body;
    supabase_.with([&](SupabaseScript& script) { body = script.projects.front().backups_body(); });
    FakeAnswer answer = json_answer(body);
    answer.only = 300;
    answer_with(answer);
    EXPECT_EQ(failure_of(supabase_.url()), "cannot read the backups: the reply broke off");

    answer = json_answer(body);
    answer.fault = FakeAnswer::Fault::reset;
    answer_with(answer);
    EXPECT_TRUE(failure_of(supabase_.url()).starts_with("cannot read the backups: "));

    answer = json_answer(body);
    answer.fault = FakeAnswer::Fault::endless_body;
    answer_with(answer);
    EXPECT_TRUE(has(failure_of(supabase_.url()), "longer than any honest one"));

    answer = json_answer(body);
    answer.between = 1s;
    answer_with(answer);
    const Duration began = clock_->uptime();
    EXPECT_TRUE(failure_of(supabase_.url()).starts_with("cannot read the backups: "));
    EXPECT_LT(clock_->uptime() - began, 25s) << "it would drip for hours";
}

TEST_F(SupabaseOverTls, C8_a_reply_that_never_comes_is_given_up_in_time) {
    supabase_.with([&](SupabaseScript& script) {
        FakeAnswer silence;
        silence.fault = FakeAnswer::Fault::stall;
        script.instead_of_all = silence;
    });
    ApiSettings settings{supabase_.url(), {}, {"api.supabase.com", Secret(token_)}};
    settings.network.ca_file = ca_file();
    SupabaseApi api(
        std::move(settings), HttpReader(*network_), *clock_, std::make_shared<SupabaseAccount>()
    );
    Question question;
    question.path = "/v1/projects/abcdefghijklmnopqrst/database/backups";
    question.what = "the backups";
    question.limit = 1s;
    const Duration began = clock_->uptime();

    const ApiReply reply = run_on(loop_, api.ask(std::move(question)));

    EXPECT_LT(clock_->uptime() - began, 5s);
    EXPECT_EQ(supabase_.asked(), 1) << "it was sent, and nothing came";
    EXPECT_EQ(reply.status, 0);
    ASSERT_TRUE(reply.failure);
    EXPECT_EQ(reply.failure->kind(), Failure::Kind::unreachable);
    EXPECT_EQ(reply.failure->cause(), "api.supabase.com");
    EXPECT_TRUE(std::string(reply.failure->what()).starts_with("cannot read the backups: "))
        << reply.failure->what();
}

TEST_F(SupabaseOverTls, C7_a_body_that_was_packed_though_nobody_asked_is_not_read) {
    supabase_.with([&](SupabaseScript& script) {
        FakeAnswer packed = json_answer(std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00", 8));
        packed.headers.emplace_back("Content-Encoding", "gzip");
        script.instead["/database/backups"] = packed;
    });
    EXPECT_TRUE(has(failure_of(supabase_.url()), "it is no JSON, or not all of it"));
}

TEST_F(SupabaseOverTls, tells_how_full_the_disk_is) {
    const auto asked = source(supabase_.url());
    const DiskWord word = run_on(loop_, asked->disk());
    EXPECT_EQ(word.sample.capacity, 8'350'298'112u);
    EXPECT_EQ(word.sample.used, 670'617'600u);
    EXPECT_EQ(word.remarks, std::vector<Remark>());
}

TEST_F(SupabaseOverTls, says_what_the_token_may_read_and_what_not) {
    supabase_.with([](SupabaseScript& script) {
        script.instead["/billing/addons"] = refusal(403, "Forbidden");
    });
    const auto asked = source(supabase_.url());
    std::vector<std::string> said;
    for (const Access& access : run_on(loop_, asked->accesses())) {
        said.push_back(access.what + (access.failure ? ": no" : ": yes"));
    }
    EXPECT_EQ(
        said,
        (std::vector<std::string>{
            "Backups: Read: yes",
            "Project Settings: Read: yes",
            "Read-only Mode: Read: yes",
            "Add-ons: Read: no",
            "Disk Config: Read: yes",
            "Logs: Read: no",
            "Organization Settings: Read: yes",
            "Organization Projects: Read: yes"})
    );
}

TEST_F(SupabaseOverTls, says_of_a_classic_token_alone_that_it_may_do_more) {
    struct Case {
        const char* token;
        bool is_classic;
    };
    const Case cases[] = {
        {"sbp_0123456789canary0123456789canary01234567", true},
        {"sbp_fc0123456789canary0123456789canary012345", false},
        {"sbp_oauth_0123456789canary0123456789canary01", false},
        {"eyJhbGciOi.canary.canary", false},
    };
    for (const auto& [token, is_classic] : cases) {
        token_ = token;
        supabase_.with([&](SupabaseScript& script) { script.token = token_; });
        const auto asked = source(supabase_.url());
        const std::vector<Access> accesses = run_on(loop_, asked->accesses());
        ASSERT_FALSE(accesses.empty());
        EXPECT_EQ(accesses.front().what == "access token", is_classic) << token;
        EXPECT_EQ(accesses.back().what, "Organization Projects: Read") << token;
    }
}

TEST_F(SupabaseOverTls, A14_finds_the_projects_of_all_pages_and_counts_no_branch_or_replica) {
    supabase_.with([&](SupabaseScript& script) {
        script.branches = {"branchbranchbranchab", "branchbranchbranchcd"};
        for (const char* ref : {"bbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc"}) {
            script.projects.emplace_back(clock_->now(), ref);
        }
    });
    const auto asked = source(supabase_.url());
    const Source::Siblings siblings = run_on(loop_, asked->siblings());
    EXPECT_EQ(siblings.own, "abcdefghijklmnopqrst");
    EXPECT_EQ(
        siblings.all,
        (std::vector<std::string>{
            "abcdefghijklmnopqrst", "bbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc"})
    );
}

}  // namespace
}  // namespace backupwatch
