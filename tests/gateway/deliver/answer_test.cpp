#include "gateway/deliver/answer.hpp"

#include <catch2/catch.hpp>

#include "fhir/national_id.hpp"
#include "tests/support/scripted_http_client.hpp"

using namespace gateway::deliver;
using namespace std::chrono_literals;

namespace {

const fhir::Time now = std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + 8h + 49min;

std::string outcome(const std::string& severity, const std::string& detail) {
  return R"({"resourceType":"OperationOutcome","issue":[{"severity":")" + severity + R"(","code":"processing",)" +
         detail + "}]}";
}

}  // namespace

TEST_CASE("answer: the status decides what becomes of the item", "[deliver][answer]") {
  struct Row {
    int status;
    Outcome outcome;
  };
  const std::vector<Row> rows = {
      {200, Outcome::delivered},   {201, Outcome::delivered},   {204, Outcome::delivered},
      {301, Outcome::unreachable}, {307, Outcome::unreachable}, {400, Outcome::refused},
      {401, Outcome::unreachable}, {403, Outcome::refused},     {404, Outcome::refused},
      {407, Outcome::unreachable}, {408, Outcome::unreachable}, {409, Outcome::refused},
      {412, Outcome::refused},     {413, Outcome::refused},     {422, Outcome::refused},
      {425, Outcome::unreachable}, {429, Outcome::throttled},   {500, Outcome::failed},
      {501, Outcome::failed},      {502, Outcome::unreachable}, {503, Outcome::unreachable},
      {504, Outcome::unreachable},
  };
  for (const Row& row : rows) {
    INFO("HTTP " << row.status);
    CHECK(judge_answer(support::status(row.status), now).outcome == row.outcome);
  }
  CHECK(judge_answer(support::unreachable(), now).outcome == Outcome::unreachable);
}

TEST_CASE("answer: a success that carries an error is none", "[deliver][answer]") {
  SECTION("an OperationOutcome with an error") {
    Answer answer = judge_answer(support::status(200, outcome("error", R"("diagnostics":"disk full")")), now);
    CHECK(answer.outcome == Outcome::failed);
    CHECK(answer.reason == "HTTP 200, processing: disk full");
  }
  SECTION("an OperationOutcome that only informs") {
    CHECK(judge_answer(support::status(200, outcome("information", R"("diagnostics":"ok")")), now).outcome ==
          Outcome::delivered);
  }
  SECTION("a web page") {
    HttpResponse page = support::status(200, "<html>Sorry</html>");
    page.headers = {{"content-type", "text/html; charset=utf-8"}};
    CHECK(judge_answer(page, now).outcome == Outcome::unreachable);
  }
  SECTION("the resource itself") {
    CHECK(judge_answer(support::status(200, R"({"resourceType":"Observation"})"), now).outcome == Outcome::delivered);
  }
}

TEST_CASE("answer: the reason comes from the receiver, short and without what it should not hold",
          "[deliver][answer]") {
  auto reason = [](const std::string& detail) {
    return judge_answer(support::status(422, outcome("error", detail)), now).reason;
  };
  CHECK(reason(R"("details":{"text":"unknown code"},"diagnostics":"stack")") == "HTTP 422, processing: unknown code");
  CHECK(reason(R"("diagnostics":"line one\nline two")") == "HTTP 422, processing: line one line two");

  // Synthetic: its month is 12 + 80.
  std::string naming = reason(R"("diagnostics":"no patient 13925012410 here")");
  CHECK(naming.find("13925012410") == std::string::npos);
  CHECK(naming.find("withheld") != std::string::npos);

  CHECK(reason(R"("diagnostics":"cannot store {\"resourceType\":\"Observation\"}")") ==
        "HTTP 422, processing: cannot store");
  std::string echo = reason("\"diagnostics\":\"" + std::string(5'000, 'x') + "\"");
  CHECK(echo.size() < 250);

  CHECK(judge_answer(support::status(400, "not JSON"), now).reason == "HTTP 400");
  HttpResponse cut = support::status(400, outcome("error", R"("diagnostics":"x")"));
  cut.truncated = true;
  CHECK(judge_answer(cut, now).reason == "HTTP 400");
}

TEST_CASE("answer: a long reason is cut between characters, not inside one", "[deliver][answer]") {
  std::string text;
  for (int i = 0; i < 150; ++i) text += "å";
  std::string reason =
      judge_answer(support::status(422, outcome("error", "\"diagnostics\":\"" + text + "\"")), now).reason;
  std::size_t at = reason.find("å");
  REQUIRE(at != std::string::npos);
  std::string tail = reason.substr(at);
  while (tail.starts_with("å")) tail.erase(0, std::string("å").size());
  CHECK(tail == "…");
}

TEST_CASE("answer: Retry-After in seconds or as a date, within bounds", "[deliver][answer]") {
  struct Row {
    const char* text;
    std::optional<std::chrono::seconds> wait;
  };
  const std::vector<Row> rows = {
      {"", std::nullopt},
      {"0", 0s},
      {"120", 120s},
      {"999999", retry_after_max},
      {"99999999999999999999", retry_after_max},
      {"-1", std::nullopt},
      {"soon", std::nullopt},
      {"1.5", std::nullopt},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 37s},
      {"Sun, 06 Nov 1994 08:48:00 GMT", 0s},               // already past
      {"Mon, 07 Nov 1994 08:49:37 GMT", retry_after_max},  // a day away
      {"Sun, 31 Feb 1994 08:49:37 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 25:49:37 GMT", std::nullopt},
      {"Sunday, 06-Nov-94 08:49:37 GMT", std::nullopt},  // the obsolete form
  };
  for (const Row& row : rows) {
    INFO("'" << row.text << "'");
    CHECK(parse_retry_after(row.text, now) == row.wait);
  }
  CHECK(judge_answer(support::busy(503, "7"), now).retry_after == 7s);
  CHECK(judge_answer(support::busy(429, "7"), now).retry_after == 7s);
}
