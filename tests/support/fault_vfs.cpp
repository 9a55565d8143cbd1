#include "tests/support/fault_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace tests {
namespace {

// What a disk writes at once (the unit torn writes are cut at).
constexpr std::size_t sector = 512;

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

struct FaultVfs::File {
  struct Change {
    std::int64_t at = 0;
    std::string bytes;
    bool truncate = false;
  };
  std::string synced;
  std::vector<Change> pending;
  std::int64_t size = 0;

  static void apply(std::string& contents, const Change& change) {
    auto at = static_cast<std::size_t>(change.at);
    if (change.truncate) {
      contents.resize(at);
      return;
    }
    if (contents.size() < at + change.bytes.size()) contents.resize(at + change.bytes.size());
    contents.replace(at, change.bytes.size(), change.bytes);
  }
  static void apply_torn(std::string& contents, const Change& change, std::mt19937_64& random) {
    for (std::size_t at = 0; at < change.bytes.size(); at += sector) {
      if (random() % 2 == 0) continue;
      apply(contents, {change.at + static_cast<std::int64_t>(at), change.bytes.substr(at, sector), false});
    }
  }
};

// SQLite's C interface: the functions of an open file and of the VFS.
struct FaultVfs::Methods {
  struct Open {
    sqlite3_file base;
    FaultVfs* vfs;
    File* file;  // none for a temporary file
    sqlite3_file* real;
  };

  static Open& of(sqlite3_file* file) { return *reinterpret_cast<Open*>(file); }
  static FaultVfs& of(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }
  static sqlite3_vfs* real_vfs() { return sqlite3_vfs_find(nullptr); }

  static int close(sqlite3_file* file) { return of(file).real->pMethods->xClose(of(file).real); }

  static int read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 at) {
    Open& open = of(file);
    if (open.file) {
      std::lock_guard lock(open.vfs->mutex_);
      if (open.vfs->fails(Call::read)) return SQLITE_IOERR_READ;
    }
    return open.real->pMethods->xRead(open.real, to, bytes, at);
  }

  static int write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
    Open& open = of(file);
    if (open.file) {
      FaultVfs& vfs = *open.vfs;
      std::lock_guard lock(vfs.mutex_);
      if (vfs.power_cut_ && vfs.struck_) return SQLITE_IOERR_WRITE;
      std::int64_t end = std::max<std::int64_t>(open.file->size, at + bytes);
      if (vfs.limit_ && end > open.file->size && vfs.used() + end - open.file->size > *vfs.limit_) return SQLITE_FULL;
      bool failed = vfs.fails(Call::write);
      // The write at which the power goes may still reach the disk, wholly or torn.
      if (!failed || vfs.power_cut_) {
        open.file->pending.push_back(
            {at, std::string(static_cast<const char*>(from), static_cast<std::size_t>(bytes)), false});
      }
      if (failed) return SQLITE_IOERR_WRITE;
      open.file->size = end;
    }
    return open.real->pMethods->xWrite(open.real, from, bytes, at);
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    Open& open = of(file);
    if (open.file) {
      std::lock_guard lock(open.vfs->mutex_);
      if (open.vfs->fails(Call::truncate)) return SQLITE_IOERR_TRUNCATE;
      open.file->pending.push_back({size, {}, true});
      open.file->size = size;
    }
    return open.real->pMethods->xTruncate(open.real, size);
  }

  static int sync(sqlite3_file* file, int) {
    Open& open = of(file);
    if (!open.file) return SQLITE_OK;
    std::lock_guard lock(open.vfs->mutex_);
    bool cut_before = open.vfs->power_cut_ && open.vfs->struck_;
    bool failed = open.vfs->fails(Call::sync);
    if (failed && open.vfs->power_cut_) return SQLITE_IOERR_FSYNC;
    if (cut_before) return SQLITE_IOERR_FSYNC;
    for (const File::Change& change : open.file->pending) {
      // As Linux does: after a failed sync the pages count as clean, so that no later sync writes what this one lost.
      if (!failed || open.vfs->random_() % 2 == 0) File::apply(open.file->synced, change);
    }
    open.file->pending.clear();
    return failed ? SQLITE_IOERR_FSYNC : SQLITE_OK;
  }

  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    return of(file).real->pMethods->xFileSize(of(file).real, size);
  }
  static int lock(sqlite3_file* file, int level) { return of(file).real->pMethods->xLock(of(file).real, level); }
  static int unlock(sqlite3_file* file, int level) { return of(file).real->pMethods->xUnlock(of(file).real, level); }
  static int check_reserved(sqlite3_file* file, int* held) {
    return of(file).real->pMethods->xCheckReservedLock(of(file).real, held);
  }
  static int control(sqlite3_file* file, int operation, void* argument) {
    return of(file).real->pMethods->xFileControl(of(file).real, operation, argument);
  }
  static int sector_size(sqlite3_file* file) { return of(file).real->pMethods->xSectorSize(of(file).real); }
  static int characteristics(sqlite3_file* file) {
    return of(file).real->pMethods->xDeviceCharacteristics(of(file).real);
  }
  static int shm_map(sqlite3_file* file, int region, int bytes, int extend, void volatile** mapped) {
    return of(file).real->pMethods->xShmMap(of(file).real, region, bytes, extend, mapped);
  }
  static int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
    return of(file).real->pMethods->xShmLock(of(file).real, offset, n, flags);
  }
  static void shm_barrier(sqlite3_file* file) { of(file).real->pMethods->xShmBarrier(of(file).real); }
  static int shm_unmap(sqlite3_file* file, int remove) {
    return of(file).real->pMethods->xShmUnmap(of(file).real, remove);
  }

  static int open(sqlite3_vfs* self, const char* path, sqlite3_file* file, int flags, int* flags_out) {
    static const sqlite3_io_methods methods = {
        2,         close,          read,    write,       truncate,        sync,    file_size, lock,
        unlock,    check_reserved, control, sector_size, characteristics, shm_map, shm_lock,  shm_barrier,
        shm_unmap, nullptr,        nullptr};
    FaultVfs& vfs = of(self);
    Open& open = of(file);
    open = {{nullptr}, &vfs, nullptr, reinterpret_cast<sqlite3_file*>(&open + 1)};
    if (path) {
      std::lock_guard lock(vfs.mutex_);
      if (vfs.power_cut_ && vfs.struck_) return SQLITE_CANTOPEN;
      std::shared_ptr<File>& known = vfs.files_[path];
      if (!known) {
        known = std::make_shared<File>();
        known->synced = contents_of(path);
        known->size = static_cast<std::int64_t>(known->synced.size());
      }
      open.file = known.get();
    }
    int code = real_vfs()->xOpen(real_vfs(), path, open.real, flags, flags_out);
    if (code == SQLITE_OK) open.base.pMethods = &methods;
    return code;
  }

  static int remove(sqlite3_vfs* self, const char* path, int sync_directory) {
    FaultVfs& vfs = of(self);
    std::lock_guard lock(vfs.mutex_);
    if (vfs.fails(Call::remove)) return SQLITE_IOERR_DELETE;
    if (auto known = vfs.files_.find(path); known != vfs.files_.end()) {
      vfs.removed_.push_back(known->second);  // an open file may still point at it
      vfs.files_.erase(known);
    }
    return real_vfs()->xDelete(real_vfs(), path, sync_directory);
  }

  static int access(sqlite3_vfs*, const char* path, int flags, int* result) {
    return real_vfs()->xAccess(real_vfs(), path, flags, result);
  }
  static int full_path(sqlite3_vfs*, const char* path, int bytes, char* out) {
    return real_vfs()->xFullPathname(real_vfs(), path, bytes, out);
  }
  static int randomness(sqlite3_vfs*, int bytes, char* out) { return real_vfs()->xRandomness(real_vfs(), bytes, out); }
  static int sleep(sqlite3_vfs*, int micros) { return real_vfs()->xSleep(real_vfs(), micros); }
  static int last_error(sqlite3_vfs*, int bytes, char* out) {
    return real_vfs()->xGetLastError(real_vfs(), bytes, out);
  }
  static int time(sqlite3_vfs*, sqlite3_int64* out) { return real_vfs()->xCurrentTimeInt64(real_vfs(), out); }
};

FaultVfs::FaultVfs() : vfs_(std::make_unique<sqlite3_vfs>()) {
  static std::atomic<int> made{0};
  sqlite3_initialize();
  name_ = "fault-" + std::to_string(++made);
  *vfs_ = {};
  vfs_->iVersion = 2;
  vfs_->szOsFile = static_cast<int>(sizeof(Methods::Open)) + Methods::real_vfs()->szOsFile;
  vfs_->mxPathname = Methods::real_vfs()->mxPathname;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = Methods::open;
  vfs_->xDelete = Methods::remove;
  vfs_->xAccess = Methods::access;
  vfs_->xFullPathname = Methods::full_path;
  vfs_->xRandomness = Methods::randomness;
  vfs_->xSleep = Methods::sleep;
  vfs_->xGetLastError = Methods::last_error;
  vfs_->xCurrentTimeInt64 = Methods::time;
  sqlite3_vfs_register(vfs_.get(), 0);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(vfs_.get());
}

bool FaultVfs::fails(Call call) {
  if (power_cut_ && struck_) return true;
  if (call == Call::read && counting_ == Counting::changes) return false;
  if (struck_ && lasting_ == Lasting::for_ever) return true;
  ++calls_;
  if (strike_at_ == 0 || calls_ != strike_at_) return false;
  struck_ = true;
  return true;
}

void FaultVfs::cut_power_at(std::int64_t call) {
  std::lock_guard lock(mutex_);
  calls_ = 0;
  strike_at_ = call;
  counting_ = Counting::changes;
  lasting_ = Lasting::for_ever;
  power_cut_ = true;
  struck_ = false;
}

void FaultVfs::fail_at(std::int64_t call, Counting counting, Lasting lasting) {
  std::lock_guard lock(mutex_);
  calls_ = 0;
  strike_at_ = call;
  counting_ = counting;
  lasting_ = lasting;
  power_cut_ = false;
  struck_ = false;
}

void FaultVfs::heal() {
  std::lock_guard lock(mutex_);
  calls_ = strike_at_ = 0;
  power_cut_ = struck_ = false;
  counting_ = Counting::changes;
}

bool FaultVfs::struck() const {
  std::lock_guard lock(mutex_);
  return struck_;
}

std::int64_t FaultVfs::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

void FaultVfs::limit(std::optional<std::int64_t> bytes) {
  std::lock_guard lock(mutex_);
  limit_ = bytes;
}

std::int64_t FaultVfs::used() const {
  std::int64_t bytes = 0;
  for (const auto& [path, file] : files_) bytes += file->size;
  return bytes;
}

std::int64_t FaultVfs::used_bytes() const {
  std::lock_guard lock(mutex_);
  return used();
}

std::int64_t FaultVfs::free_bytes() const {
  std::lock_guard lock(mutex_);
  return limit_ ? std::max<std::int64_t>(0, *limit_ - used()) : INT64_MAX / 4;
}

void FaultVfs::after_power_cut(const std::string& directory, std::uint64_t seed) const {
  std::lock_guard lock(mutex_);
  std::mt19937_64 random(seed);
  // Some disks lose all of it, some nothing, most something.
  std::uint64_t kept_of_eight = random() % 9;
  for (const auto& [path, file] : files_) {
    std::string contents = file->synced;
    for (const File::Change& change : file->pending) {
      if (random() % 8 >= kept_of_eight) continue;
      if (!change.truncate && random() % 4 == 0) {
        File::apply_torn(contents, change, random);
      } else {
        File::apply(contents, change);
      }
    }
    std::ofstream out(std::filesystem::path(directory) / std::filesystem::path(path).filename(), std::ios::binary);
    out << contents;
  }
}

}  // namespace tests
