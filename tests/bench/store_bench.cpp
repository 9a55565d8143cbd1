// How fast the store is, without network and rules: fills a store with 6000 interleaved series (500 patients, 12 kinds)
// in groups as the committer makes them, and prints one JSON object. A store that is already there is filled on.
// ROWS 0 only reads.
// Usage: store_bench DIRECTORY ROWS [group=100] [tail=131072] [portion=3000] [cache_mb=64] [sample=200000]
// [reader_cache_mb=2] [thread=1]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gateway/runtime/ids.hpp"
#include "gateway/store/sqlite_store.hpp"

namespace {

using namespace gateway;
using namespace gateway::store;
using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

// CPU and memory as the kernel counts them.
double cpu_seconds(clockid_t clock = CLOCK_PROCESS_CPUTIME_ID) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double status_mb(const char* field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::stod(line.substr(line.find(':') + 1)) / 1024;
  }
  return 0;
}

double percentile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  auto place = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(place), values.end());
  return values[place];
}

// A resource of the length a rendered vital-signs Observation has (limits.md 1: 1219 bytes).
const std::string resource =
    R"({"resourceType":"Observation","status":"final","filler":")" + std::string(1150, 'x') + R"("})";

class Load {
 public:
  explicit Load(std::int64_t highest_id) : ids_(1, highest_id) {
    // An id's upper bits are milliseconds since 2024 (runtime/ids.hpp): go on where an earlier run ended.
    if (highest_id > 0)
      now_ = std::max(now_, Time{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}} +
                                std::chrono::milliseconds(highest_id >> 21));
    random_.seed(static_cast<std::uint64_t>(highest_id) + 42);
  }

  // One group: new readings of any series, measured about now, each with its journal entry.
  const Changes& group(std::size_t rows) {
    changes_.clear();
    keys_.clear();
    for (std::size_t i = 0; i < rows; ++i) {
      now_ += std::chrono::microseconds(37);
      Observation o;
      o.id = {ids_.next(now_)};
      o.tenant = Tenant{1};
      o.patient = {1'000 + static_cast<std::int64_t>(random_() % 500)};
      o.source = Source{1};
      o.kind = static_cast<fhir::Kind>(1 + random_() % 12);
      o.measured = now_;
      o.updated = now_;
      std::uint64_t halves[2] = {random_(), random_()};
      std::copy_n(reinterpret_cast<const std::uint8_t*>(halves), 16, o.key.begin());
      o.digest = random_();
      o.subject = "user-17";
      o.device = {77};
      o.value = fhir::Decimal(937, 1);
      o.judgement = R"({"rule":"limit","version":3,"outcome":"within"})";
      o.resource = resource;
      JournalEntry entry;
      entry.at = now_;
      entry.kind = Entry::observation;
      entry.tenant = o.tenant;
      entry.patient = o.patient;
      entry.ref = o.id.value;
      entry.version = 1;
      entry.change = "created";
      keys_.push_back(o.key);
      changes_.highest_id = o.id.value;
      changes_.journal.push_back(std::move(entry));
      changes_.observations.push_back(std::move(o));
    }
    return changes_;
  }
  std::span<const Key> keys() const { return keys_; }

 private:
  std::mt19937_64 random_;
  Time now_ = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20};
  IdSource ids_;
  Changes changes_;
  std::vector<Key> keys_;
};

struct Rate {
  std::size_t rows = 0;
  double seconds = 0, cpu = 0, upkeep = 0, commit_cpu = 0, upkeep_cpu = 0;
  std::vector<double> commit_ms, portion_ms;
};

Rate fill(Store& store, Load& load, std::size_t rows, std::size_t group_rows) {
  Rate rate;
  std::vector<std::int64_t> found(group_rows);
  double making = 0;
  double cpu = cpu_seconds();
  double making_cpu = 0;
  auto begin = SteadyClock::now();
  while (rate.rows < rows) {
    auto made = SteadyClock::now();
    double made_cpu = cpu_seconds();
    const Changes& changes = load.group(group_rows);
    making += seconds_since(made);
    making_cpu += cpu_seconds() - made_cpu;
    auto committed = SteadyClock::now();
    double before_commit = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    store.own().find_keys(load.keys(), std::span(found).first(load.keys().size()));
    if (Result<Position> result = store.commit(changes, Lane::bulk); !result) {
      std::fprintf(stderr, "commit: %s\n", result.error().detail.c_str());
      std::exit(1);
    }
    rate.commit_ms.push_back(seconds_since(committed) * 1e3);
    auto kept = SteadyClock::now();
    double before_upkeep = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    store.upkeep();
    rate.commit_cpu += before_upkeep - before_commit;
    rate.upkeep_cpu += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - before_upkeep;
    double portion = seconds_since(kept);
    rate.upkeep += portion;
    if (portion > 50e-6) rate.portion_ms.push_back(portion * 1e3);
    rate.rows += group_rows;
  }
  rate.seconds = seconds_since(begin) - making;
  rate.cpu = cpu_seconds() - cpu - making_cpu;
  return rate;
}

void print(const char* name, Rate& rate) {
  auto per_row = [&](double seconds) { return seconds / static_cast<double>(rate.rows) * 1e6; };
  std::printf(
      "\"%s\":{\"rows_per_s\":%.0f,\"cpu_us_per_row\":{\"all\":%.2f,\"commit\":%.2f,\"upkeep\":%.2f},"
      "\"commit_ms\":{\"p50\":%.2f,\"p99\":%.2f,\"max\":%.1f},\"portion_ms\":{\"p50\":%.2f,\"p99\":%.2f,\"max\":%.1f}}"
      ",",
      name, static_cast<double>(rate.rows) / rate.seconds, per_row(rate.cpu), per_row(rate.commit_cpu),
      per_row(rate.upkeep_cpu), percentile(rate.commit_ms, 0.5), percentile(rate.commit_ms, 0.99),
      percentile(rate.commit_ms, 1), percentile(rate.portion_ms, 0.5), percentile(rate.portion_ms, 0.99),
      percentile(rate.portion_ms, 1));
  std::fflush(stdout);
}

void queries(Store& store) {
  std::unique_ptr<Reader> reader = store.reader();
  std::mt19937_64 random(7);
  std::vector<double> ms;
  std::size_t rows = 0;
  double cpu = cpu_seconds();
  auto begin = SteadyClock::now();
  while (seconds_since(begin) < 3) {
    ObservationFilter filter;
    filter.tenant = Tenant{1};
    filter.patients = {{1'000 + static_cast<std::int64_t>(random() % 500)}};
    filter.kinds = {static_cast<fhir::Kind>(1 + random() % 12)};
    auto one = SteadyClock::now();
    rows += reader->search(filter).rows.size();
    ms.push_back(seconds_since(one) * 1e3);
  }
  double took = seconds_since(begin);
  std::printf("\"last_50\":{\"per_s\":%.0f,\"cpu_us\":%.0f,\"ms\":{\"p50\":%.3f,\"p99\":%.3f},\"rows\":%.1f},",
              static_cast<double>(ms.size()) / took, (cpu_seconds() - cpu) / static_cast<double>(ms.size()) * 1e6,
              percentile(ms, 0.5), percentile(ms, 0.99), static_cast<double>(rows) / static_cast<double>(ms.size()));
}

void measure_writes(Store& store, std::size_t rows, std::size_t sample, std::size_t group_rows) {
  Load load(store.own().highest_id());
  Rate empty = fill(store, load, sample, group_rows);
  print("empty", empty);
  if (rows > 2 * sample) {
    Rate middle = fill(store, load, rows - 2 * sample, 1'000);
    print("filling_groups_of_1000", middle);
  }
  Rate full = fill(store, load, sample, group_rows);
  print("full", full);
  Rate single = fill(store, load, 1'000, 1);
  print("full_groups_of_1", single);
  std::printf("\"ratio\":%.3f,",
              static_cast<double>(full.rows) / full.seconds / (static_cast<double>(empty.rows) / empty.seconds));
}

}  // namespace

int main(int arguments, char** argument) {
  if (arguments < 3) {
    std::fprintf(stderr, "usage: store_bench DIRECTORY ROWS [name=number...]\n");
    return 64;
  }
  auto setting = [&](std::string_view name, std::size_t value) {
    for (int i = 3; i < arguments; ++i) {
      std::string_view text = argument[i];
      if (text.starts_with(name) && text.substr(name.size()).starts_with('='))
        value = std::stoull(std::string(text.substr(name.size() + 1)));
    }
    return value;
  };
  std::filesystem::create_directories(argument[1]);
  SqliteOptions options;
  options.path = std::string(argument[1]) + "/bench.db";
  options.tail_rows = setting("tail", options.tail_rows);
  options.merge_portion_rows = setting("portion", options.merge_portion_rows);
  options.writer_cache_bytes = static_cast<std::int64_t>(setting("cache_mb", 64) << 20);
  options.reader_cache_bytes = static_cast<std::int64_t>(setting("reader_cache_mb", 2) << 20);
  options.checkpoint_thread = setting("thread", 1) != 0;
  auto rows = static_cast<std::size_t>(std::stoull(argument[2]));
  std::size_t group_rows = setting("group", 100);
  std::size_t sample = std::min<std::size_t>(rows / 2, setting("sample", 200'000));

  std::unique_ptr<Store> store = open_sqlite(options);
  std::printf("{\"rows\":%zu,\"group_rows\":%zu,", rows, group_rows);
  if (rows > 0) measure_writes(*store, rows, sample, group_rows);
  Store::Health health = store->health();
  std::printf("\"wal_mb\":%.1f,\"unmerged_rows\":%lld,", static_cast<double>(health.wal_bytes) / 1e6,
              static_cast<long long>(health.unmerged_rows));
  auto idle = SteadyClock::now();
  while (store->upkeep()) {
  }
  std::printf("\"upkeep_left_s\":%.2f,", seconds_since(idle));
  queries(*store);
  std::printf("\"rss_mb\":%.0f,\"peak_rss_mb\":%.0f,", status_mb("VmRSS"), status_mb("VmHWM"));

  auto closing = SteadyClock::now();
  store.reset();
  std::printf("\"close_s\":%.2f,", seconds_since(closing));
  auto opening = SteadyClock::now();
  store = open_sqlite(options);
  std::printf("\"start_s\":%.3f,", seconds_since(opening));
  std::printf("\"file_mb\":%.0f}\n", static_cast<double>(std::filesystem::file_size(options.path)) / 1e6);
  return 0;
}
