// A committer over a store in memory, and a forwarder on the test's own thread: what the delivery tests with real parts
// share.
#pragma once

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gateway/alarms/alarm.hpp"
#include "gateway/deliver/deadletters.hpp"
#include "gateway/deliver/forwarder.hpp"
#include "gateway/ingest/keys.hpp"
#include "gateway/journal/working.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"

namespace gateway::deliver {

class ForwarderFixture {
 public:
  ForwarderFixture() {
    to.id = "epj";
    to.tenant = "bodo";
    to.url = "http://127.0.0.1:1/fhir";
    to.observations = to.alarms = true;
    to.backoff_first = std::chrono::milliseconds(1);
    to.backoff_max = std::chrono::milliseconds(20);
    to.timeout = std::chrono::seconds(5);
  }
  // A test's HTTP client is gone by now: whoever wants an orderly stop says end().
  ~ForwarderFixture() {
    if (forwarder) crash();
  }

  config::Destination to;
  support::MemoryStore store;
  store::Tenant bodo = store.tenant("bodo");
  store::Tenant other = store.tenant("other");
  support::SeededRandom random{1};
  boost::asio::io_context context;
  std::unique_ptr<journal::Committer> committer;
  std::unique_ptr<Forwarder> forwarder;

  // The program starts: a committer and a forwarder over what the store has.
  void begin(HttpClient& http) {
    committer = std::make_unique<journal::Committer>(store, system_clock(), 0, journal::Settings());
    OutletMeans means{context, store, *committer, system_clock(), random, http};
    Publishers publishers{{"bodo", {"972418013", "Bodø kommune"}}};
    forwarder = std::make_unique<Forwarder>(means, std::vector<config::Destination>{to}, publishers);
    committer->start();
    forwarder->start();
    run_until([&] { return store.own().cursor("epj").has_value(); });
  }
  // It stops in order; false when the forwarder did not say it is done.
  bool end(std::chrono::milliseconds patience = std::chrono::seconds(3)) {
    if (!forwarder) return true;
    bool stopped = false;
    forwarder->stop([&] { stopped = true; }, patience);
    run_until([&] { return stopped; });
    committer->stop();
    forwarder.reset();
    committer.reset();
    return stopped;
  }
  // It dies: nothing is written any more.
  void crash() {
    committer->stop();
    forwarder.reset();
    committer.reset();
    context.restart();
    context.poll();
  }

  template <class Done>
  bool run_until(Done done) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    context.restart();
    while (!done() && std::chrono::steady_clock::now() < deadline) context.run_one_for(std::chrono::milliseconds(10));
    return done();
  }

  fhir::Result<void> commit(std::shared_ptr<journal::Job> job_to_run) {
    REQUIRE(committer->submit(std::move(job_to_run), store::Lane::bulk));
    return {};
  }
  fhir::Result<void> commit(std::function<void(journal::Working&)> decide) {
    std::promise<fhir::Result<void>> done;
    auto result = done.get_future();
    REQUIRE(committer->submit(journal::job(std::move(decide), [&](const fhir::Result<void>& r) { done.set_value(r); }),
                              store::Lane::bulk));
    return result.get();
  }

  // Version `version` of the observation numbered `number`, with its journal entry.
  void observe(std::int64_t number, std::int64_t patient, std::uint32_t version = 1,
               store::Tenant tenant = store::Tenant::none) {
    REQUIRE(
        commit([=, this](journal::Working& working) { add(working, number, patient, version, tenant); }).has_value());
  }
  void add(journal::Working& working, std::int64_t number, std::int64_t patient, std::uint32_t version = 1,
           store::Tenant tenant = store::Tenant::none) const {
    store::Observation row;
    row.id = ObservationId{number};
    row.version = version;
    row.tenant = tenant == store::Tenant::none ? bodo : tenant;
    row.patient = PatientId{patient};
    row.key = key(number);
    row.resource = R"({"resourceType":"Observation","identifier":[{"system":"urn:hjemport:reading","value":")" +
                   ingest::hex(row.key) + R"("}],"status":"final","note":[{"text":"version )" +
                   std::to_string(version) + "\"}]}";
    store::JournalEntry entry;
    entry.kind = store::Entry::observation;
    entry.tenant = row.tenant;
    entry.patient = row.patient;
    entry.ref = number;
    entry.version = version;
    entry.change = version == 1 ? "created" : "amended";
    working.changes.observations.push_back(std::move(row));
    working.record(std::move(entry));
  }
  void raise_alarm(std::int64_t id, std::int64_t patient) {
    REQUIRE(commit([=, this](journal::Working& working) {
              alarms::Alarm alarm;
              alarm.id = AlarmId{id};
              alarm.tenant = "bodo";
              alarm.patient = PatientId{patient};
              alarm.identity = "identity-" + std::to_string(id);
              alarm.code = {std::string(alarms::alarm_code_system), "fall", "Fall"};
              alarm.raised = alarm.measured = alarm.updated = working.now;
              working.changes.alarms.push_back(alarms::row(alarm, bodo));
              store::JournalEntry entry;
              entry.kind = store::Entry::alarm;
              entry.tenant = bodo;
              entry.patient = alarm.patient;
              entry.ref = id;
              entry.version = 1;
              entry.change = "raised";
              working.record(std::move(entry));
            }).has_value());
  }

  static store::Key key(std::int64_t number) {
    store::Key key{};
    for (int i = 0; i < 8; ++i) key[static_cast<std::size_t>(15 - i)] = static_cast<std::uint8_t>(number >> (8 * i));
    return key;
  }
  // The number of the observation a request is about; 0 for an alarm.
  static std::int64_t number_in(const HttpRequest& request) {
    if (request.url.find("/Observation?") == std::string::npos) return 0;
    return std::stoll(request.url.substr(request.url.size() - 16), nullptr, 16);
  }

  const DeliveryCounts& counts() const { return forwarder->shown().front().counts; }
  std::vector<store::Delivery> rows(std::optional<store::DeliveryState> state = {}) {
    return store.own().deliveries("epj", state, 10'000);
  }
  bool all_passed() { return store.own().cursor("epj") == store.own().newest() && rows().empty(); }
};

}  // namespace gateway::deliver
