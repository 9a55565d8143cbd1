#include "gateway/timers/self_test.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <limits>
#include <optional>
#include <variant>

#include "fhir/json_writer.hpp"
#include "gateway/alarms/actions.hpp"
#include "gateway/alarms/silence_text.hpp"
#include "gateway/ingest/place.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "gateway/journal/submit.hpp"
#include "gateway/registry/plan.hpp"
#include "gateway/runtime/log.hpp"
#include "gateway/timers/technical_alarm.hpp"

namespace gateway::timers {
namespace asio = boost::asio;
namespace {

using std::chrono::microseconds;

// A saturation below the made-up patient's limit.
constexpr std::string_view kind = "oxygen-saturation";
constexpr thresholds::Number limit{85, 0};
constexpr int value = 79;
constexpr std::string_view cause = "self-test-failed";

// The source as it is, in the tenant of the made-up.
std::shared_ptr<const ingest::ConfiguredSource> made_up(const ingest::ConfiguredSource& source, store::Tenant tenant,
                                                        store::Source number) {
  auto made = std::make_shared<ingest::ConfiguredSource>(source);
  made->facts.id += "/self-test";  // its own keys and metrics
  made->facts.tenant_no = tenant;
  made->facts.source = number;
  made->facts.create_patients = false;
  made->facts.watches_devices = false;
  made->facts.self_test = true;
  return made;
}

std::string payload(std::string_view source, fhir::Time now) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("measurements").begin_array().begin_object();
  writer.member("id", "self-test-" + std::to_string(now.time_since_epoch().count()));
  writer.key("patient").begin_object().member("system", self_test_system).member("value", source).end_object();
  writer.member("time", fhir::utc_millis_text(now)).member("kind", kind).member("value", std::int64_t{value}).member("unit", "%");
  writer.end_object().end_array().end_object();
  return out;
}

// In the committer: the patient with its limit, and no alarm left open by a test before, however that ended.
void make_ready(journal::Working& working, store::Tenant tenant, std::string_view source) {
  const auto known = working.patients.by_identifier(tenant, self_test_system, source);
  registry::PatientState& patient =
      known ? *working.patients.find(*known) : ingest::create_patient(working, tenant, self_test_system, source);
  if (patient.plan.version == 0) {
    registry::Plan plan;
    plan.version = 1;
    thresholds::Limit below;
    below.kind = kind;
    below.alert_low = limit;
    plan.limits = {{below, "personal"}};
    store::Plan row;
    row.patient = patient.patient.id;
    row.at = working.now;
    row.who = "self-test";
    row.limits = registry::limits_json(plan.limits);
    working.changes.plans.push_back(std::move(row));
    patient.plan = std::move(plan);
  }
  const std::vector<alarms::Alarm> open = patient.open_alarms;
  for (const alarms::Alarm& alarm : open) {
    alarms::ActionRequest request;
    request.action = thresholds::Action::resolve;
    request.by_id = "self-test";
    const auto resolved = alarms::apply_action(alarm, request, "hjemport", false, working.now);
    if (resolved && resolved->alarm) journal::write_alarm(working, tenant, *resolved->alarm, resolved->change);
  }
}

class MakeReady : public journal::AwaitedJob {
 public:
  MakeReady(store::Tenant tenant, std::string source) : tenant_(tenant), source_(std::move(source)) {}
  void decide(journal::Working& working) override { make_ready(working, tenant_, source_); }

 private:
  store::Tenant tenant_;
  std::string source_;
};

bool on_feed(const journal::AlarmFeed& feed, store::Position after, store::Tenant tenant, const std::string& alarm) {
  constexpr std::size_t page = 100;
  for (store::Position reached = after;;) {
    const auto changes = feed.after(after, tenant, page, reached);
    if (!changes) return false;  // so much came meanwhile that the feed has let go of it
    for (const auto& change : *changes) {
      if (change->event == journal::self_test_event && change->data.find(alarm) != std::string::npos) return true;
    }
    if (changes->size() < page) return false;
    after = reached;
  }
}

}  // namespace

std::string self_test_tenant(std::string_view tenant) { return std::string(tenant) + "/self-test"; }

struct SelfTests::One {
  config::SelfTest set;
  std::string tenant;  // configured name
  store::Tenant real{}, test{};
  store::Source source{};

  std::optional<microseconds> begun;  // on the clock of running time: one is under way
  bool overdue = false;               // it is, and has taken too long
  microseconds last_begun{0};
  std::optional<std::chrono::steady_clock::time_point> passed;
  std::optional<bool> failed;         // how the last one ended; none: not yet since the start
  std::optional<bool> told;           // what the centre was told of that
  bool telling = false;
};

namespace {

// Why it failed; empty: passed. What it refers to outlives it; `source` is kept with it.
http::Awaitable<std::string> test(SelfTests::Means means, std::shared_ptr<SelfTests::One> one,
                                  std::shared_ptr<const ingest::ConfiguredSource> source) {
  auto ready = std::make_shared<MakeReady>(one->test, one->set.source);
  const fhir::Result<void> prepared = co_await journal::commit(means.committer, ready, store::Lane::urgent);
  if (!prepared) co_return "not prepared: " + prepared.error().detail;
  const store::Position before = means.feed.newest();
  std::string sent = payload(one->set.source, means.clock.now());
  const ingest::Receipt receipt = co_await means.intake.take(*source, std::move(sent));
  if (receipt.refusal) co_return "not taken: " + receipt.refusal->detail;
  if (receipt.results.size() != 1 || receipt.results.front().outcome != ingest::Outcome::accepted) co_return "not accepted";
  if (receipt.results.front().alarms.empty()) co_return "no alarm was raised";
  const std::string alarm = receipt.results.front().alarms.front().text();
  if (!on_feed(means.feed, before, one->real, alarm)) co_return "its alarm is not on the stream";
  auto after = std::make_shared<MakeReady>(one->test, one->set.source);
  // When this fails the next test resolves it.
  const fhir::Result<void> resolved = co_await journal::commit(means.committer, after, store::Lane::urgent);
  co_return resolved ? std::string() : "its alarm could not be resolved: " + resolved.error().detail;
}

}  // namespace

SelfTests::SelfTests(const Means& means, const std::vector<config::Tenant>& tenants) : means_(means) {
  for (const config::Tenant& tenant : tenants) {
    if (!tenant.self_test) continue;
    auto one = std::make_shared<One>();
    one->set = *tenant.self_test;
    one->tenant = tenant.id;
    one->real = means.store.tenant(tenant.id);
    one->test = means.store.tenant(self_test_tenant(tenant.id));
    one->source = means.store.source(self_test_tenant(tenant.id), one->set.source);
    means.feed.show_self_tests(one->real, one->test);
    tests_.push_back(std::move(one));
  }
}

SelfTests::~SelfTests() = default;

void SelfTests::step(const Tick& tick) {
  running_ += tick.ran;
  for (const std::shared_ptr<One>& one : tests_) {
    if (!one->begun && (!one->failed || running_ - one->last_begun >= one->set.every)) begin(one, tick);
    if (one->begun && !one->overdue && running_ - *one->begun >= one->set.within) {
      one->overdue = true;
      one->failed = true;
      log::error("self_test_failed", {{"tenant", std::string_view(one->tenant)}, {"why", "it takes too long"}});
    }
    tell(one);
    SelfTestMetrics& metrics = means_.metrics.self_test(one->tenant);
    metrics.passing.set(one->failed.value_or(false) ? 0 : 1);
    metrics.age.set(one->passed ? std::chrono::duration<double>(tick.steady - *one->passed).count()
                                : std::numeric_limits<double>::quiet_NaN());
  }
}

void SelfTests::begin(const std::shared_ptr<One>& one, const Tick& tick) {
  one->last_begun = running_;
  one->begun = running_;
  one->overdue = false;
  const ingest::ConfiguredSource* source = means_.sources.find(one->set.source);
  auto ended = [this, one, begun = tick.steady](std::string why) {
    one->begun.reset();
    const auto now = means_.clock.steady_now();
    if (why.empty() && !one->overdue && now - begun < one->set.within) {
      one->failed = false;
      one->passed = now;
      means_.metrics.self_test(one->tenant).duration.set(std::chrono::duration<double>(now - begun).count());
      return;
    }
    one->failed = true;
    if (why.empty()) why = "it took too long";
    log::error("self_test_failed", {{"tenant", std::string_view(one->tenant)}, {"why", std::string_view(why)}});
  };
  if (source == nullptr) return ended("its source is not configured any more");
  auto handler = [ended](std::exception_ptr thrown, std::string why) {
    if (!thrown) return ended(std::move(why));
    ended("it broke off");
  };
  asio::co_spawn(means_.context, test(means_, one, made_up(*source, one->test, one->source)), std::move(handler));
}

// The centre hears of a failure, and of its end. What could not be committed is tried again with the next step.
void SelfTests::tell(const std::shared_ptr<One>& one) {
  if (one->telling || !one->failed || one->told == one->failed) return;
  alarms::TechnicalCause found;
  found.tenant = one->tenant;
  found.cause = cause;
  found.thing = one->set.source;
  found.text = alarms::self_test_failed_text(one->set.source, one->set.within);
  found.severity = thresholds::Severity::severe;
  found.measured = means_.clock.now();
  const bool failed = *one->failed;
  auto decide = [found, failed, tenant = one->real](journal::Working& working) {
    if (failed) return raise_technical(working, tenant, found);
    end_technical(working, tenant, {}, alarms::identity(found), alarms::self_test_passed_note);
  };
  auto finished = [one, failed, &context = means_.context](const fhir::Result<void>& result) {
    const bool stored = static_cast<bool>(result);
    asio::post(context, [one, failed, stored] {
      one->telling = false;
      if (stored) one->told = failed;
    });
  };
  one->telling = means_.committer.submit(journal::job(std::move(decide), std::move(finished)), store::Lane::urgent);
}

}  // namespace gateway::timers
