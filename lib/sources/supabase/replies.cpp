#include "sources/supabase/replies.hpp"

#include "core/digits.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "sources/dump/json_object.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

/// Of what is shown to people and compared: no status, plan or region is longer.
constexpr std::size_t longest_word = 60;
constexpr int most_days = 36'500;
/// 2000 and 2200: before and after it no backup was ever taken.
constexpr std::int64_t first_second = 946'684'800;
constexpr std::int64_t last_second = 7'258'118'400;

/// `read` of the object that these bytes are.
template <class Read>
auto read_reply(std::string_view bytes, const char* what, Read read) {
    const std::string where = std::string("the reply on ") + what;
    const auto refuse = [&](const std::string& why) {
        return Failure(Failure::Kind::corrupt, "cannot use " + where + ": " + why);
    };
    if (bytes.empty()) throw refuse("it is empty");
    boost::system::error_code error;
    const json::value document = json::parse({bytes.data(), bytes.size()}, error);
    if (error) throw refuse("it is no JSON, or not all of it");
    if (!document.is_object()) throw refuse("it is no object");
    return read(JsonObject(document.get_object(), where));
}

std::string word(const JsonObject& object, std::string_view key) {
    return cut(clean_line(object.text(key)), longest_word);
}

std::string word_or_none(const JsonObject& object, std::string_view key) {
    return object.has_value(key) ? word(object, key) : std::string();
}

Instant moment(const JsonObject& object, std::string_view key) {
    const auto instant = parse_provider_time(object.text(key));
    if (!instant) object.fail("\"" + std::string(key) + "\" is not a time");
    return *instant;
}

std::optional<Instant> moment_or_none(const JsonObject& object, std::string_view key) {
    if (!object.has_value(key)) return std::nullopt;
    return moment(object, key);
}

std::optional<Instant> unix_moment(const JsonObject& object, std::string_view key) {
    if (!object.has_value(key)) return std::nullopt;
    const std::int64_t seconds = object.signed_count(key);
    if (seconds < first_second || seconds > last_second) {
        object.fail("\"" + std::string(key) + "\" is no moment of a backup");
    }
    return Instant(std::chrono::seconds(seconds));
}

int days(const JsonObject& object, std::string_view key) {
    return std::min(object.number(key), most_days);
}

ProviderBackup read_backup(const JsonObject& object) {
    ProviderBackup backup;
    backup.inserted_at = moment(object, "inserted_at");
    backup.status = word(object, "status");
    backup.id = object.has_value("id") ? std::to_string(object.signed_count("id"))
                                       : to_rfc3339(backup.inserted_at);
    return backup;
}

void make_unique(std::vector<ProviderBackup>& backups) {
    std::set<std::string> taken;
    for (ProviderBackup& backup : backups) {
        const std::string id = backup.id;
        for (int more = 2; !taken.insert(backup.id).second; ++more) {
            backup.id = id + "." + std::to_string(more);
        }
    }
}

/// `17` of `17.6.1.111`, where the engine's own name, `17-oriole`, is not told.
int leading_number(std::string_view text) {
    const auto number = take_number(text);
    return number && *number < 1000 ? static_cast<int>(*number) : 0;
}

struct Entitlement {
    std::string key;
    bool has_access = false;
    std::optional<int> value;
};

Entitlement read_entitlement(const JsonObject& object) {
    Entitlement entitlement;
    entitlement.key = object.object("feature").text("key");
    if (entitlement.key != "backup.retention_days") return entitlement;
    entitlement.has_access = object.flag("hasAccess");
    const JsonObject config = object.object("config");
    if (config.has_value("value")) entitlement.value = days(config, "value");
    return entitlement;
}

/// Days of an add-on for point-in-time recovery; none: it is another add-on.
std::optional<int> read_addon(const JsonObject& object) {
    if (object.text("type") != "pitr") return std::nullopt;
    const JsonObject variant = object.object("variant");
    if (variant.has_value("meta")) {
        const JsonObject meta = variant.object("meta");
        if (meta.has_value("backup_duration_days")) return days(meta, "backup_duration_days");
    }
    const std::string id = variant.text("id");
    std::string_view rest = id;
    if (!take_prefix(rest, "pitr_")) return std::nullopt;
    return leading_number(rest);
}

std::uint64_t bytes_of(const JsonObject& object, std::string_view key) {
    constexpr double most = 1e18;
    const double value = object.real(key);
    if (value < 0 || value > most) object.fail("\"" + std::string(key) + "\" is no size of a disk");
    return static_cast<std::uint64_t>(value);
}

std::optional<std::string> read_listed_project(const JsonObject& object) {
    const std::string ref = object.text("ref");
    if (object.has_value("is_branch") && object.flag("is_branch")) return std::nullopt;
    return is_project_ref(ref) ? std::optional(ref) : std::nullopt;
}

bool is_word(const std::string& text, bool (*fits)(char)) {
    return !text.empty() && std::ranges::all_of(text, fits);
}

}  // namespace

std::optional<Instant> parse_provider_time(std::string_view text) {
    if (const auto instant = parse_rfc3339(text)) return instant;
    std::string whole(text);
    const auto date = std::string_view("2026-11-22").size();
    if (whole.size() < date) return std::nullopt;
    const auto sign = whole.find_first_of("+-", date);
    if (sign == std::string::npos) return parse_rfc3339(whole + "Z");
    // `+00` and `+0000`, as PostgreSQL writes zones.
    if (whole.size() == sign + 3) whole += ":00";
    if (whole.size() == sign + 5) whole.insert(sign + 3, ":");
    return parse_rfc3339(whole);
}

BackupsReply parse_backups(std::string_view bytes) {
    return read_reply(bytes, "backups", [](const JsonObject& object) {
        BackupsReply reply;
        reply.region = word_or_none(object, "region");
        reply.pitr_enabled = object.flag("pitr_enabled");
        reply.backups = object.objects("backups", read_backup);
        make_unique(reply.backups);
        if (object.has_value("physical_backup_data")) {
            const JsonObject physical = object.object("physical_backup_data");
            reply.earliest = unix_moment(physical, "earliest_physical_backup_date_unix");
            reply.latest = unix_moment(physical, "latest_physical_backup_date_unix");
        }
        return reply;
    });
}

ProjectReply parse_project(std::string_view bytes) {
    return read_reply(bytes, "the project", [](const JsonObject& object) {
        ProjectReply reply;
        reply.ref = word(object, object.has_value("ref") ? "ref" : "id");
        reply.organization = word_or_none(object, "organization_slug");
        if (!is_organization_slug(reply.organization)) reply.organization.clear();
        reply.status = word(object, "status");
        reply.created_at = moment_or_none(object, "created_at");
        if (object.has_value("database")) {
            const JsonObject database = object.object("database");
            const std::string version = word_or_none(database, "version");
            const std::string engine = word_or_none(database, "postgres_engine");
            reply.postgres_major = leading_number(engine.empty() ? version : engine);
        }
        return reply;
    });
}

std::string parse_plan(std::string_view bytes) {
    return read_reply(bytes, "the organization", [](const JsonObject& object) {
        return word_or_none(object, "plan");
    });
}

std::optional<int> parse_retention_days(std::string_view bytes) {
    return read_reply(bytes, "entitlements", [](const JsonObject& object) -> std::optional<int> {
        for (const Entitlement& one : object.objects("entitlements", read_entitlement)) {
            if (one.key != "backup.retention_days") continue;
            return one.has_access ? one.value : 0;
        }
        return std::nullopt;
    });
}

std::optional<int> parse_pitr_days(std::string_view bytes) {
    return read_reply(bytes, "add-ons", [](const JsonObject& object) -> std::optional<int> {
        for (const auto& bought : object.objects("selected_addons", read_addon)) {
            if (bought) return bought;
        }
        return std::nullopt;
    });
}

ScheduleReply parse_schedule(std::string_view bytes) {
    return read_reply(bytes, "the schedule", [](const JsonObject& object) {
        const std::string time = object.text("schedule_for");
        const auto instant = parse_rfc3339("2000-01-01T" + time + "Z");
        if (!instant) object.fail("\"schedule_for\" is no time of day");
        ScheduleReply reply;
        reply.since_midnight = *instant - std::chrono::floor<std::chrono::days>(*instant);
        reply.updated_at = moment_or_none(object, "updated_at");
        return reply;
    });
}

bool parse_readonly(std::string_view bytes) {
    return read_reply(bytes, "read-only mode", [](const JsonObject& object) {
        return object.flag("enabled");
    });
}

DiskUse parse_disk_use(std::string_view bytes) {
    return read_reply(bytes, "the disk's use", [](const JsonObject& object) {
        const JsonObject metrics = object.object("metrics");
        DiskUse use;
        use.size = bytes_of(metrics, "fs_size_bytes");
        use.available = bytes_of(metrics, "fs_avail_bytes");
        if (use.available > use.size) metrics.fail("more is free than there is");
        use.measured_at = moment_or_none(object, "timestamp");
        return use;
    });
}

double parse_disk_size(std::string_view bytes) {
    return read_reply(bytes, "the disk", [](const JsonObject& object) {
        return object.object("attributes").real("size_gb");
    });
}

std::optional<double> parse_autoscale_limit(std::string_view bytes) {
    return read_reply(bytes, "autoscaling", [](const JsonObject& object) -> std::optional<double> {
        if (!object.has_value("max_size_gb")) return std::nullopt;
        return object.real("max_size_gb");
    });
}

ProjectsPage parse_projects(std::string_view bytes) {
    return read_reply(bytes, "the projects", [](const JsonObject& object) {
        ProjectsPage page;
        for (const auto& ref : object.objects("projects", read_listed_project)) {
            ++page.listed;
            if (ref) page.refs.push_back(*ref);
        }
        page.count = object.object("pagination").count("count");
        return page;
    });
}

bool is_project_ref(const std::string& text) {
    return text.size() == 20 && is_word(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

bool is_organization_slug(const std::string& text) {
    return is_word(text, [](char c) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return is_letter || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

}  // namespace backupwatch
