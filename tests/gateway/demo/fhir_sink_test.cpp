#include "gateway/demo/fhir_sink.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "fhir/json_reader.hpp"
#include "tests/support/manual_clock.hpp"

using namespace gateway;

namespace {

struct Fixture {
  support::ManualClock clock;
  demo::FhirSink sink{clock, 3};
  http::Router router{[](http::Request&, const http::Route&) { return std::nullopt; }};

  Fixture() { sink.add_routes(router, "/sink"); }

  http::Response call(http::Method method, const std::string& path, const std::string& query = "",
                      const std::string& body = "") {
    http::Request request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.body = body;
    auto found = router.find(request);
    REQUIRE(std::holds_alternative<const http::Route*>(found));
    http::Response response;
    boost::asio::io_context context;
    boost::asio::co_spawn(context, std::get<const http::Route*>(found)->handler(request),
                          [&](std::exception_ptr, http::Response got) { response = std::move(got); });
    context.run();
    return response;
  }
  http::Response put(const std::string& value, const std::string& extra = "") {
    return call(http::Method::put, "/sink/Observation", "identifier=urn%3Ax%7C" + value,
                R"({"resourceType":"Observation","meta":{"profile":["p"]},"identifier":[{"system":"urn:x","value":")" +
                    value + "\"}]" + extra + "}");
  }
  // The search answer's resources as "value/version", newest first.
  std::vector<std::string> listed(const std::string& query = "") {
    http::Response response = call(http::Method::get, "/sink/Observation", query);
    auto document = fhir::JsonDocument::parse(response.body);
    REQUIRE(document.has_value());
    std::vector<std::string> out;
    for (fhir::JsonValue entry : document->root()["entry"]) {
      fhir::JsonValue resource = entry["resource"];
      out.push_back(std::string(*resource["identifier"].at(0)["value"].text()) + "/" +
                    std::string(*resource["meta"]["versionId"].text()));
    }
    return out;
  }
};

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Fixture, "sink: a conditional update creates once and updates after that", "[demo][sink]") {
  CHECK(put("a").status == 201);
  CHECK(put("b").status == 201);
  CHECK(put("a", R"(,"status":"amended")").status == 200);
  CHECK(listed() == Strings{"a/2", "b/1"});
  CHECK(sink.counts("Observation").created == 2);
  CHECK(sink.counts("Observation").updated == 1);
  CHECK(sink.sent("Observation", "urn:x|a").find("amended") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "sink: keeps the newest, and shows them by identifier and id", "[demo][sink]") {
  for (const char* value : {"a", "b", "c", "d"}) put(value);
  CHECK(listed() == Strings{"d/1", "c/1", "b/1"});
  CHECK(listed("identifier=urn%3Ax%7Cc") == Strings{"c/1"});
  CHECK(listed("_count=1") == Strings{"d/1"});
  http::Response read = call(http::Method::get, "/sink/Observation/4");
  CHECK(read.status == 200);
  auto document = fhir::JsonDocument::parse(read.body);
  REQUIRE(document.has_value());
  CHECK(document->root()["id"].text() == "4");
  CHECK(document->root()["meta"]["profile"].at(0).text() == "p");
  CHECK(call(http::Method::get, "/sink/Observation/1").status == 404);
}

TEST_CASE_METHOD(Fixture, "sink: refuses what is no conditional update of that resource", "[demo][sink]") {
  struct Row {
    const char* name;
    const char* query;
    const char* body;
  };
  const std::vector<Row> rows = {
      {"no identifier", "", R"({"resourceType":"Observation"})"},
      {"no system", "identifier=a", R"({"resourceType":"Observation","identifier":[{"value":"a"}]})"},
      {"another identifier in the body", "identifier=urn%3Ax%7Ca",
       R"({"resourceType":"Observation","identifier":[{"system":"urn:x","value":"b"}]})"},
      {"another resource", "identifier=urn%3Ax%7Ca",
       R"({"resourceType":"Patient","identifier":[{"system":"urn:x","value":"a"}]})"},
      {"no JSON", "identifier=urn%3Ax%7Ca", "{"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(call(http::Method::put, "/sink/Observation", row.query, row.body).status == 400);
  }
  CHECK(listed().empty());
  CHECK(call(http::Method::get, "/sink/counts").body.find(R"("refused":5)") != std::string::npos);
}
