#pragma once
#include "async/task.hpp"
#include "core/backup/choice.hpp"
#include "core/progress.hpp"
#include "core/time/time.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

class World;

/// Who asks: known of a request while it is carried out, and no part of what they say.
struct Asker {
    std::optional<uid_t> uid{};  ///< of a client of the control socket; none: this process itself
    /// Hears what there is to know while a verb still goes on.
    std::function<void(boost::json::object)> hears = [](const boost::json::object&) {};
};

/// What someone asks for, on the command line or over the control socket: the same either way.
struct Request {
    std::string verb;
    std::vector<std::string> targets;  ///< DATABASE or DATABASE/SET
    boost::json::object options;       ///< such as {"backup": "...", "label": "..."}
    Asker asker{};
};

/// The one target of a verb that takes one. Throws Failure::usage where it is another number.
const std::string& only_target(const Request& request);
/// An option's text; empty where it is not given. Throws Failure::usage where it is no text.
std::string text_option(const Request& request, const char* name);

/// A period that a person wrote, such as `30d`. Throws Failure::usage where it is none, or shorter
/// than a second.
Duration period_of(const std::string& text);

/// How long a backup is to be held open; usage also where it is longer than a day.
Duration hold_of(const std::string& text);
/// A time that a person wrote (core/time). Throws Failure::usage where it is none.
Instant written_moment(const std::string& text);

/// The options `backup` and `before`, of which either may be missing.
BackupChoice backup_choice(const Request& request);

/// `30d` before now, or a time as above.
Instant written_since(const std::string& text, Instant now);

struct Reply {
    int exit_code = 0;
    boost::json::value document;  ///< what `--json` prints
    std::string text;             ///< what a person reads
    std::string report;           ///< `drill --report` writes it where the person is
};

/// One verb. Throws Failure; then nothing was done, or what was done was undone.
struct Verb {
    std::string_view name;
    Task<Reply> (*run)(World& world, Request request, ProgressSink progress);
    /// It reads or writes the state, and nothing else: a process that cannot, and ends with it, has
    /// nothing to say.
    bool is_of_state = false;
};

/// Every verb that a daemon carries out. A new one is one function and one line here.
const std::vector<Verb>& verbs();
/// Throws Failure::usage for a verb that is none.
const Verb& find_verb(std::string_view name);

boost::json::object to_json(const Request& request);
/// Throws Failure::usage where it is not a request.
Request parse_request(std::string_view verb, std::string_view json);
boost::json::object to_json(const Reply& reply);
Reply parse_reply(std::string_view json);

/// The reply to a verb that failed: exit code 2 for work that failed, 3 where it cannot be told,
/// 64 for a target that is not there.
Reply reply_of(const std::string& verb, const std::exception& failure);

}  // namespace backupwatch
