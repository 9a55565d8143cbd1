// Links made, corrected and released, and what follows in the background (gateway/ingest/link, relink,
// configured_links).
#include "gateway/ingest/relink.hpp"

#include <set>

#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::reading;
using tests::saturation;

namespace {

const char* const january = "2026-01-01T00:00:00Z";
const char* const november = "2026-11-01T00:00:00Z";
const char* const at_eight = "2026-11-20T08:00:00Z";

// "final 93, final 94": a patient's current observations as the hospital sees them.
std::string chart(InProcessGateway& gateway, PatientId patient) {
  Json bundle(gateway.get("/fhir/Observation?_sort=date&patient=" + patient.text(), "hospital").body);
  std::string text;
  for (fhir::JsonValue entry : bundle.at("entry")) {
    fhir::JsonValue resource = entry["resource"];
    std::string value(resource["valueQuantity"]["value"].scalar());
    if (value.empty()) value = resource["valueCodeableConcept"]["coding"].at(0)["code"].scalar();
    text.append(text.empty() ? "" : ", ").append(resource["status"].scalar()).append(" ").append(value);
  }
  return text;
}

bool worker_is_through(InProcessGateway& gateway) {
  auto links = gateway.reader().journal(0, 10'000, 1u << static_cast<unsigned>(store::Entry::link));
  return links.empty() || gateway.reader().cursor("internal:links").value_or(0) >= links.back().position;
}

struct Moved {
  InProcessGateway gateway;
  PatientId one, two;
  Moved() : one(gateway.patient(1)), two(gateway.patient(2)) {}
  void settled() {
    REQUIRE(gateway.eventually([&] { return worker_is_through(gateway); }));
  }
  int status(const tests::Asked& asked) { return gateway.call(asked).status; }
};

}  // namespace

TEST_CASE("link: created, corrected, and refused where it overlaps another patient's", "[ingest][link]") {
  Moved m;
  REQUIRE(m.status(tests::linked("sensors", "u", 1, "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")) == 201);
  struct Row {
    const char* name;
    int patient;
    const char* from;
    const char* to;
    int expected;
  };
  const Row rows[] = {
      {"another patient inside", 2, "2026-02-10T00:00:00Z", "2026-02-11T00:00:00Z", 409},
      {"another patient over the end", 2, "2026-02-28T23:59:59Z", "", 409},
      {"another patient around", 2, january, "", 409},
      {"another patient from the end", 2, "2026-03-01T00:00:00Z", "", 201},
      {"another patient up to the beginning", 2, january, "2026-02-01T00:00:00Z", 201},
      {"the same patient over the end is a correction", 1, "2026-02-10T00:00:00Z", "2026-04-01T00:00:00Z", 200},
      {"the same patient apart is a link of its own", 1, "2026-05-01T00:00:00Z", "", 201},
      {"it ends before it begins", 1, "2026-06-01T00:00:00Z", "2026-05-01T00:00:00Z", 400},
      {"it is empty", 1, "2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z", 400},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(m.status(tests::linked("sensors", "u", row.patient, row.from, row.to)) == row.expected);
    }
  }
  SECTION("a period that meets two links of the patient is not guessed at") {
    REQUIRE(m.status(tests::linked("sensors", "u", 1, "2026-05-01T00:00:00Z")) == 201);
    CHECK(m.status(tests::linked("sensors", "u", 1, "2026-02-15T00:00:00Z", "2026-06-01T00:00:00Z")) == 409);
  }
  SECTION("without a beginning it is from now, and an open link it meets keeps its own") {
    REQUIRE(m.status(tests::linked("sensors", "v", 1, january)) == 201);
    auto ended = m.gateway.call(tests::linked("sensors", "v", 1, "", "2026-11-21T00:00:00Z"));
    CHECK(ended.status == 200);
    CHECK(Json(ended.body).text("from") == "2026-01-01T00:00:00.000Z");
    auto fresh = m.gateway.call(tests::linked("sensors", "w", 1, ""));
    CHECK(Json(fresh.body).text("from") == "2026-11-20T09:00:00.000Z");
    CHECK(Json(fresh.body).text("to") == "null");
  }
  SECTION("another tenant's subject of the same name does not overlap") {
    CHECK(m.status(tests::linked("elsewhere", "u", 2, january)) == 201);
  }
}

TEST_CASE("link: what is asked for is checked", "[api][links]") {
  Moved m;
  const std::string person =
      R"("patient":{"system":")" + std::string(tests::fnr) + R"(","value":")" + tests::synthetic_number(1) + "\"}";
  struct Row {
    const char* name;
    std::string body;
    int expected;
  };
  const Row rows[] = {
      {"no JSON", "{", 400},
      {"no source", R"({"subject":"u",)" + person + "}", 400},
      {"an unknown source", R"({"source":"x","subject":"u",)" + person + "}", 404},
      {"another tenant's source", R"({"source":"elsewhere","subject":"u",)" + person + "}", 404},
      {"no subject", R"({"source":"sensors",)" + person + "}", 400},
      {"an empty subject", R"({"source":"sensors","subject":"",)" + person + "}", 400},
      {"no patient", R"({"source":"sensors","subject":"u"})", 400},
      {"a number whose check digits fail",
       R"({"source":"sensors","subject":"u","patient":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"12345678901"}})",
       400},
      {"a real number in a test environment",
       R"({"source":"sensors","subject":"u","patient":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}})",
       400},
      {"a time without zone", R"({"source":"sensors","subject":"u","from":"2026-01-01T00:00:00",)" + person + "}", 400},
      {"release is no word", R"({"source":"sensors","subject":"u","release":"yes",)" + person + "}", 400},
      {"all is well", R"({"source":"sensors","subject":"u",)" + person + "}", 201},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      auto response = m.gateway.post("/links", "operator", row.body);
      CHECK(response.status == row.expected);
      CHECK(response.body.find("12345678901") == std::string::npos);
      CHECK(response.body.find(tests::synthetic_number(1)) == std::string::npos);
    }
  }
  SECTION("only an admin") {
    CHECK(m.gateway.post("/links", "centre", "{}").status == 403);
    CHECK(m.gateway.get("/links", "hospital").status == 403);
  }
}

TEST_CASE("link: lists the tenant's own in pages", "[api][links]") {
  Moved m;
  for (int i = 0; i < 205; ++i) m.gateway.link("sensors", "u-" + std::to_string(i), 1, january);
  m.gateway.link("elsewhere", "e", 1, january);
  Json first(m.gateway.get("/links", "operator").body);
  CHECK(first.at("links").size() == 200);
  Json second(m.gateway.get(first.text("next"), "operator").body);
  CHECK(second.at("links").size() == 5);
  CHECK(second.text("next") == "null");
  CHECK(second.text("links", 0, "source") == "sensors");
  CHECK(Json(m.gateway.get("/links", "operator-oslo").body).at("links").size() == 1);
}

TEST_CASE("relink: a shortened link withdraws readings, which wait until somebody has them", "[ingest][relink]") {
  Moved m;
  m.gateway.limits(m.one, R"([{"kind":"oxygen-saturation","alert_low":85}])");
  m.gateway.link("sensors", "u", 1, january);
  m.gateway.ingest("sensors", saturation("u", "2026-10-01T08:00:00Z", "95") + "," +
                                  saturation("u", at_eight, "80", R"("id":"r-1","device":{"id":"SN-1"})"));
  CHECK(chart(m.gateway, m.one) == "final 95, final 80");
  m.gateway.link("sensors", "u", 1, january, november);
  m.settled();
  CHECK(chart(m.gateway, m.one) == "final 95, entered-in-error 80");
  CHECK(m.gateway.reader().waiting_count(m.gateway.sources().find("sensors")->facts.source) == 1);
  auto alarms = m.gateway.reader().open_alarms(m.one);
  REQUIRE(alarms.size() == 1);
  auto alarm = alarms::alarm_from_stored(alarms[0]).value();
  CHECK(alarm.events.back().action == "annotated");

  SECTION("released to the right patient, once, with its key") {
    m.gateway.link("sensors", "u", 2, november, "", true);
    REQUIRE(m.gateway.eventually([&] { return chart(m.gateway, m.two) == "final 80"; }));
    m.settled();
    Json again(m.gateway.ingest("sensors", saturation("u", at_eight, "80", R"("id":"r-1")")).body);
    CHECK(again.text("results", 0, "outcome") == "duplicate");
    Json resource(m.gateway.get("/fhir/" + again.text("results", 0, "observation"), "hospital").body);
    CHECK(resource.text("subject", "reference") == "Patient/" + m.two.text());
    CHECK(resource.text("device", "identifier", "value") == "SN-1");
  }
  SECTION("released without being asked: no") {
    m.gateway.link("sensors", "u", 2, november);
    m.settled();
    CHECK(chart(m.gateway, m.two) == "");
  }
  SECTION("the link is lengthened again: the vendor's retry places it") {
    m.gateway.link("sensors", "u", 1, january, "2027-01-01T00:00:00Z");
    Json again(m.gateway.ingest("sensors", saturation("u", at_eight, "80", R"("id":"r-1")")).body);
    CHECK(again.text("results", 0, "outcome") == "accepted");
    CHECK(chart(m.gateway, m.one) == "final 95, entered-in-error 80, final 80");
    CHECK(m.gateway.reader().waiting_count(m.gateway.sources().find("sensors")->facts.source) == 0);
  }
}

TEST_CASE("relink: every kind of reading comes back from waiting as it was", "[ingest][relink]") {
  struct Row {
    const char* name;
    std::string item;
    const char* member;  // of the resource, to compare
  };
  const Row rows[] = {
      {"digits", reading("u", at_eight, "body-weight", "80.50", "kg"), "valueQuantity"},
      {"a converted unit", reading("u", at_eight, "blood-glucose", "100", "mg/dL"), "valueQuantity"},
      {"a comparator", saturation("u", at_eight, "70", R"("comparator":"<")"), "valueQuantity"},
      {"components", tests::pressure("u", at_eight, "120", "80.0"), "component"},
      {"a word", R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"consciousness","value":"V"})",
       "valueCodeableConcept"},
      {"a strip's grade", R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"urine-protein","value":"+2"})",
       "valueCodeableConcept"},
      {"an offset and a fraction", saturation("u", "2026-11-20T09:00:00.123+01:00", "93"), "effectiveDateTime"},
      {"how it was taken", saturation("u", at_eight, "93", R"("manual":true,"note":"typed by the nurse")"), "note"},
      {"read from a device", saturation("u", at_eight, "93", R"("manual":false)"), "method"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Moved m;
      m.gateway.link("sensors", "u", 1, january);
      Json sent(m.gateway.ingest("sensors", row.item).body);
      REQUIRE(sent.text("results", 0, "outcome") == "accepted");
      Json before(m.gateway.get("/fhir/" + sent.text("results", 0, "observation"), "hospital").body);
      m.gateway.link("sensors", "u", 1, january, november);
      m.gateway.link("sensors", "u", 2, november, "", true);
      m.settled();
      Json bundle(m.gateway.get("/fhir/Observation?patient=" + m.two.text(), "hospital").body);
      INFO(bundle.text());
      REQUIRE(bundle.at("entry").size() == 1);
      CHECK(bundle.text("entry", 0, "resource", row.member) == before.text(row.member));
      CHECK(bundle.text("entry", 0, "resource", "status") == "final");
    }
  }
}

TEST_CASE("relink: a reading withdrawn keeps the stamp that orders its versions", "[ingest][relink]") {
  Moved m;
  m.gateway.link("sensors", "u", 1, january);
  auto version = [](const char* value, const char* stamp) {
    return saturation("u", at_eight, value, R"("id":"r-1","version":")" + std::string(stamp) + "\"");
  };
  m.gateway.ingest("sensors", version("94", "2"));
  m.gateway.link("sensors", "u", 1, january, november);
  m.gateway.link("sensors", "u", 2, november, "", true);
  m.settled();
  CHECK(chart(m.gateway, m.two) == "final 94");
  CHECK(Json(m.gateway.ingest("sensors", version("93", "1")).body).text("results", 0, "outcome") == "duplicate");
  CHECK(chart(m.gateway, m.two) == "final 94");
}

TEST_CASE("relink: readings move at once when the other patient's link is there", "[ingest][relink]") {
  Moved m;
  m.gateway.link("sensors", "u", 1, january, "2026-11-10T00:00:00Z");
  m.gateway.link("sensors", "u", 2, "2026-11-10T00:00:00Z");
  m.gateway.limits(m.one, R"([{"kind":"oxygen-saturation","alert_low":85}])");
  m.gateway.ingest("sensors", saturation("u", "2026-11-12T08:00:00Z", "80", R"("id":"r-1")"));
  CHECK(chart(m.gateway, m.two) == "final 80");
  // The change of hands was on the 15th after all.
  m.gateway.link("sensors", "u", 2, "2026-11-15T00:00:00Z");
  m.settled();
  m.gateway.link("sensors", "u", 1, january, "2026-11-15T00:00:00Z", true);
  m.settled();
  CHECK(chart(m.gateway, m.two) == "entered-in-error 80");
  CHECK(chart(m.gateway, m.one) == "final 80");
  CHECK(m.gateway.reader().open_alarms(m.one).size() == 1);
  CHECK(Json(m.gateway.ingest("sensors", saturation("u", "2026-11-12T08:00:00Z", "80", R"("id":"r-1")")).body)
            .text("results", 0, "outcome") == "duplicate");
}

TEST_CASE("relink: a withdrawn reading no longer supersedes", "[ingest][relink]") {
  Moved m;
  m.gateway.limits(m.one, R"([{"kind":"oxygen-saturation","alert_low":85}])");
  m.gateway.link("sensors", "u", 1, january);
  m.gateway.ingest("sensors", saturation("u", "2026-11-20T08:50:00Z", "95"));
  m.gateway.link("sensors", "u", 1, january, "2026-11-20T08:45:00Z");
  m.settled();
  Json answer(m.gateway.ingest("sensors", saturation("u", "2026-11-20T08:40:00Z", "80")).body);
  auto row = m.gateway.reader().observation(*ObservationId::parse(answer.text("results", 0, "observation").substr(12)));
  CHECK_FALSE(row->superseded);
}

TEST_CASE("relink: many readings move in pages, and a stop between them goes on after the restart",
          "[ingest][relink]") {
  Moved m;
  m.gateway.link("sensors", "u", 1, january);
  std::string items;
  for (int i = 0; i < 450; ++i) {
    items += (i == 0 ? "" : ",") + saturation("u", at_eight, "93", R"("id":"r-)" + std::to_string(i) + "\"");
  }
  REQUIRE(m.gateway.ingest("sensors", items).status == 200);
  auto withdrawn = [&] {
    store::ObservationFilter filter;
    filter.tenant = m.gateway.bodo();
    filter.limit = 1000;
    std::size_t count = 0;
    for (const store::Observation& row : m.gateway.reader().search(filter).rows)
      count += row.status == store::Status::entered_in_error;
    return count;
  };
  m.gateway.link("sensors", "u", 1, january, november);
  SECTION("stopped somewhere on the way") {
    m.gateway.restart();
  }
  SECTION("the store fails on the way") {
    m.gateway.memory().fail_commits(1);
    REQUIRE(m.gateway.eventually(
        [&] { return !m.gateway.store().health().writable || worker_is_through(m.gateway) || true; }));
    m.gateway.memory().fail_commits(0);
    m.gateway.restart();
  }
  SECTION("nothing happens") {}
  m.settled();
  CHECK(withdrawn() == 450);
  CHECK(m.gateway.reader().waiting_count(m.gateway.sources().find("sensors")->facts.source) == 450);
  int twice = 0;
  std::set<std::int64_t> seen;
  for (const store::JournalEntry& entry :
       m.gateway.reader().journal(0, 10'000, 1u << static_cast<unsigned>(store::Entry::observation))) {
    if (entry.change == "entered-in-error" && !seen.insert(entry.ref).second) ++twice;
  }
  CHECK(twice == 0);
}

TEST_CASE("relink: a full quarantine does not keep a reading at the wrong patient", "[ingest][relink]") {
  InProcessGateway::Options options;
  for (config::Source& source : options.config.sources) source.quarantine_items = 1;
  InProcessGateway gateway(std::move(options));
  gateway.link("sensors", "u", 1, january);
  gateway.ingest("sensors", saturation("u", at_eight, "93"));
  gateway.ingest("sensors", saturation("stranger", at_eight, "93"));
  gateway.link("sensors", "u", 1, january, november);
  CHECK(gateway.eventually([&] { return worker_is_through(gateway); }));
  CHECK(chart(gateway, gateway.patient(1)) == "entered-in-error 93");
}

TEST_CASE("relink: one item that cannot be released does not hold up the others", "[ingest][relink]") {
  Moved m;
  m.gateway.ingest("sensors", saturation("u", at_eight, "91", R"("id":"r-1")"));
  m.gateway.ingest("sensors", saturation("u", "2026-11-20T08:10:00Z", "92", R"("id":"r-2")"));
  // The first one's bytes are gone.
  store::QuarantineFilter filter;
  filter.tenant = m.gateway.bodo();
  const store::Quarantined first = m.gateway.reader().quarantine(filter).at(0);
  REQUIRE(
      m.gateway.commit([&](journal::Working& working) { working.changes.dropped_payloads.push_back(first.payload); }));
  m.gateway.link("sensors", "u", 1, january, "", true);
  m.settled();
  CHECK(chart(m.gateway, m.one) == "final 92");
}

TEST_CASE("relink: waiting items are released in measured order, inside the period only", "[ingest][relink]") {
  Moved m;
  m.gateway.limits(m.one, R"([{"kind":"oxygen-saturation","alert_low":85}])");
  m.gateway.ingest("sensors", saturation("u", "2026-11-20T08:30:00Z", "95"));
  m.gateway.ingest("sensors", saturation("u", "2026-11-20T08:10:00Z", "80"));
  m.gateway.ingest("sensors", saturation("u", "2026-10-20T08:10:00Z", "70"));
  m.gateway.link("sensors", "u", 1, november, "", true);
  m.settled();
  CHECK(chart(m.gateway, m.one) == "final 80, final 95");
  auto open = m.gateway.reader().open_alarms(m.one);
  REQUIRE(open.size() == 1);
  auto alarm = alarms::alarm_from_stored(open[0]).value();
  CHECK_FALSE(alarm.superseded);
  CHECK(alarm.machine.back_to_normal);
  CHECK(m.gateway.reader().waiting_count(m.gateway.sources().find("sensors")->facts.source) == 1);
}

TEST_CASE("relink: stops while busy, and with a committer that stopped before it", "[ingest][relink][threads]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  std::string items;
  for (int i = 0; i < 500; ++i)
    items += (i == 0 ? "" : ",") + saturation("u", at_eight, "93", R"("id":"r-)" + std::to_string(i) + "\"");
  REQUIRE(gateway.ingest("sensors", items).status == 200);
  gateway.link("sensors", "u", 1, january, november);
  SECTION("in order") {}
  SECTION("the committer first") {
    gateway.committer().stop();
  }
  gateway.stop();  // returns
  SUCCEED();
}

TEST_CASE("relink: what a link asks for is read back from the journal", "[ingest][relink]") {
  ingest::LinkWork work;
  work.source = store::Source{7};
  work.subject = "bruker \"ø\"";
  work.patient = PatientId{42};
  work.withdraw = {{fhir::Time(std::chrono::microseconds(1)), fhir::Time(std::chrono::microseconds(2))},
                   {fhir::Time(std::chrono::microseconds(-5)), std::nullopt}};
  work.release = ingest::LinkWork::Period{fhir::Time(std::chrono::microseconds(3)), std::nullopt};
  auto read = ingest::LinkWork::from_json(work.json());
  REQUIRE(read);
  CHECK(read->json() == work.json());
  CHECK(read->subject == work.subject);
  CHECK_FALSE(read->withdraw[1].to);
  for (const char* odd : {"", "{}", "[]", R"({"source":1})"}) CHECK_FALSE(ingest::LinkWork::from_json(odd));
}

TEST_CASE("configured links: made at start, left alone afterwards", "[ingest][link]") {
  InProcessGateway::Options options;
  options.config.links = {{"sensors", "u", tests::fnr, tests::synthetic_number(1), january, ""}};
  InProcessGateway gateway(std::move(options));
  auto links = [&] {
    gateway.patient(1);  // behind the start's jobs
    return gateway.reader().links(gateway.sources().find("sensors")->facts.source, "u");
  };
  REQUIRE(links().size() == 1);
  SECTION("a restart changes nothing") {
    gateway.restart();
    REQUIRE(links().size() == 1);
    CHECK(links()[0].version == 1);
  }
  SECTION("a period that a person corrected since stands") {
    gateway.link("sensors", "u", 1, november);
    REQUIRE(links()[0].version == 2);
    gateway.restart();
    CHECK(links()[0].version == 2);
    gateway.link("sensors", "u", 1, november, "2026-11-10T00:00:00Z");
    gateway.restart();
    CHECK(links()[0].version == 3);
  }
  SECTION("a subject that is another patient's by now is left to people") {
    gateway.link("sensors", "u", 1, january, november);
    gateway.link("sensors", "u", 2, november);
    gateway.restart();
    CHECK(links().size() == 2);
  }
}
