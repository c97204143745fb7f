#include "core/backup/project_webhooks.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(ProjectWebhooks, are_triggers_on_whatever_table) {
    Manifest manifest;
    manifest.schema = {
        {"function", "public.f", "EXECUTE FUNCTION supabase_functions.http_request()"},
        {"trigger", "auth.users.on_created", "EXECUTE FUNCTION public.handle_new_user()"},
        {"trigger", "auth.users.on_user", "EXECUTE FUNCTION supabase_functions.http_request('u')"},
        {"trigger",
         "public.posts.on_post",
         "EXECUTE FUNCTION supabase_functions.http_request('u', 'POST')"},
    };
    EXPECT_EQ(
        project_webhooks(manifest),
        (std::vector<std::string>{"auth.users.on_user", "public.posts.on_post"})
    );
}

}  // namespace
}  // namespace backupwatch
