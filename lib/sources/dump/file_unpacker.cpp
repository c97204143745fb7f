#include "sources/dump/file_unpacker.hpp"

#include <zstd.h>

#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t compressed_piece = 256 << 10;
/// What our own packer needs at most, and a bound on the memory that a foreign frame can ask for.
constexpr int window_log_limit = 23;

}  // namespace

void FileUnpacker::Free::operator()(ZSTD_DCtx_s* context) const {
    ZSTD_freeDCtx(context);
}

FileUnpacker::FileUnpacker(
    const std::filesystem::path& from,
    const std::filesystem::path& to,
    FileEntry expected,
    std::string name,
    const std::optional<User>& owner
)
    : expected_(std::move(expected)),
      name_(std::move(name)),
      from_(File::open(from)),
      to_(File::create(to, owner)),
      input_(compressed_piece),
      output_(1 << 20) {
    if (!expected_.path.ends_with(".zst")) return;
    context_.reset(ZSTD_createDCtx());
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log_limit);
}

FileUnpacker::~FileUnpacker() = default;

FileUnpacker::Step FileUnpacker::advance(std::uint64_t limit) {
    Step step;
    const auto written_before = written_;
    // Both sides count: a file of zeros is small here and huge there.
    while (step.consumed < limit && written_ - written_before < limit) {
        const auto got = from_.read(input_.data(), input_.size());
        if (got == 0) {
            finish();
            step.done = true;
            break;
        }
        take(std::string_view(input_.data(), got));
        step.consumed += got;
    }
    return step;
}

void FileUnpacker::take(std::string_view piece) {
    read_ += piece.size();
    if (read_ > expected_.size) differs();
    sha_.add(piece);
    if (context_) {
        decompress(piece);
    } else {
        write(piece);
    }
}

void FileUnpacker::decompress(std::string_view piece) {
    ZSTD_inBuffer input{piece.data(), piece.size(), 0};
    bool output_full = false;
    while (input.pos < input.size || output_full) {
        ZSTD_outBuffer output{output_.data(), output_.size(), 0};
        const auto left = ZSTD_decompressStream(context_.get(), &output, &input);
        if (ZSTD_isError(left) != 0) differs();
        frame_open_ = left != 0;
        output_full = frame_open_ && output.pos == output.size;
        write(std::string_view(output_.data(), output.pos));
    }
}

void FileUnpacker::write(std::string_view bytes) {
    written_ += bytes.size();
    if (written_ > expected_.raw_size) differs();
    to_.write(bytes);
}

void FileUnpacker::finish() {
    if (read_ != expected_.size || written_ != expected_.raw_size || frame_open_) differs();
    if (sha_.hex() != expected_.sha256) differs();
}

void FileUnpacker::differs() const {
    throw Failure(
        Failure::Kind::corrupt,
        name_ + " differs from the manifest: damaged or changed after the dump"
    );
}

}  // namespace backupwatch
