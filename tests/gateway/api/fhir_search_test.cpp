#include <set>

#include "fhir/kinds.hpp"
#include "gateway/api/fhir.hpp"
#include "gateway/api/search_filter.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::reading;
using tests::saturation;

namespace {

struct Hospital {
  InProcessGateway gateway;
  PatientId one, two, foreign;

  Hospital() : one(gateway.patient(1)), two(gateway.patient(2)), foreign(gateway.patient(1, "oslo")) {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    gateway.link("sensors", "v", 2, "2026-01-01T00:00:00Z");
    gateway.link("elsewhere", "u", 1, "2026-01-01T00:00:00Z");
    gateway.ingest("sensors", saturation("u", "2026-11-18T08:00:00Z", "91", R"("device":{"id":"SN-1"})") + "," +
                                  saturation("u", "2026-11-19T23:30:00Z", "92") + "," +
                                  reading("u", "2026-11-19T12:00:00Z", "heart-rate", "93", "/min") + "," +
                                  saturation("v", "2026-11-19T12:00:00Z", "94") + "," +
                                  reading("v", "2026-11-20T08:00:00Z", "pulse-rate", "95", "/min") + "," +
                                  reading("v", "2026-11-20T08:30:00Z", "steps", "96", "{steps}"));
    gateway.ingest("elsewhere", saturation("u", "2026-11-19T12:00:00Z", "99"));
  }

  // Values found, in order: "91 92", or "status 400".
  static std::string values(const http::Response& response) {
    if (response.status != 200) return "status " + std::to_string(response.status);
    Json bundle(response.body);
    std::string text;
    for (fhir::JsonValue entry : bundle.at("entry")) {
      if (entry["search"]["mode"].scalar() != "match") continue;
      text.append(text.empty() ? "" : " ").append(entry["resource"]["valueQuantity"]["value"].scalar());
    }
    return text;
  }
  std::string find(const std::string& query, std::vector<tests::Header> headers = {}) {
    return values(gateway.get("/fhir/Observation?" + query, "hospital", std::move(headers)));
  }
  http::Response post(const std::string& query, std::string_view who = "hospital") {
    return gateway.post("/fhir/Observation/_search", who, query,
                        {{"content-type", "application/x-www-form-urlencoded"}});
  }
  std::string link(const http::Response& response, std::string_view relation) {
    Json bundle(response.body);
    for (fhir::JsonValue link : bundle.at("link")) {
      if (link["relation"].scalar() == relation) return std::string(link["url"].scalar());
    }
    return {};
  }
};

}  // namespace

TEST_CASE("search: each parameter of Observation", "[api][search]") {
  Hospital h;
  const std::string one = h.one.text(), two = h.two.text();
  Json first(h.gateway.get("/fhir/Observation?_sort=date&_count=1", "hospital").body);
  const std::string id = first.text("entry", 0, "resource", "id");
  const std::string key = first.text("entry", 0, "resource", "identifier", 0, "value");
  struct Row {
    const char* name;
    std::string query;
    const char* expected;
  };
  const Row rows[] = {
      {"everything, newest first", "", "96 95 92 94 93 91"},
      {"oldest first", "_sort=date", "91 93 94 92 95 96"},
      {"by patient", "patient=" + one, "92 93 91"},
      {"by reference", "patient=Patient/" + one, "92 93 91"},
      {"by subject", "subject=Patient/" + two, "96 95 94"},
      {"of two patients", "patient=" + one + "," + two, "96 95 92 94 93 91"},
      {"of both at once: nobody", "patient=" + one + "&patient=" + two, ""},
      {"of another tenant's patient", "patient=" + h.foreign.text(), ""},
      {"of no patient", "patient=x", ""},
      {"by code", "code=59408-5", "92 94 91"},
      {"by system and code", "code=http://loinc.org%7C59408-5", "92 94 91"},
      {"a code of another system", "code=http://snomed.info/sct%7C59408-5", ""},
      {"8867-4 finds pulse and heart rate", "code=http://loinc.org%7C8867-4", "95 93"},
      {"any code of a system", "code=http://loinc.org%7C", "96 95 92 94 93 91"},
      {"two codes", "code=59408-5,8867-4", "95 92 94 93 91"},
      {"code and category", "code=59408-5,8867-4&category=activity", ""},
      {"category", "category=activity", "96"},
      {"category with its system", "category=http://terminology.hl7.org/CodeSystem/observation-category%7Cvital-signs",
       "95 92 94 93 91"},
      {"a category of another system", "category=urn:x%7Cvital-signs", ""},
      {"a day", "date=2026-11-19", "94 93"},  // 23:30 UTC is past midnight in Oslo
      {"the next day", "date=2026-11-20", "96 95 92"},
      {"from an instant", "date=ge2026-11-19T23:30:00Z", "96 95 92"},
      {"after an instant", "date=gt2026-11-19T23:30:00Z", "96 95"},
      {"between", "date=ge2026-11-19&date=lt2026-11-20", "94 93"},
      {"a month", "date=2026-11", "96 95 92 94 93 91"},
      {"a nonsense date", "date=yesterday", "status 400"},
      {"by id", "_id=" + id, "91"},
      {"by two ids", "_id=" + id + ",0000000000000001", "91"},
      {"by an id of nothing", "_id=x", ""},
      {"by identifier", "identifier=" + key, "91"},
      {"by identifier and system", "identifier=urn:hjemport:reading%7C" + key, "91"},
      {"by an identifier of another system", "identifier=urn:x%7C" + key, ""},
      {"_lastUpdated", "_lastUpdated=ge2026-11-20T09:00:00Z", "96 95 92 94 93 91"},
      {"_lastUpdated, none", "_lastUpdated=gt2026-11-20T09:00:01Z", ""},
      {"sorted by _lastUpdated", "_sort=_lastUpdated&_count=1", "91"},
      {"count", "_count=2", "96 95"},
      {"an id of ours that holds eleven digits", "patient=02a" + tests::synthetic_number(0) + "bc", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(h.find(row.query) == row.expected);
      CHECK(h.values(h.post(row.query)) == row.expected);
    }
  }
}

TEST_CASE("search: by a national number in the body only, and never in a link", "[api][search]") {
  Hospital h;
  const std::string number = tests::synthetic_number(1);
  const std::string by_number = "patient.identifier=urn:oid:2.16.578.1.12.4.1.4.1%7C" + number;
  auto found = h.post(by_number + "&_count=2");
  CHECK(h.values(found) == "92 93");
  CHECK(h.link(found, "self").find(number) == std::string::npos);
  CHECK(h.link(found, "self").find("patient=" + h.one.text()) != std::string::npos);
  const std::string next = h.link(found, "next");
  CHECK(next.find(number) == std::string::npos);
  REQUIRE(next.starts_with("/fhir/Observation?_cursor="));
  auto page = h.gateway.get(next, "hospital");
  CHECK(h.values(page) == "91");
  CHECK(page.body.find("\"next\"") == std::string::npos);
  CHECK(h.link(page, "self").find(number) == std::string::npos);
  for (const std::string& query : {by_number, "patient.identifier=" + number, "patient=" + number, "_id=" + number,
                                   "x=" + number, "patient=" + h.one.text() + "," + number}) {
    INFO(query);
    auto refused = h.gateway.get("/fhir/Observation?" + query, "hospital");
    CHECK(refused.status == 400);
    CHECK(refused.body.find(number) == std::string::npos);
    CHECK(refused.body.find("_search") != std::string::npos);
  }
  SECTION("a number without a system, and under another system's name") {
    CHECK(h.values(h.post("patient.identifier=" + number)) == "92 93 91");
    CHECK(h.values(h.post("patient.identifier=urn:oid:2.16.578.1.12.4.1.4.2%7C" + number)) == "92 93 91");
    CHECK(h.values(h.post("patient.identifier=" + tests::synthetic_number(7))) == "");
  }
  SECTION("in the address of a POST") {
    auto refused = h.gateway.post("/fhir/Observation/_search?patient.identifier=" + number, "hospital", "", {});
    CHECK(refused.status == 400);
  }
}

TEST_CASE("search: pages are stable while readings arrive, are corrected and withdrawn", "[api][search]") {
  Hospital h;
  std::string items;
  for (int i = 0; i < 25; ++i) {
    items += (i == 0 ? "" : ",") +
             saturation("u", "2026-11-10T08:00:00Z", std::to_string(70 + i), R"("id":"p-)" + std::to_string(i) + "\"");
  }
  h.gateway.ingest("sensors", items);
  for (const char* sort : {"date", "-date", "_lastUpdated", "-_lastUpdated"}) {
    DYNAMIC_SECTION(sort) {
      std::string next = "/fhir/Observation?patient=" + h.one.text() + "&_count=7&_sort=" + sort;
      std::set<std::string> seen;
      std::size_t count = 0;
      for (int page = 0; !next.empty() && page < 20; ++page) {
        auto response = h.gateway.get(next, "hospital");
        REQUIRE(response.status == 200);
        Json bundle(response.body);
        for (fhir::JsonValue entry : bundle.at("entry")) {
          seen.insert(std::string(entry["resource"]["id"].scalar()));
          ++count;
        }
        next = h.link(response, "next");
        const std::string n = std::to_string(page);
        h.gateway.ingest("sensors", saturation("u", "2026-11-10T08:00:00Z", "60", R"("id":"new-)" + n + "\"") + "," +
                                        saturation("u", "2026-11-20T08:59:00Z", "61", R"("id":"newer-)" + n + "\"") +
                                        "," + saturation("u", "2026-11-10T08:00:00Z", "62", R"("id":"p-)" + n + "\""));
      }
      CHECK(count == 28);
      CHECK(seen.size() == 28);
    }
  }
}

TEST_CASE("search: unknown parameters are said to be ignored, or refused when asked to be strict", "[api][search]") {
  Hospital h;
  auto lenient = h.gateway.get("/fhir/Observation?colour=red&patient=" + h.one.text(), "hospital");
  CHECK(h.values(lenient) == "92 93 91");
  CHECK(h.link(lenient, "self").find("colour") == std::string::npos);
  CHECK(lenient.body.find("OperationOutcome") != std::string::npos);
  CHECK(h.find("colour=red", {{"prefer", "handling=strict"}}) == "status 400");
}

TEST_CASE("search: totals", "[api][search]") {
  Hospital h;
  CHECK(Json(h.gateway.get("/fhir/Observation?_total=accurate&_count=1", "hospital").body).text("total") == "6");
  CHECK(Json(h.gateway.get("/fhir/Observation", "hospital").body).text("total") == "(absent)");
  Json none(h.gateway.get("/fhir/Observation?_count=0", "hospital").body);
  CHECK(none.text("total") == "6");
  CHECK(none.at("entry").absent());
  CHECK(none.at("link").size() == 1);
}

TEST_CASE("search: patients and devices", "[api][search]") {
  Hospital h;
  auto count = [&](const std::string& target, std::string_view who = "hospital") {
    auto response = h.gateway.get(target, who);
    return response.status == 200 ? static_cast<int>(Json(response.body).at("entry").size()) : -response.status;
  };
  CHECK(count("/fhir/Patient") == 2);
  CHECK(count("/fhir/Patient", "hospital-oslo") == 1);
  CHECK(count("/fhir/Patient?_id=" + h.one.text()) == 1);
  CHECK(count("/fhir/Patient?_id=" + h.foreign.text()) == 0);
  CHECK(count("/fhir/Patient?identifier=" + tests::synthetic_number(1)) == -400);
  auto named = h.gateway.post("/fhir/Patient/_search", "hospital", "identifier=" + tests::synthetic_number(1), {});
  CHECK(Json(named.body).text("entry", 0, "resource", "id") == h.one.text());
  CHECK(Json(named.body).at("entry").size() == 1);
  CHECK(count("/fhir/Device") == 1);
  CHECK(count("/fhir/Device?identifier=SN-1") == 1);
  CHECK(count("/fhir/Device?identifier=SN-2") == 0);
  CHECK(count("/fhir/Device", "hospital-oslo") == 0);
  auto page = h.gateway.get("/fhir/Patient?_count=1", "hospital");
  CHECK(count(h.link(page, "next")) == 1);
  CHECK(h.link(h.gateway.get(h.link(page, "next"), "hospital"), "next") == "");
}

TEST_CASE("search: a cursor is worth nothing to others, changed, or for another type", "[api][search]") {
  Hospital h;
  auto response = h.gateway.get("/fhir/Observation?_count=1", "hospital");
  const std::string next = h.link(response, "next");
  CHECK(h.gateway.get(next, "hospital").status == 200);
  CHECK(h.gateway.get(next, "clinic").status == 200);  // the same tenant
  CHECK(h.gateway.get(next, "hospital-oslo").status == 400);
  const std::string cursor = next.substr(next.find('=') + 1);
  CHECK(h.gateway.get("/fhir/Patient?_cursor=" + cursor, "hospital").status == 400);
  for (std::size_t place : {std::size_t{0}, cursor.size() / 2, cursor.size() - 2}) {
    std::string changed = cursor;
    changed[place] = changed[place] == 'A' ? 'B' : 'A';
    CHECK(h.gateway.get("/fhir/Observation?_cursor=" + changed, "hospital").status == 400);
  }
  for (const char* odd : {"", "x", "%00", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    CHECK(h.gateway.get("/fhir/Observation?_cursor=" + std::string(odd), "hospital").status == 400);
  }
}

TEST_CASE("read: a resource, its versions, and what is not there", "[api][fhir]") {
  Hospital h;
  Json bundle(h.gateway.get("/fhir/Observation?patient=" + h.one.text() + "&_sort=date", "hospital").body);
  const std::string id = bundle.text("entry", 0, "resource", "id");
  auto response = h.gateway.get("/fhir/Observation/" + id, "hospital");
  CHECK(response.status == 200);
  CHECK(response.content_type.starts_with("application/fhir+json"));
  CHECK(tests::header(response, "ETag") == "W/\"1\"");
  CHECK(h.gateway.get("/fhir/Observation/" + id, "hospital", {{"if-none-match", "W/\"1\""}}).status == 304);
  CHECK(h.gateway.get("/fhir/Observation/" + id + "/_history/1", "hospital").body == response.body);
  for (const char* version : {"2", "0", "x", "99999999999999", "1x"}) {
    CHECK(h.gateway.get("/fhir/Observation/" + id + "/_history/" + version, "hospital").status == 404);
  }
  CHECK(h.gateway.get("/fhir/Observation/" + id, "hospital-oslo").status == 404);
  CHECK(h.gateway.get("/fhir/Observation/x", "hospital").status == 404);
  CHECK(h.gateway.get("/fhir/Patient/" + h.one.text(), "hospital").status == 200);
  CHECK(h.gateway.get("/fhir/Patient/" + h.foreign.text(), "hospital").status == 404);
  CHECK(h.gateway.get("/fhir/Patient/" + h.one.text(), "operator").status == 403);
  const std::string device = bundle.text("entry", 0, "resource", "device", "reference");
  CHECK(h.gateway.get("/fhir/" + device, "hospital").status == 200);
  CHECK(h.gateway.get("/fhir/" + device, "hospital-oslo").status == 404);
}

TEST_CASE("search: each patient in an answer has an audit row", "[api][search]") {
  Hospital h;
  h.find("");
  std::set<PatientId> audited;
  for (const store::Audit& row : h.gateway.reader().audits(h.gateway.bodo(), {}, 100)) {
    if (row.action == "search Observation") audited.insert(row.patient);
  }
  CHECK(audited == std::set<PatientId>{h.one, h.two});
  h.find("patient=" + h.foreign.text());
  for (const store::Audit& row : h.gateway.reader().audits(h.gateway.oslo(), {}, 100))
    CHECK(row.action != "search Observation");
}

TEST_CASE("search: goes on while the disk is full, rows of the audit waiting", "[api][search]") {
  Hospital h;
  h.gateway.memory().fail_commits(1'000'000);
  CHECK(h.find("patient=" + h.one.text()) == "92 93 91");
  CHECK(h.find("") == "96 95 92 94 93 91");
  h.gateway.memory().fail_commits(0);
}
