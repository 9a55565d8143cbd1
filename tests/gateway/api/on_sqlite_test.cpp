// The same gateway on a file: what the store in memory cannot get wrong, over ends and new beginnings.
#include "gateway/store/sqlite_store.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::saturation;

namespace {

const char* const january = "2026-01-01T00:00:00Z";
const char* const november = "2026-11-01T00:00:00Z";
const char* const at_eight = "2026-11-20T08:00:00Z";

InProcessGateway::Options on_file(const tests::TemporaryFolder& folder) {
  store::SqliteOptions options;
  options.path = (folder.path() / "hjemport.db").string();
  options.reserve_bytes = 1 << 20;
  InProcessGateway::Options made;
  made.store = store::open_sqlite(options);
  return made;
}

std::string outcome(const http::Response& response, int index = 0) {
  return Json(response.body).text("results", index, "outcome");
}

std::string chart(InProcessGateway& gateway, PatientId patient) {
  Json bundle(gateway.get("/fhir/Observation?_sort=date&patient=" + patient.text(), "hospital").body);
  std::string text;
  for (fhir::JsonValue entry : bundle.at("entry")) {
    fhir::JsonValue resource = entry["resource"];
    text.append(text.empty() ? "" : ", ")
        .append(resource["status"].scalar())
        .append(" ")
        .append(resource["valueQuantity"]["value"].scalar());
  }
  return text;
}

}  // namespace

TEST_CASE("on a file: what was answered is there in the next run", "[api][sqlite]") {
  tests::TemporaryFolder folder;
  std::string alarm;
  {
    InProcessGateway gateway(on_file(folder));
    gateway.link("sensors", "u", 1, january);
    gateway.limits(gateway.patient(1), R"([{"kind":"oxygen-saturation","alert_low":85}])");
    auto response =
        gateway.ingest("sensors",
                       saturation("u", at_eight, "93", R"("id":"r-1")") + "," +
                           saturation("u", "2026-11-20T08:30:00Z", "80") + "," + saturation("stranger", at_eight, "93"),
                       tests::event("x", at_eight, "fall", R"("id":"e-1")"));
    REQUIRE(response.status == 200);
    alarm = Json(response.body).text("results", 1, "alarms", 0);
    CHECK(gateway
              .post("/alarms/" + alarm + "/actions", "centre",
                    R"({"action":"acknowledge","by":{"id":"k","name":"Kari"}})",
                    {{"if-match", "W/\"1\""}, {"idempotency-key", "k"}})
              .status == 200);
    CHECK(outcome(gateway.ingest("sensors", saturation("u", at_eight, "94", R"("id":"r-1")"))) == "amended");
  }
  InProcessGateway gateway(on_file(folder));
  CHECK(outcome(gateway.ingest("sensors", saturation("u", at_eight, "93", R"("id":"r-1")"))) == "duplicate");
  CHECK(outcome(gateway.ingest("sensors", "", tests::event("x", at_eight, "fall", R"("id":"e-1")"))) == "duplicate");
  CHECK(outcome(gateway.ingest("sensors", saturation("stranger", at_eight, "93"))) == "quarantined");
  CHECK(gateway.reader().waiting_count(gateway.sources().find("sensors")->facts.source) == 1);
  CHECK(gateway.reader().open_alarm_count(gateway.bodo()) == 2);
  CHECK(gateway
            .post("/alarms/" + alarm + "/actions", "centre",
                  R"({"action":"acknowledge","by":{"id":"k","name":"Kari"}})",
                  {{"if-match", "W/\"1\""}, {"idempotency-key", "k"}})
            .status == 200);
  Json again(gateway.ingest("sensors", saturation("u", "2026-11-20T08:40:00Z", "79")).body);
  CHECK(again.text("results", 0, "alarms", 0) == alarm);
  CHECK(chart(gateway, gateway.patient(1)) == "amended 94, final 80, final 79");
}

TEST_CASE("on a file: a corrected link moves readings, and their retries find them", "[api][sqlite]") {
  tests::TemporaryFolder folder;
  InProcessGateway gateway(on_file(folder));
  auto through = [&] {
    auto links = gateway.reader().journal(0, 1000, 1u << static_cast<unsigned>(store::Entry::link));
    return gateway.reader().cursor("internal:links").value_or(0) >= links.back().position;
  };
  gateway.link("sensors", "u", 1, january);
  std::string items;
  for (int i = 0; i < 250; ++i)
    items += (i == 0 ? "" : ",") +
             saturation("u", at_eight, std::to_string(75 + i % 20), R"("id":"r-)" + std::to_string(i) + "\"");
  REQUIRE(gateway.ingest("sensors", items).status == 200);
  gateway.link("sensors", "u", 1, january, november);
  REQUIRE(gateway.eventually(through));
  gateway.link("sensors", "u", 2, november, "", true);
  REQUIRE(gateway.eventually(through));
  Json moved(gateway.get("/fhir/Observation?_count=0&patient=" + gateway.patient(2).text(), "hospital").body);
  CHECK(moved.text("total") == "250");
  Json again(gateway.ingest("sensors", items).body);
  CHECK(again.text("duplicate") == "250");
  CHECK(outcome(gateway.ingest("sensors", saturation("u", at_eight, "99", R"("id":"r-0")"))) == "amended");
}

TEST_CASE("on a file: one payload and its link in one group", "[api][sqlite]") {
  // An event is written and claimed, an item held and released, in one transaction each.
  tests::TemporaryFolder folder;
  InProcessGateway gateway(on_file(folder));
  auto responses =
      gateway.together({tests::ingested("sensors", "", tests::event("u", at_eight, "fall", R"("id":"e-1")")),
                        tests::linked("sensors", "u", 1, january),
                        tests::ingested("sensors", saturation("u", at_eight, "193", R"("id":"r-1")") + "," +
                                                       saturation("u", at_eight, "93", R"("id":"r-1")")),
                        tests::ingested("sensors", "", tests::event("u", at_eight, "low-battery", R"("id":"b-1")"))});
  for (const http::Response& response : responses) CHECK(response.status < 300);
  CHECK(gateway.reader().open_alarms(gateway.patient(1)).size() == 3);
  CHECK(gateway.reader().waiting_count(gateway.sources().find("sensors")->facts.source) == 0);
}

TEST_CASE("on a file: sixteen at once are one", "[api][sqlite]") {
  tests::TemporaryFolder folder;
  InProcessGateway gateway(on_file(folder));
  gateway.link("sensors", "u", 1, january);
  std::vector<tests::Asked> asked(16, tests::ingested("sensors", saturation("u", at_eight, "93", R"("id":"r-1")")));
  int accepted = 0;
  for (const http::Response& response : gateway.together(asked)) accepted += outcome(response) == "accepted" ? 1 : 0;
  CHECK(accepted == 1);
  CHECK(chart(gateway, gateway.patient(1)) == "final 93");
}
