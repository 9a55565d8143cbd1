#include "fhir/care_plan.hpp"

#include "tests/support/printing.hpp"

using namespace fhir;

namespace {

const char* const short_form = R"({"title":"KOLS","goal":"Gå tur hver dag","author":"Lege Ola","period":{"start":"2026-11-01","end":"2027-05-01"},
 "zones":[{"zone":"red","feel":"Klarer ikke å snakke","numbers":"SpO2 under 85","advice":["Ring 113","Sitt oppreist"],"contact":"113","service":"Varsel straks"},
          {"zone":"yellow","advice":["Ta prednisolon som avtalt"],"medicines":"Se medisinlisten"},
          {"zone":"green","numbers":"SpO2 over 90","advice":[]}]})";

CarePlanView view() {
  CarePlanView view;
  view.id = view.patient_id = "02a6e4d498600000";
  view.version = 3;
  view.last_updated = DateTime::parse("2026-11-20T08:00:00Z")->utc;
  view.patient_system = "urn:oid:2.16.578.1.12.4.1.4.1";
  view.patient_value = "13816590072";
  return view;
}

Result<CarePlan> read(const std::string& json) {
  auto document = JsonDocument::parse(json);
  REQUIRE(document);
  return care_plan_from_json(document->root(), "Patient/02a6e4d498600000");
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t place = text.find(what);
  REQUIRE(place != std::string::npos);
  return text.replace(place, what.size(), with);
}

}  // namespace

TEST_CASE("care plan: the short form becomes a resource that reads back the same", "[care-plan]") {
  auto plan = read(short_form);
  REQUIRE(plan);
  CHECK(plan->zones.size() == 3);
  CHECK(plan->zones[0].zone == "green");
  const std::string resource = care_plan_resource(*plan, view());
  auto again = read(resource);
  INFO(resource << (again ? "" : again.error().detail));
  REQUIRE(again);
  CHECK(*again == *plan);
  CHECK(care_plan_resource(*again, view()) == resource);

  const JsonDocument shown = JsonDocument::parse(resource).value();
  CHECK(shown.root()["category"].at(0)["coding"].at(0)["code"].text() == "2");
  CHECK(shown.root()["subject"]["identifier"]["value"].text() == "13816590072");
  CHECK(shown.root()["meta"]["versionId"].text() == "3");
  for (JsonValue part : shown.root()["contained"]) {
    if (part["resourceType"].text() == "CarePlan") CHECK(part["partOf"].at(0)["reference"].text() == "#");
    CHECK(part["subject"]["reference"].text() == "Patient/02a6e4d498600000");
  }
}

TEST_CASE("care plan: what an alarm shows of a zone", "[care-plan]") {
  auto plan = read(short_form);
  REQUIRE(plan);
  CHECK(zone_advice(plan->zones[2]) == "Ring 113\nSitt oppreist\nKontakt: 113\nTjenesten: Varsel straks");
  CHECK(zone_advice(plan->zones[1]) == "Ta prednisolon som avtalt\nMedisiner: Se medisinlisten");
  CHECK(zone_advice(plan->zones[0]).empty());
}

TEST_CASE("care plan: what cannot be kept is refused with its path", "[care-plan]") {
  struct Row {
    std::string json, says;
  };
  auto plan = read(short_form);
  REQUIRE(plan);
  const std::string resource = care_plan_resource(*plan, view());
  for (const Row& row : {
           Row{"[]", "expected an object"},
           Row{R"({"resourceType":"Goal"})", "resourceType"},
           Row{R"({"zones":[]})", "zones: there is none"},
           Row{R"({"zones":3})", "zones: expected an array"},
           Row{R"({"zones":[3]})", "zones[0]: expected an object"},
           Row{R"({"zones":[{"zone":"blue","advice":["x"]}]})", "expected green, yellow or red"},
           Row{R"({"zones":[{"zone":"red"}]})", "zone red: without advice"},
           Row{R"({"zones":[{"zone":"red","advice":[""]}]})", "without words"},
           Row{R"({"zones":[{"zone":"red","advice":"x"}]})", "zones[0].advice: expected an array"},
           Row{R"({"zones":[{"zone":"red","advice":[4]}]})", "zones[0].advice[0]: expected a string"},
           Row{R"({"zones":[{"zone":"red","advice":["x"]},{"zone":"red","advice":["y"]}]})", "zone red: is there twice"},
           Row{R"({"zones":[{"zone":"red","advice":["x"],"colour":"red"}]})", "zones[0].colour: is not kept"},
           Row{R"({"status":"alive","zones":[{"zone":"red","advice":["x"]}]})", "status: not a status"},
           Row{R"({"period":{"start":"soon"},"zones":[{"zone":"red","advice":["x"]}]})", "period.start"},
           Row{R"({"period":{"start":"2026-02-01","end":"2026-01-01"},"zones":[{"zone":"red","advice":["x"]}]})", "period.end: before start"},
           Row{"{\"title\":\"" + std::string(2001, 'x') + R"(","zones":[]})", "title: more than 2000 bytes"},
           Row{R"({"title":"a\u0001","zones":[]})", "title: a control character"},
           Row{replaced(resource, R"("intent":"plan","category")", R"("intent":"order","category")"), "CarePlan.intent"},
           Row{replaced(resource, R"("code":"2","display":"egen)", R"("code":"1","display":"egen)"), "CarePlan.category"},
           Row{replaced(resource, R"("title":"KOLS")", R"("title":"KOLS","goal":[])"), "CarePlan.goal: is not kept"},
           Row{replaced(resource, R"("#red-when")", R"("#nothing")"), "expected one reference to a contained Condition"},
           Row{replaced(resource, R"(Patient/02a6e4d498600000","type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13816590072"}},"period")",
                        R"(Patient/02a6e4d498600001"},"period")"),
               "CarePlan.subject.reference: another patient"},
           Row{replaced(resource, R"({"resourceType":"Condition")", R"({"resourceType":"Binary")"), "expected a CarePlan or the Condition"},
       }) {
    auto refused = read(row.json);
    INFO(row.json.substr(0, 300) << " -> " << (refused ? "taken" : refused.error().detail));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find(row.says) != std::string::npos);
  }
}
