#include "gateway/demo/enrolment.hpp"

#include <catch2/catch.hpp>

#include "fhir/json_reader.hpp"

using namespace gateway;
using namespace gateway::demo;

namespace {

Person person(Condition condition) {
  Person one;
  one.body = make_body(condition, 4);
  one.body.weight_kg = 80.26;
  one.account.subject = "user-17";
  one.account.national_number = "12885010049";
  return one;
}

struct Target {
  std::vector<deliver::HttpRequest> asked;
  int refuse_at = -1;  // the request that is answered 403

  std::string enrol(Condition condition) {
    Enroller enroller;
    enroller.url = "http://gateway.example";
    enroller.token = "secret";
    enroller.send = [this](deliver::HttpRequest request) {
      asked.push_back(std::move(request));
      deliver::HttpResponse response;
      response.status = static_cast<int>(asked.size()) - 1 == refuse_at ? 403 : 201;
      response.body = R"({"id":"1","patient":{"id":"02a6e4d498600000","reference":"Patient/02a6e4d498600000"}})";
      return response;
    };
    return enroller.enrol(person(condition), "sensors");
  }
};

}  // namespace

TEST_CASE("enrolment: links, sets the weight limit, enrols; a clinician's act comes before the programme's", "[demo]") {
  Target target;
  CHECK(target.enrol(Condition::heart_failure).empty());
  REQUIRE(target.asked.size() == 3);
  CHECK(target.asked[0].method + target.asked[0].url == "POSThttp://gateway.example/links");
  CHECK(
      target.asked[0].body ==
      R"({"source":"sensors","subject":"user-17","patient":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"12885010049"},"from":"2020-01-01T00:00:00+01:00"})");
  CHECK(target.asked[1].method + target.asked[1].url == "PUThttp://gateway.example/patients/02a6e4d498600000/limits");
  CHECK(target.asked[1].body == R"({"limits":[{"kind":"body-weight","warning_high":83.3,"alert_high":84.8}]})");
  CHECK(target.asked[2].method + target.asked[2].url ==
        "PUThttp://gateway.example/patients/02a6e4d498600000/programmes");
  CHECK(target.asked[2].body == R"({"programmes":["heart-failure"]})");
  for (const deliver::HttpRequest& request : target.asked) {
    CHECK(request.url.find("12885010049") == std::string::npos);
    CHECK(request.headers.front() == std::pair<std::string, std::string>("Authorization", "Bearer secret"));
  }
}

TEST_CASE("enrolment: COPD needs no limit of its own, and has a self-treatment plan", "[demo]") {
  Target target;
  CHECK(target.enrol(Condition::copd).empty());
  REQUIRE(target.asked.size() == 3);
  CHECK(target.asked[1].body == R"({"programmes":["copd"]})");
  CHECK(target.asked[2].url == "http://gateway.example/patients/02a6e4d498600000/care-plan");
}

TEST_CASE("enrolment: the first refusal ends it and is named", "[demo]") {
  const char* named[] = {"POST /links was answered 403", "PUT /patients/{id}/limits was answered 403",
                         "PUT /patients/{id}/programmes was answered 403"};
  for (int at = 0; at < 3; ++at) {
    Target target;
    target.refuse_at = at;
    CHECK(target.enrol(Condition::heart_failure) == named[at]);
    CHECK(static_cast<int>(target.asked.size()) == at + 1);
  }
}
