#pragma once
#include "process/process.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace backupwatch {

/// A private folder for one piece of work, 0700, locked while its owner lives, so that what a crash
/// left behind can be told from what someone is using. All verbs block: call them on a Pool.
class Workspace {
  public:
    /// The file in it that is locked.
    static constexpr const char* lock_name = ".lock";

    /// Creates `parent/<prefix><name>`; `parent` exists. With `user` the folder belongs to them.
    /// Throws Failure (exhausted, denied; rejected where it exists).
    static Workspace create(
        const std::filesystem::path& parent,
        std::string_view prefix,
        std::string_view name,
        std::optional<User> user = {}
    );

    /// Ends the processes that still run in it and removes it; what cannot be removed is left for
    /// remove_stale of the next start.
    ~Workspace();
    Workspace(Workspace&& other) noexcept;
    Workspace& operator=(Workspace&& other) noexcept;

    const std::filesystem::path& path() const { return path_; }

    /// Gives the folder another name in the same parent and keeps it: the work is complete.
    /// The caller has synced the contents; the rename is synced here. Where it throws, the folder
    /// is removed with this, whatever its name is by then. A crash may leave the lock file in it.
    void publish(std::string_view final_name);

    /// Gives it up as it is, to remove_stale() of the next start: blocks for nothing.
    void leave();

    /// Removes the folders below `parent` whose names begin with `prefix` and that nobody holds,
    /// with the processes in them, and with what `clear` knows of that lies elsewhere. Returns
    /// the names of those that are gone. A `parent` that is not there holds none.
    static std::vector<std::string> remove_stale(
        const std::filesystem::path& parent,
        std::string_view prefix,
        const std::function<void(const std::filesystem::path&)>& clear = {}
    );
    /// The names, without the prefix, of those that someone works in now.
    static std::vector<std::string> in_use(
        const std::filesystem::path& parent, std::string_view prefix
    );

  private:
    Workspace(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

    std::filesystem::path path_;
    int lock_ = -1;
};

}  // namespace backupwatch
