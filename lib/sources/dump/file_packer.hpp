#pragma once
#include "core/backup/manifest.hpp"
#include "postgres/row_hash.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/sha256.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct ZSTD_CCtx_s;

namespace backupwatch {

/// One data file of an archive, compressed.
struct PackedFile {
    FileEntry entry;         ///< its path is that of the file alone: `3412.dat.zst`
    Rows rows;               ///< of COPY text
    bool ended = false;      ///< it ends as COPY text does
    std::string raw_sha256;  ///< of a large object's bytes
};

/// Compresses a data file of pg_dump while pg_dump may still be writing it: `3412.dat` becomes
/// `3412.dat.zst` and is gone. Each byte is read once; on the way its rows are hashed, and the
/// space of what was read is given back, so that the disk never holds the raw dump. Blocking: for
/// threads of the pool, one at a time.
class FilePacker {
  public:
    /// `raw` is a large object's file where its name says so, else COPY text.
    explicit FilePacker(const std::filesystem::path& raw);
    ~FilePacker();

    struct Step {
        std::uint64_t consumed = 0;  ///< raw bytes
        bool done = false;           ///< result() is there
    };
    /// Takes what is there, about `limit` bytes at most. `complete` says that nobody writes the
    /// file any more, so that its end is the end.
    Step advance(std::uint64_t limit, bool complete);
    const PackedFile& result() const { return result_; }

  private:
    void take(std::string_view piece);
    void compress(std::string_view piece, bool last);
    void finish();

    struct Free {
        void operator()(ZSTD_CCtx_s* context) const;
    };

    std::filesystem::path raw_path_;
    std::filesystem::path packed_path_;
    bool is_large_object_;
    File raw_;
    File packed_;
    std::unique_ptr<ZSTD_CCtx_s, Free> context_;
    std::vector<char> input_;
    std::vector<char> output_;
    CopyHasher hasher_;
    Sha256 raw_sha_;
    Sha256 packed_sha_;
    PackedFile result_;
};

}  // namespace backupwatch
