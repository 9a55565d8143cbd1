#include "gateway/store/sqlite_store.hpp"

#include "tests/gateway/store/conformance.hpp"
#include "tests/support/fault_vfs.hpp"
#include "tests/support/temporary_folder.hpp"

namespace gateway::store {
namespace {

class SqliteBackend : public conformance::Backend {
 public:
  explicit SqliteBackend(SqliteOptions options) : options_(std::move(options)) {
    options_.path = folder_.path() / "hjemport.db";
    options_.vfs = disk_.name();  // faultless here, and quick
    store_ = open_sqlite(options_);
  }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    store_ = open_sqlite(options_);
  }
  void between_commits() override {
    for (int portions = 0; portions < 3; ++portions) store_->upkeep();
  }

 private:
  tests::TemporaryFolder folder_;
  tests::FaultVfs disk_;
  SqliteOptions options_;
  std::unique_ptr<Store> store_;
};

void run(std::span<const conformance::Case> cases, const SqliteOptions& options) {
  for (const conformance::Case& one : cases) {
    DYNAMIC_SECTION(one.name) {
      SqliteBackend backend(options);
      one.run(backend);
    }
  }
}

}  // namespace

SqliteOptions small() {
  SqliteOptions options;
  options.reserve_bytes = 64 << 10;
  return options;
}

// Every structure at work within a few rows: merges, runs, their compaction, copies of the log.
SqliteOptions eager() {
  SqliteOptions options = small();
  options.tail_rows = 4;
  options.merge_portion_rows = 1;
  options.merge_portion_chunks = 1;
  options.checkpoint_pages = 20;
  options.writer_checkpoint_pages = 60;
  return options;
}

TEST_CASE("sqlite: observations", "[store]") {
  run(conformance::observation_cases(), small());
}
TEST_CASE("sqlite: search", "[store]") {
  run(conformance::search_cases(), small());
}
TEST_CASE("sqlite: tables", "[store]") {
  run(conformance::table_cases(), small());
}
TEST_CASE("sqlite: what timers ask for", "[store]") {
  run(conformance::time_cases(), small());
}
TEST_CASE("sqlite: observations, merging all the time", "[store]") {
  run(conformance::observation_cases(), eager());
}
TEST_CASE("sqlite: search, merging all the time", "[store]") {
  run(conformance::search_cases(), eager());
}

}  // namespace gateway::store
