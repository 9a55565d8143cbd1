#include "gateway/app.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
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
#include "gateway/api/health.hpp"
#include "gateway/api/ingest.hpp"
#include "gateway/api/judgements.hpp"
#include "gateway/api/links.hpp"
#include "gateway/api/plans.hpp"
#include "gateway/api/projection.hpp"
#include "gateway/api/recalls.hpp"
#include "gateway/api/reload.hpp"
#include "gateway/api/responsibility.hpp"
#include "gateway/api/shadow_rules.hpp"
#include "gateway/api/suppressions.hpp"
#include "gateway/app_reload.hpp"
#include "gateway/auth/access.hpp"
#include "gateway/auth/audit.hpp"
#include "gateway/auth/authenticate.hpp"
#include "gateway/auth/guard.hpp"
#include "gateway/deliver/curl_client.hpp"
#include "gateway/deliver/forwarder.hpp"
#include "gateway/doors/mllp_receiver.hpp"
#include "gateway/doors/mllp_server.hpp"
#include "gateway/doors/mqtt_subscriber.hpp"
#include "gateway/http/server.hpp"
#include "gateway/ingest/configured_links.hpp"
#include "gateway/ingest/relink.hpp"
#include "gateway/journal/alarm_feed.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/runtime/log.hpp"
#include "gateway/runtime/metrics.hpp"
#include "gateway/runtime/zone.hpp"
#include "gateway/store/read_pool.hpp"
#include "gateway/store/sqlite_store.hpp"
#include "gateway/timers/loop.hpp"
#include "gateway/timers/flood_watch.hpp"
#include "gateway/timers/missing_watch.hpp"
#include "gateway/timers/suppression_watch.hpp"
#include "gateway/timers/self_test.hpp"
#include "gateway/timers/services.hpp"
#include "gateway/timers/supervision.hpp"
#include "gateway/timers/alarm_watch.hpp"

namespace gateway {
namespace asio = boost::asio;
namespace {

using Guarded = asio::executor_work_guard<asio::io_context::executor_type>;

std::unique_ptr<store::Store> open_store(const config::Config& config, const World& world) {
  if (world.open_store) return world.open_store(config);
  std::filesystem::create_directories(config.sqlite_path.parent_path().empty() ? "." : config.sqlite_path.parent_path());
  store::SqliteOptions options;
  options.path = config.sqlite_path.string();
  return store::open_sqlite(options);
}

ingest::Sources configured_sources(const config::Config& config, store::Store& store) {
  auto sources = ingest::Sources::from(config, store);
  if (!sources) throw std::runtime_error(sources.error().detail);
  return std::move(*sources);
}

ingest::JudgeSettings judge_settings(const config::Config& config) {
  ingest::JudgeSettings settings;
  settings.late_after = config.judging.late_after;
  settings.alarm_horizon = config.judging.alarm_horizon;
  settings.undecided_after = config.judging.undecided_after;
  settings.alarms.reannounce_after = config.judging.reannounce_after;
  return settings;
}

journal::Settings committer_settings(const config::Config& config, const alarms::Services& services) {
  journal::Settings settings;
  settings.services = &services;
  settings.urgent_rows = config.queues.urgent_rows;
  settings.bulk_rows = config.queues.bulk_rows;
  settings.group_rows = config.queues.group_rows;
  return settings;
}

// On two cores one loop serves best (limits.md 10.1): the committer needs the other one.
int loop_count() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) - 1); }

}  // namespace

// Declared in the order of construction; destroyed in reverse.
struct App::Parts {
  Parts(config::Config given, World w)
      : config(std::move(given)),
        world(std::move(w)),
        hmac(config.installation_secret),
        keys(config.installation_secret),
        store(open_store(config, world)),
        sources(configured_sources(config, *store)),
        prepare{config.environment, config.judging.future_tolerance},
        judge(judge_settings(config)),
        services(timers::services_of(config, *store)),
        committer(*store, world.clock, config.node, committer_settings(config, services)),
        feed(store->own().newest()),
        reads(*store, 2),
        audit(committer, world.clock),
        replays(sources, keys, prepare, judge),
        link_worker(*store, committer, replays, world.clock),
        access(guard_of(config)),
        router([this](http::Request& request, const http::Route& route) { return access.admit(request, route); }),
        reload(config, {sources, *store, committer, [this](const config::Config& changed) { return admission(changed); }}),
        client(maintenance),
        forwarder(deliver::OutletMeans{maintenance, *store, committer, world.clock, world.random, client}, config.destinations,
                  deliver::publishers_of(config)),
        alarm_watch(timers::Means{maintenance, *store, committer, feed, services, world.clock, world.random, client}, config),
        cursors(hmac, world.random),
        intake(keys, prepare, judge, committer, world.clock, metrics, conformance, heard),
        timer_loop(maintenance, world.clock),
        supervision({*store, committer, sources, heard, metrics}, config.supervision.grace),
        self_tests({maintenance, *store, committer, sources, intake, feed, world.clock, metrics}, config.tenants),
        missing_watch(*store, committer, judge, config.tenants),
        suppression_watch(*store, committer, config.tenants),
        flood_watch(*store, committer, feed, services, config.tenants, metrics),
        source_deps{sources, supervision, audit},
        conformance_deps{sources, conformance, audit, world.clock},
        seal(hmac, world.random),
        puller(pull::Means{maintenance, *store, committer, sources, intake, seal, world.clock, world.random, client, metrics},
               config.sources),
        ingest_deps{sources, intake, world.clock, &puller},
        alarm_deps{committer, feed, reads, audit, world.clock, metrics, services},
        document_deps{reads, audit, deliver::publishers_of(config)},
        plan_deps{config.programmes, config.timezone, committer, reads, audit},
        backtest_deps{reads, audit, world.clock, judge, config.timezone, find_zone(config.timezone).value()},
        shadow_rule_deps{committer, reads, audit},
        responsibility_deps{committer, reads, audit, world.clock, services},
        suppression_deps{config.timezone, committer, reads, audit, world.clock, services},
        care_plan_deps{committer, reads, audit, world.clock, services},
        judgement_deps{reads, audit, world.clock, wall_time_in(config.timezone)},
        link_deps{sources, config.environment, committer, reads, audit},
        health_deps{*store, metrics},
        fhir_deps{config, reads, audit, committer, cursors, wall_time_in(config.timezone)},
        projection_deps{sources, fhir_deps},
        reload_deps{[this] { return reload.run(); }, reads, audit},
        admin_deps{config, sources, replays, committer, reads, audit, forwarder, world.clock},
        pull_deps{sources, committer, reads, audit, seal, puller} {}

  config::Config config;
  World world;
  Hmac hmac;
  ingest::Keys keys;
  std::unique_ptr<store::Store> store;
  Metrics metrics;
  ingest::Sources sources;
  ingest::PrepareSettings prepare;
  ingest::JudgeSettings judge;
  asio::io_context maintenance{1};
  std::vector<std::unique_ptr<asio::io_context>> loops;
  alarms::Services services;
  journal::Committer committer;
  journal::AlarmFeed feed;
  store::ReadPool reads;
  auth::AuditTrail audit;
  ingest::Replays replays;
  ingest::LinkWorker link_worker;
  auth::Access access;
  http::Router router;
  Reload reload;
  deliver::CurlClient client;
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
  api::HealthDeps health_deps;
  api::FhirDeps fhir_deps;
  api::ProjectionDeps projection_deps;
  api::ReloadDeps reload_deps;
  api::AdminDeps admin_deps;
  api::PullDeps pull_deps;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<doors::MllpServer> mllp;
  std::vector<std::unique_ptr<doors::MqttSubscriber>> subscribers;
  std::vector<unsigned short> ports, mllp_ports;
  std::vector<Guarded> guards;
  std::vector<std::thread> threads;
  asio::steady_timer minute{maintenance};
  bool started = false, stopped = false;

  http::Guard guard_of(const config::Config&);
  std::function<void()> admission(const config::Config&);
  void routes();
  void listen();
  void stop_subscribers();
  void listen_for_mllp(const std::vector<asio::io_context*>& contexts);
  void publish_metrics();
  void show(const deliver::Forwarder::Shown&, Metrics&);
  void every_while();
};

http::Guard App::Parts::guard_of(const config::Config& from) {
  auto known = std::make_shared<auth::Authenticator>(from, [this](std::string_view name) { return store->tenant(name); });
  return auth::make_guard(from, std::move(known), audit, metrics, world.clock);
}

// Of another configuration only who is known; its installation secret is the running one's.
std::function<void()> App::Parts::admission(const config::Config& changed) {
  config::Config whole = changed;
  whole.installation_secret = config.installation_secret;
  whole.metrics_bearer = config.metrics_bearer;
  http::Guard guard = guard_of(whole);
  return [this, guard = std::move(guard)] { access.use(guard); };
}

void App::Parts::routes() {
  api::add_health_routes(router, health_deps);
  api::add_ingest_routes(router, ingest_deps);
  api::add_ingest_stream_route(router, ingest_deps);
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
  api::add_reload_route(router, reload_deps);
  api::add_recall_routes(router, admin_deps);
}

void App::Parts::listen() {
  std::vector<asio::io_context*> contexts;
  for (int i = 0; i < loop_count(); ++i) {
    loops.push_back(std::make_unique<asio::io_context>(1));
    contexts.push_back(loops.back().get());
  }
  http::Hooks hooks;
  hooks.clock = &world.clock;
  hooks.log = [](std::string_view event, std::string_view detail) { log::error(event, {{"detail", detail}}); };
  server = std::make_unique<http::Server>(contexts, router, config.http, hooks);
  for (const http::Listen& one : config.listen) ports.push_back(server->listen(one));
  listen_for_mllp(contexts);
  const doors::MqttMeans means{sources, intake, world.clock, world.random, metrics, config.http.body_bytes, config.http.stop};
  for (const config::MqttBroker& broker : config.mqtt) {
    subscribers.push_back(std::make_unique<doors::MqttSubscriber>(*loops.front(), broker, means));
  }
}

void App::Parts::stop_subscribers() {
  std::vector<std::promise<void>> ends(subscribers.size());
  for (std::size_t i = 0; i < subscribers.size(); ++i) {
    subscribers[i]->stop([&ended = ends[i]] { ended.set_value(); });
  }
  for (std::promise<void>& one : ends) one.get_future().wait();
}

void App::Parts::listen_for_mllp(const std::vector<asio::io_context*>& contexts) {
  if (config.mllp.empty()) return;
  doors::MllpHooks hooks;
  hooks.log = [](std::string_view event, std::string_view detail) { log::error(event, {{"detail", detail}}); };
  hooks.metrics = &metrics;
  hooks.handshake = config.http.handshake;
  hooks.write = config.http.write;
  hooks.stop = config.http.stop;
  mllp = std::make_unique<doors::MllpServer>(contexts, hooks);
  for (const config::Mllp& one : config.mllp) {
    mllp_ports.push_back(mllp->listen(one, doors::mllp_receiver(sources, one.source, intake, world.clock, metrics)));
  }
}

// Counted by others, shown here: copied when somebody asks.
void App::Parts::publish_metrics() {
  metrics.before_expose([this](Metrics& page) {
    const journal::Counts& counts = committer.counts();
    page.urgent_queue.set(static_cast<double>(counts.urgent_queued));
    page.bulk_queue.set(static_cast<double>(counts.bulk_queued));
    page.groups.total(counts.groups);
    page.rows.total(counts.rows);
    page.refused_jobs.total(counts.refused);
    page.failed_groups.total(counts.failed_groups);
    page.patient_hits.total(counts.patient_hits);
    page.patient_misses.total(counts.patient_misses);
    const http::ServerCounts& http = server->counts();
    page.http_requests.total(http.requests);
    page.http_connections.total(http.connections_accepted);
    page.http_refused_limits.total(http.refused_limits);
    page.http_timeouts.total(http.timeouts);
    page.http_evicted_streams.total(http.evicted_streams);
    page.web_sockets_open.set(static_cast<double>(http.web_sockets_open));
    page.web_socket_messages.total(http.web_socket_messages);
    for (std::size_t i = 0; i < http.responses.size(); ++i) page.http_responses[i].total(http.responses[i]);
    page.http_open_connections.set(static_cast<double>(http.connections_open));
    if (mllp) page.mllp_open_connections.set(static_cast<double>(mllp->connections()));
    const store::Store::Health health = store->health();
    page.store_writable.set(health.writable ? 1 : 0);
    page.wal_bytes.set(static_cast<double>(health.wal_bytes));
    page.unmerged_rows.set(static_cast<double>(health.unmerged_rows));
    page.audit_waiting.set(static_cast<double>(audit.waiting()));
    page.open_streams.set(static_cast<double>(feed.streams()));
    std::unique_ptr<store::Reader> reader = store->reader();
    for (const config::Tenant& tenant : config.tenants) {
      page.tenant(tenant.id).open_alarms.set(static_cast<double>(reader->open_alarm_count(store->tenant(tenant.id))));
    }
    for (const auto& source : sources.all()) {
      page.source(source->facts.tenant, source->facts.id)
          .waiting.set(static_cast<double>(reader->waiting_count(source->facts.source)));
    }
    for (const deliver::Forwarder::Shown& shown : forwarder.shown()) show(shown, page);
  });
  committer.watch_groups([this](double seconds, std::size_t rows) {
    metrics.commit_seconds.observe(seconds);
    metrics.group_rows.observe(static_cast<double>(rows));
  });
}

void App::Parts::show(const deliver::Forwarder::Shown& shown, Metrics& page) {
  DestinationMetrics& lines = page.destination(shown.destination.tenant, shown.destination.id);
  const std::int64_t oldest = shown.counts.oldest_unsent_us;
  const fhir::Time oldest_at{std::chrono::microseconds(oldest)};
  lines.lag_seconds.set(oldest == 0 ? 0 : std::chrono::duration<double>(world.clock.now() - oldest_at).count());
  lines.lag_entries.set(static_cast<double>(shown.counts.lag_entries));
  lines.dead_letters.set(static_cast<double>(shown.counts.dead_letters));
  lines.breaker_open.set(shown.counts.breaker_open ? 1 : 0);
  lines.delivered.total(shown.counts.delivered);
  lines.retried.total(shown.counts.not_delivered);
  lines.parked.total(shown.counts.parked);
}

void App::Parts::every_while() {
  minute.expires_after(std::chrono::seconds(10));
  minute.async_wait([this](const boost::system::error_code& fault) {
    if (fault) return;
    audit.flush();
    every_while();
  });
}

App::App(config::Config config, World world) : parts_(std::make_unique<Parts>(std::move(config), std::move(world))) {
  Parts& parts = *parts_;
  parts.routes();
  parts.committer.observe([&parts](const store::Changes& changes, store::Position first) { parts.feed.committed(changes, first); });
  parts.committer.observe(
      [&parts](const store::Changes& changes, store::Position first) { parts.link_worker.committed(changes, first); });
  parts.timer_loop.add(parts.alarm_watch);
  parts.timer_loop.add(parts.supervision);
  parts.timer_loop.add(parts.self_tests);
  parts.timer_loop.add(parts.missing_watch);
  parts.timer_loop.add(parts.suppression_watch);
  parts.timer_loop.add(parts.flood_watch);
  parts.listen();
  parts.publish_metrics();
}

App::~App() { stop(); }

const std::vector<unsigned short>& App::ports() const { return parts_->ports; }
const std::vector<unsigned short>& App::mllp_ports() const { return parts_->mllp_ports; }
const config::Config& App::config() const { return parts_->config; }

void App::start() {
  Parts& parts = *parts_;
  parts.started = true;
  parts.committer.start();
  ingest::ensure_links(parts.committer, parts.sources, parts.config);
  parts.link_worker.start();
  parts.forwarder.start();
  parts.alarm_watch.look();  // what ran out while the program was away does not wait for the first step
  parts.puller.start();
  parts.timer_loop.start();
  parts.every_while();
  parts.server->start();
  if (parts.mllp) parts.mllp->start();
  for (const auto& subscriber : parts.subscribers) subscriber->start();
  auto run = [&parts](asio::io_context& context) {
    parts.guards.emplace_back(context.get_executor());
    parts.threads.emplace_back([&context] { context.run(); });
  };
  run(parts.maintenance);
  for (const auto& loop : parts.loops) run(*loop);
}

api::ReloadReport App::reload() { return parts_->reload.run(); }

void App::stop() {
  Parts& parts = *parts_;
  if (!parts.started || parts.stopped) return;
  parts.stopped = true;
  std::promise<void> served, received, pulled, forwarded, timed, stepped;
  parts.server->stop([&served] { served.set_value(); });
  if (parts.mllp) parts.mllp->stop([&received] { received.set_value(); });
  parts.stop_subscribers();
  if (parts.mllp) received.get_future().wait();
  served.get_future().wait();
  parts.timer_loop.stop([&stepped] { stepped.set_value(); });
  stepped.get_future().wait();
  parts.puller.stop([&pulled] { pulled.set_value(); });
  pulled.get_future().wait();
  parts.alarm_watch.stop([&timed] { timed.set_value(); });
  timed.get_future().wait();
  parts.forwarder.stop([&forwarded] { forwarded.set_value(); });
  forwarded.get_future().wait();
  parts.link_worker.stop();
  asio::post(parts.maintenance, [&parts] { parts.minute.cancel(); });
  parts.audit.finish();
  parts.committer.stop();
  parts.reads.stop();
  for (Guarded& guard : parts.guards) guard.reset();
  parts.maintenance.stop();
  for (const auto& loop : parts.loops) loop->stop();
  for (std::thread& thread : parts.threads) thread.join();
}

}  // namespace gateway
