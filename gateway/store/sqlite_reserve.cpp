#include "gateway/store/sqlite_reserve.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace gateway::store {
namespace {

// A file opened through the VFS, so that a test's disk sees it too.
class VfsFile {
 public:
  VfsFile(sqlite3_vfs* vfs, const std::string& path)
      : storage_(static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1) {
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_JOURNAL;
    open_ = vfs->xOpen(vfs, path.c_str(), file(), flags, nullptr) == SQLITE_OK;
  }
  ~VfsFile() {
    if (file()->pMethods) file()->pMethods->xClose(file());
  }
  VfsFile(const VfsFile&) = delete;
  explicit operator bool() const { return open_; }

  std::int64_t size() {
    sqlite3_int64 bytes = 0;
    return file()->pMethods->xFileSize(file(), &bytes) == SQLITE_OK ? bytes : 0;
  }
  bool write(std::span<const std::byte> bytes, std::int64_t at) {
    return file()->pMethods->xWrite(file(), bytes.data(), static_cast<int>(bytes.size()), at) == SQLITE_OK;
  }
  bool sync() { return file()->pMethods->xSync(file(), SQLITE_SYNC_NORMAL) == SQLITE_OK; }

 private:
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(storage_.data()); }
  std::vector<std::max_align_t> storage_;  // zeroed: a failed open leaves no methods
  bool open_ = false;
};

}  // namespace

SqliteReserve::SqliteReserve(const SqliteFile& store, std::int64_t bytes, std::function<std::int64_t()> free_bytes)
    : path_(store.path + "-reserve"),
      vfs_(sqlite3_vfs_find(store.vfs.empty() ? nullptr : store.vfs.c_str())),
      bytes_(bytes),
      free_bytes_(std::move(free_bytes)) {
  rebuild();
}

std::int64_t SqliteReserve::size() const {
  int exists = 0;
  if (vfs_->xAccess(vfs_, path_.c_str(), SQLITE_ACCESS_EXISTS, &exists) != SQLITE_OK || exists == 0) return 0;
  VfsFile file(vfs_, path_);
  return file ? file.size() : 0;
}

void SqliteReserve::release() {
  whole_ = false;
  vfs_->xDelete(vfs_, path_.c_str(), 0);  // already given up, or impossible: either way the next write tells
}

void SqliteReserve::rebuild() {
  if (whole_) return;
  std::int64_t have = size(), missing = bytes_ - have;
  if (missing > 0 && free_bytes_() < 2 * missing) return;
  whole_ = missing <= 0 || extend(have);
}

bool SqliteReserve::extend(std::int64_t from) const {
  VfsFile file(vfs_, path_);
  if (!file) return false;
  std::vector<std::byte> zeros(64 * 1024);
  for (std::int64_t at = from; at < bytes_; at += static_cast<std::int64_t>(zeros.size())) {
    auto size = std::min<std::int64_t>(static_cast<std::int64_t>(zeros.size()), bytes_ - at);
    if (!file.write(std::span(zeros).first(static_cast<std::size_t>(size)), at)) return false;
  }
  return file.sync();
}

}  // namespace gateway::store
