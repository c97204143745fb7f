#include "postgres/programs.hpp"

#include "config/environment.hpp"
#include "core/failure.hpp"
#include "postgres/version.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <system_error>

namespace backupwatch {
namespace {

using Path = std::filesystem::path;

constexpr std::array client_programs = {"pg_dump", "pg_dumpall", "pg_restore", "psql", "createdb"};

/// A drill runs both kinds of programs, and from one folder, so that they fit each other.
bool fits(const Installation& one, Need need) {
    return one.has_client && (need == Need::client || one.has_server);
}

bool can_execute(const Path& program) {
    return ::access(program.c_str(), X_OK) == 0;
}

std::optional<int> whole_number(std::string_view text) {
    int number = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return number;
}

class Finder {
  public:
    /// Folders below `root` whose name is `prefix` and a major.
    void look_below(const Path& root, std::string_view prefix) {
        std::error_code unreadable;
        for (const auto& entry : std::filesystem::directory_iterator(root, unreadable)) {
            const std::string name = entry.path().filename();
            if (!name.starts_with(prefix)) continue;
            const auto major = whole_number(std::string_view(name).substr(prefix.size()));
            if (major) add(*major, entry.path() / "bin");
        }
    }

    void look_along(std::string_view search_path) {
        while (!search_path.empty()) {
            const auto colon = std::min(search_path.find(':'), search_path.size());
            look_at(Path(search_path.substr(0, colon)));
            search_path.remove_prefix(std::min(colon + 1, search_path.size()));
        }
    }

    std::vector<Installation> found() {
        const auto older = [](const auto& left, const auto& right) {
            return left.major < right.major;
        };
        std::stable_sort(found_.begin(), found_.end(), older);
        return std::move(found_);
    }

  private:
    void look_at(const Path& folder) {
        for (const char* name : {"pg_dump", "postgres"}) {
            std::error_code missing;
            const Path program = std::filesystem::canonical(folder / name, missing);
            // Debian's /usr/bin/pg_dump is a link to a wrapper that chooses among the installed.
            if (missing || program.filename() != name || !can_execute(program)) continue;
            if (is_known(program.parent_path())) return;
            const auto version = ask_version(program);
            if (version) add(major_of(*version), program.parent_path());
            return;
        }
    }

    bool is_known(const Path& bin) const {
        return std::any_of(found_.begin(), found_.end(), [&](const auto& one) {
            std::error_code unreadable;
            return std::filesystem::equivalent(one.bin, bin, unreadable);
        });
    }

    void add(int major, Path bin) {
        const auto has = [&](const char* program) { return can_execute(bin / program); };
        Installation one{.major = major};
        one.has_client = std::all_of(client_programs.begin(), client_programs.end(), has);
        one.has_server = has("initdb") && has("postgres");
        one.bin = std::move(bin);
        if (one.has_client || one.has_server) found_.push_back(std::move(one));
    }

    std::vector<Installation> found_;
};

std::string majors_of(const std::vector<Installation>& installed, Need need) {
    std::string text;
    for (const auto& one : installed) {
        if (!fits(one, need)) continue;
        text += (text.empty() ? "" : ", ") + std::to_string(one.major);
    }
    return text.empty() ? "none" : text;
}

}  // namespace

std::vector<Installation> find_installations(const InstallationPlaces& places) {
    Finder finder;
    finder.look_below(places.debian, "");
    finder.look_below(places.red_hat, "pgsql-");
    const auto path = environment_variable("PATH");
    finder.look_along(places.search_path.value_or(path.value_or("")));
    return finder.found();
}

const Installation& choose(
    const std::vector<Installation>& installed, int server_major, Need need
) {
    const Installation* best = nullptr;
    for (const auto& one : installed) {
        if (!fits(one, need) || one.major < server_major) continue;
        if (best == nullptr || one.major < best->major) best = &one;
    }
    if (best != nullptr) return *best;

    const std::string major = std::to_string(server_major);
    const bool client = need == Need::client;
    const std::string package = (client ? "postgresql-client-" : "postgresql-") + major;
    throw Failure(
        Failure::Kind::missing,
        std::string("no PostgreSQL ") + (client ? "client" : "server and client") +
            " programs of major " + major +
            " or newer are installed (found: " + majors_of(installed, need) + ")",
        "Install the package " + package +
            ", from https://apt.postgresql.org where Debian itself has not got it."
    );
}

}  // namespace backupwatch
