// What a record system is owed when a person closes an alarm: journal, outlet and lane with real parts, over a store in
// memory.
#include "fhir/follow_up_checks.hpp"
#include "gateway/alarms/actions.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "tests/gateway/deliver/forwarder_fixture.hpp"
#include "tests/support/scripted_http_client.hpp"

using namespace gateway;
using namespace gateway::deliver;
using namespace std::chrono_literals;
using support::ScriptedHttpClient;
using thresholds::Action;

namespace {

constexpr const char* fnr = "urn:oid:2.16.578.1.12.4.1.4.1";
constexpr const char* number = "05898597468";  // synthetic
constexpr std::int64_t patient = 100, reading = 7;

std::string sent_header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return "";
}

bool is_document(const HttpRequest& request) {
  return request.method == "POST";
}

std::vector<HttpRequest> documents(const ScriptedHttpClient& http) {
  std::vector<HttpRequest> found;
  std::copy_if(http.requests.begin(), http.requests.end(), std::back_inserter(found), is_document);
  return found;
}

class FollowUpFixture : public ForwarderFixture {
 public:
  FollowUpFixture() {
    to.observations = to.alarms = false;
    to.follow_up = true;
  }

  // A patient with one reading and an alarm about it, open.
  void begin_with_alarm(HttpClient& http, PatientId whose = PatientId{patient}) {
    begin(http);
    REQUIRE(commit([=, this](journal::Working& working) {
              working.changes.patients.push_back({PatientId{patient}, bodo, fnr, number, working.now});
            }).has_value());
    measure(86);
    REQUIRE(commit([=, this](journal::Working& working) {
              alarms::Alarm alarm;
              alarm.id = AlarmId{50};
              alarm.tenant = "bodo";
              alarm.patient = whose;
              alarm.identity = "identity";
              alarm.code = {std::string(fhir::vkp_alert_code), "5.2.1", "Måledata rapportert"};
              alarm.machine.severity = thresholds::Severity::severe;
              alarm.raised = alarm.measured = alarm.updated = working.now;
              alarm.occurrence_count = 1;
              alarm.occurrences = {{working.now, working.now, ObservationId{reading}, fhir::Decimal(86), "%"}};
              journal::write_alarm(working, bodo, alarm, thresholds::Change::raised);
            }).has_value());
  }

  void measure(int percent, std::uint32_t version = 1, std::int64_t whose = patient) {
    REQUIRE(commit([=, this](journal::Working& working) {
              store::Observation row;
              row.id = ObservationId{reading};
              row.version = version;
              row.tenant = bodo;
              row.patient = PatientId{whose};
              row.key = key(reading);
              row.updated = working.now;
              row.resource =
                  R"({"resourceType":"Observation","id":"7","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"59408-5"}]},)"
                  R"("subject":{"reference":"Patient/64","type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}},)"
                  R"("valueQuantity":{"value":)" +
                  std::to_string(percent) + R"(,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}})";
              working.changes.observations.push_back(std::move(row));
            }).has_value());
  }

  void act(Action action, std::string note = {}) {
    REQUIRE(commit([=, this](journal::Working& working) {
              auto alarm = journal::find_alarm(working, bodo, AlarmId{50});
              alarms::ActionRequest request{action, note, "kari", "Kari Vakt"};
              auto change = alarms::apply_action(*alarm, request, "centre", false, working.now);
              journal::write_alarm(working, bodo, *change->alarm, change->change);
            }).has_value());
  }
  // Until the next millisecond: what is committed in one with the closing counts as before it.
  void later() {
    const auto end = system_clock().now() + 2ms;
    while (system_clock().now() < end) context.poll();
  }
};

std::optional<HttpResponse> always_ok(const HttpRequest&) {
  return support::status(201);
}

}  // namespace

TEST_CASE_METHOD(FollowUpFixture, "follow-up: closing an alarm sends its document to the record",
                 "[deliver][follow-up]") {
  to.alarms = true;
  ScriptedHttpClient http(context, always_ok);
  begin_with_alarm(http);
  act(Action::take);
  act(Action::resolve, "ringt");
  REQUIRE(run_until([&] { return counts().delivered == 4; }));
  // The finding first, its end included: one patient's entries are in the order they were committed.
  CHECK(is_document(http.requests[3]));
  const HttpRequest& request = http.requests[3];
  CHECK(request.url == "http://127.0.0.1:1/fhir/Bundle");
  CHECK(sent_header(request, "Content-Type") == "application/fhir+json");
  CHECK(sent_header(request, "Idempotency-Key") == "0000000000000032-1");
  CHECK(sent_header(request, "If-None-Exist") == "identifier=urn%3Ahjemport%3Adocument%7C0000000000000032-1");
  auto document = fhir::JsonDocument::parse(request.body);
  REQUIRE(document.has_value());
  CHECK(fhir::follow_up_document_problems(document->root()) == std::vector<std::string>{});
  CHECK(request.body.find("Patient/") == std::string::npos);
  CHECK(request.body.find(R"("value":86,)") != std::string::npos);
  for (const auto& [name, value] : request.headers) CHECK(value.find(number) == std::string::npos);
  CHECK(end());
  CHECK(all_passed());
}

TEST_CASE_METHOD(FollowUpFixture, "follow-up: `send: [follow-up]` alone sends nothing else, and others send no document",
                 "[deliver][follow-up]") {
  const bool follow_up = GENERATE(true, false);
  to.follow_up = follow_up;
  to.alarms = !follow_up;
  ScriptedHttpClient http(context, always_ok);
  begin_with_alarm(http);
  act(Action::resolve);
  const std::uint64_t expected = follow_up ? 1 : 2;
  REQUIRE(run_until([&] { return counts().delivered == expected && store.own().cursor("epj") == store.own().newest(); }));
  CHECK(documents(http).size() == (follow_up ? 1 : 0));
}

TEST_CASE_METHOD(FollowUpFixture, "follow-up: a repeat is the same bytes, whatever was corrected in between",
                 "[deliver][follow-up]") {
  bool up = false;
  ScriptedHttpClient http(context, [&](const HttpRequest&) { return support::status(up ? 201 : 500); });
  begin_with_alarm(http);
  act(Action::resolve, "ringt");
  REQUIRE(run_until([&] { return documents(http).size() == 2; }));
  later();
  measure(96, 2);
  act(Action::note, "skrevet etterpå");
  up = true;
  REQUIRE(run_until([&] { return counts().delivered == 1; }));
  for (const HttpRequest& request : documents(http)) {
    CHECK(request.body == http.requests.front().body);
    CHECK(request.headers == http.requests.front().headers);
  }
}

TEST_CASE_METHOD(FollowUpFixture, "follow-up: the document of then is owed though the alarm was reopened before it went",
                 "[deliver][follow-up]") {
  bool up = false;
  ScriptedHttpClient http(context,
                          [&](const HttpRequest&) { return up ? support::status(201) : support::unreachable(); });
  begin_with_alarm(http);
  act(Action::resolve, "ringt");
  act(Action::reopen);
  act(Action::resolve, "kjørt");
  up = true;
  REQUIRE(run_until([&] { return counts().delivered == 2; }));
  const std::vector<HttpRequest> sent = documents(http);
  const HttpRequest& second = sent.back();
  CHECK(sent.front().body.find(R"("status":"final")") != std::string::npos);
  CHECK(sent.front().body.find("kjørt") == std::string::npos);
  CHECK(sent_header(second, "Idempotency-Key") == "0000000000000032-2");
  CHECK(second.body.find(R"("relatesTo":[{"code":"replaces")") != std::string::npos);
  CHECK(second.body.find("kjørt") != std::string::npos);
}

TEST_CASE_METHOD(FollowUpFixture, "follow-up: nobody's alarm is owed to no record", "[deliver][follow-up]") {
  ScriptedHttpClient http(context, always_ok);
  begin_with_alarm(http, PatientId{});
  act(Action::resolve);
  measure(90, 2);
  REQUIRE(run_until([&] { return store.own().cursor("epj").value_or(0) >= 0; }));
  CHECK(store.own().journal(0, 100, 1U << static_cast<unsigned>(store::Entry::document)).empty());
  CHECK(http.requests.empty());
}

TEST_CASE_METHOD(FollowUpFixture, "follow-up: a reading that is another patient's by now is not in the document",
                 "[deliver][follow-up]") {
  ScriptedHttpClient http(context, always_ok);
  begin_with_alarm(http);
  measure(86, 2, 200);
  act(Action::resolve);
  REQUIRE(run_until([&] { return counts().delivered == 1; }));
  CHECK(http.requests.front().body.find(R"("resourceType":"Observation")") == std::string::npos);
}

TEST_CASE_METHOD(FollowUpFixture, "follow-up: a document that does not fit its profile is a dead letter, never sent",
                 "[deliver][follow-up]") {
  ScriptedHttpClient http(context, always_ok);
  begin_with_alarm(http);
  REQUIRE(commit([&](journal::Working& working) {
            auto alarm = journal::find_alarm(working, bodo, AlarmId{50});
            alarm->code = {std::string(fhir::vkp_alert_code), "5.20", "no code of the hub"};
            journal::write_alarm(working, bodo, *alarm, thresholds::Change::repeated);
          }).has_value());
  act(Action::resolve);
  REQUIRE(run_until([&] { return !rows(store::DeliveryState::parked).empty(); }));
  CHECK(rows(store::DeliveryState::parked).front().reason ==
        "the follow-up document does not fit its profile: vkp-DetectedIssue-v090: "
        "Bundle.entry[1].resource.code.coding[0].code: is no code of its list");
  CHECK(http.requests.empty());
}
