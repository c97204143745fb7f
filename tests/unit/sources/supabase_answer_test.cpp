#include "sources/supabase/answer.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

/// By what else the same failure is told of.
std::string cause_of(int status, const ApiPlace& place) {
    HttpReply reply;
    reply.status = status;
    Question question;
    question.what = "the backups";
    auto failure = failure_of(reply, question, place);
    if (!failure) return "no failure";
    blame_project(*failure, "abcdefghijklmnopqrst");
    return failure->cause();
}

TEST(SupabaseAnswer, blames_what_other_questions_fail_by_as_well) {
    const ApiPlace place{"api.supabase.com", Secret("sbp_0")};
    const std::string project = "project-abcdefghijklmnopqrst";
    const std::pair<int, std::string> cases[] = {
        {200, "no failure"},
        // Of all projects.
        {0, place.cause()},
        {401, place.cause_of_token()},
        {500, place.cause()},
        {503, place.cause()},
        // Of this one, whatever it is asked.
        {302, project},
        {400, project},
        {402, project},
        {404, project},
        // Of each permission by itself.
        {403, ""},
        // It passes.
        {429, ""},
    };
    for (const auto& [status, cause] : cases) EXPECT_EQ(cause_of(status, place), cause) << status;
}

}  // namespace
}  // namespace backupwatch
