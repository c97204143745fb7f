#include "commands/verbs.hpp"
#include "core/check/attestation.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "core/text.hpp"

#include <charconv>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t longest_name = 100;
constexpr std::size_t longest_file = 1000;
constexpr int most_minutes = 60 * 24 * 7;

std::string items_listed() {
    std::string text;
    for (const AttestItem& item : attest_items()) {
        text += (text.empty() ? "" : ", ") + std::string(item.name);
    }
    return text;
}

const AttestItem& item_of(const Request& request) {
    const std::string name = text_option(request, "item");
    if (const AttestItem* item = find_attest_item(name)) return *item;
    throw Failure(
        Failure::Kind::usage,
        quoted_line(name) + " is nothing that can be attested",
        "there is " + items_listed() + "."
    );
}

std::optional<int> minutes_of(const Request& request, const AttestItem& item) {
    const std::string text = text_option(request, "minutes");
    if (text.empty()) return std::nullopt;
    int minutes = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, minutes);
    if (error != std::errc() || stopped != end || minutes < 0 || minutes > most_minutes) {
        throw Failure(
            Failure::Kind::usage, "--minutes: " + quoted_line(text) + " is no number of minutes"
        );
    }
    if (!item.is_timed) {
        throw Failure(
            Failure::Kind::usage, std::string(item.name) + " is no step that takes minutes"
        );
    }
    return minutes;
}

}  // namespace

Task<Reply> attest_command(World& world, Request request, ProgressSink) {
    const AttestItem& item = item_of(request);
    Attestation made;
    made.database = whole_database(world, request).name;
    made.item = item.name;
    made.by = cut(clean_line(text_option(request, "by")), longest_name);
    if (made.by.empty()) {
        throw Failure(Failure::Kind::usage, "--by is missing or blank", "say who confirms it.");
    }
    made.minutes = minutes_of(request, item);
    made.file = cut(clean_line(text_option(request, "file")), longest_file);
    made.at = world.clock.now();
    made.expires_at = made.at + attestation_holds;
    Reply reply;
    reply.document = boost::json::object{
        {"database", made.database},
        {"item", made.item},
        {"by", made.by},
        {"at", to_rfc3339(made.at)},
        {"expires_at", to_rfc3339(made.expires_at)},
        {"minutes", nullptr},
        {"file", nullptr},
    };
    if (made.minutes) reply.document.as_object()["minutes"] = *made.minutes;
    if (!made.file.empty()) reply.document.as_object()["file"] = made.file;
    reply.text = "attested by " + made.by + ": " + std::string(item.text) + "; believed until " +
                 in_words(made.expires_at) + "\n";
    co_await world.store.keep_attestation(std::move(made));
    tell_if_not_kept(world, reply);
    co_return reply;
}

}  // namespace backupwatch
