#include "gateway/demo/staff.hpp"

#include <catch2/catch.hpp>

using namespace gateway::demo;
using namespace std::chrono_literals;

namespace {

constexpr fhir::Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 12h;

std::string alarm(std::string_view state, std::string_view raised, std::string_view owner) {
  std::string text = R"({"alarms":[{"id":"a1","version":7,"state":")";
  text.append(state).append(R"(","raised":")").append(raised).append(R"(","owner":)").append(owner).append("}]}");
  return text;
}

}  // namespace

TEST_CASE("staff: take what nobody touched for ten minutes, resolve what is theirs, leave what is a visitor's",
          "[demo]") {
  struct Row {
    const char* name;
    const char* state;
    const char* raised;
    const char* owner;
    const char* action;  // null: none
  };
  constexpr const char* mine = R"({"id":"synthetic-nurse"})";
  constexpr const char* yours = R"({"id":"kari"})";
  const Row rows[] = {{"just raised", "raised", "2026-11-20T11:50:01Z", "null", nullptr},
                      {"ten minutes old", "raised", "2026-11-20T11:50:00Z", "null", "take"},
                      {"escalated, with an owner", "raised", "2026-11-20T11:00:00Z", yours, nullptr},
                      {"acknowledged by a visitor", "acknowledged", "2026-11-20T11:00:00Z", "null", nullptr},
                      {"taken by a visitor", "in-progress", "2026-11-20T11:00:00Z", yours, nullptr},
                      {"taken by the staff", "in-progress", "2026-11-20T11:59:00Z", mine, "resolve"},
                      {"resolved", "resolved", "2026-11-20T11:00:00Z", mine, nullptr},
                      {"no time", "raised", "soon", "null", nullptr}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      auto list = fhir::JsonDocument::parse(alarm(row.state, row.raised, row.owner));
      REQUIRE(list.has_value());
      std::vector<Handling> expected;
      if (row.action != nullptr) expected.push_back({"a1", row.action, 7});
      CHECK(handlings(list->root(), now) == expected);
    }
  }
}

TEST_CASE("staff: an answer that is no list is nothing to do", "[demo]") {
  for (const char* body : {"{}", "[]", R"({"alarms":3})", R"({"alarms":[1,{}]})"}) {
    auto list = fhir::JsonDocument::parse(body);
    REQUIRE(list.has_value());
    CHECK(handlings(list->root(), now).empty());
  }
}
