#include "store/alert_json.hpp"

#include "core/failure.hpp"
#include "json/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse(const std::string& what) {
    throw Failure(Failure::Kind::corrupt, "the state holds " + what + " that cannot be read");
}

std::int64_t milliseconds(Instant instant) {
    return instant.time_since_epoch().count();
}

json::value or_null(const std::optional<Instant>& instant) {
    return instant ? json::value(milliseconds(*instant)) : json::value(nullptr);
}

/// One object being read, key by key; what is not there keeps its default.
class Reader {
  public:
    Reader(const json::value& value, std::string what) : what_(std::move(what)) {
        if (!value.is_object()) refuse(what_);
        object_ = &value.get_object();
    }

    void read(const char* key, std::string& value) const {
        if (const auto* found = at(key)) {
            if (!found->is_string()) refuse(what_);
            value = found->get_string();
        }
    }
    void read(const char* key, std::int64_t& value) const {
        if (const auto* found = at(key)) {
            if (!found->is_int64()) refuse(what_);
            value = found->get_int64();
        }
    }
    void read(const char* key, int& value) const {
        std::int64_t whole = value;
        read(key, whole);
        value = static_cast<int>(whole);
    }
    void read(const char* key, bool& value) const {
        if (const auto* found = at(key)) {
            if (!found->is_bool()) refuse(what_);
            value = found->get_bool();
        }
    }
    void read(const char* key, double& value) const {
        if (const auto* found = at(key)) {
            if (!found->is_number()) refuse(what_);
            value = found->to_number<double>();
        }
    }
    void read(const char* key, std::uint64_t& value) const {
        std::int64_t whole = 0;
        read(key, whole);
        value = static_cast<std::uint64_t>(whole);
    }
    void read(const char* key, Instant& value) const {
        std::int64_t count = milliseconds(value);
        read(key, count);
        value = Instant(Duration(count));
    }
    template <class T>
    void read(const char* key, std::optional<T>& value) const {
        if (at(key) != nullptr) read(key, value.emplace());
    }
    void read(const char* key, Severity& value) const {
        std::string word(to_string(value));
        read(key, word);
        const auto severity = parse_severity(word);
        if (!severity) refuse(what_);
        value = *severity;
    }
    void read(const char* key, NoticeKind& value) const {
        std::string word(to_string(value));
        read(key, word);
        const auto kind = parse_notice_kind(word);
        if (!kind) refuse(what_);
        value = *kind;
    }
    void read(const char* key, Arrival& value) const {
        std::string word(to_string(value));
        read(key, word);
        const auto arrival = parse_arrival(word);
        if (!arrival) refuse(what_);
        value = *arrival;
    }
    void read(const char* key, std::vector<std::string>& values) const {
        const auto* found = at(key);
        if (found == nullptr) return;
        if (!found->is_array()) refuse(what_);
        for (const json::value& item : found->get_array()) {
            if (!item.is_string()) refuse(what_);
            values.emplace_back(item.get_string());
        }
    }
    /// Null where there is none.
    const json::value* at(const char* key) const {
        const auto* found = object_->if_contains(key);
        return found == nullptr || found->is_null() ? nullptr : found;
    }

  private:
    const json::object* object_ = nullptr;
    std::string what_;
};

json::value parsed(std::string_view text, const std::string& what) {
    // Other programs' words are not always UTF-8.
    json::parse_options options;
    options.allow_invalid_utf8 = true;
    boost::system::error_code error;
    auto value = json::parse(text, error, {}, options);
    if (error) refuse(what);
    return value;
}

json::array array_of(const std::vector<std::string>& values) {
    json::array array;
    for (const std::string& value : values) array.emplace_back(value);
    return array;
}

json::value mention_value(const std::optional<ProofMention>& mention) {
    if (!mention) return nullptr;
    json::object object{{"id", mention->id}, {"at", milliseconds(mention->at)}};
    if (mention->size_bytes) object["size"] = static_cast<std::int64_t>(*mention->size_bytes);
    if (mention->seconds) object["seconds"] = *mention->seconds;
    return object;
}

void read_mention(const Reader& reader, const char* key, std::optional<ProofMention>& mention) {
    const json::value* found = reader.at(key);
    if (found == nullptr) return;
    const Reader inner(*found, "a notice");
    mention.emplace();
    inner.read("id", mention->id);
    inner.read("at", mention->at);
    inner.read("size", mention->size_bytes);
    inner.read("seconds", mention->seconds);
}

json::value lane_value(const Lane& lane) {
    return json::object{
        {"notifier", lane.notifier},
        {"recipient", lane.recipient},
        {"endpoint", lane.endpoint},
        {"pages", lane.pages},
        {"route", lane.route},
    };
}

Lane lane_of_value(const json::value& value) {
    Lane lane;
    const Reader reader(value, "an incident");
    reader.read("notifier", lane.notifier);
    reader.read("recipient", lane.recipient);
    reader.read("endpoint", lane.endpoint);
    reader.read("pages", lane.pages);
    reader.read("route", lane.route);
    return lane;
}

const json::array& array_at(const Reader& reader, const char* key) {
    const json::value* found = reader.at(key);
    if (found == nullptr || !found->is_array()) refuse("an incident");
    return found->get_array();
}

LedgerEntry told_of_value(const json::value& value) {
    const Reader reader(value, "an incident");
    LedgerEntry told;
    const json::value* lane = reader.at("lane");
    if (lane == nullptr) refuse("an incident");
    told.lane = lane_of_value(*lane);
    for (const json::value& entry : array_at(reader, "steps")) {
        const Reader step(entry, "an incident");
        auto& read = told.steps.emplace_back();
        step.read("step", read.step);
        step.read("severity", read.severity);
    }
    reader.read("first_at", told.first_at);
    reader.read("last_at", told.last_at);
    reader.read("failures", told.failures);
    reader.read("members", told.members);
    reader.read("arrival", told.arrival);
    reader.read("reached_at", told.reached_at);
    return told;
}

}  // namespace

std::string notice_text(const Notice& notice) {
    json::object object{
        {"kind", to_string(notice.kind)},
        {"incident", notice.incident},
        {"database", notice.key.database},
        {"set", notice.key.set},
        {"check", notice.key.check},
        {"severity", to_string(notice.severity)},
        {"summary", notice.summary},
        {"value", notice.value},
        {"threshold", notice.threshold},
        {"provider_page", notice.provider_page},
        {"since", milliseconds(notice.since)},
        {"ended_at", or_null(notice.ended_at)},
        {"failures", notice.failures},
        {"times_unseen", notice.times_unseen},
        {"consequences", array_of(notice.consequences)},
        {"members", array_of(notice.members)},
        {"last_backup", mention_value(notice.last_backup)},
        {"last_drill", mention_value(notice.last_drill)},
        {"acknowledged_until", or_null(notice.acknowledged_until)},
        {"made_at", milliseconds(notice.made_at)},
    };
    if (notice.next) {
        object["next"] = json::object{
            {"notifiers", array_of(notice.next->notifiers)},
            {"at", or_null(notice.next->at)},
            {"consecutive_failures", notice.next->consecutive_failures},
        };
    }
    return json_text(object);
}

Notice notice_of_text(std::string_view text) {
    const json::value value = parsed(text, "a notice");
    const Reader reader(value, "a notice");
    Notice notice;
    reader.read("kind", notice.kind);
    reader.read("incident", notice.incident);
    reader.read("database", notice.key.database);
    reader.read("set", notice.key.set);
    reader.read("check", notice.key.check);
    reader.read("severity", notice.severity);
    reader.read("summary", notice.summary);
    reader.read("value", notice.value);
    reader.read("threshold", notice.threshold);
    reader.read("provider_page", notice.provider_page);
    reader.read("since", notice.since);
    reader.read("ended_at", notice.ended_at);
    reader.read("failures", notice.failures);
    reader.read("times_unseen", notice.times_unseen);
    reader.read("consequences", notice.consequences);
    reader.read("members", notice.members);
    read_mention(reader, "last_backup", notice.last_backup);
    read_mention(reader, "last_drill", notice.last_drill);
    reader.read("acknowledged_until", notice.acknowledged_until);
    reader.read("made_at", notice.made_at);
    if (const json::value* next = reader.at("next")) {
        const Reader inner(*next, "a notice");
        notice.next.emplace();
        inner.read("notifiers", notice.next->notifiers);
        inner.read("at", notice.next->at);
        inner.read("consecutive_failures", notice.next->consecutive_failures);
    }
    return notice;
}

std::string told_text(const std::vector<LedgerEntry>& all) {
    json::array array;
    for (const LedgerEntry& told : all) {
        json::array steps;
        for (const ToldStep& step : told.steps) {
            steps.push_back(json::object{
                {"step", step.step}, {"severity", to_string(step.severity)}});
        }
        array.push_back(json::object{
            {"lane", lane_value(told.lane)},
            {"steps", std::move(steps)},
            {"first_at", milliseconds(told.first_at)},
            {"last_at", milliseconds(told.last_at)},
            {"failures", told.failures},
            {"members", array_of(told.members)},
            {"arrival", to_string(told.arrival)},
            {"reached_at", or_null(told.reached_at)},
        });
    }
    return json_text(json::value(std::move(array)));
}

std::vector<LedgerEntry> told_of_text(std::string_view text) {
    const json::value value = parsed(text, "an incident");
    if (!value.is_array()) refuse("an incident");
    std::vector<LedgerEntry> all;
    for (const json::value& entry : value.get_array()) all.push_back(told_of_value(entry));
    return all;
}

std::string finding_text(const Finding& finding) {
    return json_text(json::object{
        {"severity", to_string(finding.severity)},
        {"summary", finding.summary},
        {"value", finding.value},
        {"threshold", finding.threshold},
        {"since", or_null(finding.since)},
        {"failures", finding.failures},
        {"cause", finding.cause.name},
        {"cause_error", finding.cause.error},
    });
}

Finding finding_of_text(std::string_view text) {
    const json::value value = parsed(text, "an incident");
    const Reader reader(value, "an incident");
    Finding finding;
    reader.read("severity", finding.severity);
    reader.read("summary", finding.summary);
    reader.read("value", finding.value);
    reader.read("threshold", finding.threshold);
    reader.read("since", finding.since);
    reader.read("failures", finding.failures);
    reader.read("cause", finding.cause.name);
    reader.read("cause_error", finding.cause.error);
    return finding;
}

}  // namespace backupwatch
