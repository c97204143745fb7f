#include "sources/supabase/answer.hpp"

#include "core/hiding.hpp"
#include "core/text.hpp"
#include "sources/dump/sha256.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_words = 200;

/// What the other end says itself, in a word of JSON; a page of HTML says nothing to people.
std::string words_of(const HttpReply& reply, const ApiPlace& place) {
    boost::system::error_code error;
    const json::value document = json::parse(reply.body, error);
    if (error || !document.is_object()) return {};
    const json::value* message = document.get_object().if_contains("message");
    if (message == nullptr || !message->is_string()) return {};
    const auto& text = message->get_string();
    const auto secrets = spellings_of(place.token);
    // Once more after it was cleaned: a secret may have been broken by what is no longer there.
    const std::string words =
        without(clean_line(without({text.data(), text.size()}, secrets)), secrets);
    return words.empty() ? "" : ": " + cut(words, longest_words);
}

Failure refused(
    const Question& question, Failure::Kind kind, std::string why, std::string hint = {}
) {
    return Failure(kind, "cannot read " + question.what + ": " + std::move(why), std::move(hint));
}

Failure without_reply(const HttpReply& reply, const Question& question, const ApiPlace& place) {
    const auto secrets = spellings_of(place.token);
    const std::string error = without(clean_line(reply.error), secrets);
    const bool is_ours = reply.reached == Reached::none_by_our_fault;
    const bool is_impostor = reply.reached == Reached::impostor;
    auto failure = refused(
        question,
        is_ours || is_impostor ? Failure::Kind::denied : Failure::Kind::unreachable,
        error,
        is_impostor ? "Correct `api_url`, or name its authority in `ca_file`." : ""
    );
    failure.blame(place.cause());
    return failure;
}

}  // namespace

const std::string& ApiReply::answer() const {
    if (failure) throw *failure;
    return body;
}

std::string ApiPlace::cause_of_token() const {
    constexpr std::size_t enough = 8;
    return "token-" + sha256_hex(token.reveal()).substr(0, enough) + "@" + host;
}

std::string cause_of_project(const std::string& ref) {
    return "project-" + ref;
}

void blame_project(
    Failure& failure, const std::string& ref, const std::optional<Failure>& of_project
) {
    constexpr auto missing = Failure::Kind::missing;
    const bool is_gone = failure.kind() == missing && of_project && of_project->kind() == missing;
    if (is_gone && failure.cause().empty()) failure.blame(cause_of_project(ref));
}

std::optional<Failure> failure_of(
    const HttpReply& reply, const Question& question, const ApiPlace& place
) {
    using Kind = Failure::Kind;
    if (reply.status == 0) return without_reply(reply, question, place);
    const std::string said = "HTTP " + std::to_string(reply.status) + words_of(reply, place);
    if (reply.status == 401) {
        auto failure = refused(
            question,
            Kind::denied,
            "the access token is refused (" + said + "): it has expired, or was revoked",
            "Make a new one, and put it into `access_token`."
        );
        failure.blame(place.cause_of_token());
        return failure;
    }
    if (reply.status == 402) {
        auto failure = refused(
            question,
            Kind::rejected,
            "the plan does not have it, or the organization is restricted (" + said + ")"
        );
        if (question.path.starts_with("/v1/projects/")) {
            failure.blame(cause_of_project(question.scope));
        }
        return failure;
    }
    if (reply.status == 403) {
        return refused(
            question,
            Kind::denied,
            "the access token lacks the permission " + question.permission + " (" + said + ")",
            "Grant the token " + question.permission + ": Read, and nothing more."
        );
    }
    if (reply.status == 404) {
        return refused(
            question, Kind::missing, "it is not there, or not for this token (" + said + ")"
        );
    }
    if (reply.status == 429) {
        return refused(question, Kind::unreachable, "asked too often (" + said + ")");
    }
    if (reply.status >= 500) {
        auto failure = refused(question, Kind::unreachable, "the provider fails (" + said + ")");
        failure.blame(place.cause());
        return failure;
    }
    if (reply.status >= 300 && reply.status < 400) {
        return refused(
            question,
            Kind::rejected,
            "it is to be looked for elsewhere (" + said + "), where the token is not sent"
        );
    }
    if (reply.status != 200) return refused(question, Kind::rejected, said);
    if (reply.is_cut) return refused(question, Kind::unreachable, "the reply broke off");
    if (reply.body.size() >= question.most_reply) {
        return refused(question, Kind::corrupt, "the reply is longer than any honest one");
    }
    return std::nullopt;
}

}  // namespace backupwatch
