// Alarms kept quiet by people: what is hidden and what never is, how the end is told and reviewed, over restarts.
#include <ostream>

#include "gateway/alarms/alarm.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using tests::InProcessGateway;
using tests::Json;

namespace {

const char* const by = R"("by":{"id":"n-1","name":"Kari"})";

// The gateway's clock begins at 2026-11-20T09:00Z, a Friday, 10:00 in Oslo.
struct Ward {
  InProcessGateway gateway;
  PatientId patient;

  explicit Ward(InProcessGateway::Options options = {}) : gateway(std::move(options)) {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    patient = gateway.patient(1);
    plan(R"({"limits":[{"kind":"oxygen-saturation","alert_low":85,"warning_low":90}],
             "rules":[{"id":"gain","kind":"body-weight","rise":2,"unit":"kg","within":"3d","severity":"moderate"}]})");
  }
  void plan(const std::string& body) {
    auto response = gateway.put("/patients/" + patient.text() + "/limits", "clinic", body);
    INFO(response.body);
    REQUIRE(response.status / 100 == 2);
  }
  std::string target() const { return "/patients/" + patient.text() + "/suppressions"; }
  http::Response ask(const std::string& body, std::string_view who = "centre") {
    return gateway.post(target(), who, "{" + body + "," + by + R"(,"reason":"Kjent")" + "}");
  }
  std::string begin(const std::string& body) {
    auto response = ask(body);
    INFO(response.body);
    REQUIRE(response.status == 201);
    CHECK(tests::header(response, "Location") == "/suppressions/" + Json(response.body).text("id"));
    return Json(response.body).text("id");
  }
  http::Response act(const std::string& id, const std::string& body, std::string_view who = "centre") {
    const std::string version = tests::header(gateway.get("/suppressions/" + id, "centre"), "ETag");
    return gateway.post("/suppressions/" + id + "/actions", who, "{" + body + "," + by + "}", {{"if-match", version}});
  }
  Json shown(const std::string& id) { return Json(gateway.get("/suppressions/" + id, "centre").body); }
  // Alarms that the reading raised or changed, as the answer names them.
  std::string send(const std::string& item) {
    auto response = gateway.ingest("sensors", item);
    INFO(response.body);
    REQUIRE(response.status == 200);
    return Json(response.body).text("results", 0, "alarms");
  }
  void pass(seconds time) {
    gateway.pass(time);
    gateway.step_timers();
  }
  std::vector<alarms::Alarm> all() {
    store::AlarmFilter filter;
    filter.tenant = gateway.bodo();
    std::vector<alarms::Alarm> found;
    for (const store::Alarm& row : gateway.reader().alarms(filter)) found.push_back(alarms::alarm_from_stored(row).value());
    return found;
  }
  // "moderate raised: Undertrykking ..." of the alarms about suppressions
  std::string told() {
    std::string text;
    for (const alarms::Alarm& alarm : all()) {
      if (alarm.reason.rule != "suppression") continue;
      text.append(text.empty() ? "" : "; ").append(thresholds::name(alarm.machine.severity)).append(" ");
      text.append(alarm.open() ? thresholds::name(alarm.machine.state) : std::string_view(alarm.closing)).append(": ");
      text.append(alarm.reason.text);
    }
    return text;
  }
};

std::string saturation(std::string_view time, std::string_view value) { return tests::saturation("u", time, value); }

}  // namespace

TEST_CASE("suppressions: a limit kept quiet raises nothing, is counted with what it hid, and says so in the judgement", "[api][suppression]") {
  Ward w;
  const std::string id = w.begin(R"("of":"limit","target":"oxygen-saturation","until":"2026-11-21T09:00:00Z")");
  CHECK(w.send(saturation("2026-11-20T08:59:00Z", "88")) == "(absent)");
  CHECK(w.all().empty());
  Json shown = w.shown(id);
  CHECK(shown.text("state") == "open");
  CHECK(shown.text("hidden_count") == "1");
  CHECK(shown.text("hidden", 0, "rule") == "oxygen-saturation:warning_low");
  CHECK(shown.text("hidden", 0, "severity") == "moderate");
  CHECK(shown.text("hidden", 0, "text").find("SpO2 88 %, grense 90") == 0);
  const std::string observation = shown.text("hidden", 0, "observation");
  Json why(w.gateway.get("/judgements/" + observation.substr(12), "clinic").body);
  CHECK(why.text("versions", 0, "judgement", "verdicts", 0, "low", "change") == "suppressed");
  CHECK(why.text("versions", 0, "judgement", "verdicts", 0, "low", "suppression") == id);

  SECTION("what is worse is an alarm, and later readings belong to it") {
    CHECK(w.send(saturation("2026-11-20T08:59:30Z", "84")) != "(absent)");
    CHECK(w.send(saturation("2026-11-20T08:59:40Z", "88")) != "(absent)");
    REQUIRE(w.all().size() == 1);
    CHECK(w.all()[0].machine.severity == thresholds::Severity::severe);
    CHECK(w.all()[0].occurrence_count == 2);
    CHECK(w.shown(id).text("hidden_count") == "1");
  }
  SECTION("another kind and a safety event are not touched") {
    w.plan(R"({"limits":[{"kind":"oxygen-saturation","warning_low":90},{"kind":"body-temperature","warning_high":38}]})");
    CHECK(w.send(tests::reading("u", "2026-11-20T08:59:30Z", "body-temperature", "39", "Cel")) != "(absent)");
    auto fall = w.gateway.ingest("sensors", "", tests::event("u", "2026-11-20T08:59:31Z", "fall"));
    CHECK(Json(fall.body).text("results", 0, "alarms") != "(absent)");
  }
  SECTION("a restart forgets nothing") {
    w.gateway.restart();
    CHECK(w.send(saturation("2026-11-20T08:59:30Z", "87")) == "(absent)");
    CHECK(w.shown(id).text("hidden_count") == "2");
  }
  SECTION("a correction of a hidden reading is the same finding, or none") {
    w.send(tests::saturation("u", "2026-11-20T08:50:00Z", "88", R"("id":"r-1")"));
    w.send(tests::saturation("u", "2026-11-20T08:50:00Z", "87", R"("id":"r-1")"));
    CHECK(w.shown(id).text("hidden_count") == "2");
    CHECK(w.send(tests::saturation("u", "2026-11-20T08:50:00Z", "70", R"("id":"r-1")")) != "(absent)");
  }
  SECTION("after its end the next breach is an alarm") {
    w.pass(hours(24));
    CHECK(w.send(saturation("2026-11-21T08:59:30Z", "88")) != "(absent)");
  }
}

TEST_CASE("suppressions: an alarm that is open already is never hidden", "[api][suppression]") {
  Ward w;
  CHECK(w.send(saturation("2026-11-20T08:58:00Z", "88")) != "(absent)");
  const std::string id = w.begin(R"("of":"limit","target":"oxygen-saturation","until":"2026-11-21T09:00:00Z")");
  CHECK(w.send(saturation("2026-11-20T08:59:00Z", "87")) != "(absent)");
  CHECK(w.all()[0].occurrence_count == 2);
  CHECK(w.shown(id).text("hidden_count") == "0");
}

TEST_CASE("suppressions: a rule is hidden by its id", "[api][suppression]") {
  Ward w;
  const std::string id = w.begin(R"("of":"rule","target":"gain","until":"2026-11-21T09:00:00Z")");
  w.send(tests::reading("u", "2026-11-19T08:00:00Z", "body-weight", "80", "kg"));
  CHECK(w.send(tests::reading("u", "2026-11-20T08:00:00Z", "body-weight", "83", "kg")) == "(absent)");
  Json shown = w.shown(id);
  CHECK(shown.text("hidden", 0, "rule") == "gain");
  CHECK(shown.text("hidden", 0, "text").find("Vekt steget 3 kg") == 0);
}

TEST_CASE("suppressions: the end is told before it comes, and what was hidden is asked to be looked through", "[api][suppression]") {
  Ward w;
  const std::string id = w.begin(R"("of":"limit","target":"oxygen-saturation","until":"2026-11-20T13:00:00Z")");
  w.send(saturation("2026-11-20T08:59:00Z", "88"));
  w.pass(hours(3) - seconds(30));
  CHECK(w.told().empty());
  w.pass(minutes(1));
  CHECK(w.told() == "normal raised: Undertrykking av grenser for oxygen-saturation slutter 20.11.2026 14:00");
  w.gateway.restart();
  w.pass(minutes(1));
  CHECK(w.all().size() == 1);

  SECTION("extended: told again later") {
    CHECK(w.act(id, R"("action":"extend","until":"2026-11-20T12:30:00Z")").status == 400);
    auto extended = w.act(id, R"("action":"extend","until":"2026-11-20T15:00:00Z")");
    INFO(extended.body);
    REQUIRE(extended.status == 200);
    CHECK(w.told().find("normal restored") == 0);
    w.pass(hours(2));
    CHECK(w.all().size() == 2);
    CHECK(w.act(id, R"("action":"extend","until":"2027-01-20T15:00:00Z")").status == 400);
  }
  SECTION("over: one alarm until a person reviewed it") {
    w.pass(hours(1));
    CHECK(w.told() == "moderate raised: Undertrykking av grenser for oxygen-saturation er over: 1 varsel ble holdt tilbake og skal ses gjennom");
    CHECK(w.shown(id).text("state") == "to-review");
    CHECK(Json(w.gateway.get("/suppressions", "centre").body).text("suppressions", 0, "id") == id);
    CHECK(w.act(id, R"("action":"extend","until":"2026-11-21T15:00:00Z")").status == 409);
    CHECK(w.act(id, R"("action":"end")").status == 409);
    CHECK(w.act(id, R"("action":"review")").status == 400);
    auto reviewed = w.act(id, R"("action":"review","note":"Ringt, alt vel")");
    REQUIRE(reviewed.status == 200);
    CHECK(Json(reviewed.body).text("state") == "reviewed");
    CHECK(Json(reviewed.body).text("reviewed_by", "id") == "n-1");
    CHECK(w.told().find("moderate restored") == 0);
    CHECK(w.act(id, R"("action":"review","note":"igjen")").status == 409);
    CHECK(Json(w.gateway.get("/suppressions", "centre").body).text("suppressions") == "[]");
    CHECK(Json(w.gateway.get(w.target() + "?state=all", "clinic").body).text("suppressions", 0, "review") == "Ringt, alt vel");
  }
  SECTION("ended before its time: reviewed like any other") {
    CHECK(w.act(id, R"("action":"review","note":"for tidlig")").status == 409);
    auto ended = w.act(id, R"("action":"end")");
    REQUIRE(ended.status == 200);
    CHECK(Json(ended.body).text("state") == "to-review");
    CHECK(w.told().find("moderate raised") == 0);
    CHECK(w.send(saturation("2026-11-20T11:59:00Z", "88")) != "(absent)");
  }
}

TEST_CASE("suppressions: one that hid nothing is done at its end", "[api][suppression]") {
  Ward w;
  const std::string id = w.begin(R"("of":"limit","target":"oxygen-saturation","until":"2026-11-20T11:00:00Z")");
  w.pass(hours(2));
  w.gateway.step_timers();
  CHECK(w.told().find("normal restored") == 0);
  CHECK(w.shown(id).text("state") == "reviewed");
  CHECK(w.shown(id).text("reviewed_by") == "null");
}

TEST_CASE("suppressions: a commit that fails tells nothing, and the next does", "[api][suppression]") {
  Ward w;
  w.begin(R"("of":"limit","target":"oxygen-saturation","until":"2026-11-20T11:00:00Z")");
  w.send(saturation("2026-11-20T08:59:00Z", "88"));
  w.gateway.memory().fail_commits(1000);
  w.gateway.pass(hours(3), minutes(10));
  CHECK(w.told().empty());
  w.gateway.memory().fail_commits(0);
  w.gateway.step_timers();
  w.gateway.step_timers();
  CHECK(w.told().find("moderate raised") == 0);
  CHECK(w.all().size() == 1);
}

TEST_CASE("suppressions: in a planned absence nothing is missing, and what is measured is judged and marked", "[api][suppression][missing]") {
  Ward w;
  w.plan(R"({"limits":[{"kind":"oxygen-saturation","alert_low":85}],
             "rules":[{"id":"no-weight","severity":"normal","missing":{"kind":"body-weight","windows":["11:00-12:00"],"timezone":"Europe/Oslo","grace":"1h"}},
                      {"id":"no-sugar","severity":"normal","missing":{"kind":"blood-glucose","every":"12h"}}]})");
  const auto missing = [&w] {
    std::string text;
    for (const alarms::Alarm& alarm : w.all()) {
      if (alarm.origin == alarms::Origin::missing) text.append(text.empty() ? "" : "; ").append(alarm.reason.rule).append(alarm.open() ? " open" : " ended");
    }
    return text;
  };
  const std::string id = w.begin(R"("of":"absence","until":"2026-11-22T11:30:00Z")");
  w.pass(hours(48));
  CHECK(missing().empty());
  CHECK(w.shown(id).text("hidden", 0, "observation") == "null");
  const std::string hidden = w.shown(id).text("hidden_count");
  CHECK(std::stoi(hidden) >= 3);  // two mornings, and what was expected every twelve hours

  CHECK(w.send(saturation("2026-11-22T08:58:00Z", "80")) != "(absent)");
  const std::string mark = "Målt under planlagt fravær til 22.11.2026 12:30: Kjent";
  const auto limit = [&w] {
    for (const alarms::Alarm& alarm : w.all()) {
      if (alarm.origin == alarms::Origin::limit) return alarm;
    }
    return alarms::Alarm{};
  };
  CHECK(limit().marks == std::vector<alarms::Mark>{{std::string(alarms::mark_absence), mark}});
  Json shown(w.gateway.get("/alarms/" + limit().id.text(), "centre").body);
  CHECK(shown.text("marks", 0, "text") == mark);
  CHECK(shown.text("advice") == "(absent)");

  SECTION("a window that the absence reaches into is hidden also when it runs out after the end") {
    w.pass(hours(4));  // 13:00Z: the window of 22 November ran out at 12:00Z
    CHECK(missing().empty());
    w.pass(hours(24));
    CHECK(missing().find("no-weight open") != std::string::npos);
    CHECK(w.told().find("moderate raised: Planlagt fravær er over") != std::string::npos);
  }
  SECTION("what is expected every so often is expected again from the end on") {
    w.pass(hours(13));
    CHECK(missing().find("no-sugar") == std::string::npos);
    w.pass(hours(2));
    CHECK(missing().find("no-sugar open") != std::string::npos);
  }
  SECTION("back earlier than planned") {
    REQUIRE(w.act(id, R"("action":"end")").status == 200);
    w.pass(hours(11));
    CHECK(missing().find("no-sugar") == std::string::npos);
    w.pass(hours(2));
    CHECK(missing().find("no-sugar open") != std::string::npos);
    w.send(saturation("2026-11-22T21:00:00Z", "79"));
    CHECK(limit().marks.empty());  // the newest was not measured in it
  }
}

TEST_CASE("suppressions: an alarm that something was missing does not grow in an absence, and does after it", "[api][suppression][missing]") {
  Ward w;
  w.plan(R"({"rules":[{"id":"no-weight","severity":"normal","missing":{"kind":"body-weight","windows":["11:00-12:00"],"timezone":"Europe/Oslo","grace":"1h","escalate":[{"misses":2,"severity":"moderate"}]}}]})");
  w.pass(hours(4));
  REQUIRE(w.all().size() == 1);
  const std::string id = w.begin(R"("of":"absence","until":"2026-11-22T08:00:00Z")");
  w.pass(hours(24));
  CHECK(w.all()[0].occurrence_count == 1);
  CHECK(w.all()[0].machine.severity == thresholds::Severity::normal);
  CHECK(w.shown(id).text("hidden_count") == "1");
  w.pass(hours(24));  // the first window after it: counting begins anew
  CHECK(w.all()[0].occurrence_count == 2);
  CHECK(w.all()[0].machine.severity == thresholds::Severity::normal);
}

TEST_CASE("suppressions: an absence without anything hidden waits for what may still run out", "[api][suppression][missing]") {
  Ward w;
  w.plan(R"({"rules":[{"id":"no-weight","severity":"normal","missing":{"kind":"body-weight","windows":["11:00-12:00"],"timezone":"Europe/Oslo","grace":"3h"}}]})");
  const std::string id = w.begin(R"("of":"absence","until":"2026-11-20T11:30:00Z")");
  w.pass(hours(3));
  CHECK(w.shown(id).text("state") == "over");
  w.pass(hours(3));
  CHECK(w.shown(id).text("hidden_count") == "1");
  w.pass(hours(24));
  CHECK(w.shown(id).text("state") == "to-review");
  CHECK(w.told().find("Planlagt fravær er over: 1 varsel") != std::string::npos);
}

TEST_CASE("suppressions: what may not be asked for is refused with the reason", "[api][suppression]") {
  Ward w;
  const std::string until = R"("until":"2026-11-21T09:00:00Z")";
  struct Row {
    std::string body, says;
  };
  for (const Row& row : {
           Row{R"("of":"everything",)" + until, "of: expected absence, limit or rule"},
           Row{R"("of":"absence")", "until: missing"},
           Row{R"("of":"absence","until":"2026-11-20T08:00:00Z")", "until: it has passed"},
           Row{R"("of":"absence","from":"2026-11-23T00:00:00Z",)" + until, "until: not after from"},
           Row{R"("of":"absence","until":"2027-03-20T08:00:00Z")", "at most 92 days"},
           Row{R"("of":"absence","from":"2024-03-20T08:00:00Z",)" + until, "from: more than a year away"},
           Row{R"("of":"absence","up_to":"severe",)" + until, "up_to: an absence hides missing readings only"},
           Row{R"("of":"absence","target":"x",)" + until, "target: an absence has none"},
           Row{R"("of":"limit",)" + until, "target: missing"},
           Row{R"("of":"limit","target":"heart-rate",)" + until, "the patient's plan has no limit on that kind"},
           Row{R"("of":"rule","target":"loss",)" + until, "the patient's plan has no rule of that id"},
           Row{R"("of":"limit","target":"oxygen-saturation","until":"2026-12-10T09:00:00Z")", "at most 14 days"},
           Row{R"("of":"limit","target":"oxygen-saturation","up_to":"critical",)" + until, "up_to: expected normal, moderate or severe"},
           Row{R"("of":"limit","target":"oxygen-saturation","up_to":"severe",)" + until, "approved_by: missing"},
           Row{R"("of":"limit","target":"oxygen-saturation","up_to":"severe","approved_by":{"id":"n-1"},)" + until, "another person"},
           Row{R"("of":"limit","target":"oxygen-saturation","up_to":"severe","approved_by":{"id":"n-2"},"until":"2026-11-24T09:00:00Z")", "at most 72 hours"},
           Row{R"("of":"limit","target":"oxygen-saturation","warn_before_minutes":0,)" + until, "warn_before_minutes"},
       }) {
    auto response = w.ask(row.body);
    INFO(row.body << " -> " << response.body);
    CHECK(response.status == 400);
    CHECK(response.body.find(row.says) != std::string::npos);
  }
  const std::string body = R"({"of":"absence","until":"2026-11-21T09:00:00Z")";
  CHECK(w.gateway.post(w.target(), "centre", body + R"(,"by":{"id":"n"}})").status == 400);
  CHECK(w.gateway.post(w.target(), "centre", body + R"(,"reason":"r"})").status == 400);
  CHECK(w.gateway.post(w.target(), "centre", "[]").status == 400);
  CHECK(w.gateway.post(w.target(), "centre", "{").status == 400);
  CHECK(w.all().empty());
  CHECK(Json(w.gateway.get(w.target() + "?state=all", "centre").body).text("suppressions") == "[]");

  w.begin(R"("of":"limit","target":"oxygen-saturation","up_to":"severe","approved_by":{"id":"n-2","name":"Ola"},)" + until);
  CHECK(w.send(saturation("2026-11-20T08:59:00Z", "80")) == "(absent)");
}

TEST_CASE("suppressions: others' are not there, versions are compared, and each look is audited", "[api][suppression]") {
  Ward w;
  const std::string body = R"("of":"absence","until":"2026-11-21T09:00:00Z")";
  const std::string id = w.begin(body);
  CHECK(w.ask(body, "centre-oslo").status == 404);
  CHECK(w.ask(body, "hospital").status == 403);
  CHECK(w.gateway.get("/suppressions/" + id, "centre-oslo").status == 404);
  CHECK(w.gateway.get(w.target(), "centre-oslo").status == 404);
  CHECK(Json(w.gateway.get("/suppressions", "centre-oslo").body).text("suppressions") == "[]");
  CHECK(w.act(id, R"("action":"end")", "centre-oslo").status == 404);
  CHECK(w.gateway.get("/suppressions/0000000000000001", "centre").status == 404);
  CHECK(w.gateway.get("/suppressions/x", "centre").status == 404);
  CHECK(w.gateway.get("/suppressions?state=some", "centre").status == 400);
  CHECK(w.gateway.get("/suppressions?colour=red", "centre").status == 400);
  const std::string end = std::string(R"({"action":"end",)") + by + "}";
  CHECK(w.gateway.post("/suppressions/" + id + "/actions", "centre", end).status == 428);
  CHECK(w.gateway.post("/suppressions/" + id + "/actions", "centre", end, {{"if-match", "W/\"9\""}}).status == 412);
  CHECK(w.act(id, R"("action":"cancel")").status == 400);
  int written = 0;
  for (const store::Audit& audit : w.gateway.reader().audits(w.gateway.bodo(), w.patient, 100)) written += audit.action == "write Suppression";
  CHECK(written == 1);
}
