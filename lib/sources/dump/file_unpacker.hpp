#pragma once
#include "core/backup/manifest.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/sha256.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct ZSTD_DCtx_s;

namespace backupwatch {

/// Copies a file of a dump to where it is restored from, decompressing what ends in `.zst`, and
/// checks each byte against the manifest on the way. Never writes more than the manifest says.
/// Blocking: for threads of the pool, one at a time.
class FileUnpacker {
  public:
    /// `name` is what errors call it: `3412.dat.zst (public.posts)`.
    FileUnpacker(
        const std::filesystem::path& from,
        const std::filesystem::path& to,
        FileEntry expected,
        std::string name,
        const std::optional<User>& owner
    );
    ~FileUnpacker();

    struct Step {
        std::uint64_t consumed = 0;  ///< bytes of the dump's file
        bool done = false;
    };
    /// Goes on by about `limit` bytes. Throws Failure::corrupt when the file is not what the
    /// manifest says.
    Step advance(std::uint64_t limit);

  private:
    void take(std::string_view piece);
    void decompress(std::string_view piece);
    void write(std::string_view bytes);
    void finish();
    [[noreturn]] void differs() const;

    struct Free {
        void operator()(ZSTD_DCtx_s* context) const;
    };

    FileEntry expected_;
    std::string name_;
    File from_;
    File to_;
    std::unique_ptr<ZSTD_DCtx_s, Free> context_;  ///< null: copied as it is
    std::vector<char> input_;
    std::vector<char> output_;
    Sha256 sha_;
    std::uint64_t read_ = 0;
    std::uint64_t written_ = 0;
    bool frame_open_ = false;
};

}  // namespace backupwatch
