#include "sources/foreign/script_parts.hpp"

#include "sources/foreign/byte_stream.hpp"

namespace backupwatch {
namespace {

/// PlainReader knows a database by a line of 4 KiB at most.
constexpr std::size_t longest_command = 64 << 10;

}  // namespace

void ScriptParts::add(std::string_view piece) {
    unwritten_ += piece;
    reader_.add(piece);
    const bool is_whole = !reader_.is_within_command();
    write_until(is_whole ? begin_ + unwritten_.size() : reader_.command_place().begin);
    if (unwritten_.size() > longest_command) {
        throw_corrupt("it has a command for psql that is longer than any that a dump has");
    }
}

void ScriptParts::finish() {
    reader_.finish();
    write_until(begin_ + unwritten_.size());
}

/// Its newline stays: what is before it must not be joined to what follows.
void ScriptParts::psql_command(std::string_view line) {
    const auto [begin, end] = reader_.command_place();
    write_until(begin);
    unwritten_.erase(0, end - begin);
    begin_ = end;
    write_("\n");
    if (line.starts_with("connect ")) next_();
}

void ScriptParts::write_until(std::uint64_t end) {
    const std::size_t count = end - begin_;
    if (count > 0) write_(std::string_view(unwritten_).substr(0, count));
    unwritten_.erase(0, count);
    begin_ = end;
}

}  // namespace backupwatch
