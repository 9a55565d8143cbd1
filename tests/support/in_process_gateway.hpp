// The gateway without sockets: store, committer, sources, guard and routes wired as gateway/app.cpp wires them, under a
// clock the test holds. Requests are values; each is run to its answer on the test's own thread. Deliveries are not
// run.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/json_reader.hpp"
#include "gateway/config/config.hpp"
#include "gateway/http/router.hpp"
#include "gateway/ingest/replay.hpp"
#include "gateway/journal/alarm_feed.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/pull/puller.hpp"
#include "gateway/runtime/metrics.hpp"
#include "gateway/store/store.hpp"
#include "gateway/timers/loop.hpp"
#include "gateway/timers/alarm_watch.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"

namespace tests {

// A JSON answer that owns its document; members are looked up by keys and indexes: text("results", 0, "outcome").
class Json {
 public:
  explicit Json(std::string_view text);
  fhir::JsonValue root() const { return document_.root(); }

  template <class... Step>
  fhir::JsonValue at(Step... steps) const {
    fhir::JsonValue value = root();
    ((value = step(value, steps)), ...);
    return value;
  }
  // The scalar as written, a whole object or array as compact JSON, "(absent)" when there is none.
  template <class... Step>
  std::string text(Step... steps) const {
    return shown(at(steps...));
  }

 private:
  static fhir::JsonValue step(fhir::JsonValue value, const char* key) { return value[key]; }
  static fhir::JsonValue step(fhir::JsonValue value, const std::string& key) { return value[key]; }
  static fhir::JsonValue step(fhir::JsonValue value, int index) { return value.at(static_cast<std::size_t>(index)); }
  static std::string shown(fhir::JsonValue);
  fhir::JsonDocument document_;
};

// Tenants bodo and oslo; sources sensors (bodo), scales (bodo, creates no patients) and elsewhere (oslo), all native
// payloads; clients centre, clinic, hospital, operator and, with "-oslo", the same of the other tenant. Each one's
// token is its id.
gateway::config::Config two_tenants();

// Synthetic national identity numbers (month +80), valid, and different for every n from 0 to about 300.
std::string synthetic_number(int n);
inline constexpr const char* fnr = "urn:oid:2.16.578.1.12.4.1.4.1";

using Header = std::pair<std::string, std::string>;

struct Asked {
  gateway::http::Method method{};
  std::string target, token, body;
  std::vector<Header> headers;
};
Asked ingested(std::string_view source, std::string_view measurements, std::string_view events = {});
Asked linked(std::string_view source, std::string_view subject, int n, std::string_view from, std::string_view to = {},
             bool release = false);

// Nothing: the request hangs until it is cancelled.
using Vendor =
    std::function<std::optional<gateway::deliver::HttpResponse>(const gateway::deliver::HttpRequest&)>;

class InProcessGateway {
 public:
  struct Options {
    gateway::config::Config config = two_tenants();
    std::shared_ptr<gateway::store::Store> store;  // none: a MemoryStore
    gateway::journal::Settings committer;
    Vendor vendor;  // what sources with `pull` and webhooks are answered; none: nothing
  };
  InProcessGateway() : InProcessGateway(Options()) {}
  explicit InProcessGateway(Options);
  ~InProcessGateway();
  InProcessGateway(const InProcessGateway&) = delete;

  support::ManualClock clock;
  gateway::store::Store& store() { return *store_; }
  support::MemoryStore& memory();
  gateway::store::Reader& reader() { return *reader_; }  // the test thread's
  gateway::journal::Committer& committer();
  gateway::journal::AlarmFeed& feed();
  const gateway::ingest::Sources& sources() const;
  const gateway::ingest::Replays& replays() const;
  gateway::Metrics& metrics();
  gateway::pull::Puller& puller();
  gateway::timers::AlarmWatch& alarm_watch();
  const std::vector<gateway::deliver::HttpRequest>& asked_vendor() const;  // since the last start, in order
  const gateway::config::Config& config() const { return options_.config; }
  gateway::store::Tenant bodo() { return store_->tenant("bodo"); }
  gateway::store::Tenant oslo() { return store_->tenant("oslo"); }

  // The program ends in order and starts again over the same store.
  void restart();
  void stop();

  gateway::http::Response call(Asked);
  // All of them started in this order before the first is answered.
  std::vector<gateway::http::Response> together(std::vector<Asked>);
  gateway::http::Response get(std::string target, std::string_view token, std::vector<Header> headers = {});
  gateway::http::Response post(std::string target, std::string_view token, std::string body,
                               std::vector<Header> headers = {});
  gateway::http::Response put(std::string target, std::string_view token, std::string body,
                              std::vector<Header> headers = {});
  // Payload of the native adapter with these items, sent as the source.
  gateway::http::Response ingest(std::string_view source, std::string measurements, std::string events = {});

  // Runs an awaitable on the test's loop until it is done, at most some seconds.
  template <class T>
  T run(gateway::http::Awaitable<T> work);
  gateway::timers::Loop& timer_loop();
  // One step of everything that happens because time passes, with what it commits.
  void step_timers();
  // Time goes by in steps no longer than a running program's.
  void pass(std::chrono::seconds time, std::chrono::seconds step = std::chrono::seconds(30));
  // Decides in the committer and waits for the commit.
  fhir::Result<void> commit(std::function<void(gateway::journal::Working&)> decide,
                            gateway::store::Lane lane = gateway::store::Lane::urgent);
  // Runs the test's loop until `done`, for what is done on it besides requests; throws when it did not happen in time.
  void run_until(const std::function<bool()>& done) { run_loop(done); }
  // Waits until `done`, for what other threads do; false when it did not happen in time.
  bool eventually(const std::function<bool()>& done);

  // -- what tests do again and again
  gateway::PatientId patient(int n, std::string_view tenant = "bodo");  // with synthetic_number(n), made when missing
  void link(std::string_view source, std::string_view subject, int n, std::string_view from, std::string_view to = {},
            bool release = false);
  void limits(gateway::PatientId, std::string json, std::string_view token = "clinic");  // the array of limits

 private:
  struct Parts;
  void start();

  Options options_;
  std::shared_ptr<gateway::store::Store> store_;
  std::unique_ptr<gateway::store::Reader> reader_;
  std::unique_ptr<boost::asio::io_context> loop_;
  std::unique_ptr<Parts> parts_;
  void run_loop(const std::function<bool()>& done);
};

// "header value" of a response; empty when missing.
std::string header(const gateway::http::Response&, std::string_view name);

// Native items with what a test does not care about filled in; `more` is added members: R"("id":"r-1")".
std::string reading(std::string_view subject, std::string_view time, std::string_view kind, std::string_view value,
                    std::string_view unit, std::string_view more = {});
std::string saturation(std::string_view subject, std::string_view time, std::string_view value,
                       std::string_view more = {});
std::string pressure(std::string_view subject, std::string_view time, std::string_view systolic,
                     std::string_view diastolic, std::string_view more = {});
std::string event(std::string_view subject, std::string_view time, std::string_view kind, std::string_view more = {});

}  // namespace tests

#include "tests/support/in_process_gateway_run.hpp"
