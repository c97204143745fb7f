#include "fakes/lossy_disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <new>
#include <sstream>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

}  // namespace

/// SQLite's interface in C, all of it passed on, writes noted on the way.
struct LossyDisk::Shim {
    struct Handle {
        sqlite3_file base;
        LossyDisk* disk;
        File* file;  ///< null: what is no database and no log, such as a temporary file

        sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    };

    static Handle& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
    static sqlite3_file* real(sqlite3_file* file) { return of(file).real(); }

    static int open(
        sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* got
    ) {
        auto* disk = static_cast<LossyDisk*>(vfs->pAppData);
        auto* handle = new (file) Handle{{nullptr}, disk, nullptr};
        if (disk->is_dead()) return SQLITE_IOERR;
        if (name != nullptr && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0) {
            disk->opened(name);
            handle->file = &disk->files_[name];
        }
        const int result = disk->real_->xOpen(disk->real_, name, handle->real(), flags, got);
        if (result != SQLITE_OK) return result;
        file->pMethods = &methods();
        return SQLITE_OK;
    }

    static int close(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }

    static int read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
        return real(file)->pMethods->xRead(real(file), bytes, size, offset);
    }

    static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
        Handle& handle = of(file);
        if (!handle.disk->count()) return SQLITE_IOERR_WRITE;
        if (handle.file != nullptr) {
            const auto* text = static_cast<const char*>(bytes);
            handle.file->unsynced.push_back(
                {false, offset, std::string(text, static_cast<std::size_t>(size))}
            );
        }
        return real(file)->pMethods->xWrite(real(file), bytes, size, offset);
    }

    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        Handle& handle = of(file);
        if (!handle.disk->count()) return SQLITE_IOERR_TRUNCATE;
        if (handle.file != nullptr) handle.file->unsynced.push_back({true, size, {}});
        return real(file)->pMethods->xTruncate(real(file), size);
    }

    /// The real file is not synced: it need not survive this process.
    static int sync(sqlite3_file* file, int) {
        Handle& handle = of(file);
        if (!handle.disk->count()) return SQLITE_IOERR_FSYNC;
        ++handle.disk->syncs_;
        if (handle.file == nullptr) return SQLITE_OK;
        if (handle.disk->is_to_fail_now()) {
            handle.disk->keep_by_chance(*handle.file);
            if (handle.disk->chance_() % 2 == 0) return forget(handle);
            errno = EIO;
            return SQLITE_IOERR_FSYNC;
        }
        for (const Change& change : handle.file->unsynced) apply(handle.file->synced, change);
        handle.file->unsynced.clear();
        return SQLITE_OK;
    }

    /// What reads saw and the disk has not is gone from memory, too.
    static int forget(Handle& handle) {
        const std::string& content = handle.file->synced;
        sqlite3_file* file = handle.real();
        file->pMethods->xTruncate(file, 0);
        // SQLite writes no more at once.
        constexpr std::size_t piece = 65'536;
        for (std::size_t at = 0; at < content.size(); at += piece) {
            const auto size = static_cast<int>(std::min(piece, content.size() - at));
            file->pMethods->xWrite(file, content.data() + at, size, static_cast<sqlite3_int64>(at));
        }
        errno = EIO;
        return SQLITE_IOERR_FSYNC;
    }

    static int size(sqlite3_file* file, sqlite3_int64* bytes) {
        return real(file)->pMethods->xFileSize(real(file), bytes);
    }
    static int lock(sqlite3_file* file, int kind) {
        return real(file)->pMethods->xLock(real(file), kind);
    }
    static int unlock(sqlite3_file* file, int kind) {
        return real(file)->pMethods->xUnlock(real(file), kind);
    }
    static int is_reserved(sqlite3_file* file, int* result) {
        return real(file)->pMethods->xCheckReservedLock(real(file), result);
    }
    static int control(sqlite3_file* file, int verb, void* argument) {
        return real(file)->pMethods->xFileControl(real(file), verb, argument);
    }
    static int sector(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
    static int characteristics(sqlite3_file* file) {
        return real(file)->pMethods->xDeviceCharacteristics(real(file));
    }
    static int map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
        return real(file)->pMethods->xShmMap(real(file), page, size, extend, memory);
    }
    static int lock_map(sqlite3_file* file, int offset, int count, int flags) {
        return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
    }
    static void barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
    static int unmap(sqlite3_file* file, int removes) {
        return real(file)->pMethods->xShmUnmap(real(file), removes);
    }

    static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
        auto* disk = static_cast<LossyDisk*>(vfs->pAppData);
        if (!disk->count()) return SQLITE_IOERR_DELETE;
        disk->files_.erase(name);
        return disk->real_->xDelete(disk->real_, name, sync_folder);
    }

    static const sqlite3_io_methods& methods() {
        static const sqlite3_io_methods all = [] {
            sqlite3_io_methods m{};
            m.iVersion = 2;
            m.xClose = close;
            m.xRead = read;
            m.xWrite = write;
            m.xTruncate = truncate;
            m.xSync = sync;
            m.xFileSize = size;
            m.xLock = lock;
            m.xUnlock = unlock;
            m.xCheckReservedLock = is_reserved;
            m.xFileControl = control;
            m.xSectorSize = sector;
            m.xDeviceCharacteristics = characteristics;
            m.xShmMap = map;
            m.xShmLock = lock_map;
            m.xShmBarrier = barrier;
            m.xShmUnmap = unmap;
            return m;
        }();
        return all;
    }
};

LossyDisk::LossyDisk(std::uint64_t seed)
    : chance_(seed),
      real_(sqlite3_vfs_find(nullptr)),
      shim_(std::make_unique<sqlite3_vfs>(*real_)) {
    shim_->zName = "lossy";
    shim_->pAppData = this;
    // For all else the real one is asked with this structure, and finds what it keeps elsewhere.
    shim_->szOsFile = static_cast<int>(sizeof(Shim::Handle)) + real_->szOsFile;
    shim_->xOpen = Shim::open;
    shim_->xDelete = Shim::remove;
    sqlite3_vfs_register(shim_.get(), 1);
}

LossyDisk::~LossyDisk() {
    sqlite3_vfs_unregister(shim_.get());
    sqlite3_vfs_register(real_, 1);
}

void LossyDisk::die_after(int operations) {
    operations_left_ = operations;
}

bool LossyDisk::count() {
    if (operations_left_ == 0) return false;
    if (operations_left_ > 0) --operations_left_;
    return operations_left_ != 0;
}

void LossyDisk::opened(const std::string& path) {
    File& file = files_[path];
    if (file.unsynced.empty()) file.synced = content_of(path);
}

void LossyDisk::apply(std::string& content, const Change& change) {
    const auto offset = static_cast<std::size_t>(change.offset);
    if (change.is_truncation) {
        content.resize(offset);
        return;
    }
    content.resize(std::max(content.size(), offset + change.bytes.size()));
    content.replace(offset, change.bytes.size(), change.bytes);
}

bool LossyDisk::is_to_fail_now() {
    if (syncs_before_failure_ < 0 || syncs_before_failure_-- > 0) return false;
    ++failed_syncs_;
    return true;
}

void LossyDisk::keep_by_chance(File& file) {
    constexpr std::size_t sector = 512;
    for (Change& change : file.unsynced) {
        const auto fate = chance_() % 4;
        if (fate < 2) continue;
        if (fate == 2) change.bytes.resize(change.bytes.size() / 2 / sector * sector);
        apply(file.synced, change);
    }
    file.unsynced.clear();
}

void LossyDisk::come_back() {
    for (auto& [path, file] : files_) {
        keep_by_chance(file);
        std::ofstream(path, std::ios::binary | std::ios::trunc) << file.synced;
        // An index in memory, gone with the processes that shared it.
        if (path.ends_with("-wal")) fs::remove(path.substr(0, path.size() - 4) + "-shm");
    }
    operations_left_ = -1;
}

}  // namespace backupwatch
