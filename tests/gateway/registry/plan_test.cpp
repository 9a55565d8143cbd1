#include "gateway/registry/plan.hpp"

#include "tests/support/printing.hpp"

using namespace gateway;
using registry::Plan;
using registry::PlannedLimit;

namespace {

thresholds::Limit high(std::string kind, std::int64_t alert_high, std::string component = {}) {
  thresholds::Limit limit;
  limit.kind = std::move(kind);
  limit.component = std::move(component);
  limit.alert_high = thresholds::Number{alert_high, 0};
  return limit;
}

const std::vector<config::Programme> programmes{
    {"copd", {high("heart-rate", 120), high("body-temperature", 39)}},
    {"heart", {high("heart-rate", 110), high("body-weight", 100)}},
    {"pressure", {high("blood-pressure", 180, "systolic"), high("blood-pressure", 110, "diastolic")}},
};

// "heart-rate<110 heart" of each limit.
std::string shown(const std::vector<PlannedLimit>& limits) {
  std::string text;
  for (const PlannedLimit& planned : limits) {
    text += (text.empty() ? "" : ", ") + planned.limit.kind;
    if (!planned.limit.component.empty()) text += "/" + planned.limit.component;
    text += "<" + std::to_string(planned.limit.alert_high->coefficient) + " " + planned.origin;
  }
  return text;
}

Plan enrolled(Plan plan, std::vector<std::string> names) {
  plan = registry::enrol(plan, names, programmes);
  ++plan.version;
  return plan;
}

fhir::Result<std::vector<PlannedLimit>> limits_from(std::string_view body) {
  auto document = fhir::JsonDocument::parse(body);
  REQUIRE(document);
  auto plan = registry::personal_from_json(document->root(), "Europe/Oslo");
  if (!plan) return plan.error();
  return *plan->limits;
}

}  // namespace

TEST_CASE("plan: enrolment copies defaults, later programmes win", "[registry][plan]") {
  Plan plan = enrolled({}, {"copd"});
  CHECK(shown(plan.limits) == "heart-rate<120 copd, body-temperature<39 copd");
  plan = enrolled(plan, {"copd", "heart"});
  CHECK(shown(plan.limits) == "heart-rate<110 heart, body-temperature<39 copd, body-weight<100 heart");
  CHECK(shown(enrolled(plan, {"copd", "heart"}).limits) == shown(plan.limits));
  CHECK(shown(enrolled(plan, {"copd", "heart", "pressure"}).limits) ==
        "heart-rate<110 heart, body-temperature<39 copd, body-weight<100 heart, blood-pressure/systolic<180 pressure, "
        "blood-pressure/diastolic<110 pressure");
}

TEST_CASE("plan: a programme that is left takes its limits along, and uncovers what others ask for",
          "[registry][plan]") {
  // Heart failure's stricter pulse limit replaced COPD's. Leaving heart failure must not leave a COPD patient without
  // one.
  Plan plan = enrolled(enrolled({}, {"copd"}), {"copd", "heart"});
  CHECK(shown(enrolled(plan, {"copd"}).limits) == "body-temperature<39 copd, heart-rate<120 copd");
  CHECK(shown(enrolled(plan, {}).limits) == "");
}

TEST_CASE("plan: what a person set stays as it is", "[registry][plan]") {
  Plan plan = enrolled({}, {"copd"});
  plan.limits = {{high("heart-rate", 90), "personal"}};  // and the temperature was taken out
  CHECK(shown(enrolled(plan, {"copd", "heart"}).limits) == "heart-rate<90 personal, body-weight<100 heart");
  CHECK(shown(enrolled(enrolled(plan, {"copd", "heart"}), {"copd"}).limits) == "heart-rate<90 personal");
  CHECK(shown(enrolled(plan, {}).limits) == "heart-rate<90 personal");
}

TEST_CASE("plan: a programme's later edit does not reach who has it", "[registry][plan]") {
  Plan plan = enrolled({}, {"copd"});
  std::vector<config::Programme> edited = programmes;
  edited[0].limits = {high("heart-rate", 200)};
  CHECK(shown(registry::enrol(plan, {"copd"}, edited).limits) == shown(plan.limits));
}

TEST_CASE("plan: judged when there is something to judge by", "[registry][plan]") {
  CHECK_FALSE(Plan{}.judged());
  CHECK_FALSE((Plan{.version = 3, .programmes = {}, .limits = {}}).judged());
  CHECK((Plan{.version = 1, .programmes = {"copd"}, .limits = {}}).judged());
  CHECK((Plan{.version = 1, .programmes = {}, .limits = {{high("heart-rate", 1), "personal"}}}).judged());
}

TEST_CASE("plan: limits are stored as shown, digits kept", "[registry][plan]") {
  auto limits =
      limits_from(R"({"limits":[{"kind":"body-temperature","alert_high":"39.50","warning_high":38.5,"warning_low":null},
                                        {"kind":"blood-pressure","component":"systolic","alert_low":90,"origin":"copd"}]})");
  REQUIRE(limits);
  const std::string json = registry::limits_json(*limits);
  CHECK(json == R"([{"kind":"body-temperature","alert_high":39.50,"warning_high":38.5,"origin":"personal"},)"
                R"({"kind":"blood-pressure","component":"systolic","alert_low":90,"origin":"personal"}])");
  store::Plan row;
  row.version = 2;
  row.programmes = {"copd"};
  row.limits = json;
  Plan read = registry::plan_from(row);
  CHECK(registry::limits_json(read.limits) == json);
  CHECK(read.version == 2);
  CHECK(read.limit_for("blood-pressure", "systolic") != nullptr);
  CHECK(read.limit_for("blood-pressure", "") == nullptr);
}

TEST_CASE("plan: limits that cannot be meant are refused, with their place", "[registry][plan]") {
  struct Row {
    const char* name;
    const char* body;
    const char* says;
  };
  const Row rows[] = {
      {"no list", R"({})", "limits"},
      {"an object", R"({"limits":{}})", "limits"},
      {"a number in the list", R"({"limits":[1]})", "limits[0]"},
      {"an unknown kind", R"({"limits":[{"kind":"x","alert_high":1}]})", "limits[0]"},
      {"an unknown member", R"({"limits":[{"kind":"heart-rate","alert_hihg":1}]})", "alert_hihg"},
      {"no bound", R"({"limits":[{"kind":"heart-rate"}]})", "limits"},
      {"bounds upside down", R"({"limits":[{"kind":"heart-rate","alert_high":100,"warning_high":120}]})", "limits"},
      {"two for one kind", R"({"limits":[{"kind":"heart-rate","alert_high":1},{"kind":"heart-rate","alert_high":2}]})",
       "limits"},
      {"a component of a kind without", R"({"limits":[{"kind":"heart-rate","component":"systolic","alert_high":1}]})",
       "limits[0]"},
      {"a pressure without component", R"({"limits":[{"kind":"blood-pressure","alert_high":1}]})", "limits[0]"},
      {"a component of another kind",
       R"({"limits":[{"kind":"blood-pressure","component":"heart-rate","alert_high":1}]})", "limits[0]"},
      {"a word for a bound", R"({"limits":[{"kind":"heart-rate","alert_high":"high"}]})", "alert_high"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      auto limits = limits_from(row.body);
      REQUIRE_FALSE(limits);
      CHECK(limits.error().category == fhir::ErrorCategory::invalid);
      CHECK(limits.error().detail.find(row.says) != std::string::npos);
    }
  }
  SECTION("201 of them") {
    std::string body = R"({"limits":[)";
    for (int i = 0; i < 201; ++i) body += std::string(i == 0 ? "" : ",") + R"({"kind":"heart-rate","alert_high":1})";
    CHECK_FALSE(limits_from(body + "]}"));
  }
}
