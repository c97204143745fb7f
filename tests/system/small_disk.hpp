#pragma once
#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace backupwatch {

/// A disk of its own for the state, gone with the object.
class SmallDisk {
  public:
    explicit SmallDisk(std::filesystem::path folder) : folder_(std::move(folder)) {
        std::filesystem::create_directories(folder_);
        is_mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=1m,mode=0711") == 0;
    }
    ~SmallDisk() {
        if (is_mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool is_mounted() const { return is_mounted_; }
    void fill() const { std::ofstream(folder_ / "filler") << std::string(2 << 20, 'x'); }
    void make_room() const { std::filesystem::remove(folder_ / "filler"); }

  private:
    std::filesystem::path folder_;
    bool is_mounted_ = false;
};

}  // namespace backupwatch
