#include "fakes/kept_clusters.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// Another one for each version that is installed in the place of the one before.
std::string name_of(const fs::path& bin) {
    const auto installed = fs::last_write_time(bin / "postgres").time_since_epoch().count();
    std::string name = bin.string() + "-" + std::to_string(installed);
    std::ranges::replace(name, '/', '-');
    return name;
}

class Lock {
  public:
    explicit Lock(const fs::path& file)
        : descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX) != 0) {
            throw std::runtime_error("cannot lock " + file.string());
        }
    }
    ~Lock() { ::close(descriptor_); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

  private:
    int descriptor_;
};

void give_to(uid_t owner, const fs::path& folder) {
    if (::geteuid() != 0) return;
    bool is_given = ::lchown(folder.c_str(), owner, owner) == 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        is_given = is_given && ::lchown(entry.path().c_str(), owner, owner) == 0;
    }
    if (!is_given) throw std::runtime_error("cannot give away " + folder.string());
}

/// Empty where it is not ours alone to write to.
fs::path kept_clusters() {
    const fs::path folder = fs::temp_directory_path() / "backupwatch-test-clusters";
    ::mkdir(folder.c_str(), 0711);
    struct stat status {};
    const bool is_ours = ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
                         status.st_uid == ::geteuid() && (status.st_mode & 022) == 0;
    return is_ours ? folder : fs::path();
}

}  // namespace

void copy_kept_cluster(
    const fs::path& data, const fs::path& bin, uid_t owner, const std::function<void()>& make
) {
    const fs::path folder = kept_clusters();
    if (folder.empty()) return make();
    const fs::path kept = folder / name_of(bin);
    if (!fs::exists(kept)) {
        const Lock lock(folder / "lock");
        if (!fs::exists(kept)) {
            make();
            const fs::path partial = folder / "partial";
            fs::remove_all(partial);
            fs::copy(data, partial, fs::copy_options::recursive);
            fs::rename(partial, kept);
            return;
        }
    }
    fs::copy(kept, data, fs::copy_options::recursive);
    give_to(owner, data);
}

fs::path make_work_folder(const fs::path& parent) {
    const fs::path work = parent / "work";
    const fs::path folder = kept_clusters();
    if (folder.empty()) return work;
    const fs::path templates = folder / "templates";
    ::mkdir(templates.c_str(), 0711);
    ::mkdir(work.c_str(), 0711);
    fs::create_directory_symlink(templates, work / "templates");
    return work;
}

}  // namespace backupwatch
