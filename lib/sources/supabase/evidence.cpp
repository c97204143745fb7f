#include "sources/supabase/evidence.hpp"

#include "core/base64.hpp"
#include "core/hiding.hpp"
#include "core/text.hpp"
#include "json/text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace backupwatch {
namespace {

namespace json = boost::json;

/// Where no look falls between the check and midnight, or it is made but once a week.
constexpr Duration longest_without = std::chrono::hours(25);

/// What reads a document refuses all of it for one byte that is not UTF-8.
bool is_text(const std::string& body) {
    boost::system::error_code error;
    json::parse(json::serialize(json::string(body)), error);
    return !error;
}

json::object reply_json(const ApiReply& reply, const std::vector<std::string>& secrets) {
    json::object kept;
    if (reply.failure) kept["failure"] = reply.failure->what();
    if (reply.status == 0) return kept;
    kept["status"] = reply.status;
    const std::string body = without(reply.body, secrets);
    if (is_text(body)) {
        kept["body"] = cut_bytes(body, most_evidence_of_a_reply);
    } else {
        kept["body_base64"] = to_base64(body.substr(0, most_evidence_of_a_reply));
    }
    if (body.size() > most_evidence_of_a_reply) kept["cut_from_bytes"] = body.size();
    return kept;
}

}  // namespace

std::string evidence_text(const std::map<std::string, ApiReply>& replies, const Secret& token) {
    const auto secrets = spellings_of(token);
    json::object kept;
    for (const auto& [path, reply] : replies) kept[path] = reply_json(reply, secrets);
    return json_text(json::object{{"replies", std::move(kept)}});
}

bool is_evidence_due(
    std::optional<Instant> last, const std::optional<Schedule>& check, Instant now
) {
    if (!last || *last > now || now - *last > longest_without) return true;
    const Instant day = std::chrono::floor<std::chrono::days>(now);
    const Instant due = check ? check->next(day - Duration(1)) : day;
    return due <= now && *last < due;
}

}  // namespace backupwatch
