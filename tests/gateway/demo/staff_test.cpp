#include "gateway/demo/staff.hpp"

#include <catch2/catch.hpp>

using namespace gateway::demo;
using namespace std::chrono_literals;

namespace {

constexpr fhir::Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 12h;

const Workplace centre{"t", "nurse", "983974910"}, ward{"t", "doctor", "", false}, alone{"t", "nurse", ""};

std::string alarm(std::string_view state, std::string_view raised, std::string_view owner, std::string_view more = {}) {
  std::string text = R"({"alarms":[{"id":"a1","version":7,"state":")";
  text.append(state).append(R"(","raised":")").append(raised).append(R"(","owner":)").append(owner).append(more).append("}]}");
  return text;
}

std::vector<Handling> done(const Workplace& place, const std::string& list) {
  auto document = fhir::JsonDocument::parse(list);
  REQUIRE(document.has_value());
  return handlings(place, document->root(), now);
}

constexpr const char* nurse = R"({"id":"nurse"})";
constexpr const char* long_ago = "2026-11-20T11:00:00Z";

}  // namespace

TEST_CASE("staff: take what nobody touched for a while, resolve what is theirs, leave what is a visitor's", "[demo]") {
  struct Row {
    const char* name;
    const char* state;
    const char* raised;
    const char* owner;
    const char* action;  // null: none
  };
  constexpr const char* yours = R"({"id":"kari"})";
  const Row rows[] = {{"just raised", "raised", "2026-11-20T11:58:01Z", "null", nullptr},
                      {"two minutes old", "raised", "2026-11-20T11:58:00Z", "null", "take"},
                      {"escalated, with an owner", "raised", long_ago, yours, nullptr},
                      {"acknowledged by a visitor", "acknowledged", long_ago, "null", nullptr},
                      {"taken by a visitor", "in-progress", long_ago, yours, nullptr},
                      {"taken by the staff", "in-progress", "2026-11-20T11:59:00Z", nurse, "resolve"},
                      {"resolved", "resolved", long_ago, nurse, nullptr},
                      {"no time", "raised", "soon", "null", nullptr}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      std::vector<Handling> expected;
      if (row.action != nullptr) expected.push_back({"a1", row.action, 7});
      CHECK(done(centre, alarm(row.state, row.raised, row.owner)) == expected);
    }
  }
}

TEST_CASE("staff: a severe breach goes to the ward, which accepts and resolves it", "[demo]") {
  const std::string severe = R"(,"severity":"severe","origin":"rule","events":[)";
  const auto in_progress = [&](const std::string& owner, const std::string& events) {
    return alarm("in-progress", long_ago, owner, severe + events + "]");
  };
  const Handling over{"a1", "hand-over", 7, "983974910"}, accepted{"a1", "hand-over", 7}, resolved{"a1", "resolve", 7};
  CHECK(done(centre, in_progress(nurse, R"({"action":"take"})")) == std::vector{over});
  CHECK(done(alone, in_progress(nurse, R"({"action":"take"})")) == std::vector{resolved});
  const std::string offered = in_progress(nurse, R"({"action":"take"},{"action":"hand-over"})");
  CHECK(done(centre, offered).empty());
  CHECK(done(ward, offered) == std::vector{accepted});
  const std::string theirs = in_progress(R"({"id":"doctor"})", R"({"action":"hand-over"},{"action":"hand-over-accepted"})");
  CHECK(done(ward, theirs) == std::vector{resolved});
  CHECK(done(centre, theirs).empty());
  CHECK(done(ward, alarm("raised", long_ago, "null")).empty());  // the centre's to take

  CHECK(action_json(centre, over) ==
        R"({"action":"hand-over","note":"synthetic staff of the demonstration","by":{"id":"nurse","name":"nurse"},"to":{"organization":"983974910","name":"ward"}})");
  CHECK(action_json(ward, accepted).ends_with(R"("accept":true})"));
  CHECK(action_json(ward, resolved).find("accept") == std::string::npos);
}

TEST_CASE("staff: an answer that is no list is nothing to do", "[demo]") {
  for (const char* body : {"{}", "[]", R"({"alarms":3})", R"({"alarms":[1,{}]})"}) CHECK(done(centre, body).empty());
}
