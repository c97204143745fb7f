#include "core/backup/by_hand.hpp"

namespace backupwatch {
namespace {

/// NAMEDATALEN of PostgreSQL, less its zero.
constexpr std::size_t longest_name = 63;

std::string with_ending(const std::string& name, const std::string& ending) {
    if (name.size() + ending.size() <= longest_name) return name + ending;
    // Not cut_bytes(): an ellipsis helps nobody here, half a character harms.
    std::size_t end = longest_name - ending.size();
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
    return name.substr(0, end) + ending;
}

std::string quoted(const std::string& text, char quote) {
    std::string quoted(1, quote);
    for (const char c : text) quoted += std::string(c == quote ? 2 : 1, c);
    return quoted + quote;
}

/// One that psql sends as it is.
std::string block(const std::string& body) {
    std::string tag = "$swap$";
    while (body.find(tag) != std::string::npos) tag.insert(1, "_");
    return "DO " + tag + "BEGIN " + body + " END" + tag + ";";
}

std::string is_there(const std::string& database) {
    return "EXISTS (SELECT FROM pg_database WHERE datname = " + sql_text(database) + ")";
}

std::string stop(const std::string& sentence, const std::string& hint) {
    return "RAISE EXCEPTION USING MESSAGE = " + sql_text(sentence) + ", HINT = " + sql_text(hint) +
           "; ";
}

}  // namespace

std::vector<std::string> in_new_folder() {
    return {
        "folder=$(mktemp --directory \"${TMPDIR:-/var/tmp}/restore.XXXXXX\")",
        // An empty name would leave us where we are, perhaps in the folder of the dump itself.
        "cd \"${folder:?}\""};
}

std::vector<std::string> each_if_the_last_did(std::vector<std::string> commands) {
    for (std::size_t i = 0; i + 1 < commands.size(); ++i) commands[i] += " &&";
    return commands;
}

std::string sql_name(const std::string& name) {
    return quoted(name, '"');
}

std::string sql_text(const std::string& text) {
    return quoted(text, '\'');
}

std::string restored_name(const std::string& database) {
    return with_ending(database, "_restored");
}

std::string replaced_name(const std::string& database, const std::string& backup) {
    std::string ending = "_before_";
    for (const char c : backup) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        const bool is_capital = c >= 'A' && c <= 'Z';
        if (is_plain) ending += c;
        if (is_capital) ending += static_cast<char>(c - 'A' + 'a');
    }
    return with_ending(database, ending.substr(0, 32));
}

std::vector<std::string> swap_statements(
    const std::string& database, const std::string& incoming, const std::string& outgoing
) {
    const std::string alter = "ALTER DATABASE " + sql_name(database);
    return {
        block(
            "IF NOT " + is_there(incoming) + " THEN " +
            stop(
                "there is no database " + sql_name(incoming) + ": nothing was done",
                "Perhaps it has its place already: see \\l."
            ) +
            "END IF; IF " + is_there(database) + " AND " + is_there(outgoing) + " THEN " +
            stop(
                "there is a database " + sql_name(outgoing) + " already: nothing was done",
                "Give it another name, then do this again."
            ) +
            "END IF; IF " + is_there(database) + " THEN " + alter +
            " WITH ALLOW_CONNECTIONS false; END IF;"
        ),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (" +
            sql_text(database) + ", " + sql_text(incoming) + ");",
        block(
            "IF " + is_there(database) + " THEN " + alter + " RENAME TO " + sql_name(outgoing) +
            "; END IF; ALTER DATABASE " + sql_name(incoming) + " RENAME TO " + sql_name(database) +
            "; " + alter + " WITH ALLOW_CONNECTIONS true;"
        ),
    };
}

std::string swapped_from(const std::string& database) {
    return database == "postgres" ? "template1" : "postgres";
}

}  // namespace backupwatch
