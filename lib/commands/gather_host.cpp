#include "commands/gather_online.hpp"
#include "postgres/cluster.hpp"
#include "postgres/drill_fence.hpp"
#include "postgres/traversal.hpp"
#include "watch/volume.hpp"

#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <system_error>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// Where CREATE EXTENSION of this installation looks: Debian's place, then those of builds that can
/// be moved as a whole.
std::optional<fs::path> extension_folder(const Installation& installation) {
    const fs::path debian = fs::path("/usr/share/postgresql") / std::to_string(installation.major);
    const fs::path share = installation.bin.parent_path() / "share";
    const bool is_debian = installation.bin.string().starts_with("/usr/lib/postgresql/");
    for (const fs::path& place : {is_debian ? debian : share, share, share / "postgresql"}) {
        std::error_code unreadable;
        // Every server has this one: a folder without it is not the one.
        if (fs::exists(place / "extension" / "plpgsql.control", unreadable)) {
            return place / "extension";
        }
    }
    return std::nullopt;
}

std::set<std::string> extensions_in(const fs::path& folder) {
    std::set<std::string> names;
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
        const std::string stem = entry.path().stem();
        if (entry.path().extension() == ".control") names.insert(stem);
    }
    return names;
}

bool has_locale(const std::string& name) {
    const locale_t locale = ::newlocale(LC_COLLATE_MASK | LC_CTYPE_MASK, name.c_str(), nullptr);
    if (locale == nullptr) return false;
    ::freelocale(locale);
    return true;
}

/// A database whose provider is ICU or PostgreSQL itself still has two of the C library's.
void add_missing_locales(const Manifest& manifest, std::set<std::string>& missing) {
    for (const std::string& name : {manifest.collate, manifest.ctype}) {
        if (!name.empty() && !has_locale(name)) missing.insert(name);
    }
}

}  // namespace

FolderFacts look_at_folder(const fs::path& folder, Instant now) {
    FolderFacts facts;
    facts.path = folder;
    std::error_code ignored;
    facts.exists = fs::exists(folder, ignored);
    fs::path place = fs::absolute(folder);
    while (!fs::exists(place, ignored) && place.has_relative_path()) place = place.parent_path();
    if (!fs::is_directory(place, ignored)) {
        facts.obstacle = place.string() + " is not a folder";
    } else if (::access(place.c_str(), W_OK | X_OK) != 0) {
        facts.obstacle = place.string() + ": " + std::system_category().message(errno);
    }
    try {
        const DiskSample volume = measure_volume(place, now);
        facts.free = volume.capacity - volume.used;
    } catch (const Failure& failure) {
        facts.obstacle = failure.what();
    }
    return facts;
}

HostFacts gather_host(
    const Settings& settings, const std::vector<DatabaseFacts>& databases, Instant now
) {
    HostFacts host;
    host.installed = find_installations();
    for (const Installation& one : host.installed) {
        if (!one.has_server || host.extensions.contains(one.major)) continue;
        if (const auto folder = extension_folder(one)) {
            host.extensions.emplace(one.major, extensions_in(*folder));
        }
    }
    for (const DatabaseFacts& database : databases) {
        if (database.current) add_missing_locales(*database.current, host.missing_locales);
        for (const SetFacts& set : database.sets) {
            if (set.newest) add_missing_locales(*set.newest, host.missing_locales);
        }
    }
    host.state_dir = look_at_folder(settings.state_dir, now);
    host.work_dir = look_at_folder(settings.work_dir, now);
    host.sandbox_gaps = sandbox_gaps();
    if (const auto user = drill_user()) {
        host.closed_folder = first_closed_folder(fs::absolute(settings.work_dir), *user);
    }
    return host;
}

}  // namespace backupwatch
