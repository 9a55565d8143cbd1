#include "gateway/runtime/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "gateway/runtime/clock_offset.hpp"
#include "gateway/runtime/log.hpp"

namespace gateway {

void Counter::add(std::uint64_t n) const {
  series_->Increment(static_cast<double>(n));
}
void Counter::total(std::uint64_t total) const {
  double missing = static_cast<double>(total) - series_->Value();
  if (missing > 0) series_->Increment(missing);
}
std::uint64_t Counter::value() const {
  return static_cast<std::uint64_t>(series_->Value());
}
void Gauge::set(double value) const {
  series_->Set(value);
}
double Gauge::value() const {
  return series_->Value();
}
void Histogram::observe(double value) const {
  series_->Observe(value);
}

namespace {

using Labels = std::map<std::string, std::string>;
using Buckets = prometheus::Histogram::BucketBoundaries;

// A sync costs 0.1-0.3 ms here and 10 ms on weak disks; stalls of 30-90 ms come from the host (limits.md section 4).
const Buckets commit_buckets{0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5};
const Buckets group_buckets{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
// The promise is p50 5 ms and p99 50 ms; beyond seconds it is a backlog.
const Buckets stream_buckets{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30};

constexpr const char* item_help = "Items by what became of them; the outcomes of a source add up to items received";

}  // namespace

std::string_view name(SourceRefusal reason) {
  static constexpr std::string_view names[] = {"missing", "malformed", "wrong", "outside-window"};
  return names[static_cast<std::size_t>(reason)];
}

struct Metrics::Impl {
  prometheus::Registry registry;
  std::mutex mutex;
  std::map<std::pair<std::string, std::string>, SourceMetrics> sources;
  std::map<std::pair<std::string, std::string>, DestinationMetrics> destinations;
  std::map<std::string, TenantMetrics> tenants;
  std::map<std::string, SelfTestMetrics> self_tests;
  std::map<std::pair<std::string, std::string>, PullMetrics> pulls;
  std::map<std::string, MqttMetrics> brokers;
  std::mutex collect_mutex;
  std::vector<std::function<void(Metrics&)>> collectors;

  // Register() gives the same family for the same name, so families need no place of their own.
  Counter counter(const char* name, const char* help, const Labels& labels = {}) {
    return Counter(prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels));
  }
  Gauge gauge(const char* name, const char* help, const Labels& labels = {}) {
    return Gauge(prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels));
  }
  Histogram histogram(const char* name, const char* help, const Buckets& buckets) {
    return Histogram(prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets));
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  Impl& r = *impl_;
  commit_seconds =
      r.histogram("hjemport_commit_seconds", "Duration of one group commit, sync included", commit_buckets);
  group_rows = r.histogram("hjemport_commit_group_rows", "Rows that shared one commit", group_buckets);
  urgent_queue = r.gauge("hjemport_commit_queue_rows", "Rows waiting for the committer", {{"lane", "urgent"}});
  bulk_queue = r.gauge("hjemport_commit_queue_rows", "Rows waiting for the committer", {{"lane", "bulk"}});
  groups = r.counter("hjemport_commit_groups_total", "Groups committed");
  rows = r.counter("hjemport_commit_rows_total", "Rows committed");
  refused_jobs = r.counter("hjemport_commit_refused_total", "Jobs refused because a lane was full");
  failed_groups = r.counter("hjemport_commit_failed_groups_total", "Groups that could not be committed");
  constexpr const char* cache_help = "Patients' judging state looked up, by whether it was in memory";
  patient_hits = r.counter("hjemport_patient_cache_total", cache_help, {{"result", "hit"}});
  patient_misses = r.counter("hjemport_patient_cache_total", cache_help, {{"result", "miss"}});

  reading_to_stream_seconds = r.histogram("hjemport_reading_to_stream_seconds",
                                          "From accepting a reading to its alarm on an open stream", stream_buckets);
  open_streams = r.gauge("hjemport_alarm_streams_open", "Alarm streams being read now");

  http_requests = r.counter("hjemport_http_requests_total", "Requests read");
  http_connections = r.counter("hjemport_http_connections_total", "Connections accepted");
  http_refused_limits = r.counter("hjemport_http_refused_limits_total", "Connections or requests beyond a limit");
  http_timeouts = r.counter("hjemport_http_timeouts_total", "Connections closed for being slow or idle");
  http_evicted_streams =
      r.counter("hjemport_http_evicted_streams_total", "Streams ended because the reader was too slow");
  http_open_connections = r.gauge("hjemport_http_connections_open", "Connections open now");
  web_sockets_open = r.gauge("hjemport_websockets_open", "WebSockets open now");
  web_socket_messages = r.counter("hjemport_websocket_messages_total", "Messages received over WebSockets");
  for (std::size_t i = 0; i < http_responses.size(); ++i) {
    http_responses[i] = r.counter("hjemport_http_responses_total", "Responses by class of status",
                                  {{"status", std::to_string(i + 2) + "xx"}});
  }
  mllp_connections = r.counter("hjemport_mllp_connections_total", "MLLP connections accepted");
  mllp_refused_limits = r.counter("hjemport_mllp_refused_limits_total", "MLLP connections or messages beyond a limit");
  mllp_timeouts = r.counter("hjemport_mllp_timeouts_total", "MLLP connections closed for being slow or idle");
  const char* mllp_help = "Messages over MLLP by their answer";
  mllp_accepted = r.counter("hjemport_mllp_messages_total", mllp_help, {{"answer", "AA"}});
  mllp_errors = r.counter("hjemport_mllp_messages_total", mllp_help, {{"answer", "AE"}});
  mllp_rejected = r.counter("hjemport_mllp_messages_total", mllp_help, {{"answer", "AR"}});
  mllp_open_connections = r.gauge("hjemport_mllp_connections_open", "MLLP connections open now");
  const char* refused_help = "Requests refused for who asked, by status";
  refused_unauthorized = r.counter("hjemport_refused_total", refused_help, {{"status", "401"}});
  refused_forbidden = r.counter("hjemport_refused_total", refused_help, {{"status", "403"}});
  refused_not_found = r.counter("hjemport_refused_total", refused_help, {{"status", "404"}});
  audit_waiting = r.gauge("hjemport_audit_waiting_rows", "Audit rows kept in memory until the store can be written");

  clock_offset_seconds = r.gauge("hjemport_clock_offset_seconds", "What the time service still has to correct");
  clock_error_seconds = r.gauge("hjemport_clock_error_seconds", "The kernel's bound of the clock's error");
  clock_synchronised = r.gauge("hjemport_clock_synchronised", "1 while a time service keeps the clock");
  store_writable = r.gauge("hjemport_store_writable", "1 while the store accepts commits");
  store_writable.set(1);
  wal_bytes = r.gauge("hjemport_store_wal_bytes", "Size of the write-ahead log");
  unmerged_rows = r.gauge("hjemport_store_unmerged_rows", "Index entries not yet merged");
  log_lines_dropped =
      r.counter("hjemport_log_lines_dropped_total", "Log lines lost because their sink did not keep up");
  r.gauge("hjemport_build_info", "Always 1; the label tells the version", {{"version", HJEMPORT_VERSION}}).set(1);
}

Metrics::~Metrics() = default;

SourceMetrics& Metrics::source(std::string_view tenant, std::string_view source) {
  std::lock_guard lock(impl_->mutex);
  auto [entry, made] = impl_->sources.try_emplace({std::string(tenant), std::string(source)});
  SourceMetrics& metrics = entry->second;
  if (!made) return metrics;

  Impl& r = *impl_;
  const Labels who{{"tenant", std::string(tenant)}, {"source", std::string(source)}};
  auto item = [&](std::string_view outcome, std::string_view reason) {
    Labels labels = who;
    labels["outcome"] = outcome;
    labels["reason"] = reason;
    return r.counter("hjemport_items_total", item_help, labels);
  };
  metrics.received = r.counter("hjemport_items_received_total", "Items decoded from payloads", who);
  metrics.accepted = item("accepted", "");
  metrics.duplicate = item("duplicate", "");
  metrics.amended = item("amended", "");
  for (std::size_t i = 0; i < metrics.quarantined.size(); ++i) {
    metrics.quarantined[i] = item("quarantined", adapters::name(static_cast<adapters::QuarantineReason>(i)));
  }
  for (std::size_t i = 0; i < metrics.ignored.size(); ++i) {
    metrics.ignored[i] = item("ignored", adapters::name(static_cast<adapters::IgnoreReason>(i)));
  }
  metrics.payloads = r.counter("hjemport_payloads_total", "Payloads received from a source", who);
  metrics.undecodable = r.counter("hjemport_payloads_undecodable_total", "Payloads that could not be decoded", who);
  metrics.refused_busy =
      r.counter("hjemport_payloads_refused_total", "Payloads answered 503 because something was full", who);
  for (std::size_t i = 0; i < metrics.refused.size(); ++i) {
    Labels labels = who;
    labels["reason"] = name(static_cast<SourceRefusal>(i));
    metrics.refused[i] =
        r.counter("hjemport_source_refused_total", "Requests whose proof did not hold, by reason", labels);
  }
  metrics.handshakes = r.counter("hjemport_source_handshakes_total", "Handshakes of a vendor's set-up answered", who);
  metrics.hints = r.counter("hjemport_source_hints_total", "Unsigned notifications thrown away unread", who);
  metrics.repeated_signatures =
      r.counter("hjemport_source_repeated_signatures_total", "Signed requests that came again within the window", who);
  metrics.waiting = r.gauge("hjemport_quarantine_waiting_items", "Items waiting in quarantine", who);
  metrics.newest = r.gauge("hjemport_source_newest_timestamp_seconds", "When the newest item was accepted", who);
  metrics.accepted_age = r.gauge("hjemport_source_accepted_age_seconds", "Since something was last accepted; NaN: never", who);
  metrics.heartbeat_age = r.gauge("hjemport_source_heartbeat_age_seconds", "Since the last sign of life; NaN: never", who);
  metrics.accepted_age.set(std::numeric_limits<double>::quiet_NaN());
  metrics.heartbeat_age.set(std::numeric_limits<double>::quiet_NaN());
  metrics.silent = r.gauge("hjemport_source_silent", "1 while the source is found silent or sends nothing of use", who);
  return metrics;
}

DestinationMetrics& Metrics::destination(std::string_view tenant, std::string_view destination) {
  std::lock_guard lock(impl_->mutex);
  auto [entry, made] = impl_->destinations.try_emplace({std::string(tenant), std::string(destination)});
  DestinationMetrics& metrics = entry->second;
  if (!made) return metrics;

  Impl& r = *impl_;
  const Labels who{{"tenant", std::string(tenant)}, {"destination", std::string(destination)}};
  metrics.lag_seconds = r.gauge("hjemport_delivery_lag_seconds", "Age of the oldest entry still owed", who);
  metrics.lag_entries = r.gauge("hjemport_delivery_lag_entries", "Journal entries not yet delivered", who);
  metrics.dead_letters = r.gauge("hjemport_delivery_dead_letters", "Deliveries given up and waiting for a person", who);
  metrics.breaker_open = r.gauge("hjemport_delivery_breaker_open", "1 while the destination is left alone", who);
  metrics.delivered = r.counter("hjemport_deliveries_total", "Deliveries acknowledged by the destination", who);
  metrics.retried = r.counter("hjemport_delivery_retries_total", "Attempts that failed and will be repeated", who);
  metrics.parked = r.counter("hjemport_deliveries_parked_total", "Deliveries that became dead letters", who);
  return metrics;
}

TenantMetrics& Metrics::tenant(std::string_view tenant) {
  std::lock_guard lock(impl_->mutex);
  auto [entry, made] = impl_->tenants.try_emplace(std::string(tenant));
  if (made) {
    entry->second.open_alarms =
        impl_->gauge("hjemport_alarms_open", "Alarms in any state but resolved", {{"tenant", std::string(tenant)}});
    entry->second.flood =
        impl_->gauge("hjemport_alarm_flood", "1 while more new alarms come than anybody can deal with", {{"tenant", std::string(tenant)}});
  }
  return entry->second;
}

SelfTestMetrics& Metrics::self_test(std::string_view tenant) {
  std::lock_guard lock(impl_->mutex);
  auto [entry, made] = impl_->self_tests.try_emplace(std::string(tenant));
  SelfTestMetrics& metrics = entry->second;
  if (!made) return metrics;

  Impl& r = *impl_;
  const Labels who{{"tenant", std::string(tenant)}};
  metrics.passing = r.gauge("hjemport_self_test_passing", "0 after a self-test failed, until the next one passes", who);
  metrics.passing.set(1);
  metrics.age = r.gauge("hjemport_self_test_age_seconds", "Since a self-test passed; NaN: not since the start", who);
  metrics.age.set(std::numeric_limits<double>::quiet_NaN());
  metrics.duration = r.gauge("hjemport_self_test_duration_seconds", "From sending to the stream, of the last that passed", who);
  return metrics;
}

PullMetrics& Metrics::pull(std::string_view tenant, std::string_view source) {
  std::lock_guard lock(impl_->mutex);
  auto [entry, made] = impl_->pulls.try_emplace({std::string(tenant), std::string(source)});
  PullMetrics& metrics = entry->second;
  if (!made) return metrics;

  Impl& r = *impl_;
  const Labels who{{"tenant", std::string(tenant)}, {"source", std::string(source)}};
  auto users = [&](const char* state) {
    Labels labels = who;
    labels["state"] = state;
    return r.gauge("hjemport_pull_users", "Users whose readings are pulled, by state", labels);
  };
  metrics.users = users("active");
  metrics.consent_lost = users("consent-lost");
  metrics.wrong_user = users("wrong-user");
  metrics.failing = r.gauge("hjemport_pull_failing_users", "Active users whose last pull did not succeed", who);
  metrics.oldest_seconds =
      r.gauge("hjemport_pull_oldest_seconds", "Longest time since an active user was pulled to the end", who);
  metrics.pulls = r.counter("hjemport_pulls_total", "Pulls of a user that came to their end", who);
  metrics.failed = r.counter("hjemport_pulls_failed_total", "Pulls that failed and will be repeated", who);
  metrics.pages = r.counter("hjemport_pull_pages_total", "Documents fetched and committed", who);
  metrics.refreshes = r.counter("hjemport_pull_token_refreshes_total", "Access tokens the vendor gave", who);
  metrics.throttled = r.counter("hjemport_pull_throttled_total", "Times the vendor said to come back later", who);
  return metrics;
}

MqttMetrics& Metrics::mqtt(std::string_view broker) {
  std::lock_guard lock(impl_->mutex);
  auto [entry, made] = impl_->brokers.try_emplace(std::string(broker));
  MqttMetrics& metrics = entry->second;
  if (!made) return metrics;

  Impl& r = *impl_;
  const Labels who{{"broker", std::string(broker)}};
  auto message = [&](const char* outcome) {
    Labels labels = who;
    labels["outcome"] = outcome;
    return r.counter("hjemport_mqtt_messages_total", "Messages dealt with for good, by what became of them", labels);
  };
  metrics.connected = r.gauge("hjemport_mqtt_connected", "1 while connected and subscribed", who);
  metrics.subscriptions_refused =
      r.gauge("hjemport_mqtt_subscriptions_refused", "Topic filters the broker refused or granted less for", who);
  metrics.waiting = r.gauge("hjemport_mqtt_messages_waiting", "Messages received and not yet acknowledged", who);
  metrics.connections = r.counter("hjemport_mqtt_connections_total", "Connections the broker accepted", who);
  metrics.failures = r.counter("hjemport_mqtt_failures_total", "Connections that failed or were lost", who);
  metrics.sessions_lost =
      r.counter("hjemport_mqtt_sessions_lost_total", "Reconnections to a broker that had forgotten the session", who);
  metrics.retries = r.counter("hjemport_mqtt_retries_total", "Messages tried again because something was full", who);
  metrics.stored = message("stored");
  metrics.undecodable = message("undecodable");
  metrics.too_large = message("too-large");
  metrics.unplaced = message("unplaced");
  return metrics;
}

void Metrics::before_expose(std::function<void(Metrics&)> collect) {
  std::lock_guard lock(impl_->collect_mutex);
  impl_->collectors.push_back(std::move(collect));
}

std::string Metrics::expose() {
  // Held over the collectors: two scrapes at once would add the same difference to a counter twice.
  std::lock_guard lock(impl_->collect_mutex);
  log_lines_dropped.total(log::dropped());
  const ClockState clock = clock_state();
  clock_offset_seconds.set(clock.offset_seconds);
  clock_error_seconds.set(clock.error_seconds);
  clock_synchronised.set(clock.synchronised ? 1 : 0);
  for (const auto& collect : impl_->collectors) collect(*this);
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace gateway
