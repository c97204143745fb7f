#include "sources/supabase/settings.hpp"

#include "net/settings.hpp"
#include "sources/supabase/replies.hpp"

namespace backupwatch {
namespace {

/// What a header may hold; a line break at its end is what files have.
bool is_token(const Secret& token) {
    const std::string& text = token.reveal();
    return !text.empty() && text.find_first_of(" \t\r\n") == std::string::npos;
}

bool is_api(const std::string& url) {
    return is_endpoint(url) && url.find_first_of("?#") == std::string::npos;
}

}  // namespace

void describe_supabase(Section& section, SetSettings& set) {
    using namespace std::chrono_literals;
    const auto supabase = std::make_shared<SupabaseSettings>();
    set.own = supabase;
    ProviderPolicy& policy = set.provider.emplace();
    section.key("project", supabase->project, "supabase: the project's reference")
        .required()
        .must(is_project_ref, "is no reference of a project: 20 small letters");
    section
        .key(
            "access_token", supabase->access_token, "supabase: may read what docs/supabase.md names"
        )
        .required()
        .must(is_token, "must be one word");
    section.key("api_url", supabase->api_url, "supabase: the Management API")
        .must(is_api, endpoint_rule);
    while (supabase->api_url.ends_with('/')) supabase->api_url.pop_back();
    section.key("pitr", policy.pitr, "point-in-time recovery: off, optional or required");
    section.key("max_pitr_lag", policy.max_pitr_lag, "how far it may be behind what is written")
        .at_least(1s);
    describe_network(section, supabase->network);
}

}  // namespace backupwatch
