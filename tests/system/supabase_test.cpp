// A project at Supabase, from the program's own first line to what people read, over TLS.
#include "fakes/fake_supabase.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <thread>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

Instant now() {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

class SupabaseProgram : public testing::Test {
  protected:
    SupabaseProgram() {
        std::ofstream(ca_file()) << authority_.pem();
        configure();
    }
    ~SupabaseProgram() override { EXPECT_EQ(site_.left_behind(), std::vector<std::string>()); }

    std::filesystem::path ca_file() const { return site_.config().parent_path() / "ca.pem"; }

    void configure(const std::string& keys = {}) {
        std::string token;
        supabase_.with([&](SupabaseScript& script) { token = script.token; });
        write_text(
            site_.config(),
            "state_dir: " + site_.state().string() + "\ncontrol_socket: " +
                site_.control_socket().string() + "\nwork_dir: " + site_.work().string() +
                "\nhttp: {listen: \"127.0.0.1:0\"}\ndatabases:\n  - name: shop\n    backups:\n"
                "      - {source: supabase, project: abcdefghijklmnopqrst, poll: 1s, "
                "access_token: " +
                token + ", api_url: \"" + supabase_.url() + "\", ca_file: " + ca_file().string() +
                (keys.empty() ? "" : ", " + keys) +
                "}\n    disk: {source: supabase, poll: 1s}\nnotifiers:\n"
                "  - {name: chat, type: slack, webhook_url: \"" +
                chat_.url("/services/T/B/canary-webhook") + "\"}\n"
        );
    }

    /// Each a database of its own, `shop-a` and so on, whose disk is not watched.
    void configure_projects(const std::vector<std::string>& refs) {
        std::string token;
        supabase_.with([&](SupabaseScript& script) { token = script.token; });
        std::string yaml = "state_dir: " + site_.state().string() +
                           "\ncontrol_socket: " + site_.control_socket().string() +
                           "\nwork_dir: " + site_.work().string() +
                           "\nhttp: {listen: \"127.0.0.1:0\"}\ndatabases:\n";
        for (const std::string& ref : refs) {
            yaml += "  - name: shop-" + ref.substr(0, 1) + "\n    backups:\n" +
                    "      - {source: supabase, project: " + ref +
                    ", poll: 1s, access_token: " + token + ", api_url: \"" + supabase_.url() +
                    "\", ca_file: " + ca_file().string() + "}\n";
        }
        yaml += "notifiers:\n  - {name: chat, type: slack, webhook_url: \"" +
                chat_.url("/services/T/B/canary-webhook") + "\"}\n";
        write_text(site_.config(), yaml);
    }

    void answer_all(std::optional<FakeAnswer> answer) {
        supabase_.with([&](SupabaseScript& script) { script.instead_of_all = std::move(answer); });
    }
    /// `severity` of each check, and what is said of it.
    std::map<std::string, std::string> findings() const {
        std::map<std::string, std::string> found;
        const boost::json::value document = site_.run({"check", "--json", "shop"}).json();
        for (const auto& finding : document.at("findings").as_array()) {
            found[std::string(finding.at("check").as_string())] =
                std::string(finding.at("severity").as_string()) + ": " +
                std::string(finding.at("summary").as_string());
        }
        return found;
    }
    std::vector<std::string> all_told() const {
        std::vector<std::string> texts;
        for (const ReceivedRequest& request : chat_.received()) {
            texts.emplace_back(boost::json::parse(request.body).at("text").as_string());
        }
        return texts;
    }
    /// Of the database; a machine whose disk is full tells of that too.
    std::vector<std::string> told() const {
        std::vector<std::string> texts = all_told();
        std::erase_if(texts, [](const std::string& text) {
            return text.find("shop") == text.npos;
        });
        return texts;
    }
    static bool has(const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    }

    CertificateAuthority authority_;
    FakeSupabase supabase_{authority_, now()};
    FakeHttpServer chat_{FakeAnswer{200, {{"Content-Type", "text/html"}}, "ok"}};
    const Site site_{"postgresql://127.0.0.1:1/none"};
};

TEST_F(SupabaseProgram, checks_and_lists_without_a_daemon) {
    const Ran checked = site_.run({"check", "shop"});
    EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
    EXPECT_TRUE(has(checked.out, "shop/supabase backup")) << checked.out;
    EXPECT_TRUE(has(checked.out, "the last backup was completed 5 h ago")) << checked.out;
    const Ran listed = site_.run({"list", "shop", "--json"});
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    EXPECT_EQ(site_.completed().size(), 7u) << listed.out;

    const Ran ready = site_.run({"readiness", "shop"});
    EXPECT_TRUE(has(ready.out, "; what the provider of shop/supabase said at 2")) << ready.out;
    const auto document = site_.run({"readiness", "shop", "--json"}).json();
    std::string body;
    supabase_.with([&](SupabaseScript& script) { body = script.projects.front().backups_body(); });
    const auto& said = document.at("evidence").at(0).at("document").at("replies");
    EXPECT_EQ(
        said.at("/v1/projects/abcdefghijklmnopqrst/database/backups").at("body").as_string(), body
    );

    const std::string newest = site_.completed().back();
    const Ran steps = site_.run({"restore", "shop", "--before", "2099-01-01"});
    EXPECT_EQ(steps.exit_code, 1) << steps.out << steps.err;
    EXPECT_TRUE(has(steps.out, "choose " + newest + " (begun 2")) << steps.out;
    const Ran of_none = site_.run({"restore", "shop", "--backup", "4711"});
    EXPECT_TRUE(has(of_none.out, "choose 4711, which it does not list now,")) << of_none.out;
    const Ran runbook = site_.run({"runbook", "shop"});
    EXPECT_TRUE(has(runbook.out, "- The newest of supabase: " + newest + " (begun 2"))
        << runbook.out;

    supabase_.with([](SupabaseScript& script) { script.projects.front().status = "INACTIVE"; });
    const Ran paused = site_.run({"check", "shop"});
    EXPECT_EQ(paused.exit_code, 2) << paused.out;
    EXPECT_TRUE(has(paused.out, "it is paused")) << paused.out;
}

TEST_F(SupabaseProgram, C1_and_C10_a_refused_token_is_told_once_as_blindness_and_taken_back) {
    Daemon daemon(site_);
    await("the first look", [&] {
        return daemon.metric(
                   "backupwatch_check_status{database=\"shop\",set=\"supabase\",check=\"backup\"}"
               ) == "0";
    });
    EXPECT_EQ(daemon.metric("backupwatch_pitr_enabled{database=\"shop\",set=\"supabase\"}"), "0");
    answer_all(refusal(401, "Unauthorized"));
    await("that it is told", [&] { return !told().empty(); });
    const auto blind = told();
    EXPECT_TRUE(has(blind.front(), "the access token is refused")) << blind.front();
    EXPECT_FALSE(has(blind.front(), "no completed backup")) << blind.front();
    EXPECT_EQ(blind.size(), 1u) << "and its disk with it: " << testing::PrintToString(blind);
    EXPECT_EQ(
        daemon.metric("backupwatch_check_status{database=\"shop\",set=\"\",check=\"disk\"}"), "3"
    );
    const int asked = supabase_.asked();
    std::this_thread::sleep_for(3s);
    EXPECT_LE(supabase_.asked() - asked, 10) << "a question for each look and each poll";
    EXPECT_EQ(told().size(), blind.size()) << "told once";

    answer_all({});
    await("its end", [&] { return has(told().back(), "RECOVERED"); });
    std::this_thread::sleep_for(2s);
    EXPECT_EQ(told().size(), 2u) << testing::PrintToString(told());
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(SupabaseProgram, C1_a_token_that_is_refused_is_one_incident_of_all_its_projects) {
    supabase_.with([](SupabaseScript& script) {
        for (const char letter : {'a', 'b', 'c', 'd'}) {
            script.projects.emplace_back(now(), std::string(20, letter));
        }
    });
    configure_projects(
        {"aaaaaaaaaaaaaaaaaaaa",
         "bbbbbbbbbbbbbbbbbbbb",
         "cccccccccccccccccccc",
         "dddddddddddddddddddd"}
    );
    Daemon daemon(site_);
    answer_all(refusal(401, "Unauthorized"));
    const auto is_told = [&] {
        for (const std::string& text : all_told()) {
            if (has(text, "backupwatch/token-") && has(text, "makes databases fail")) return true;
        }
        return false;
    };
    await("that the token is told of", is_told);
    std::this_thread::sleep_for(3s);
    std::size_t by_themselves = 0;
    for (const std::string& text : all_told()) {
        by_themselves += has(text, "shop-") && !has(text, "backupwatch/token-") ? 1u : 0u;
    }
    EXPECT_LE(by_themselves, 2u) << testing::PrintToString(all_told());
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(SupabaseProgram, C5_a_429_is_obeyed_by_looks_and_polls_together) {
    FakeAnswer limited = refusal(429, "Too Many Requests");
    limited.headers.emplace_back("x-ratelimit-reset", "37");
    answer_all(limited);
    Daemon daemon(site_);
    await("the first question", [&] { return supabase_.asked() > 0; });
    std::this_thread::sleep_for(5s);
    EXPECT_LE(supabase_.asked(), 3) << "what was under way at once";
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(SupabaseProgram, C11_the_token_is_nowhere_to_be_seen) {
    answer_all(refusal(400, "what is sbp_fc0123456789canary0123456789canary012345 to mean"));
    Daemon daemon(site_);
    await("that it is told", [&] { return !told().empty(); });
    std::ifstream command_line("/proc/" + std::to_string(daemon.pid()) + "/cmdline");
    std::string seen(std::istreambuf_iterator<char>(command_line), {});
    std::ifstream limits("/proc/" + std::to_string(daemon.pid()) + "/limits");
    const std::string limited(std::istreambuf_iterator<char>(limits), {});
    EXPECT_TRUE(std::regex_search(limited, std::regex("Max core file size +0 +0 "))) << limited;
    for (const char* page :
         {"/metrics", "/api/v1/status", "/api/v1/databases/shop", "/api/v1/incidents"}) {
        seen += daemon.get(page).body;
    }
    for (const std::string& text : told()) seen += text;
    const Ran checked = site_.run({"check", "shop"});
    const Ran online = site_.run({"check-config", "--online"});
    seen += checked.out + checked.err + online.out + online.err + daemon.log();
    EXPECT_TRUE(has(seen, "what is *** to mean")) << seen;
    EXPECT_FALSE(has(seen, "canary012345")) << seen;
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(SupabaseProgram, C12_a_restart_knows_what_was_and_that_it_was_told) {
    {
        Daemon daemon(site_);
        await("that all is known", [&] {
            const std::string status = "backupwatch_check_status{database=\"shop\",set=";
            return daemon.metric(status + "\"\",check=\"disk\"}") == "0" &&
                   daemon.metric(status + "\"supabase\",check=\"backup\"}") == "0";
        });
        answer_all(refusal(503, "down"));
        // One that ends before it has noted that would tell it once more, as it promises.
        await("that it is told, and noted", [&] {
            return !told().empty() &&
                   daemon.metric("backupwatch_notifications_pending{notifier=\"chat\"}") == "0";
        });
        EXPECT_EQ(daemon.stop().exit_code, 0);
    }
    const auto before = told();
    Daemon daemon(site_);
    std::this_thread::sleep_for(3s);
    EXPECT_EQ(told(), before);
    EXPECT_TRUE(findings().at("source").starts_with("unknown")) << findings().at("source");
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(SupabaseProgram, B6_what_was_switched_off_stays_told_until_it_is_accepted) {
    supabase_.with([](SupabaseScript& script) {
        script.projects.front().has_pitr = true;
        script.projects.front().latest = now() - 60s;
        script.projects.front().earliest = now() - 48h;
    });
    EXPECT_TRUE(findings().at("pitr").starts_with("ok: reaches up to"));
    const Ran listed = site_.run({"list", "shop"});
    EXPECT_TRUE(has(listed.out, "point-in-time recovery, to any moment from 2")) << listed.out;
    supabase_.with([](SupabaseScript& script) { script.projects.front().has_pitr = false; });
    for (int times = 0; times < 2; ++times) {
        EXPECT_EQ(findings().at("project"), "warning: point-in-time recovery was switched off");
    }
    const Ran accepted = site_.run({"accept", "shop"});
    EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
    EXPECT_TRUE(has(accepted.out, "point-in-time recovery was switched off")) << accepted.out;
    EXPECT_TRUE(findings().at("project").starts_with("ok"));
}

TEST_F(
    SupabaseProgram, B8_that_it_has_no_backups_any_more_can_be_accepted_where_none_tells_the_plan
) {
    supabase_.with([](SupabaseScript& script) {
        script.instead["/v1/organizations/acme"] = refusal(403, "Forbidden");
        script.instead["/v1/organizations/acme/entitlements"] = refusal(403, "Forbidden");
    });
    EXPECT_TRUE(findings().at("backup").starts_with("ok"));
    EXPECT_NE(site_.run({"accept", "shop"}).exit_code, 0) << "there is nothing to be accepted";
    supabase_.with([](SupabaseScript& script) { script.projects.front().backups.clear(); });
    EXPECT_TRUE(findings().at("backup").starts_with("critical")) << findings().at("backup");
    const Ran accepted = site_.run({"accept", "shop"});
    EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
    EXPECT_TRUE(has(accepted.out, "it has no backups, and none is missed")) << accepted.out;
    const auto after = findings();
    EXPECT_TRUE(after.at("backup").starts_with("warning: no provider backup, as was accepted"))
        << after.at("backup");
    EXPECT_FALSE(after.contains("retention")) << after.at("retention");
}

TEST_F(SupabaseProgram, says_online_what_the_token_may_read) {
    const Ran all = site_.run({"check-config", "--online"});
    EXPECT_TRUE(has(all.out, "Backups: Read")) << all.out << all.err;
    EXPECT_TRUE(has(all.out, "may read the backups")) << all.out;
    EXPECT_TRUE(has(all.out, "670.6 MB used, of the project's disk")) << all.out;
    supabase_.with([](SupabaseScript& script) {
        script.projects.emplace_back(now(), "zzzzzzzzzzzzzzzzzzzz");
    });
    const Ran more = site_.run({"check-config", "--online"});
    EXPECT_TRUE(has(more.out, "1 project that nobody watches: zzzzzzzzzzzzzzzzzzzz")) << more.out;
    supabase_.with([](SupabaseScript& script) {
        script.instead["/database/backups"] = refusal(403, "Forbidden");
    });
    const Ran without = site_.run({"check-config", "--online"});
    EXPECT_EQ(without.exit_code, 2) << without.out;
    EXPECT_TRUE(has(without.out, "lacks the permission Backups")) << without.out;
    EXPECT_TRUE(has(without.out, "Grant the token Backups: Read, and nothing more."))
        << without.out;
}

TEST_F(SupabaseProgram, says_online_that_a_classic_token_may_do_too_much) {
    const std::string warning = "it may do whatever its owner may, restores that overwrite a";
    const Ran scoped = site_.run({"check-config", "--online"});
    EXPECT_FALSE(has(scoped.out, warning)) << scoped.out;
    supabase_.with([](SupabaseScript& script) {
        script.token = "sbp_0123456789canary0123456789canary01234567";
    });
    configure();
    const Ran classic = site_.run({"check-config", "--online"});
    EXPECT_TRUE(has(classic.out, "  advice   shop/supabase  access token ")) << classic.out;
    EXPECT_TRUE(has(classic.out, warning)) << classic.out << classic.err;
}

TEST_F(SupabaseProgram, cannot_drill_what_cannot_be_fetched) {
    const Ran drilled = site_.run({"drill", "shop/supabase"});
    EXPECT_EQ(drilled.exit_code, 3) << drilled.out;
    EXPECT_TRUE(has(drilled.out + drilled.err, "cannot be read from here"))
        << drilled.out << drilled.err;
}

}  // namespace
}  // namespace backupwatch
