#include "watch/volume.hpp"

#include "core/failure.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <system_error>

namespace backupwatch {
namespace {

constexpr std::size_t most_samples = 2000;

}  // namespace

DiskSample measure_volume(const std::filesystem::path& path, Instant now) {
    struct statvfs volume {};
    if (::statvfs(path.c_str(), &volume) < 0) {
        throw Failure(
            Failure::Kind::missing,
            "cannot measure the volume of " + path.string() + ": " +
                std::system_category().message(errno)
        );
    }
    const std::uint64_t block = volume.f_frsize;
    const std::uint64_t used = (volume.f_blocks - volume.f_bfree) * block;
    // As df counts: what is reserved for root is neither used nor to be had.
    return DiskSample{now, used, used + volume.f_bavail * block};
}

void keep_sample(std::vector<DiskSample>& samples, const DiskSample& newest) {
    std::erase_if(samples, [&](const DiskSample& sample) {
        return sample.at < newest.at - sample_window || sample.at > newest.at;
    });
    samples.push_back(newest);
    if (samples.size() > most_samples) samples.erase(samples.begin());
}

}  // namespace backupwatch
