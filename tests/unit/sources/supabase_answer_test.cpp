#include "sources/supabase/answer.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using Kind = Failure::Kind;

constexpr const char* ref = "abcdefghijklmnopqrst";

/// By what else the same failure is told of.
std::string cause_of(int status, const std::string& path, const ApiPlace& place) {
    HttpReply reply;
    reply.status = status;
    Question question;
    question.path = path;
    question.scope = ref;
    question.what = "the backups";
    const auto failure = failure_of(reply, question, place);
    return failure ? failure->cause() : "no failure";
}

TEST(SupabaseAnswer, blames_what_other_questions_fail_by_as_well) {
    const ApiPlace place{"api.supabase.com", Secret("sbp_0")};
    const std::pair<int, std::string> cases[] = {
        {200, "no failure"},
        // Of all projects.
        {0, place.cause()},
        {401, place.cause_of_token()},
        {500, place.cause()},
        {503, place.cause()},
        // Of this one.
        {402, cause_of_project(ref)},
        // Of this question, as far as anybody knows.
        {302, ""},
        {400, ""},
        {404, ""},
        // Of each permission by itself.
        {403, ""},
        // It passes.
        {429, ""},
    };
    for (const auto& [status, cause] : cases) {
        EXPECT_EQ(cause_of(status, "/v1/projects/abcdefghijklmnopqrst/readonly", place), cause)
            << status;
    }
    EXPECT_EQ(cause_of(402, "/v1/organizations/acme", place), "");
}

TEST(SupabaseAnswer, blames_the_project_for_what_is_missing_where_it_is_missing_itself) {
    struct Case {
        Kind of_question;
        std::optional<Kind> of_project;
        const char* before;
        std::string cause;
    };
    const std::string project = cause_of_project(ref);
    const Case cases[] = {
        {Kind::missing, Kind::missing, "", project},
        {Kind::missing, std::nullopt, "", ""},
        {Kind::missing, Kind::denied, "", ""},
        {Kind::rejected, Kind::missing, "", ""},
        {Kind::missing, Kind::missing, "api.supabase.com", "api.supabase.com"},
    };
    for (const Case& one : cases) {
        Failure failure(one.of_question, "cannot read the backups");
        failure.blame(one.before);
        std::optional<Failure> of_project;
        if (one.of_project) of_project.emplace(*one.of_project, "cannot read the project");
        blame_project(failure, ref, of_project);
        EXPECT_EQ(failure.cause(), one.cause);
    }
}

}  // namespace
}  // namespace backupwatch
