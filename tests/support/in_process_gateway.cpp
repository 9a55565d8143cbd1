#include "tests/support/in_process_gateway.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "gateway/api/admin.hpp"
#include "gateway/api/admin_mapping.hpp"
#include "gateway/api/admin_pull.hpp"
#include "gateway/api/admin_sources.hpp"
#include "gateway/api/alarm_document.hpp"
#include "gateway/api/alarm_stream.hpp"
#include "gateway/api/alarms.hpp"
#include "gateway/api/backtests.hpp"
#include "gateway/api/care_plans.hpp"
#include "gateway/api/cases.hpp"
#include "gateway/api/conformance.hpp"
#include "gateway/api/fhir.hpp"
#include "gateway/api/ingest.hpp"
#include "gateway/api/judgements.hpp"
#include "gateway/api/links.hpp"
#include "gateway/api/plans.hpp"
#include "gateway/api/projection.hpp"
#include "gateway/api/recalls.hpp"
#include "gateway/api/responsibility.hpp"
#include "gateway/api/shadow_rules.hpp"
#include "gateway/api/suppressions.hpp"
#include "gateway/auth/guard.hpp"
#include "gateway/ingest/configured_links.hpp"
#include "gateway/ingest/place.hpp"
#include "gateway/ingest/relink.hpp"
#include "gateway/runtime/hmac.hpp"
#include "gateway/runtime/zone.hpp"
#include "gateway/store/read_pool.hpp"
#include "gateway/timers/flood_watch.hpp"
#include "gateway/timers/missing_watch.hpp"
#include "gateway/timers/suppression_watch.hpp"
#include "gateway/timers/self_test.hpp"
#include "gateway/timers/services.hpp"
#include "gateway/timers/supervision.hpp"
#include "tests/support/scripted_http_client.hpp"

namespace tests {

using namespace gateway;

namespace {

constexpr std::chrono::seconds patience{20};

ingest::Sources configured_sources(const config::Config& config, store::Store& store) {
  auto sources = ingest::Sources::from(config, store);
  if (!sources) throw std::runtime_error(sources.error().detail);
  return std::move(*sources);
}

ingest::JudgeSettings judge_settings(const config::Config& config) {
  ingest::JudgeSettings settings;
  settings.late_after = config.judging.late_after;
  settings.alarm_horizon = config.judging.alarm_horizon;
  settings.alarms.reannounce_after = config.judging.reannounce_after;
  return settings;
}

journal::Settings watched_by(const alarms::Services& services, journal::Settings settings) {
  settings.services = &services;
  return settings;
}

}  // namespace

// Declared in the order of construction, like App::Parts.
struct InProcessGateway::Parts {
  Parts(const config::Config& config, const journal::Settings& settings, const Clock& clock, store::Store& store,
        boost::asio::io_context& loop, const Vendor& vendor)
      : hmac(config.installation_secret),
        keys(config.installation_secret),
        sources(configured_sources(config, store)),
        prepare{config.environment, config.judging.future_tolerance},
        judge(judge_settings(config)),
        services(timers::services_of(config, store)),
        committer(store, clock, config.node, watched_by(services, settings)),
        feed(store.own().newest()),
        reads(store, 2),
        audit(committer, clock),
        replays(sources, keys, prepare, judge),
        link_worker(store, committer, replays, clock),
        authenticator(std::make_shared<auth::Authenticator>(
            config, [&store](std::string_view name) { return store.tenant(name); })),
        router(auth::make_guard(config, authenticator, audit, metrics, clock)),
        http(loop, vendor ? vendor : [](const auto&) { return std::nullopt; }),
        forwarder(deliver::OutletMeans{loop, store, committer, clock, system_random(), http}, config.destinations,
                  deliver::publishers_of(config)),
        alarm_watch(timers::Means{loop, store, committer, feed, services, clock, system_random(), http}, config),
        cursors(hmac, system_random()),
        intake(keys, prepare, judge, committer, clock, metrics, conformance, heard),
        timer_loop(loop, clock),
        supervision({store, committer, sources, heard, metrics}, config.supervision.grace),
        self_tests({loop, store, committer, sources, intake, feed, clock, metrics}, config.tenants),
        missing_watch(store, committer, judge, config.tenants),
        suppression_watch(store, committer, config.tenants),
        flood_watch(store, committer, feed, services, config.tenants, metrics),
        source_deps{sources, supervision, audit},
        conformance_deps{sources, conformance, audit, clock},
        seal(hmac, system_random()),
        puller(pull::Means{loop, store, committer, sources, intake, seal, clock, system_random(), http, metrics},
               config.sources),
        ingest_deps{sources, intake, clock, &puller},
        alarm_deps{committer, feed, reads, audit, clock, metrics, services},
        document_deps{reads, audit, deliver::publishers_of(config)},
        plan_deps{config.programmes, config.timezone, committer, reads, audit},
        backtest_deps{reads, audit, clock, judge, config.timezone, find_zone(config.timezone).value()},
        shadow_rule_deps{committer, reads, audit},
        responsibility_deps{committer, reads, audit, clock, services},
        suppression_deps{config.timezone, committer, reads, audit, clock, services},
        care_plan_deps{committer, reads, audit, clock, services},
        judgement_deps{reads, audit, clock, wall_time_in(config.timezone)},
        link_deps{sources, config.environment, committer, reads, audit},
        fhir_deps{config, reads, audit, committer, cursors, wall_time_in(config.timezone)},
        projection_deps{sources, fhir_deps},
        admin_deps{config, sources, replays, committer, reads, audit, forwarder, clock},
        pull_deps{sources, committer, reads, audit, seal, puller} {
    api::add_ingest_routes(router, ingest_deps);
    api::add_alarm_stream_route(router, alarm_deps);
    api::add_alarm_routes(router, alarm_deps);
    api::add_case_routes(router, alarm_deps);
    api::add_alarm_document_route(router, document_deps);
    api::add_plan_routes(router, plan_deps);
    api::add_backtest_routes(router, backtest_deps);
    api::add_shadow_rule_routes(router, shadow_rule_deps);
    api::add_responsibility_routes(router, responsibility_deps);
    api::add_suppression_routes(router, suppression_deps);
    api::add_care_plan_routes(router, care_plan_deps);
    api::add_judgement_routes(router, judgement_deps);
    api::add_link_routes(router, link_deps);
    api::add_fhir_metadata_route(router, fhir_deps);
    api::add_fhir_read_routes(router, fhir_deps);
    api::add_fhir_search_routes(router, fhir_deps);
    api::add_projection_route(router, projection_deps);
    api::add_quarantine_routes(router, admin_deps);
    api::add_deadletter_routes(router, admin_deps);
    api::add_mapping_routes(router, admin_deps);
    api::add_pull_routes(router, pull_deps);
    api::add_source_routes(router, source_deps);
    api::add_conformance_routes(router, conformance_deps);
    api::add_recall_routes(router, admin_deps);
    timer_loop.add(supervision);
    timer_loop.add(self_tests);
    timer_loop.add(alarm_watch);
    timer_loop.add(missing_watch);
    timer_loop.add(suppression_watch);
    timer_loop.add(flood_watch);
    committer.observe([this](const store::Changes& changes, store::Position first) { feed.committed(changes, first); });
    committer.observe(
        [this](const store::Changes& changes, store::Position first) { link_worker.committed(changes, first); });
  }

  Hmac hmac;
  ingest::Keys keys;
  Metrics metrics;
  ingest::Sources sources;
  ingest::PrepareSettings prepare;
  ingest::JudgeSettings judge;
  alarms::Services services;
  journal::Committer committer;
  journal::AlarmFeed feed;
  store::ReadPool reads;
  auth::AuditTrail audit;
  ingest::Replays replays;
  ingest::LinkWorker link_worker;
  std::shared_ptr<const auth::Authenticator> authenticator;
  http::Router router;
  support::ScriptedHttpClient http;
  deliver::Forwarder forwarder;
  timers::AlarmWatch alarm_watch;
  api::CursorSeal cursors;
  ingest::Conformance conformance;
  ingest::LastHeard heard;
  ingest::Intake intake;
  timers::Loop timer_loop;
  timers::Supervision supervision;
  timers::SelfTests self_tests;
  timers::MissingWatch missing_watch;
  timers::SuppressionWatch suppression_watch;
  timers::FloodWatch flood_watch;
  api::SourceDeps source_deps;
  api::ConformanceDeps conformance_deps;
  pull::TokenSeal seal;
  pull::Puller puller;
  api::IngestDeps ingest_deps;
  api::AlarmDeps alarm_deps;
  api::AlarmDocumentDeps document_deps;
  api::PlanDeps plan_deps;
  api::BacktestDeps backtest_deps;
  api::ShadowRuleDeps shadow_rule_deps;
  api::ResponsibilityDeps responsibility_deps;
  api::SuppressionDeps suppression_deps;
  api::CarePlanDeps care_plan_deps;
  api::JudgementDeps judgement_deps;
  api::LinkDeps link_deps;
  api::FhirDeps fhir_deps;
  api::ProjectionDeps projection_deps;
  api::AdminDeps admin_deps;
  api::PullDeps pull_deps;
};

Json::Json(std::string_view text) {
  auto parsed = fhir::JsonDocument::parse(text);
  if (!parsed) throw std::runtime_error("not JSON: " + parsed.error().detail + ": " + std::string(text));
  document_ = std::move(*parsed);
}

std::string Json::shown(fhir::JsonValue value) {
  if (value.absent()) return "(absent)";
  if (value.is_object() || value.is_array()) return value.json();
  if (value.is_null()) return "null";
  return std::string(value.scalar());
}

config::Config two_tenants() {
  using http::Role;
  config::Config config;
  config.installation_secret = "an installation secret for tests";
  config.tenants = {{"bodo", "Bodø kommune", "972418013"}, {"oslo", "Oslo kommune", "958935420"}};
  auto source = [&](const char* id, const char* tenant, bool create) {
    config::Source made;
    made.id = id;
    made.tenant = tenant;
    made.adapter = "hjemport";
    made.bearer = id;
    made.create_patients = create;
    config.sources.push_back(made);
  };
  source("sensors", "bodo", true);
  source("scales", "bodo", false);
  source("elsewhere", "oslo", true);
  for (auto [id, role] : {std::pair("centre", Role::response_centre), std::pair("clinic", Role::clinician),
                          std::pair("hospital", Role::hospital), std::pair("operator", Role::admin)}) {
    const auto roles = static_cast<http::Roles>(role);
    config.clients.push_back({id, "bodo", roles, id});
    const std::string other = std::string(id) + "-oslo";
    config.clients.push_back({other, "oslo", roles, other});
  }
  return config;
}

std::string synthetic_number(int n) {
  constexpr int first[] = {3, 7, 6, 1, 8, 9, 4, 5, 2}, second[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
  for (int individual = 100, found = 0; individual < 500; ++individual) {
    std::string digits = "128850" + std::to_string(individual);
    auto check = [&](const auto& weights) {
      int sum = 0;
      for (std::size_t i = 0; i < std::size(weights); ++i) sum += weights[i] * (digits[i] - '0');
      const int digit = (11 - sum % 11) % 11;
      if (digit == 10) return false;
      digits += static_cast<char>('0' + digit);
      return true;
    };
    if (check(first) && check(second) && found++ == n) return digits;
  }
  throw std::logic_error("no more synthetic numbers");
}

InProcessGateway::InProcessGateway(Options options) : options_(std::move(options)), store_(options_.store) {
  if (!store_) store_ = std::make_shared<support::MemoryStore>();
  clock.set_wall(std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(9));
  reader_ = store_->reader();
  start();
}

InProcessGateway::~InProcessGateway() {
  stop();
  reader_.reset();
}

void InProcessGateway::start() {
  loop_ = std::make_unique<boost::asio::io_context>(1);
  parts_ = std::make_unique<Parts>(options_.config, options_.committer, clock, *store_, *loop_, options_.vendor);
  parts_->committer.start();
  ingest::ensure_links(parts_->committer, parts_->sources, options_.config);
  parts_->link_worker.start();
  parts_->puller.start();
  parts_->alarm_watch.look();
}

void InProcessGateway::stop() {
  if (!parts_) return;
  bool pulled = false, timed = false;
  parts_->puller.stop([&] { pulled = true; });
  parts_->alarm_watch.stop([&] { timed = true; });
  run_loop([&] { return pulled && timed; });
  parts_->link_worker.stop();
  parts_->committer.stop();
  parts_->reads.stop();
  parts_.reset();
  loop_.reset();
}

void InProcessGateway::restart() {
  stop();
  start();
}

support::MemoryStore& InProcessGateway::memory() {
  return dynamic_cast<support::MemoryStore&>(*store_);
}
journal::Committer& InProcessGateway::committer() {
  return parts_->committer;
}
journal::AlarmFeed& InProcessGateway::feed() {
  return parts_->feed;
}
const ingest::Sources& InProcessGateway::sources() const {
  return parts_->sources;
}
const ingest::Replays& InProcessGateway::replays() const {
  return parts_->replays;
}
timers::AlarmWatch& InProcessGateway::alarm_watch() {
  return parts_->alarm_watch;
}
pull::Puller& InProcessGateway::puller() {
  return parts_->puller;
}
const std::vector<deliver::HttpRequest>& InProcessGateway::asked_vendor() const {
  return parts_->http.requests;
}
Metrics& InProcessGateway::metrics() {
  return parts_->metrics;
}

timers::Loop& InProcessGateway::timer_loop() {
  return parts_->timer_loop;
}
void InProcessGateway::step_timers() {
  parts_->timer_loop.step();
  bool told = false;
  // What the step submitted is committed when this is: each lane is served in order, and this waits in the later one.
  const auto job = journal::job([](journal::Working&) {}, [&](const fhir::Result<void>&) {
    boost::asio::post(*loop_, [&] { told = true; });
  });
  if (!parts_->committer.submit(job, store::Lane::bulk)) throw std::runtime_error("the committer takes nothing");
  run_loop([&] { return told; });
}
void InProcessGateway::pass(std::chrono::seconds time, std::chrono::seconds step) {
  for (std::chrono::seconds left = time; left > std::chrono::seconds(0); left -= step) {
    clock.advance(std::min(left, step));
    step_timers();
  }
  step_timers();
}

void InProcessGateway::run_loop(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  auto guard = boost::asio::make_work_guard(*loop_);
  loop_->restart();
  while (!done()) {
    loop_->run_one_for(std::chrono::milliseconds(100));
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the request did not end");
  }
}

namespace {

http::Request request_of(Asked asked) {
  http::Request request;
  request.method = asked.method;
  const std::size_t question = asked.target.find('?');
  request.path = asked.target.substr(0, question);
  if (question != std::string::npos) request.query = asked.target.substr(question + 1);
  request.target = std::move(asked.target);
  request.body = std::move(asked.body);
  if (!request.body.empty()) request.headers.emplace_back("content-length", std::to_string(request.body.size()));
  if (!asked.token.empty()) request.headers.emplace_back("authorization", "Bearer " + asked.token);
  for (const auto& [name, value] : asked.headers) request.headers.emplace_back(name, value);
  return request;
}

}  // namespace

std::vector<http::Response> InProcessGateway::together(std::vector<Asked> asked) {
  std::vector<http::Request> requests;
  for (Asked& one : asked) requests.push_back(request_of(std::move(one)));
  std::vector<http::Response> responses(requests.size());
  std::size_t answered = 0;
  std::exception_ptr fault;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto found = parts_->router.find(requests[i]);
    std::optional<http::Response> refused;
    if (auto* refusal = std::get_if<http::Router::Refusal>(&found)) {
      refused = std::move(refusal->response);
    } else {
      refused = parts_->router.guard()(requests[i], *std::get<const http::Route*>(found));
      if (!refused && requests[i].body_check) refused = requests[i].body_check(requests[i]);
    }
    if (refused) {
      responses[i] = std::move(*refused);
      ++answered;
      continue;
    }
    boost::asio::co_spawn(loop_->get_executor(), std::get<const http::Route*>(found)->handler(requests[i]),
                          [&, i](std::exception_ptr thrown, http::Response response) {
                            if (thrown) fault = thrown;
                            responses[i] = std::move(response);
                            ++answered;
                          });
  }
  run_loop([&] { return answered == requests.size(); });
  if (fault) std::rethrow_exception(fault);
  return responses;
}

http::Response InProcessGateway::call(Asked asked) {
  std::vector<Asked> one;
  one.push_back(std::move(asked));
  return std::move(together(std::move(one)).front());
}

http::Response InProcessGateway::get(std::string target, std::string_view token, std::vector<Header> headers) {
  return call({http::Method::get, std::move(target), std::string(token), {}, std::move(headers)});
}
http::Response InProcessGateway::post(std::string target, std::string_view token, std::string body,
                                      std::vector<Header> headers) {
  return call({http::Method::post, std::move(target), std::string(token), std::move(body), std::move(headers)});
}
http::Response InProcessGateway::put(std::string target, std::string_view token, std::string body,
                                     std::vector<Header> headers) {
  return call({http::Method::put, std::move(target), std::string(token), std::move(body), std::move(headers)});
}

Asked ingested(std::string_view source, std::string_view measurements, std::string_view events) {
  std::string body =
      R"({"measurements":[)" + std::string(measurements) + R"(],"events":[)" + std::string(events) + "]}";
  return {http::Method::post,
          "/ingest/" + std::string(source),
          std::string(source),
          body,
          {{"content-type", "application/json"}}};
}

Asked linked(std::string_view source, std::string_view subject, int n, std::string_view from, std::string_view to,
             bool release) {
  std::string body = R"({"source":")" + std::string(source) + R"(","subject":")" + std::string(subject) +
                     R"(","patient":{"system":")" + fnr + R"(","value":")" + synthetic_number(n) + "\"}";
  if (!from.empty()) body.append(R"(,"from":")").append(from).append("\"");
  if (!to.empty()) body.append(R"(,"to":")").append(to).append("\"");
  if (release) body += R"(,"release":true)";
  return {http::Method::post, "/links", source == "elsewhere" ? "operator-oslo" : "operator", body + "}", {}};
}

http::Response InProcessGateway::ingest(std::string_view source, std::string measurements, std::string events) {
  return call(ingested(source, measurements, events));
}

fhir::Result<void> InProcessGateway::commit(std::function<void(journal::Working&)> decide, store::Lane lane) {
  class Decided : public journal::AwaitedJob {
   public:
    explicit Decided(std::function<void(journal::Working&)> decide) : decide_(std::move(decide)) {}
    void decide(journal::Working& working) override { decide_(working); }

   private:
    std::function<void(journal::Working&)> decide_;
  };
  return run(journal::commit(parts_->committer, std::make_shared<Decided>(std::move(decide)), lane));
}

bool InProcessGateway::eventually(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

PatientId InProcessGateway::patient(int n, std::string_view tenant) {
  const store::Tenant number = store_->tenant(tenant);
  const std::string value = synthetic_number(n);
  PatientId id;
  auto made = commit([&](journal::Working& working) {
    auto known = working.patients.by_identifier(number, fnr, value);
    id = known ? *known : ingest::create_patient(working, number, fnr, value).patient.id;
  });
  if (!made) throw std::runtime_error(made.error().detail);
  return id;
}

void InProcessGateway::link(std::string_view source, std::string_view subject, int n, std::string_view from,
                            std::string_view to, bool release) {
  auto response = call(linked(source, subject, n, from, to, release));
  if (response.status != 200 && response.status != 201) throw std::runtime_error("link refused: " + response.body);
}

void InProcessGateway::limits(PatientId id, std::string json, std::string_view token) {
  auto response = put("/patients/" + id.text() + "/limits", token, R"({"limits":)" + json + "}");
  if (response.status != 200 && response.status != 201) throw std::runtime_error("limits refused: " + response.body);
}

std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

namespace {
std::string item(std::string_view subject, std::string_view time, std::string_view kind, std::string rest,
                 std::string_view more) {
  std::string json = R"({"time":")" + std::string(time) + R"(","kind":")" + std::string(kind) + "\"" + rest;
  if (!subject.empty()) json += R"(,"subject":")" + std::string(subject) + "\"";
  if (!more.empty()) json.append(",").append(more);
  return json + "}";
}
}  // namespace

std::string reading(std::string_view subject, std::string_view time, std::string_view kind, std::string_view value,
                    std::string_view unit, std::string_view more) {
  return item(subject, time, kind, R"(,"value":)" + std::string(value) + R"(,"unit":")" + std::string(unit) + "\"",
              more);
}

std::string saturation(std::string_view subject, std::string_view time, std::string_view value, std::string_view more) {
  return reading(subject, time, "oxygen-saturation", value, "%", more);
}

std::string pressure(std::string_view subject, std::string_view time, std::string_view systolic,
                     std::string_view diastolic, std::string_view more) {
  std::string components = R"(,"components":[{"kind":"systolic","value":)" + std::string(systolic) +
                           R"(,"unit":"mm[Hg]"},{"kind":"diastolic","value":)" + std::string(diastolic) +
                           R"(,"unit":"mm[Hg]"}])";
  return item(subject, time, "blood-pressure", components, more);
}

std::string event(std::string_view subject, std::string_view time, std::string_view kind, std::string_view more) {
  return item(subject, time, kind, "", more);
}

}  // namespace tests
