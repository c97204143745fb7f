#include "evidence.hpp"

#include "core/failure.hpp"
#include "core/system_failure.hpp"
#include "sources/dump/sha256.hpp"

#include <array>
#include <cerrno>
#include <fstream>

namespace backupwatch {
namespace {

constexpr std::uintmax_t largest_evidence = 100'000'000;

}  // namespace

std::string evidence_in(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in || std::filesystem::is_directory(file)) {
        throw system_failure("read " + file.string(), errno == 0 ? EISDIR : errno);
    }
    Sha256 hash;
    std::uintmax_t size = 0;
    std::array<char, 64 * 1024> piece{};
    while (in.read(piece.data(), piece.size()) || in.gcount() > 0) {
        const auto count = static_cast<std::size_t>(in.gcount());
        size += count;
        if (size > largest_evidence) {
            throw Failure(
                Failure::Kind::usage, "--file: " + file.string() + " is larger than 100 MB"
            );
        }
        hash.add({piece.data(), count});
    }
    return std::filesystem::absolute(file).string() + " sha256:" + hash.hex();
}

}  // namespace backupwatch
