// What time does to alarms, with the real committer over a store in memory and a clock the test holds: escalation, its calls,
// presence, snoozes and responsibility, and what becomes of each when the program stops or dies in between.
#include "gateway/timers/alarm_watch.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "gateway/alarms/actions.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "gateway/journal/working.hpp"
#include "gateway/timers/services.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/scripted_http_client.hpp"

using namespace gateway;
using namespace std::chrono_literals;
using alarms::Alarm;
using support::ScriptedHttpClient;

namespace {

const PatientId patient{0x1001};

// Tenant bodo: red alarms are acknowledged within 5 min and taken within 10; then the centre "second", then a webhook.
config::Config watched() {
  config::Config config;
  config.tenants = {{"bodo", "Bodø kommune", "972418013"}};
  config::ServiceTimes times;
  times.tenant = "bodo";
  times.timezone = "Europe/Oslo";
  times.clocks.severe = {5min, 10min, {}};
  config.service = {times};
  config::EscalationLevel second, on_call;
  second.clients = {"second"};
  on_call.webhook = config::Webhook{};
  on_call.webhook->url = "https://on-call.example/alarm";
  on_call.webhook->bearer = "on-call secret";
  on_call.webhook->attempts = 3;
  on_call.after = 2min;
  config.escalation = {{"bodo", 0s, {second, on_call}}};
  return config;
}

// And somebody has to be on the alarm stream.
config::Config listened() {
  config::Config config = watched();
  config.escalation[0].presence = 90s;
  return config;
}

struct Watch {
  explicit Watch(config::Config given = watched()) : config(std::move(given)) {
    clock.set_wall(std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 9h);
    begin();
  }
  ~Watch() {
    if (timers) end();
  }

  config::Config config;
  support::MemoryStore store;
  store::Tenant bodo = store.tenant("bodo");
  support::ManualClock clock;
  support::SeededRandom random{1};
  std::unique_ptr<boost::asio::io_context> context;
  std::vector<int> answers;  // of the webhook, the last for ever; 0 hangs
  std::unique_ptr<ScriptedHttpClient> http;
  std::unique_ptr<alarms::Services> services;
  std::unique_ptr<journal::Committer> committer;
  std::unique_ptr<journal::AlarmFeed> feed;
  std::unique_ptr<timers::AlarmWatch> timers;

  void begin() {
    context = std::make_unique<boost::asio::io_context>();
    http = std::make_unique<ScriptedHttpClient>(*context, [this](const auto&) -> std::optional<ScriptedHttpClient::Response> {
      const int status = answers.empty() ? 204 : answers.front();
      if (answers.size() > 1) answers.erase(answers.begin());
      if (status == 0) return std::nullopt;
      return support::status(status);
    });
    services = std::make_unique<alarms::Services>(timers::services_of(config, store));
    journal::Settings settings;
    settings.services = services.get();
    committer = std::make_unique<journal::Committer>(store, clock, 0, settings);
    feed = std::make_unique<journal::AlarmFeed>(store.own().newest());
    committer->observe([this](const store::Changes& changes, store::Position first) { feed->committed(changes, first); });
    committer->start();
    timers = std::make_unique<timers::AlarmWatch>(
        timers::Means{*context, store, *committer, *feed, *services, clock, random, *http}, config);
    settle();
  }
  void end() {
    bool stopped = false;
    timers->stop([&] { stopped = true; });
    run_until([&] { return stopped; });
    crash();
  }
  // It dies: what was not committed is gone, answers under way are heard by nobody.
  void crash() {
    committer->stop();
    timers.reset();
    context.reset();  // with whatever was posted
    http.reset();
    committer.reset();
  }
  template <class Done>
  void run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    context->restart();
    while (!done() && std::chrono::steady_clock::now() < deadline) context->run_one_for(10ms);
    REQUIRE(done());
  }
  // Looks until two looks in a row leave the journal and the calls as they are.
  void settle() {
    for (int quiet = 0; quiet < 2;) {
      const auto before = std::pair(store.own().newest(), store.own().calls(100).size());
      timers->look();
      poll();
      commit([](journal::Working&) {});  // what the look has queued is decided by then
      poll();
      quiet = before == std::pair(store.own().newest(), store.own().calls(100).size()) ? quiet + 1 : 0;
    }
  }
  void poll() {
    context->restart();
    context->poll();
  }
  void later(std::chrono::microseconds by) {
    clock.advance(by);
    settle();
  }
  void commit(std::function<void(journal::Working&)> decide) {
    auto done = std::make_shared<std::promise<void>>();
    auto waiting = done->get_future();
    auto finished = [done](const fhir::Result<void>& result) {
      CHECK(result.has_value());
      done->set_value();
    };
    REQUIRE(committer->submit(journal::job(std::move(decide), finished), store::Lane::urgent));
    waiting.wait();
  }
  AlarmId raise(int percent = 80) {
    AlarmId id;
    commit([&](journal::Working& working) {
      if (!working.reader.patient(patient)) {
        store::Patient row{patient, bodo, "urn:example", "1", working.now};
        working.changes.patients.push_back(row);
        working.patients.add(row);
      }
      alarms::LimitReading reading;
      reading.tenant = "bodo";
      reading.patient = patient;
      reading.kind = fhir::kinds().oxygen_saturation;
      reading.value = fhir::Decimal(percent);
      reading.measured = working.now;
      reading.observation = ObservationId{0xB1};
      const thresholds::Limit limit{"oxygen-saturation", "", thresholds::Number{88, 0}, thresholds::Number{92, 0}, {}, {}};
      reading.verdict = thresholds::judge(limit, {"oxygen-saturation", "", {percent, 0}, thresholds::Comparator::none});
      id = AlarmId{working.next_id()};
      auto change = alarms::apply_limit(nullptr, thresholds::Direction::low, reading, {id, working.now, {}});
      journal::write_alarm(working, bodo, std::move(*change.alarm), change.change);
    });
    return id;
  }
  void act(AlarmId id, alarms::ActionRequest request) {
    request.by_id = "kari";
    commit([&](journal::Working& working) {
      auto alarm = journal::find_alarm(working, bodo, id);
      auto change = alarms::apply_action(*alarm, request, "centre", false, working.now);
      REQUIRE(change.has_value());
      journal::write_alarm(working, bodo, std::move(*change->alarm), change->change);
    });
  }
  void act(AlarmId id, thresholds::Action action) {
    alarms::ActionRequest request;
    request.action = action;
    act(id, request);
  }
  Alarm alarm(AlarmId id) { return *alarms::alarm_from_stored(*store.own().alarm(id)); }
  // The gateway's own lines of the log.
  std::vector<std::string> told(AlarmId id) {
    std::vector<std::string> lines;
    for (const alarms::LogEntry& line : alarm(id).events) {
      if (!line.who) lines.push_back(line.action + (line.level == 0 ? "" : " " + std::to_string(line.level)));
    }
    return lines;
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("timers: a missed clock is told level by level, each once, and the webhook after its commit", "[timers]") {
  Watch w;
  const AlarmId id = w.raise();
  w.later(5min - 1us);
  CHECK(w.told(id).empty());
  w.later(1us);
  CHECK(w.told(id) == Lines{"escalated 1"});
  CHECK(w.http->requests.empty());
  CHECK(w.alarm(id).called_in == std::vector<std::string>{"second"});
  w.later(2min);
  CHECK(w.told(id) == Lines{"escalated 1", "escalated 2"});
  REQUIRE(w.http->requests.size() == 1);
  const auto& call = w.http->requests[0];
  CHECK(call.url == "https://on-call.example/alarm");
  CHECK(call.body.find(id.text()) != std::string::npos);
  CHECK(call.body.find(patient.text()) == std::string::npos);  // nothing about the person
  CHECK(call.body.find("SpO2") == std::string::npos);
  CHECK(std::find(call.headers.begin(), call.headers.end(), std::pair<std::string, std::string>("Idempotency-Key", id.text() + "-3")) !=
        call.headers.end());
  CHECK(w.store.own().calls(10).empty());
  w.later(100h);
  CHECK(w.told(id) == Lines{"escalated 1", "escalated 2"});
  CHECK(w.http->requests.size() == 1);
}

TEST_CASE("timers: acknowledging stops it at every point", "[timers]") {
  Watch w;
  w.answers = {500};
  const AlarmId seen = w.raise();
  w.later(4min);
  w.act(seen, thresholds::Action::acknowledge);
  w.later(9min);
  CHECK(w.told(seen).empty());
  w.act(seen, thresholds::Action::resolve);

  // Acknowledged while the call is being tried again: it is owed no longer.
  const AlarmId called = w.raise();
  w.later(5min);
  w.later(2min);
  const std::size_t tries = w.http->requests.size();
  CHECK(tries >= 1);
  REQUIRE(w.store.own().calls(10).size() == 1);
  w.act(called, thresholds::Action::take);
  w.later(1h);
  CHECK(w.http->requests.size() == tries);
  CHECK(w.store.own().calls(10).empty());
}

TEST_CASE("timers: a call is tried again with one key, and one that reaches nobody is told", "[timers]") {
  Watch w;
  w.answers = {503, 200};
  w.raise();
  w.later(5min);
  w.later(2min);
  REQUIRE(w.http->requests.size() == 1);
  w.later(1min);  // beyond the wait after the first failure
  REQUIRE(w.http->requests.size() == 2);
  CHECK(w.http->requests[0].headers == w.http->requests[1].headers);
  CHECK(w.store.own().calls(10).empty());

  Watch down;
  down.answers = {500};
  const AlarmId lost = down.raise();
  down.later(5min);
  for (int i = 0; i < 6; ++i) down.later(2min);
  CHECK(down.http->requests.size() == 3);
  CHECK(down.told(lost) == Lines{"escalated 1", "escalated 2", "call-failed 2"});
  CHECK(down.alarm(lost).announce);
  CHECK(down.store.own().calls(10).empty());
}

TEST_CASE("timers: stopped or dead in the middle of an escalation, no step is lost and none repeated", "[timers][restart]") {
  Watch w;
  const AlarmId id = w.raise();
  w.later(3min);
  w.end();
  w.clock.advance(2min);
  w.begin();  // the step that came due meanwhile is taken now
  CHECK(w.told(id) == Lines{"escalated 1"});
  w.crash();
  w.begin();
  CHECK(w.told(id) == Lines{"escalated 1"});

  // Dead with the call on its way: it is owed still, and made with the same key.
  w.answers = {0, 204};
  w.clock.advance(2min);
  w.settle();
  REQUIRE(w.http->requests.size() == 1);
  const auto first = w.http->requests[0].headers;
  CHECK(w.store.own().calls(10).size() == 1);
  w.crash();
  w.begin();
  REQUIRE(w.http->requests.size() == 1);
  CHECK(w.http->requests[0].headers == first);
  CHECK(w.told(id) == Lines{"escalated 1", "escalated 2"});
  CHECK(w.store.own().calls(10).empty());
  w.crash();
  w.begin();
  CHECK(w.http->requests.empty());
}

TEST_CASE("timers: a failed commit takes no step and calls nobody, the next look does", "[timers]") {
  Watch w;
  const AlarmId id = w.raise();
  w.later(5min);
  w.store.fail_commits(1);
  w.clock.advance(2min);
  w.run_until([&] {
    w.timers->look();  // as the loop does, every second
    w.poll();
    return w.told(id).size() == 2;
  });
  w.settle();
  CHECK(w.told(id) == Lines{"escalated 1", "escalated 2"});
  CHECK(w.http->requests.size() == 1);
}

TEST_CASE("timers: a snooze ends at its end, also when nobody ran by then", "[timers][restart]") {
  Watch w;
  const AlarmId id = w.raise();
  w.act(id, thresholds::Action::acknowledge);
  alarms::ActionRequest snooze;
  snooze.action = thresholds::Action::snooze;
  snooze.note = "ringer tilbake";
  snooze.minutes = 30min;
  w.act(id, snooze);
  w.later(30min - 1us);
  CHECK(w.alarm(id).machine.state == thresholds::State::snoozed);
  w.end();
  w.clock.advance(1h);
  w.begin();
  CHECK(w.told(id) == Lines{"snooze-ended"});
  CHECK(w.alarm(id).machine.state == thresholds::State::acknowledged);
  w.later(10min);  // the clock of what it went back to began there
  CHECK(w.told(id) == Lines{"snooze-ended", "escalated 1"});
}

TEST_CASE("timers: a hand-over nobody answers survives a restart, and the clocks go on", "[timers][restart]") {
  Watch w;
  const AlarmId id = w.raise();
  alarms::ActionRequest offer;
  offer.action = thresholds::Action::hand_over;
  offer.to_organization = "958935420";
  w.act(id, offer);
  w.crash();
  w.begin();
  CHECK(w.alarm(id).offer->organization == "958935420");
  CHECK(w.alarm(id).machine.handing_over);
  w.later(5min);
  CHECK(w.told(id) == Lines{"escalated 1"});
  alarms::ActionRequest accept;
  accept.action = thresholds::Action::hand_over;
  accept.accept = true;
  w.commit([&](journal::Working& working) {
    accept.by_id = "per";
    auto change = alarms::apply_action(*journal::find_alarm(working, w.bodo, id), accept, "far", false, working.now);
    REQUIRE(change.has_value());
    journal::write_alarm(working, w.bodo, std::move(*change->alarm), change->change);
  });
  CHECK(w.alarm(id).responsible == "958935420");
  CHECK(w.alarm(id).owner->id == "per");
  CHECK(w.alarm(id).timing.level == 0);
}

TEST_CASE("timers: nobody on the stream for 90 s within hours is told at once, about what nobody has seen", "[timers][presence]") {
  Watch w(listened());
  auto listener = w.feed->waiter(http::Executor(w.context->get_executor()), w.bodo);
  const AlarmId first = w.raise();
  w.later(100s);
  CHECK(w.told(first).empty());
  listener.reset();
  w.later(89s);
  CHECK(w.told(first).empty());
  w.later(1s);
  CHECK(w.told(first) == Lines{"escalated 1"});
  CHECK(w.alarm(first).events.back().note == "Nivå 1: ingen følger alarmstrømmen");
  w.settle();
  CHECK(w.told(first) == Lines{"escalated 1"});
  // What comes while it lasts does not wait either; what is seen stays.
  w.act(first, thresholds::Action::resolve);
  const AlarmId second = w.raise();
  w.settle();
  CHECK(w.told(second) == Lines{"escalated 1"});
  w.act(second, thresholds::Action::resolve);
  listener = w.feed->waiter(http::Executor(w.context->get_executor()), w.bodo);
  const AlarmId third = w.raise();
  w.settle();
  CHECK(w.told(third).empty());
}

TEST_CASE("timers: nobody on the stream, and the disk is full at that moment: told as soon as it can be", "[timers][presence]") {
  Watch w(listened());
  const AlarmId id = w.raise();
  w.store.fail_commits(1000);
  w.clock.advance(100s);
  w.timers->look();
  w.poll();
  while (w.committer->counts().failed_groups == 0) std::this_thread::yield();
  CHECK(w.told(id).empty());
  w.store.fail_commits(0);
  w.later(2s);
  CHECK(w.told(id) == Lines{"escalated 1"});
}

TEST_CASE("timers: outside the hours nobody has to be there", "[timers][presence]") {
  config::Config config = listened();
  config.service[0].has_hours = true;
  for (std::size_t day = 1; day <= 5; ++day) config.service[0].hours.week[day] = {{8h, 15h + 30min}};
  Watch w(config);
  w.later(10h);  // 20:00 in Norway
  const AlarmId id = w.raise();
  w.later(2min);
  CHECK(w.told(id).empty());
  w.later(59h + 57min);  // Monday, a minute to 8
  CHECK(w.told(id).empty());
  w.later(1min);  // called at opening, which is when the clocks begin too
  CHECK(w.told(id) == Lines{"opened"});
  w.later(91s);
  CHECK(w.told(id) == Lines{"opened", "escalated 1"});
}

TEST_CASE("timers: another organisation answers from when its period says, and is called", "[timers][responsibility]") {
  Watch w;
  const AlarmId id = w.raise();
  w.commit([&](journal::Working& working) {
    registry::PatientState* state = working.patients.find(patient);
    state->responsibility = {1, {{"958935420", working.now + 2min, working.now + 3min}}};
    working.changes.responsibilities.push_back(
        {patient, 1, working.now, "clinic", registry::periods_json(state->responsibility.periods)});
    for (const Alarm& open : std::vector<Alarm>(state->open_alarms)) journal::settle_alarm(working, w.bodo, open);
  });
  CHECK(w.alarm(id).version == 1);  // nothing shown has changed
  w.crash();
  w.begin();
  w.later(2min);
  CHECK(w.alarm(id).responsible == "958935420");
  CHECK(w.alarm(id).announce);
  CHECK(w.told(id) == Lines{"responsibility"});
  w.later(1min);
  CHECK(w.alarm(id).responsible.empty());
  CHECK(w.told(id) == Lines{"responsibility", "responsibility"});
}

TEST_CASE("timers: other clocks after a restart count for what is open, and are shown", "[timers][restart]") {
  Watch w;
  const AlarmId id = w.raise();
  const auto deadline = *w.alarm(id).deadline;
  w.end();
  w.config.service[0].clocks.severe.acknowledge = 8min;
  w.begin();
  CHECK(w.alarm(id).deadline == deadline + 3min);
  CHECK(w.alarm(id).version == 2);
  w.end();
  w.begin();
  CHECK(w.alarm(id).version == 2);
}

TEST_CASE("timers: without configuration nothing has a deadline and nobody is called", "[timers]") {
  config::Config config = watched();
  config.service.clear();
  config.escalation.clear();
  Watch w(config);
  const AlarmId id = w.raise();
  w.later(240h);
  CHECK_FALSE(w.alarm(id).deadline);
  CHECK(w.alarm(id).version == 1);
  CHECK(w.http->requests.empty());
}
