#include "gateway/timers/supervision.hpp"

#include "gateway/store/sqlite_store.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace gateway;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using tests::InProcessGateway;
using tests::Json;
using tests::saturation;

namespace {

const char* const january = "2026-01-01T00:00:00Z";

config::Source& source(config::Config& config, std::string_view id) {
  for (config::Source& one : config.sources) {
    if (one.id == id) return one;
  }
  throw std::logic_error("no such source");
}

// "sensors" of bodo is watched for an hour; the others are not.
config::Config watched() {
  config::Config config = tests::two_tenants();
  source(config, "sensors").silent_after = hours(1);
  config.supervision.grace = minutes(5);
  return config;
}

InProcessGateway::Options with(config::Config config, std::shared_ptr<store::Store> store = nullptr) {
  InProcessGateway::Options options;
  options.config = std::move(config);
  options.store = std::move(store);
  return options;
}

struct Watched {
  InProcessGateway gateway;
  int sent = 0;

  explicit Watched(config::Config config = watched(), std::shared_ptr<store::Store> store = nullptr)
      : gateway(with(std::move(config), std::move(store))) {
    gateway.link("sensors", "u", 1, january);
    gateway.link("sensors", "v", 2, january);
    gateway.step_timers();
  }

  std::string stamp() const { return fhir::utc_text(gateway.clock.now() - seconds(1)); }
  // One good reading of now.
  void send(std::string_view subject = "u", std::string_view device = {}) {
    std::string more = R"("id":"r-)" + std::to_string(++sent) + "\"";
    if (!device.empty()) more += R"(,"device":{"id":")" + std::string(device) + "\"}";
    const auto answer = gateway.ingest("sensors", saturation(subject, stamp(), "95", more));
    INFO(answer.body);
    REQUIRE(Json(answer.body).text("accepted") == "1");
    gateway.step_timers();
  }
  // A heartbeat or a broken reading, through the same door.
  http::Response raw(const std::string& body) {
    auto answer = gateway.post("/ingest/sensors", "sensors", body, {{"content-type", "application/json"}});
    gateway.step_timers();
    return answer;
  }
  void garbage() {
    raw(R"({"measurements":[{"id":"x-)" + std::to_string(++sent) + R"(","subject":"u","time":")" + stamp() +
        R"(","kind":"oxygen-saturation","value":95,"unit":"furlong"}]})");
  }

  std::vector<alarms::Alarm> alarms(bool open = true, std::string_view tenant = "bodo") {
    std::vector<alarms::Alarm> found;
    store::AlarmFilter filter;
    filter.tenant = gateway.store().tenant(tenant);
    filter.open = open;
    for (const store::Alarm& row : gateway.reader().alarms(filter)) found.push_back(alarms::alarm_from_stored(row).value());
    return found;
  }
  // Causes of the open alarms, in the order they were raised.
  std::string open() {
    std::string text;
    for (const alarms::Alarm& alarm : alarms()) text += (text.empty() ? "" : ", ") + alarm.reason.rule;
    return text;
  }
  std::string state(int place = 0) {
    const auto answer = gateway.get("/admin/sources", "operator");
    REQUIRE(answer.status == 200);
    return Json(answer.body).text("sources", place, "state");
  }
};

}  // namespace

TEST_CASE("supervision: a silent source is one alarm, names it and when it was last heard, and ends by itself", "[timers]") {
  Watched w;
  w.send();
  const fhir::Time heard = w.gateway.clock.now();
  w.gateway.pass(minutes(59));
  CHECK(w.open().empty());
  CHECK(w.state() == "alive");
  w.gateway.pass(minutes(1));
  REQUIRE(w.open() == "source-silent");
  const alarms::Alarm raised = w.alarms().front();
  CHECK(raised.origin == alarms::Origin::technical);
  CHECK(raised.identity == "technical|source-silent|sensors");
  CHECK(raised.tenant == "bodo");
  CHECK_FALSE(raised.patient);
  CHECK(raised.announce);
  CHECK(raised.measured == heard);
  CHECK(raised.reason.text == "Avsendersystem er stille: sensors, sist mottatt 20.11.2026 10:00");
  CHECK(w.state() == "silent");
  CHECK(w.alarms(true, "oslo").empty());

  w.gateway.pass(hours(3));
  CHECK(w.alarms().size() == 1);
  CHECK(w.alarms().front().version == 1);  // still the one, and nobody is called again

  w.send();
  w.gateway.pass(seconds(1));
  CHECK(w.open().empty());
  REQUIRE(w.alarms(false).size() == 1);
  const alarms::Alarm ended = w.alarms(false).front();
  CHECK(ended.closing == "restored");
  CHECK(ended.events.back().note == "Mottar igjen");
  CHECK(w.state() == "alive");

  w.gateway.pass(hours(1));
  CHECK(w.open() == "source-silent");
}

TEST_CASE("supervision: duplicates and events are signs of life, a reading of nobody is none", "[timers]") {
  Watched w;
  w.send();
  w.gateway.pass(minutes(50));
  SECTION("a duplicate") {
    const std::string again = saturation("u", "2026-11-20T08:59:59Z", "95", R"("id":"r-1")");
    CHECK(Json(w.gateway.ingest("sensors", again).body).text("duplicate") == "1");
    w.gateway.step_timers();
    w.gateway.pass(minutes(50));
    CHECK(w.open().empty());
  }
  SECTION("an event without patient") {
    w.gateway.ingest("sensors", "", tests::event("stranger", w.stamp(), "low-battery", R"("id":"e-1")"));
    w.gateway.step_timers();
    w.gateway.pass(minutes(50));
    CHECK(w.open() == "low-battery");
  }
  SECTION("a reading of nobody") {
    w.gateway.ingest("sensors", saturation("stranger", w.stamp(), "95", R"("id":"n-1")"));
    w.gateway.pass(minutes(50));
    CHECK(w.open() == "source-silent");
  }
}

TEST_CASE("supervision: heartbeats have a deadline of their own and are no readings", "[timers]") {
  config::Config config = watched();
  config::Source& set = source(config, "sensors");
  set.adapter = "supervision";
  set.silent_after = hours(4);
  set.heartbeat_after = minutes(30);
  Watched w(config);
  auto beat = [&] { CHECK(Json(w.raw(R"({"events":[{"event":"heartbeat"}]})").body).text("ignored") == "1"); };
  beat();
  w.gateway.pass(minutes(29));
  CHECK(w.open().empty());
  w.gateway.pass(minutes(1));
  REQUIRE(w.open() == "heartbeat-missing");
  CHECK(w.alarms().front().reason.text == "Livstegn mangler: sensors, siste livstegn 20.11.2026 10:00");
  CHECK(w.state() == "alive");
  beat();
  w.gateway.pass(seconds(1));
  REQUIRE(w.open().empty());
  CHECK(w.alarms(false).front().closing == "restored");
  for (int i = 0; i < 9; ++i) {
    w.gateway.pass(minutes(25));
    beat();
  }
  CHECK(w.open() == "source-silent");  // nothing but heartbeats for four hours
}

TEST_CASE("supervision: outside the expected hours time stands still", "[timers]") {
  config::Config config = watched();
  source(config, "sensors").expected = {0x1f, hours(8), hours(16)};  // Oslo time; the clock starts on Friday at 10:00 there
  Watched w(config);
  w.gateway.pass(hours(5) + minutes(30), minutes(30));  // steps longer than a running program's count as 30 s each
  w.send();
  // 15:30 on Friday. Half an hour of Friday is left and counted, the weekend is not.
  w.gateway.pass(minutes(30));
  CHECK(w.open().empty());
  w.gateway.pass(hours(64), seconds(30));  // Monday 08:00
  CHECK(w.open().empty());
  w.gateway.pass(minutes(29));
  CHECK(w.open().empty());
  w.gateway.pass(minutes(2));
  CHECK(w.open() == "source-silent");
}

TEST_CASE("supervision: a jump of the clock, or a program that stood still, finds nobody silent", "[timers]") {
  Watched w;
  w.send();
  w.gateway.pass(minutes(20));
  SECTION("a day forward") { w.gateway.clock.set_wall(w.gateway.clock.now() + hours(24)); }
  SECTION("a day back") { w.gateway.clock.set_wall(w.gateway.clock.now() - hours(24)); }
  SECTION("asleep for a day") { w.gateway.clock.advance(hours(24)); }
  w.gateway.step_timers();
  w.gateway.pass(minutes(38));
  CHECK(w.open().empty());
  w.gateway.pass(minutes(2));
  CHECK(w.open() == "source-silent");
}

TEST_CASE("supervision: a restart goes on where it was, after a grace", "[timers]") {
  Watched w;
  w.send();
  SECTION("heard before, silent over the restart") {
    w.gateway.pass(minutes(30));
    w.gateway.stop();
    w.gateway.clock.advance(hours(2));
    w.gateway.restart();
    w.gateway.pass(minutes(4) + seconds(59));
    CHECK(w.open().empty());
    w.gateway.pass(seconds(2));
    REQUIRE(w.open() == "source-silent");
    CHECK(w.alarms().front().reason.text == "Avsendersystem er stille: sensors, sist mottatt 20.11.2026 10:00");
  }
  SECTION("heard within the grace") {
    w.gateway.pass(minutes(30));
    w.gateway.stop();
    w.gateway.clock.advance(hours(2));
    w.gateway.restart();
    w.send();
    w.gateway.pass(minutes(50));
    CHECK(w.open().empty());
  }
  SECTION("half of the deadline had passed") {
    w.gateway.pass(minutes(30));
    w.gateway.restart();
    w.gateway.pass(minutes(29));
    CHECK(w.open().empty());
    w.gateway.pass(minutes(2));
    CHECK(w.open() == "source-silent");
  }
  SECTION("found silent before, and closed by a person: not said again because of the restart") {
    w.gateway.pass(hours(1));
    const std::string id = w.alarms().front().id.text();
    const auto closed = w.gateway.post("/alarms/" + id + "/actions", "centre",
                                       R"({"action":"resolve","note":"vi vet","by":{"id":"k","name":"Kari"}})",
                                       {{"if-match", "W/\"1\""}});
    REQUIRE(closed.status == 200);
    w.gateway.restart();
    w.gateway.pass(minutes(50));
    CHECK(w.open().empty());
    w.gateway.pass(minutes(11));  // after another deadline it is: no data is never green
    CHECK(w.open() == "source-silent");
    w.send();
    w.gateway.pass(seconds(1));
    CHECK(w.open().empty());
  }
  SECTION("found silent before, heard after") {
    w.gateway.pass(hours(1));
    w.gateway.restart();
    w.gateway.pass(seconds(30));
    CHECK(w.open() == "source-silent");
    w.send();
    w.gateway.pass(seconds(1));
    CHECK(w.open().empty());
  }
}

TEST_CASE("supervision: a source that sends only what is no use is found so, and is not silent besides", "[timers]") {
  Watched w;
  w.send();
  for (int i = 0; i < 19; ++i) w.garbage();
  w.gateway.pass(seconds(1));
  CHECK(w.open().find("mapping-broke") == std::string::npos);
  w.raw("{");
  w.gateway.pass(seconds(1));
  auto causes = w.open();
  CHECK(causes.find("mapping-broke") != std::string::npos);
  CHECK(w.state() == "mapping-broke");
  w.gateway.pass(hours(2));
  CHECK(w.open() == causes);
  SECTION("over a restart too") { w.gateway.restart(); }
  w.gateway.pass(seconds(30));
  CHECK(w.state() == "mapping-broke");
  w.send();
  w.gateway.pass(seconds(1));
  CHECK(w.open().find("mapping-broke") == std::string::npos);
  CHECK(w.state() == "alive");
}

TEST_CASE("supervision: one good reading between is enough, and one backlog of no use is not much", "[timers]") {
  Watched w;
  w.send();
  for (int i = 0; i < 60; ++i) {
    if (i % 15 == 0) w.send();
    w.garbage();
  }
  w.send();
  std::string many;
  for (int i = 0; i < 50; ++i) {
    many += (i == 0 ? "" : ",") + saturation("u", w.stamp(), "95", R"("id":"b-)" + std::to_string(i) + "\"");
  }
  while (many.find("\"%\"") != std::string::npos) many.replace(many.find("\"%\""), 3, "\"furlong\"");
  w.gateway.ingest("sensors", many);
  w.gateway.pass(seconds(1));
  CHECK(w.open().find("mapping-broke") == std::string::npos);
}

TEST_CASE("supervision: a source that is not watched any more ends its alarm", "[timers]") {
  auto store = std::make_shared<support::MemoryStore>();
  fhir::Time now{};
  {
    Watched w(watched(), store);
    w.send();
    w.gateway.pass(hours(1));
    REQUIRE(w.open() == "source-silent");
    now = w.gateway.clock.now();
  }
  config::Config config = watched();
  SECTION("deadline 0") { source(config, "sensors").silent_after = seconds(0); }
  SECTION("not configured") {
    std::erase_if(config.sources, [](const config::Source& one) { return one.id == "sensors"; });
  }
  InProcessGateway gateway(with(config, store));
  gateway.clock.set_wall(now);
  gateway.pass(seconds(2));
  store::AlarmFilter filter;
  filter.tenant = gateway.bodo();
  const auto rows = gateway.reader().alarms(filter);
  REQUIRE(rows.size() == 1);
  CHECK_FALSE(rows[0].open);
  CHECK(alarms::alarm_from_stored(rows[0])->events.back().note == "Overvåkes ikke lenger");
}

TEST_CASE("supervision: a store that cannot be written is asked again", "[timers]") {
  Watched w;
  w.send();
  w.gateway.pass(minutes(59));
  w.gateway.memory().fail_commits(1'000);
  w.gateway.pass(minutes(2));
  CHECK(w.open().empty());
  CHECK(w.state() == "alive");
  w.gateway.memory().fail_commits(0);
  w.gateway.pass(seconds(1));
  CHECK(w.open() == "source-silent");
  w.gateway.pass(minutes(2));
  CHECK(w.alarms().size() == 1);
}

namespace {
config::Config with_devices() {
  config::Config config = watched();
  source(config, "sensors").device_silent_after = hours(2);
  return config;
}
}  // namespace

TEST_CASE("supervision: a device that sent before and does not now is an alarm of its patient", "[timers]") {
  Watched w(with_devices());
  w.send("u", "SN-1");
  w.send("v", "SN-2");
  for (int i = 0; i < 12; ++i) {
    w.gateway.pass(minutes(10));
    w.send("v", "SN-2");
  }
  w.gateway.pass(seconds(30));
  REQUIRE(w.open() == "device-silent");
  const alarms::Alarm raised = w.alarms().front();
  CHECK(raised.patient == w.gateway.patient(1));
  CHECK(raised.device == "SN-1");
  CHECK(raised.code.code == "5.3.2");
  CHECK(raised.reason.text == "Utstyr er stille, siste måling 20.11.2026 10:00");
  CHECK(raised.machine.severity == thresholds::Severity::moderate);
  SECTION("it sends again") { w.send("u", "SN-1"); }
  SECTION("it sends again after a restart") {
    w.gateway.restart();
    w.gateway.pass(seconds(30));
    CHECK(w.open() == "device-silent");
    w.send("u", "SN-1");
  }
  SECTION("it sends again in other hands") { w.send("v", "SN-1"); }
  w.gateway.pass(seconds(30));
  CHECK(w.open().empty());
  CHECK(w.alarms(false).front().closing == "restored");
}

TEST_CASE("supervision: a source that stops is one alarm, not one for each of its devices", "[timers]") {
  Watched w(with_devices());
  w.send("u", "SN-1");
  w.gateway.pass(minutes(20));
  w.send("v", "SN-2");
  w.gateway.pass(hours(5));
  REQUIRE(w.open() == "source-silent");
  // When it comes back, each device has the time again that it had.
  w.send("v", "SN-2");
  w.gateway.pass(minutes(1));
  CHECK(w.open().empty());
  for (int i = 0; i < 9; ++i) {
    w.gateway.pass(minutes(10));
    w.send("v", "SN-2");
  }
  CHECK(w.open().empty());  // SN-1: 20 minutes before, 91 after
  for (int i = 0; i < 2; ++i) {
    w.gateway.pass(minutes(10));
    w.send("v", "SN-2");
  }
  CHECK(w.open() == "device-silent");
}

TEST_CASE("supervision: a device that was given back is nobody's to miss", "[timers]") {
  Watched w(with_devices());
  w.gateway.link("sensors", "lent", 3, january, "2026-11-20T09:30:00Z");
  w.send("lent", "SN-9");
  for (int i = 0; i < 20; ++i) {
    w.gateway.pass(minutes(10));
    w.send("v", "SN-2");
  }
  CHECK(w.open().empty());
}

TEST_CASE("supervision: last seen in SQLite over a restart", "[timers]") {
  tests::TemporaryFolder folder;
  store::SqliteOptions options;
  options.path = (folder.path() / "hjemport.db").string();
  const std::shared_ptr<store::Store> store = store::open_sqlite(options);
  Watched w(with_devices(), store);
  w.send("u", "SN-1");
  w.gateway.pass(minutes(2));
  const auto sources = w.gateway.reader().sources_seen();
  REQUIRE(sources.size() == 3);
  CHECK(w.gateway.reader().devices_seen(sources[0].source).size() == 1);
  w.gateway.restart();
  w.gateway.clock.advance(hours(3));
  w.gateway.pass(minutes(6));
  CHECK(w.open() == "source-silent");
}

TEST_CASE("supervision: the operator sees when each source of the tenant was last heard", "[timers][api]") {
  Watched w;
  w.send();
  w.gateway.pass(minutes(10));
  const auto answer = w.gateway.get("/admin/sources", "operator");
  REQUIRE(answer.status == 200);
  const Json list(answer.body);
  CHECK(list.text("sources", 0, "id") == "sensors");
  CHECK(list.text("sources", 0, "last_accepted") == "2026-11-20T09:00:00Z");
  CHECK(list.text("sources", 0, "last_heartbeat") == "(absent)");
  CHECK(list.text("sources", 0, "quiet_seconds") == "600");
  CHECK(list.text("sources", 0, "silent_after_seconds") == "3600");
  CHECK(list.text("sources", 1, "id") == "scales");
  CHECK(list.text("sources", 1, "reason") == "not-supervised");
  CHECK(list.text("sources", 2, "id") == "(absent)");  // another tenant's
  CHECK(w.gateway.get("/admin/sources", "centre").status == 403);
  const std::string page = w.gateway.metrics().expose();
  CHECK(page.find("hjemport_source_accepted_age_seconds{source=\"sensors\",tenant=\"bodo\"} 600") != std::string::npos);
  CHECK(page.find("hjemport_source_heartbeat_age_seconds{source=\"sensors\",tenant=\"bodo\"} Nan") != std::string::npos);
}
