// Readings without value, with the device's own word on them, and of the hour that autumn has twice: from the payload to what is
// served and judged.
#include "gateway/ingest/judge.hpp"

#include "fhir/profile_checks.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

const char* const limits = R"([{"kind":"oxygen-saturation","alert_low":85,"warning_low":90},
  {"kind":"blood-pressure","component":"systolic","alert_high":180}])";

struct Patient {
  InProcessGateway gateway;
  PatientId patient;
  std::optional<store::Observation> row;

  Patient() {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    patient = gateway.patient(1);
    gateway.limits(patient, limits);
  }
  Json send(const std::string& item) {
    auto response = gateway.ingest("sensors", item);
    INFO(response.body);
    REQUIRE(response.status == 200);
    Json answer(response.body);
    const std::string reference = answer.text("results", 0, "observation");
    if (reference.starts_with("Observation/")) row = gateway.reader().observation(*ObservationId::parse(reference.substr(12)));
    return answer;
  }
  // A saturation at a wall time or instant; `value` may be a member like "absent":"error".
  Json saturation(const std::string& time, const std::string& value, const std::string& more = "") {
    return send(R"({"subject":"u","kind":"oxygen-saturation","time":")" + time + R"(",)" + value + R"(,"unit":"%")" +
                (more.empty() ? "" : "," + more) + "}");
  }
  std::optional<alarms::Alarm> alarm() {
    const auto open = gateway.reader().open_alarms(patient);
    if (open.empty()) return std::nullopt;
    REQUIRE(open.size() == 1);
    return alarms::alarm_from_stored(open.front()).value();
  }
  void at(const char* now) { gateway.clock.set_wall(fhir::DateTime::parse(now)->utc); }
};

}  // namespace

TEST_CASE("absent: stored and served with its reason, judged by name, and neither breach nor normal", "[ingest][quality]") {
  Patient p;
  p.saturation("2026-11-20T08:50:00Z", R"("value":80)");
  REQUIRE(p.alarm());
  const Json answer = p.saturation("2026-11-20T08:55:00Z", R"("absent":"not-a-number")");
  CHECK(answer.text("results", 0, "outcome") == "accepted");
  CHECK(answer.at("results", 0, "alarms").absent());
  REQUIRE(p.row);
  CHECK_FALSE(p.row->value);
  CHECK(p.row->absent == fhir::AbsentReason::not_a_number);
  const Json judgement(p.row->judgement);
  CHECK(judgement.text("absent") == "not-a-number");
  CHECK(judgement.text("verdicts", 0, "outcome") == "undecidable");
  CHECK_FALSE(p.alarm()->machine.back_to_normal);

  const Json resource(p.row->resource);
  CHECK(resource.text("dataAbsentReason", "coding", 0, "code") == "not-a-number");
  CHECK(resource.at("valueQuantity").absent());
  CHECK(fhir::observation_problems(resource.root()).empty());

  SECTION("it supersedes nothing, also after a restart") {
    p.saturation("2026-11-20T08:52:00Z", R"("value":95)");
    CHECK_FALSE(p.row->superseded);
    CHECK(p.alarm()->machine.back_to_normal);
  }
  SECTION("after a restart") {
    p.gateway.restart();
    p.saturation("2026-11-20T08:52:00Z", R"("value":95)");
    CHECK_FALSE(p.row->superseded);
  }
  SECTION("sent again it is a duplicate, with another reason an amendment") {
    CHECK(p.saturation("2026-11-20T08:55:00Z", R"("absent":"not-a-number")").text("results", 0, "outcome") == "duplicate");
    CHECK(p.saturation("2026-11-20T08:56:00Z", R"("absent":"error")", R"("id":"r")").text("results", 0, "outcome") ==
          "accepted");
    CHECK(p.saturation("2026-11-20T08:56:00Z", R"("absent":"unknown")", R"("id":"r")").text("results", 0, "outcome") ==
          "amended");
  }
  SECTION("found by a search like any other") {
    const auto found = p.gateway.get("/fhir/Observation?patient=" + p.patient.text(), "hospital");
    CHECK(Json(found.body).text("total") != "0");
    CHECK(found.body.find("not-a-number") != std::string::npos);
  }
}

TEST_CASE("absent: a correction that takes the value away says so in the alarm that rests on it", "[ingest][quality]") {
  Patient p;
  p.saturation("2026-11-20T08:50:00Z", R"("value":80)", R"("id":"r")");
  const Json answer = p.saturation("2026-11-20T08:50:00Z", R"("absent":"error")", R"("id":"r")");
  CHECK(answer.text("results", 0, "outcome") == "amended");
  CHECK(answer.at("results", 0, "alarms").size() == 1);
  REQUIRE(p.alarm());
  CHECK(p.alarm()->open());
  CHECK_FALSE(p.alarm()->machine.back_to_normal);
  CHECK(p.alarm()->events.back().action == "annotated");
}

TEST_CASE("absent: what is held is not half absent", "[ingest][quality]") {
  Patient p;
  CHECK(p.saturation("2026-11-20T08:50:00Z", R"("absent":"no idea")").text("results", 0, "reason") == "undecodable");
  CHECK(p.saturation("2026-11-20T08:51:00Z", R"("absent":"error","value":93)").text("results", 0, "reason") == "undecodable");
}

TEST_CASE("doubled hour: the first occurrence, marked, and it clears nothing", "[ingest][quality][time]") {
  Patient p;
  // Clocks go back from 03:00 to 02:00 on 25 October 2026 in Norway: 02:30 is 00:30 or 01:30 UTC.
  p.at("2026-10-25T03:00:00Z");
  p.saturation("2026-10-25T02:00:00+02:00", R"("value":80)");
  REQUIRE(p.alarm());
  SECTION("a good value of the hour is no return to normal") {
    p.saturation("2026-10-25T02:30:00", R"("value":95)");
    CHECK(p.row->doubled_hour);
    CHECK(fhir::utc_millis_text(p.row->measured) == "2026-10-25T00:30:00.000Z");
    CHECK(Json(p.row->resource).text("effectiveDateTime") == "2026-10-25T02:30:00+02:00");
    CHECK(p.row->resource.find("uncertain") != std::string::npos);
    CHECK(Json(p.row->judgement).text("time_uncertain") == "true");
    CHECK(Json(p.row->judgement).text("verdicts", 0, "low", "reason") == "time-uncertain");
    CHECK_FALSE(p.alarm()->machine.back_to_normal);
    // With an offset it is certain, and one of after the hour as well.
    p.saturation("2026-10-25T02:30:00+01:00", R"("value":95)");
    CHECK(p.alarm()->machine.back_to_normal);
  }
  SECTION("a bad value of the hour guards the whole of it") {
    p.saturation("2026-10-25T02:10:00", R"("value":79)");  // 00:10 or 01:10 UTC
    CHECK(p.alarm()->occurrence_count == 2);
    p.saturation("2026-10-25T02:50:00+02:00", R"("value":95)");  // 00:50 UTC, perhaps before it
    CHECK_FALSE(p.alarm()->machine.back_to_normal);
    p.saturation("2026-10-25T02:20:00+01:00", R"("value":95)");  // 01:20 UTC, certainly after it
    CHECK(p.alarm()->machine.back_to_normal);
  }
}

TEST_CASE("doubled hour: it opens an alarm like any other", "[ingest][quality][time]") {
  Patient p;
  p.at("2026-10-25T03:00:00Z");
  p.saturation("2026-10-25T02:30:00", R"("value":80)");
  REQUIRE(p.alarm());
  CHECK(p.alarm()->announce);
  CHECK_FALSE(p.alarm()->superseded);
  CHECK(fhir::utc_millis_text(p.alarm()->measured) == "2026-10-25T00:30:00.000Z");
}

TEST_CASE("doubled hour: readings of one sender are ordered by its running number", "[ingest][quality][time]") {
  Patient p;
  p.at("2026-10-25T03:00:00Z");
  p.saturation("2026-10-25T02:50:00", R"("value":95)", R"("sequence":6)");
  SECTION("a higher number is later, whatever the clock showed") {
    p.saturation("2026-10-25T02:05:00", R"("value":80)", R"("sequence":7)");
    CHECK_FALSE(p.row->superseded);
    CHECK(p.row->sequence == 7);
    p.saturation("2026-10-25T02:55:00", R"("value":94)", R"("sequence":5)");
    CHECK(p.row->superseded);
  }
  SECTION("without numbers the first occurrence is all there is") {
    p.saturation("2026-10-25T02:05:00", R"("value":80)");
    CHECK(p.row->superseded);
  }
  SECTION("a number says nothing against a certain time") {
    p.saturation("2026-10-25T02:05:00+02:00", R"("value":95)", R"("sequence":7)");
    CHECK(p.row->superseded);
  }
}

TEST_CASE("the hour that spring does not have moves forward and is certain", "[ingest][quality][time]") {
  Patient p;
  p.at("2026-03-29T03:00:00Z");
  p.saturation("2026-03-29T02:30:00", R"("value":95)");
  CHECK_FALSE(p.row->doubled_hour);
  CHECK(Json(p.row->resource).text("effectiveDateTime") == "2026-03-29T03:30:00+02:00");
}
