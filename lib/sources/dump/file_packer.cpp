#include "sources/dump/file_packer.hpp"

#include <zstd.h>

#include <cerrno>
#include <system_error>

namespace backupwatch {
namespace {

// About the size of gzip -6 at a fraction of its time; level 3 is a tenth smaller for half as much
// time again, and the dump then waits for us.
constexpr int level = 1;
constexpr std::size_t piece_size = 256 << 10;
/// Holes are punched in strides: each is a transaction of the file system.
constexpr std::uint64_t stride = 8 << 20;

void check(std::size_t result, const std::filesystem::path& path) {
    if (ZSTD_isError(result) != 0) {
        throw Failure(
            Failure::Kind::internal,
            "cannot compress " + path.string() + ": " + ZSTD_getErrorName(result)
        );
    }
}

std::filesystem::path with_suffix(std::filesystem::path path, const char* suffix) {
    path += suffix;
    return path;
}

}  // namespace

void FilePacker::Free::operator()(ZSTD_CCtx_s* context) const {
    ZSTD_freeCCtx(context);
}

FilePacker::FilePacker(const std::filesystem::path& raw)
    : raw_path_(raw),
      packed_path_(with_suffix(raw, ".zst")),
      is_large_object_(raw.filename().string().starts_with("blob_")),
      raw_(File::open_to_consume(raw)),
      packed_(File::create(packed_path_)),
      context_(ZSTD_createCCtx()),
      input_(piece_size),
      output_(ZSTD_CStreamOutSize()) {
    check(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level), raw_path_);
    // So that `zstd -d` notices damage by itself, too.
    check(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1), raw_path_);
    result_.entry.path = packed_path_.filename().string();
}

FilePacker::~FilePacker() = default;

FilePacker::Step FilePacker::advance(std::uint64_t limit, bool complete) {
    Step step;
    const auto strides_before = result_.entry.raw_size / stride;
    while (step.consumed < limit) {
        const auto got = raw_.read(input_.data(), input_.size());
        if (got == 0) {
            step.done = complete;
            break;
        }
        take(std::string_view(input_.data(), got));
        step.consumed += got;
    }
    const auto strides = result_.entry.raw_size / stride;
    if (strides > strides_before) {
        raw_.forget(strides_before * stride, strides * stride);
        packed_.begin_sync();
    }
    if (step.done) finish();
    return step;
}

void FilePacker::take(std::string_view piece) {
    result_.entry.raw_size += piece.size();
    if (is_large_object_) {
        raw_sha_.add(piece);
    } else {
        hasher_.add(piece);
    }
    compress(piece, false);
}

void FilePacker::compress(std::string_view piece, bool last) {
    ZSTD_inBuffer input{piece.data(), piece.size(), 0};
    for (;;) {
        ZSTD_outBuffer output{output_.data(), output_.size(), 0};
        const auto left = ZSTD_compressStream2(
            context_.get(), &output, &input, last ? ZSTD_e_end : ZSTD_e_continue
        );
        check(left, raw_path_);
        const std::string_view packed(output_.data(), output.pos);
        packed_sha_.add(packed);
        packed_.write(packed);
        result_.entry.size += packed.size();
        if (last ? left == 0 : input.pos == input.size) return;
    }
}

void FilePacker::finish() {
    compress({}, true);
    packed_.sync();
    result_.entry.sha256 = packed_sha_.hex();
    result_.rows = hasher_.rows();
    result_.ended = hasher_.ended();
    if (is_large_object_) result_.raw_sha256 = raw_sha_.hex();
    std::error_code error;
    std::filesystem::remove(raw_path_, error);
    if (error) throw file_failure("remove", raw_path_, error.value());
}

}  // namespace backupwatch
