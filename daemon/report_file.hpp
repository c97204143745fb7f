#pragma once
#include <filesystem>
#include <string>
#include <utility>

namespace backupwatch {

/// The file of `drill --report`, and of others that write one. Opened before the work and as
/// whoever asked: a path that cannot be written is told before a drill of an hour, and the owner of
/// the state, whom root becomes for the work, need not be able to write there.
class ReportFile {
  public:
    /// What lies there already stays until there is a report. Throws Failure.
    explicit ReportFile(std::filesystem::path path);
    ReportFile(ReportFile&& other) noexcept
        : path_(std::move(other.path_)),
          descriptor_(std::exchange(other.descriptor_, -1)),
          is_new_(other.is_new_) {}
    ReportFile& operator=(ReportFile&&) = delete;
    /// Removes a file that it made and that nothing was written into, if it still may.
    ~ReportFile();

    /// Throws Failure.
    void write(const std::string& text);

  private:
    std::filesystem::path path_;
    int descriptor_ = -1;
    bool is_new_ = false;
};

}  // namespace backupwatch
