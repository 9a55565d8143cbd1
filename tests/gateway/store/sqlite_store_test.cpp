#include "gateway/store/sqlite_store.hpp"

#include <filesystem>
#include <random>

#include "tests/gateway/store/conformance.hpp"

namespace gateway::store {
namespace {

// A directory of its own, gone afterwards.
class Directory {
 public:
  Directory()
      : path_(std::filesystem::temp_directory_path() / ("hjemport-store-" + std::to_string(std::random_device{}()))) {
    std::filesystem::create_directory(path_);
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file() const { return path_ / "hjemport.db"; }

 private:
  std::filesystem::path path_;
};

class SqliteBackend : public conformance::Backend {
 public:
  explicit SqliteBackend(SqliteOptions options) : options_(std::move(options)) {
    options_.path = directory_.file();
    store_ = open_sqlite(options_);
  }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    store_ = open_sqlite(options_);
  }
  void between_commits() override { store_->upkeep(); }

 private:
  Directory directory_;
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

TEST_CASE("sqlite: observations", "[store]") {
  run(conformance::observation_cases(), {});
}
TEST_CASE("sqlite: search", "[store]") {
  run(conformance::search_cases(), {});
}
TEST_CASE("sqlite: tables", "[store]") {
  run(conformance::table_cases(), {});
}

}  // namespace gateway::store
