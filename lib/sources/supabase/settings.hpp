#pragma once
#include "core/secret.hpp"
#include "net/http_client.hpp"
#include "sources/set_settings.hpp"

#include <string>

namespace backupwatch {

/// What `source: supabase` alone wants to know.
struct SupabaseSettings : SourceSettings {
    std::string project;
    Secret access_token;
    std::string api_url = "https://api.supabase.com";
    NetworkSettings network;
};

/// The keys of `source: supabase`, whose set.own is a SupabaseSettings.
void describe_supabase(Section& section, SetSettings& set);

}  // namespace backupwatch
