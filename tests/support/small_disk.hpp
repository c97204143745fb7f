#pragma once
#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace backupwatch {

/// A disk of its own, gone with the object; of a megabyte, as for the state, unless said.
class SmallDisk {
  public:
    explicit SmallDisk(std::filesystem::path folder, const std::string& size = "1m")
        : folder_(std::move(folder)) {
        std::filesystem::create_directories(folder_);
        const std::string options = "size=" + size + ",mode=0711";
        is_mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, options.c_str()) == 0;
    }
    ~SmallDisk() {
        if (is_mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool is_mounted() const { return is_mounted_; }
    /// To the last byte, also of what is freed while it is written.
    void fill() const {
        constexpr std::size_t more = 1 << 20;
        const auto left = std::filesystem::space(folder_).available;
        std::ofstream(folder_ / "filler", std::ios::app) << std::string(left + more, 'x');
    }
    void make_room() const { std::filesystem::remove(folder_ / "filler"); }

  private:
    std::filesystem::path folder_;
    bool is_mounted_ = false;
};

}  // namespace backupwatch
