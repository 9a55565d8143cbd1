// A disk that fails on purpose, as a SQLite VFS over the real one: loses what was not synced at a power cut, fails the
// nth call, has only so much room. What is synced is remembered apart, so that a power cut can be played in one
// process; nothing is really synced, which also makes it the quick disk of tests that are not about faults.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace tests {

class FaultVfs {
 public:
  FaultVfs();  // registered under name() until it goes
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  const std::string& name() const { return name_; }

  // Calls that change the disk (write, truncate, sync, delete) are numbered from 1 after each of these.
  void cut_power_at(std::int64_t call);  // that call and every later one fail
  enum class Counting : std::uint8_t { changes, reads_too };
  enum class Lasting : std::uint8_t { once, for_ever };
  void fail_at(std::int64_t call, Counting, Lasting);
  void heal();
  bool struck() const;  // the cut or failure happened
  std::int64_t calls() const;

  // Room for all files together; writes beyond it fail with SQLITE_FULL. None: no limit.
  void limit(std::optional<std::int64_t> bytes);
  std::int64_t used_bytes() const;
  std::int64_t free_bytes() const;

  // Writes the files as they may stand after a power cut now into `directory`: what was synced, and of the rest a
  // random part, with writes torn at sectors.
  void after_power_cut(const std::string& directory, std::uint64_t seed) const;

  struct File;  // what is known of one path
  struct Methods;

 private:
  friend struct Methods;
  enum class Call : std::uint8_t { write, truncate, sync, remove, read };
  bool fails(Call);           // with the mutex held
  std::int64_t used() const;  // likewise

  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_;
  std::vector<std::shared_ptr<File>> removed_;
  std::int64_t calls_ = 0, strike_at_ = 0;
  Counting counting_ = Counting::changes;
  Lasting lasting_ = Lasting::for_ever;
  bool power_cut_ = false, struck_ = false;
  std::optional<std::int64_t> limit_;
  std::mt19937_64 random_{1};
};

}  // namespace tests
