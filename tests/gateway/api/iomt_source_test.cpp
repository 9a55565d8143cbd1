// A source whose adapter is the IoMT connector's two template files: readings are judged by their code, what is no kind of ours is
// stored and said to be unjudged, and the merged Observations are served under the original's identifiers.
#include <fstream>

#include "gateway/runtime/hmac.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

const char* const device_content = R"({"templateType":"CollectionContent","template":[
 {"templateType":"CalculatedContent","template":{"typeName":"heartrate","typeMatchExpression":"$..[?(@hr)]",
  "deviceIdExpression":"$.matchedToken.device","timestampExpression":"$.matchedToken.at",
  "values":[{"required":true,"valueName":"hr","valueExpression":"$.matchedToken.hr"}]}},
 {"templateType":"CalculatedContent","template":{"typeName":"stress","typeMatchExpression":"$..[?(@stress)]",
  "deviceIdExpression":"$.matchedToken.device","timestampExpression":"$.matchedToken.at",
  "values":[{"required":true,"valueName":"level","valueExpression":"$.matchedToken.stress"}]}}]})";
const char* const fhir_mapping = R"({"templateType":"CollectionFhir","template":[
 {"templateType":"CodeValueFhir","template":{"typeName":"heartrate","periodInterval":60,
  "codes":[{"code":"8867-4","system":"http://loinc.org","display":"Heart rate"}],
  "value":{"valueType":"SampledData","valueName":"hr","unit":"count/min","defaultPeriod":1200000}}},
 {"templateType":"CodeValueFhir","template":{"typeName":"stress","codes":[{"code":"stress-1","system":"urn:watch"}],
  "value":{"valueType":"Quantity","valueName":"level","unit":"points"}}}]})";

void write(const std::filesystem::path& file, const char* text) { std::ofstream(file) << text; }

InProcessGateway::Options with_watches(const tests::TemporaryFolder& folder) {
  write(folder.path() / "device.json", device_content);
  write(folder.path() / "fhir.json", fhir_mapping);
  InProcessGateway::Options options;
  config::Source watches;
  watches.id = watches.bearer = "watches";
  watches.tenant = "bodo";
  watches.adapter = "iomt";
  watches.mapping = (folder.path() / "device.json").string();
  watches.fhir_mapping = (folder.path() / "fhir.json").string();
  options.config.sources.push_back(watches);
  return options;
}

http::Response push(InProcessGateway& gateway, const std::string& events) {
  return gateway.post("/ingest/watches", "watches", "[" + events + "]", {{"content-type", "application/json"}});
}

std::string heart(const std::string& at, const std::string& value) {
  return R"({"Body":{"device":"w-1","at":"2026-11-20T)" + at + R"(","hr":)" + value + "}}";
}

}  // namespace

TEST_CASE("a source with the connector's templates: kinds are judged by their code", "[api][iomt]") {
  tests::TemporaryFolder folder;
  InProcessGateway gateway(with_watches(folder));
  gateway.link("watches", "w-1", 1, "2026-01-01T00:00:00Z");
  gateway.limits(gateway.patient(1), R"([{"kind":"heart-rate","alert_high":120}])");
  const http::Response response = push(gateway, heart("08:00:00Z", "71") + "," + heart("08:10:00Z", "140"));
  REQUIRE(response.status == 200);
  const Json answer(response.body);
  CHECK(answer.text("accepted") == "2");
  CHECK(answer.text("results", 0, "alarms", 0) == "(absent)");
  CHECK(answer.text("results", 1, "alarms", 0) != "(absent)");
}

TEST_CASE("a source with the connector's templates: what is no kind of ours is stored, found by its code, and said to be unjudged",
          "[api][iomt]") {
  tests::TemporaryFolder folder;
  InProcessGateway gateway(with_watches(folder));
  gateway.link("watches", "w-1", 1, "2026-01-01T00:00:00Z");
  gateway.limits(gateway.patient(1), R"([{"kind":"heart-rate","alert_high":120}])");
  const std::string stress = R"({"Body":{"device":"w-1","at":"2026-11-20T08:00:00Z","stress":930}})";
  const Json answer(push(gateway, stress).body);
  CHECK(answer.text("results", 0, "outcome") == "accepted");
  CHECK(answer.text("results", 0, "reason") == "not-judged");
  CHECK(Json(push(gateway, stress).body).text("results", 0, "outcome") == "duplicate");
  // The value is content: another one at the same instant is another reading, as for every source without record ids.
  CHECK(Json(push(gateway, R"({"Body":{"device":"w-1","at":"2026-11-20T08:00:00Z","stress":931}})").body).text("results", 0, "outcome") ==
        "accepted");

  const std::string id = answer.text("results", 0, "observation").substr(std::string("Observation/").size());
  const auto row = gateway.reader().observation(*ObservationId::parse(id));
  REQUIRE(row.has_value());
  const Json judgement(row->judgement);
  CHECK(judgement.text("outcome") == "not-judged");
  CHECK(judgement.text("reason") == "unknown-kind");
  CHECK(gateway.reader().open_alarm_count(gateway.bodo()) == 0);

  const std::string patient = gateway.patient(1).text();
  const Json found(gateway.get("/fhir/Observation?_total=accurate&patient=" + patient + "&code=urn:watch%7Cstress-1", "hospital").body);
  CHECK(found.text("total") == "2");
  const Json resource(gateway.get("/fhir/Observation/" + id, "hospital").body);
  CHECK(resource.text("code", "coding", 0, "code") == "stress-1");
  CHECK(resource.text("code", "text") == "stress");
  CHECK(resource.text("valueQuantity", "value") == "930");
  CHECK(resource.text("valueQuantity", "unit") == "points");
  CHECK(Json(gateway.get("/fhir/Observation?_total=accurate&patient=" + patient + "&code=urn:watch%7Cother", "hospital").body).text("total") ==
        "0");
}

TEST_CASE("a source with the connector's templates: the merged Observation is served under the original's identifier", "[api][iomt]") {
  tests::TemporaryFolder folder;
  InProcessGateway gateway(with_watches(folder));
  gateway.link("watches", "w-1", 1, "2026-01-01T00:00:00Z");
  REQUIRE(push(gateway, heart("07:00:00Z", "70") + "," + heart("07:25:00Z", "72")).status == 200);
  REQUIRE(push(gateway, heart("07:59:59Z", "75") + "," + heart("08:00:00Z", "80")).status == 200);
  const std::string patient = gateway.patient(1).text();

  const Json all(gateway.get("/projection/watches/Observation?type=heartrate&patient=" + patient, "hospital").body);
  REQUIRE(all.text("total") == "2");
  CHECK(all.text("entry", 0, "resource", "valueSampledData", "data") == "70 72 75");
  CHECK(all.text("entry", 0, "resource", "status") == "amended");
  CHECK(all.text("entry", 1, "resource", "valueSampledData", "data") == "80 E E");
  const std::string identifier = all.text("entry", 0, "resource", "identifier", 0, "value");
  CHECK(identifier.starts_with(patient + "."));
  CHECK(identifier.ends_with(".heartrate.20261120070000Z.20261120075959Z"));
  CHECK(all.text("entry", 0, "resource", "id") ==
        sha256_hex("https://azure.microsoft.com/en-us/services/iomt-fhir-connector/_" + identifier));

  const Json one(gateway.get("/projection/watches/Observation?identifier=" + identifier, "hospital").body);
  CHECK(one.text("total") == "1");
  CHECK(one.text("entry", 0, "resource", "valueSampledData", "data") == "70 72 75");
  // The ledger has the single readings and nothing else.
  CHECK(Json(gateway.get("/fhir/Observation?_total=accurate&patient=" + patient, "hospital").body).text("total") == "4");

  CHECK(gateway.get("/projection/watches/Observation?patient=" + patient, "hospital-oslo").status == 404);
  CHECK(gateway.get("/projection/sensors/Observation?patient=" + patient, "hospital").status == 404);
  CHECK(gateway.get("/projection/watches/Observation", "hospital").status == 400);
  CHECK(gateway.get("/projection/watches/Observation?patient=" + patient + "&code=x", "hospital").status == 400);
  CHECK(gateway.get("/projection/watches/Observation?type=13816590072&patient=" + patient, "hospital").status == 400);
}
