#include "commands/verbs.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "watch/notes.hpp"

#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t longest_mark = 500;

}  // namespace

Task<Reply> mark_command(World& world, Request request, ProgressSink) {
    NotedMark mark;
    mark.database = whole_database(world, request).name;
    mark.at = world.clock.now();
    mark.text = cut(clean_line(text_option(request, "text")), longest_mark);
    if (mark.text.empty()) {
        throw Failure(
            Failure::Kind::usage, "the text of the mark is missing or blank", "say what happens."
        );
    }
    Reply reply;
    reply.document = boost::json::object{
        {"database", mark.database}, {"at", to_rfc3339(mark.at)}, {"text", mark.text}};
    reply.text = "noted: " + mark.database + " at " + to_rfc3339(mark.at) + ": " + mark.text + "\n";
    co_await record_mark(world, std::move(mark));
    tell_if_not_kept(world, reply);
    co_return reply;
}

}  // namespace backupwatch
