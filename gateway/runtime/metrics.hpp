// Everything the operator can see as numbers, in Prometheus' text format (docs/operations.md lists them). Knows names
// and labels, not the parts that count: whoever owns counters of its own copies them in before an exposition. No label
// ever holds a patient's or person's identifier; the label sets are bounded by the configuration.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/measurement.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace gateway {

// Handles to one series each, looked up once; using one is a single atomic addition. Cheap to copy; valid as long as
// the Metrics.
class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter& series) : series_(&series) {}
  void add(std::uint64_t n = 1) const;
  // Brings the series up to a total counted elsewhere. A smaller total changes nothing: counters do not go back.
  void total(std::uint64_t) const;
  std::uint64_t value() const;

 private:
  prometheus::Counter* series_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge& series) : series_(&series) {}
  void set(double) const;
  double value() const;

 private:
  prometheus::Gauge* series_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(prometheus::Histogram& series) : series_(&series) {}
  void observe(double) const;

 private:
  prometheus::Histogram* series_ = nullptr;
};

// Why a request to a source was refused for who sent it.
enum class SourceRefusal : std::uint8_t {
  missing,         // nothing to prove itself with
  malformed,       // not of the form the scheme has; a header that came twice
  wrong,           // another secret, another body than was signed, another certificate
  outside_window,  // rightly signed, too long ago or too far ahead
};
inline constexpr std::size_t source_refusals = 4;
std::string_view name(SourceRefusal);  // "outside-window"

// What becomes of one source's items; accepted + duplicate + amended + quarantined + ignored = received (invariant 2).
struct SourceMetrics {
  Counter received, accepted, duplicate, amended;
  std::array<Counter, 9> quarantined;  // by adapters::QuarantineReason
  std::array<Counter, 5> ignored;      // by adapters::IgnoreReason
  Counter payloads, undecodable, refused_busy;
  std::array<Counter, source_refusals> refused;  // by SourceRefusal
  Counter handshakes, hints, repeated_signatures;
  Gauge waiting;  // items in quarantine
  Gauge newest;   // Unix time of the newest accepted item
  Gauge accepted_age, heartbeat_age;  // seconds, also over a restart; NaN: never
  Gauge silent;                       // 1 while found silent, or sending nothing of use

  const Counter& refused_for(SourceRefusal reason) const { return refused[static_cast<std::size_t>(reason)]; }
  const Counter& held(adapters::QuarantineReason reason) const { return quarantined[static_cast<std::size_t>(reason)]; }
  const Counter& dropped(adapters::IgnoreReason reason) const { return ignored[static_cast<std::size_t>(reason)]; }
};

struct DestinationMetrics {
  Gauge lag_seconds, lag_entries;  // oldest entry owed; entries behind the journal's end
  Gauge dead_letters, breaker_open;
  Counter delivered, retried, parked;
};

// Of a source that is pulled.
struct PullMetrics {
  Gauge users, consent_lost, wrong_user, failing;  // users by state; failing: active, and the last pull did not succeed
  Gauge oldest_seconds;                            // the longest time an active user was not pulled
  Counter pulls, failed, pages, refreshes, throttled;
};

struct TenantMetrics {
  Gauge open_alarms;
  Gauge flood;  // 1 while more alarms come than anybody can deal with
};

// Of a tenant whose way is tested all day.
struct SelfTestMetrics {
  Gauge passing;   // 0 after one failed, until the next passes
  Gauge age;       // seconds since one passed; NaN: not since the start
  Gauge duration;  // seconds the last that passed took
};

// One broker that messages are fetched from.
struct MqttMetrics {
  Gauge connected, subscriptions_refused, waiting;  // waiting: received and not acknowledged
  Counter connections, failures, sessions_lost, retries;
  Counter stored, undecodable, too_large, unplaced;  // messages by what became of them; all of these are acknowledged
};

class Metrics {
 public:
  Metrics();
  ~Metrics();

  // Made at the first use, the same object ever after. Thread-safe; resolve at start, keep the reference.
  SourceMetrics& source(std::string_view tenant, std::string_view source);
  DestinationMetrics& destination(std::string_view tenant, std::string_view destination);
  TenantMetrics& tenant(std::string_view tenant);
  SelfTestMetrics& self_test(std::string_view tenant);
  PullMetrics& pull(std::string_view tenant, std::string_view source);
  MqttMetrics& mqtt(std::string_view broker);

  // Committer
  Histogram commit_seconds, group_rows;
  Gauge urgent_queue, bulk_queue;
  Counter groups, rows, refused_jobs, failed_groups;
  Counter patient_hits, patient_misses;  // of the cache of patients' judging state
  // The way from the network to a response centre
  Histogram reading_to_stream_seconds;
  Gauge open_streams;
  // HTTP server
  Counter http_requests, http_connections, http_refused_limits, http_timeouts, http_evicted_streams;
  Gauge http_open_connections;
  Gauge web_sockets_open;
  Counter web_socket_messages;
  std::array<Counter, 4> http_responses;  // 2xx, 3xx, 4xx, 5xx
  // MLLP listeners: messages by their answer
  Counter mllp_connections, mllp_refused_limits, mllp_timeouts, mllp_accepted, mllp_errors, mllp_rejected;
  Gauge mllp_open_connections;
  Counter refused_unauthorized, refused_forbidden, refused_not_found;
  // Audit rows that wait in memory because the store cannot be written
  Gauge audit_waiting;
  // The process
  Gauge clock_offset_seconds, clock_error_seconds, clock_synchronised;  // as the kernel knows them (clock_offset.hpp)
  Gauge store_writable, wal_bytes, unmerged_rows;
  Counter log_lines_dropped;

  // Called at the start of each expose(), on its thread: the place to copy queue depths and other parts' counters.
  void before_expose(std::function<void(Metrics&)>);
  std::string expose();  // text format 0.0.4
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
