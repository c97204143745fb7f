#include "sources/foreign/byte_stream.hpp"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t packed_at_once = 1 << 16;

/// What both decompressors share: packed bytes that are read a piece at a time.
class Unpacking : public ByteStream {
  public:
    explicit Unpacking(ByteStream& packed) : packed_(packed) {}

  protected:
    /// False at the end. Called when all that was there is used up.
    bool refill() {
        at_ = 0;
        filled_ = packed_.read(buffer_.data(), buffer_.size());
        return filled_ > 0;
    }
    bool is_used_up() const { return at_ == filled_; }

    std::array<char, packed_at_once> buffer_;
    std::size_t at_ = 0;
    std::size_t filled_ = 0;

  private:
    ByteStream& packed_;
};

class Inflating final : public Unpacking {
  public:
    explicit Inflating(ByteStream& packed) : Unpacking(packed) {
        constexpr int zlib_or_gzip = 15 + 32;
        if (::inflateInit2(&stream_, zlib_or_gzip) != Z_OK) throw std::bad_alloc();
    }
    ~Inflating() override { ::inflateEnd(&stream_); }
    Inflating(const Inflating&) = delete;
    Inflating& operator=(const Inflating&) = delete;

    std::size_t read(char* target, std::size_t size) override {
        stream_.next_out = reinterpret_cast<Bytef*>(target);
        stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));
        const auto wanted = stream_.avail_out;
        while (stream_.avail_out == wanted && wanted > 0) {
            if (is_used_up() && !refill()) {
                if (has_begun_ || !has_ended_)
                    throw_corrupt("what is compressed in it is cut short");
                return 0;
            }
            if (!has_begun_ && is_padding()) {
                at_ = filled_;
                continue;
            }
            has_begun_ = true;
            inflate_some();
        }
        return wanted - stream_.avail_out;
    }

  private:
    /// Tapes and block devices fill up with zeros behind the last stream; gzip ignores them.
    bool is_padding() const {
        return has_ended_ && std::all_of(&buffer_[at_], buffer_.data() + filled_, [](char c) {
                   return c == '\0';
               });
    }

    void inflate_some() {
        stream_.next_in = reinterpret_cast<Bytef*>(&buffer_[at_]);
        stream_.avail_in = static_cast<uInt>(filled_ - at_);
        const int result = ::inflate(&stream_, Z_NO_FLUSH);
        at_ = filled_ - stream_.avail_in;
        if (result == Z_STREAM_END) {
            has_begun_ = false;
            has_ended_ = true;
            ::inflateReset(&stream_);
        } else if (result != Z_OK) {
            const std::string why = stream_.msg != nullptr ? stream_.msg : "it ends too early";
            throw_corrupt("what is compressed in it cannot be read: " + why);
        }
    }

    z_stream stream_{};
    bool has_begun_ = false;  ///< a stream, of which the end was not seen yet
    bool has_ended_ = false;  ///< one before
};

class Zstandard final : public Unpacking {
  public:
    explicit Zstandard(ByteStream& packed) : Unpacking(packed), context_(::ZSTD_createDCtx()) {
        if (context_ == nullptr) throw std::bad_alloc();
    }

    std::size_t read(char* target, std::size_t size) override {
        if (has_long_window_) throw_long_window();
        ZSTD_outBuffer output{target, size, 0};
        while (output.pos == 0 && size > 0) {
            if (is_used_up() && !refill()) {
                if (is_within_ || !has_ended_) {
                    throw_corrupt("what is compressed in it is cut short");
                }
                return 0;
            }
            ZSTD_inBuffer input{buffer_.data(), filled_, at_};
            const std::size_t left = ::ZSTD_decompressStream(context_.get(), &output, &input);
            at_ = input.pos;
            if (::ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge) {
                // Which no zstd has written.
                if (!is_within_ && window_log({&buffer_[at_], filled_ - at_}) > 31) {
                    throw_corrupt("what is compressed in it cannot be read: its window is damaged");
                }
                has_long_window_ = true;
                throw_long_window();
            }
            if (::ZSTD_isError(left) != 0) {
                throw_corrupt(
                    std::string("what is compressed in it cannot be read: ") +
                    ::ZSTD_getErrorName(left)
                );
            }
            is_within_ = left != 0;
            has_ended_ = has_ended_ || !is_within_;
        }
        return output.pos;
    }

  private:
    /// Of the frame that begins here (RFC 8878, 3.1.1.1.2), or 0.
    static int window_log(std::string_view frame) {
        constexpr std::size_t at_descriptor = 4;
        constexpr unsigned char is_one_segment = 0x20;
        if (frame.size() < at_descriptor + 2) return 0;
        const auto descriptor = static_cast<unsigned char>(frame[at_descriptor]);
        if ((descriptor & is_one_segment) != 0) return 0;
        constexpr int smallest = 10;
        return smallest + (static_cast<unsigned char>(frame[at_descriptor + 1]) >> 3);
    }

    [[noreturn]] static void throw_long_window() {
        throw Failure(
            Failure::Kind::missing,
            "it is compressed with a window of over 128 MiB (zstd --long), which cannot be looked "
            "into here",
            "leave --long out, or make it --long=27."
        );
    }

    struct Free {
        void operator()(ZSTD_DCtx* context) const { ::ZSTD_freeDCtx(context); }
    };
    std::unique_ptr<ZSTD_DCtx, Free> context_;
    bool is_within_ = false;
    bool has_ended_ = false;  ///< one of its streams
    /// What ZSTD_decompressStream says behind an error is of no use.
    bool has_long_window_ = false;
};

/// As it lies there.
class Plain final : public ByteStream {
  public:
    explicit Plain(ByteStream& bytes) : bytes_(bytes) {}
    std::size_t read(char* buffer, std::size_t size) override { return bytes_.read(buffer, size); }

  private:
    ByteStream& bytes_;
};

}  // namespace

void throw_corrupt(const std::string& why) {
    throw Failure(Failure::Kind::corrupt, why);
}

std::string ByteStream::exactly(std::size_t size, std::string_view what) {
    std::string bytes;
    std::array<char, 4096> buffer;
    while (bytes.size() < size) {
        const auto count = read(buffer.data(), std::min(size - bytes.size(), buffer.size()));
        if (count == 0) throw_corrupt("it is cut short in " + std::string(what));
        bytes.append(buffer.data(), count);
    }
    return bytes;
}

void ByteStream::drain() {
    std::array<char, packed_at_once> buffer;
    while (read(buffer.data(), buffer.size()) > 0) continue;
}

std::size_t PutBack::read(char* buffer, std::size_t size) {
    if (at_ == head_.size()) return rest_.read(buffer, size);
    const std::size_t count = std::min(size, head_.size() - at_);
    std::memcpy(buffer, &head_[at_], count);
    at_ += count;
    return count;
}

Compression compression_of(std::string_view head) {
    if (head.starts_with("\x1f\x8b")) return Compression::zlib;
    if (head.starts_with("\x28\xb5\x2f\xfd")) return Compression::zstd;
    if (head.starts_with("\x04\x22\x4d\x18")) return Compression::lz4;
    return Compression::none;
}

std::unique_ptr<ByteStream> decompressed(Compression compression, ByteStream& packed) {
    switch (compression) {
        case Compression::none:
            return std::make_unique<Plain>(packed);
        case Compression::zlib:
            return std::make_unique<Inflating>(packed);
        case Compression::zstd:
            return std::make_unique<Zstandard>(packed);
        case Compression::lz4:
            break;
    }
    throw Failure(
        Failure::Kind::missing,
        "it is compressed with lz4, which cannot be looked into here",
        "let pg_dump compress with gzip or zstd."
    );
}

}  // namespace backupwatch
