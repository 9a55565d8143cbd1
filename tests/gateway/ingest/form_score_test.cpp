// The total of a form that is answered completely: stored, judged, corrected and taken back with its form.
#include "gateway/ingest/form_score.hpp"

#include <ostream>

#include "gateway/alarms/alarm.hpp"
#include "gateway/ingest/computed_score.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

constexpr const char* cat_rule =
    R"({"id":"cat-high","severity":"moderate","form":{"questionnaire":"http://forms/cat","total":"cat",)"
    R"("links":["1","2","3","4","5","6","7","8"],"at_least":20}})";

InProcessGateway::Options with_forms() {
  InProcessGateway::Options options;
  config::Source forms = options.config.sources[0];
  forms.id = forms.bearer = "forms";
  forms.adapter = "fhir";
  options.config.sources.push_back(forms);
  return options;
}

// Answers "1" to "8" in order; a '-' is not answered.
std::string form(const std::string& answers, const std::string& id = "q-1", const std::string& status = "completed") {
  std::string items;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i] == '-') continue;
    items += std::string(items.empty() ? "" : ",") + R"({"linkId":")" + std::to_string(i + 1) + R"(","answer":[{"valueInteger":)" + answers[i] + "}]}";
  }
  return R"({"resourceType":"QuestionnaireResponse","id":")" + id + R"(","status":")" + status +
         R"(","questionnaire":"http://forms/cat|1.0","authored":"2026-11-20T08:30:00Z","subject":{"identifier":{"system":")" + tests::fnr +
         R"(","value":")" + tests::synthetic_number(1) + R"("}},"item":[)" + items + "]}";
}

struct Ward {
  InProcessGateway gateway{with_forms()};
  PatientId patient;

  Ward() {
    patient = gateway.patient(1);
    plan(cat_rule);
  }
  void plan(const std::string& rules) {
    auto response = gateway.put("/patients/" + patient.text() + "/limits", "clinic", R"({"rules":[)" + rules + R"(],"limits":[{"kind":"cat","alert_high":30}]})");
    INFO(response.body);
    REQUIRE(response.status / 100 == 2);
  }
  Json send(const std::string& body) {
    auto response = gateway.post("/ingest/forms", "forms", body, {{"content-type", "application/fhir+json"}});
    INFO(response.body);
    REQUIRE(response.status == 200);
    return Json(response.body);
  }
  std::vector<store::Observation> totals(fhir::Kind kind = fhir::kinds().cat) {
    store::Reader::HistoryFilter filter;
    filter.patient = patient;
    filter.kind = kind;
    std::vector<store::Observation> rows = gateway.reader().history(filter);
    std::erase_if(rows, [](const store::Observation& row) { return !ingest::is_computed(row); });
    return rows;
  }
  std::string shown() {
    std::string text;
    for (const store::Observation& row : totals()) {
      text.append(text.empty() ? "" : ", ").append(row.value->text()).append(" v").append(std::to_string(row.version));
      if (row.status == store::Status::entered_in_error) text.append(" taken back");
    }
    return text;
  }
};

}  // namespace

TEST_CASE("form score: a complete form is a reading of its own, derived from the form, and judged", "[ingest][form]") {
  Ward ward;
  const Json answer = ward.send(form("33333333"));
  REQUIRE(answer.text("results", 0, "outcome") == "accepted");
  REQUIRE(ward.shown() == "24 v1");
  const store::Observation total = ward.totals().front();
  const Json resource(total.resource);
  CHECK(resource.text("derivedFrom", 0, "reference") == answer.text("results", 0, "observation"));
  CHECK(resource.text("valueQuantity", "value") == "24");
  CHECK(resource.text("effectiveDateTime").starts_with("2026-11-20T08:30:00"));
  CHECK(resource.text("status") == "final");
  // The rule's alarm; no limit is crossed by 24.
  store::AlarmFilter filter;
  filter.tenant = ward.gateway.bodo();
  const auto alarms = ward.gateway.reader().alarms(filter);
  REQUIRE(alarms.size() == 1);
  CHECK(alarms::alarm_from_stored(alarms.front()).value().reason.text == "CAT minst 24, minst 20");
  SECTION("the same again is nothing new") {
    CHECK(ward.send(form("33333333")).text("results", 0, "outcome") == "duplicate");
    CHECK(ward.shown() == "24 v1");
  }
  SECTION("corrected: the total follows as a new version, and is judged by its limit") {
    CHECK(ward.send(form("44444444", "q-1", "amended")).text("results", 0, "outcome") == "amended");
    CHECK(ward.shown() == "32 v2");
    CHECK(ward.gateway.reader().alarms(filter).size() == 2);
  }
  SECTION("corrected to an incomplete form: taken back; complete again: another resource") {
    ward.send(form("3333333-", "q-1", "amended"));
    CHECK(ward.shown().empty());
    CHECK(ward.gateway.reader().observation(total.id)->status == store::Status::entered_in_error);
    ward.send(form("22222222", "q-1", "amended"));
    CHECK(ward.shown() == "16 v1");
    CHECK(ward.totals().front().id != total.id);
  }
}

TEST_CASE("form score: missing answers are never 0", "[ingest][form]") {
  Ward ward;
  const Json answer = ward.send(form("33333---"));
  CHECK(ward.shown().empty());
  const auto row = ward.gateway.reader().observation(ObservationId::parse(answer.text("results", 0, "observation").substr(12)).value());
  const Json judgement(row->judgement);
  CHECK(judgement.text("rules", 0, "outcome") == "incomplete");  // 15 to 30
  SECTION("certain without them") {
    ward.send(form("55550---", "q-2"));
    CHECK(ward.shown().empty());
    CHECK(ward.gateway.reader().open_alarms(ward.patient).size() == 1);
  }
}

TEST_CASE("form score: a weighted form of no kind of its own", "[ingest][form]") {
  Ward ward;
  ward.plan(R"({"id":"sum","severity":"moderate","form":{"questionnaire":"http://forms/cat","links":["1","2"],"weights":[3,1],"at_least":10}})");
  ward.send(form("31"));
  const auto totals = ward.totals(fhir::kinds().questionnaire);
  REQUIRE(totals.size() == 1);
  CHECK(totals.front().value->text() == "10");
  CHECK(Json(totals.front().resource).text("code", "coding", 0, "code") == "74465-6");
  CHECK(ward.gateway.reader().open_alarms(ward.patient).size() == 1);
}

TEST_CASE("form score: goes with a form that is recalled, and is nobody's without a rule", "[ingest][form]") {
  Ward ward;
  SECTION("recalled") {
    ward.send(form("33333333"));
    const store::Observation total = ward.totals().front();
    auto response = ward.gateway.post("/admin/recalls", "operator", R"({"source":"forms","from":"2026-11-20T00:00:00Z","to":"2026-11-21T00:00:00Z","reason":"fault"})");
    INFO(response.body);
    REQUIRE(response.status / 100 == 2);
    CHECK(ward.gateway.eventually([&] { return ward.gateway.reader().observation(total.id)->status == store::Status::entered_in_error; }));
  }
  SECTION("no rule") {
    ward.plan("");
    ward.send(form("33333333"));
    CHECK(ward.shown().empty());
  }
}
