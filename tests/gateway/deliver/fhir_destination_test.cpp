#include "gateway/deliver/fhir_destination.hpp"

#include <catch2/catch.hpp>

#include "fhir/json_reader.hpp"
#include "fhir/national_id.hpp"

using namespace gateway;
using namespace gateway::deliver;

namespace {

// A synthetic number: the month is 12 + 80.
constexpr const char* number = "13925012410";

const std::string resource =
    R"({"resourceType":"Observation","id":"0d9","meta":{"versionId":"3","lastUpdated":"2026-11-20T08:00:00Z","profile":["p"]},)"
    R"("identifier":[{"system":"urn:hjemport:reading","value":"01000000000000000000000000000000"}],"status":"amended",)"
    R"("code":{"coding":[{"system":"http://loinc.org","code":"59408-5"}]},)"
    R"("subject":{"reference":"Patient/12","type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":")" +
    std::string(number) +
    R"("}},"device":{"reference":"Device/7","type":"Device"},)"
    R"("performer":[{"reference":"Patient/12"},{"reference":"Organization/1","display":"Bodø kommune"}],)"
    R"("hasMember":[{"reference":"https://other.example/Observation/5"},{"reference":"#inner"},{"reference":"urn:uuid:1"}],)"
    R"("valueQuantity":{"value":93.50,"unit":"%"}})";

config::Destination destination() {
  config::Destination to;
  to.id = "epj";
  to.url = "https://epj.example/fhir/";
  to.bearer = "secret-token";
  return to;
}

store::Observation observation() {
  store::Observation row;
  row.version = 3;
  row.resource = resource;
  return row;
}

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return "";
}

}  // namespace

TEST_CASE("fhir destination: an observation is a conditional update by our opaque identifier", "[deliver][fhir]") {
  auto request = observation_request(destination(), 42, observation());
  REQUIRE(request.has_value());
  CHECK(request->method == "PUT");
  CHECK(request->url ==
        "https://epj.example/fhir/Observation?identifier=urn%3Ahjemport%3Areading%7C01000000000000000000000000000000");
  CHECK(header(*request, "Content-Type") == "application/fhir+json");
  CHECK(header(*request, "Authorization") == "Bearer secret-token");
  CHECK(header(*request, "Prefer") == "return=minimal");
  CHECK(header(*request, "Idempotency-Key") == "01000000000000000000000000000000-42-3");
}

TEST_CASE("fhir destination: no identity number and no credential in the URL", "[deliver][fhir]") {
  auto request = observation_request(destination(), 42, observation());
  REQUIRE(request.has_value());
  CHECK(request->body.find(number) != std::string::npos);  // the receiver needs it to find the patient
  CHECK(request->url.find(number) == std::string::npos);
  CHECK(request->url.find("secret-token") == std::string::npos);
  for (const auto& [name, value] : request->headers) CHECK(value.find(number) == std::string::npos);
}

TEST_CASE("fhir destination: what only means something here is taken out", "[deliver][fhir]") {
  auto document = fhir::JsonDocument::parse(resource);
  REQUIRE(document.has_value());
  std::string body = sendable(document->root(), false);
  auto sent = fhir::JsonDocument::parse(body);
  REQUIRE(sent.has_value());
  fhir::JsonValue root = sent->root();
  CHECK(root["id"].absent());
  CHECK(root["meta"].json() == R"({"profile":["p"]})");
  CHECK(root["status"].text() == "amended");
  CHECK(root["subject"]["reference"].absent());
  CHECK(root["subject"]["type"].text() == "Patient");
  CHECK(root["subject"]["identifier"]["value"].text() == number);
  CHECK(root["device"].absent());  // a type alone says nothing
  CHECK(root["performer"].json() == R"([{"display":"Bodø kommune"}])");
  CHECK(root["hasMember"].size() == 3);  // references that mean something everywhere stay
  CHECK(root["valueQuantity"].json() == R"({"value":93.50,"unit":"%"})");
}

TEST_CASE("fhir destination: local references stay where the destination wants them", "[deliver][fhir]") {
  config::Destination to = destination();
  to.local_references = true;
  auto request = observation_request(to, 1, observation());
  REQUIRE(request.has_value());
  auto sent = fhir::JsonDocument::parse(request->body);
  REQUIRE(sent.has_value());
  CHECK(sent->root()["subject"]["reference"].text() == "Patient/12");
  CHECK(sent->root()["id"].absent());
}

TEST_CASE("fhir destination: lists and objects that would be empty are left out", "[deliver][fhir]") {
  struct Row {
    const char* name;
    const char* in;
    const char* out;
  };
  const std::vector<Row> rows = {
      {"only local references", R"({"resourceType":"X","implicated":[{"reference":"Observation/1"}]})",
       R"({"resourceType":"X"})"},
      {"nested", R"({"resourceType":"X","evidence":[{"detail":[{"reference":"Observation/1"}]}],"b":1})",
       R"({"resourceType":"X","b":1})"},
      {"some stay", R"({"resourceType":"X","implicated":[{"reference":"Observation/1"},{"reference":"http://a/b"}]})",
       R"({"resourceType":"X","implicated":[{"reference":"http://a/b"}]})"},
      {"meta with ours only", R"({"resourceType":"X","meta":{"versionId":"1"}})", R"({"resourceType":"X"})"},
      {"null inside a list", R"({"resourceType":"X","_given":[null,{"id":"a"}]})",
       R"({"resourceType":"X","_given":[null,{"id":"a"}]})"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    auto document = fhir::JsonDocument::parse(row.in);
    REQUIRE(document.has_value());
    CHECK(sendable(document->root(), false) == row.out);
  }
}

TEST_CASE("fhir destination: an alarm is a conditional update by the alarm's id", "[deliver][fhir]") {
  auto request = alarm_request(destination(), 43, AlarmId{255}, 2, R"({"resourceType":"DetectedIssue","id":"ff"})");
  REQUIRE(request.has_value());
  CHECK(request->url == "https://epj.example/fhir/DetectedIssue?identifier=urn%3Ahjemport%3Aalarm%7C00000000000000ff");
  CHECK(request->body == R"({"resourceType":"DetectedIssue"})");
}

TEST_CASE("fhir destination: a resource that cannot be read, or is not ours, is an error, not a request",
          "[deliver][fhir]") {
  for (const char* text : {"{", R"({"resourceType":"Observation","identifier":[{"system":"urn:x","value":"1"}]})"}) {
    store::Observation broken = observation();
    broken.resource = text;
    CHECK_FALSE(observation_request(destination(), 1, broken).has_value());
  }
}
