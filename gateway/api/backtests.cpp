#include "gateway/api/backtests.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <deque>
#include <mutex>

#include "fhir/json_writer.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"
#include "gateway/config/yaml_section.hpp"
#include "gateway/ingest/stored_backtest.hpp"
#include "gateway/registry/plan.hpp"
#include "gateway/runtime/log.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "back-test";
// OURS. Each finished one keeps a report of about a megabyte at most.
constexpr std::size_t kept_max = 20, running_max = 2, patients_named_max = 1'000;
constexpr std::chrono::days usual_period{30}, longest_period{400};
constexpr std::chrono::minutes longest_run{10};

http::Response problem(const fhir::Error& error) { return http::error_response(error, http::ErrorBody::problem_json); }
http::Response problem(int status, std::string_view detail) {
  return http::error_response(status, detail, http::ErrorBody::problem_json);
}

enum class State : std::uint8_t { running, done, failed };

// One back-test. The work is touched by one portion at a time; what others see of it stands behind the mutex of Backtests or is atomic.
struct Run {
  std::string id, client;
  store::Tenant tenant{};
  fhir::Time created{};
  std::chrono::steady_clock::time_point began;
  std::unique_ptr<ingest::StoredBacktest> work;  // stays for its counters; its readings go with it
  State state = State::running;
  std::string report, reason;
  std::uint64_t patients = 0, read = 0, judged = 0, readings = 0;
};

class Backtests {
 public:
  explicit Backtests(const BacktestDeps& deps) : deps_(deps), ids_(0) {}

  const BacktestDeps& deps() const { return deps_; }

  fhir::Result<std::shared_ptr<Run>> begin(const auth::Actor& actor, ingest::StoredBacktestAsked asked) {
    const std::lock_guard lock(mutex_);
    const auto running = std::count_if(kept_.begin(), kept_.end(), [](const auto& run) { return run->state == State::running; });
    if (static_cast<std::size_t>(running) >= running_max) return fhir::Error(fhir::ErrorCategory::busy, "other back-tests are running; try again");
    if (kept_.size() >= kept_max) {
      kept_.erase(std::find_if(kept_.begin(), kept_.end(), [](const auto& run) { return run->state != State::running; }));
    }
    auto run = std::make_shared<Run>();
    run->created = deps_.clock.now();
    run->id = id_text(ids_.next(run->created));
    run->client = actor.id;
    run->tenant = actor.tenant;
    run->began = deps_.clock.steady_now();
    run->work = std::make_unique<ingest::StoredBacktest>(std::move(asked), deps_.zone);
    kept_.push_back(run);
    return run;
  }

  bool in_time(const Run& run) const { return deps_.clock.steady_now() - run.began < longest_run; }

  void end(Run& run, const fhir::Result<bool>& how) {
    std::unique_ptr<ingest::StoredBacktest> work;  // freed outside the lock
    const std::lock_guard lock(mutex_);
    count(run);
    run.state = how ? State::done : State::failed;
    if (how) {
      run.report = run.work->take_report();
    } else {
      run.reason = how.error().detail;
    }
    work = std::move(run.work);
  }

  // Nothing: not there, another tenant's, or forgotten.
  std::optional<std::string> json(store::Tenant tenant, std::string_view id) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& run) { return run->id == id && run->tenant == tenant; });
    if (found == kept_.end()) return std::nullopt;
    Run& run = **found;
    count(run);
    return text(run);
  }

 private:
  static void count(Run& run) {
    if (!run.work) return;
    run.patients = run.work->patients();
    run.read = run.work->read();
    run.judged = run.work->judged();
    run.readings = run.work->readings();
  }

  static std::string text(const Run& run) {
    static constexpr std::string_view names[] = {"running", "done", "failed"};
    std::string out;
    fhir::JsonWriter writer(out);
    writer.begin_object().member("id", run.id).member("state", names[static_cast<std::size_t>(run.state)]);
    writer.member("created", fhir::utc_text(run.created)).member("by", run.client).member_if("reason", run.reason);
    writer.key("progress").begin_object().member("patients", run.patients).member("read", run.read).member("judged", run.judged);
    writer.member("readings", run.readings).end_object();
    if (run.state == State::done) writer.key("report").raw(run.report);
    writer.end_object();
    return out;
  }

  const BacktestDeps& deps_;
  std::mutex mutex_;
  IdSource ids_;
  std::deque<std::shared_ptr<Run>> kept_;  // oldest first
};

http::Awaitable<void> carry_out(std::shared_ptr<Backtests> backtests, std::shared_ptr<Run> run) {
  fhir::Result<bool> more = true;
  while (more && *more) {
    if (!backtests->in_time(*run)) {
      more = fhir::Error(fhir::ErrorCategory::too_large, "took longer than ten minutes; name fewer patients or a shorter period");
      break;
    }
    std::function<fhir::Result<bool>(store::Reader&)> portion = [run](store::Reader& reader) { return run->work->step(reader); };
    more = co_await backtests->deps().reads.run<bool>(std::move(portion));
  }
  backtests->end(*run, more);
}

// ---- what is asked for

fhir::Result<std::optional<fhir::Time>> time_member(fhir::JsonValue value) {
  if (value.is_null()) return std::optional<fhir::Time>();
  auto text = value.as_string();
  if (!text) return text.error();
  auto parsed = fhir::DateTime::parse(*text);
  if (!parsed || !parsed->offset) return fhir::invalid(value.path() + ": expected a time with offset, RFC 3339");
  return std::optional(parsed->utc);
}

fhir::Result<void> read_patients(fhir::JsonValue list, std::vector<PatientId>& patients) {
  if (list.is_null()) return {};
  if (!list.is_array() || list.size() == 0) return fhir::invalid("patients: expected an array of Patient ids; leave it out for the whole tenant");
  if (list.size() > patients_named_max) return fhir::invalid("patients: at most 1000");
  for (const fhir::JsonValue item : list) {
    auto text = item.as_string();
    if (!text) return text.error();
    auto id = PatientId::parse(*text);
    if (!id) return fhir::not_found("no such patient");
    if (std::find(patients.begin(), patients.end(), *id) == patients.end()) patients.push_back(*id);
  }
  return {};
}

fhir::Result<void> read_period(fhir::JsonValue root, fhir::Time now, ingest::StoredBacktestAsked& asked) {
  auto from = time_member(root["from"]);
  if (!from) return from.error();
  auto to = time_member(root["to"]);
  if (!to) return to.error();
  asked.to = std::min(to->value_or(now), now);
  asked.from = from->value_or(asked.to - usual_period);
  if (asked.to <= asked.from) return fhir::invalid("to: must be after from, and from not in the future");
  if (asked.to - asked.from > longest_period) return fhir::invalid("from: at most 400 days before to");
  return {};
}

fhir::Result<void> read_options(fhir::JsonValue root, ingest::StoredBacktestAsked& asked) {
  if (const fhir::JsonValue value = root["handled_after"]; !value.is_null()) {
    auto text = value.as_string();
    if (!text) return text.error();
    auto after = config::parse_duration(*text);
    if (!after || after->count() < 0) return fhir::invalid("handled_after: expected a duration like 30m, 2h or 1d");
    asked.handled_after = std::chrono::duration_cast<std::chrono::seconds>(*after);
  }
  if (const fhir::JsonValue value = root["shadow"]; !value.is_null()) {
    if (!value.is_boolean()) return fhir::invalid("shadow: expected true or false");
    asked.shadow = value.scalar() == "true";
  }
  if (const fhir::JsonValue value = root["capacity"]; !value.is_null()) {
    auto number = value.as_integer();
    if (!number) return number.error();
    if (*number < 0) return fhir::invalid("capacity: expected a number of alarms");
    asked.capacity = static_cast<std::uint64_t>(*number);
  }
  return {};
}

fhir::Result<ingest::StoredBacktestAsked> asked_of(fhir::JsonValue root, const BacktestDeps& deps, store::Tenant tenant) {
  static constexpr std::string_view known[] = {"patients", "from", "to", "limits", "rules", "shadow", "handled_after", "capacity"};
  if (!root.is_object()) return fhir::invalid("expected an object");
  for (const fhir::JsonValue member : root) {
    if (std::find(std::begin(known), std::end(known), member.key()) == std::end(known)) {
      return fhir::invalid(std::string(member.key().substr(0, 40)) + ": unknown; known are patients, from, to, limits, rules, shadow, handled_after, capacity");
    }
  }
  ingest::StoredBacktestAsked asked;
  asked.tenant = tenant;
  asked.age = {deps.judge.late_after, deps.judge.alarm_horizon};
  asked.alarms = deps.judge.alarms;
  if (auto read = read_patients(root["patients"], asked.patients); !read) return read.error();
  if (auto read = read_period(root, deps.clock.now(), asked); !read) return read.error();
  if (auto read = read_options(root, asked); !read) return read.error();
  if (asked.shadow && root["limits"].is_null() && root["rules"].is_null()) return asked;
  auto proposed = registry::personal_from_json(root, deps.timezone);
  if (!proposed) return proposed.error();
  if (proposed->limits) {
    for (registry::PlannedLimit& planned : *proposed->limits) asked.limits.push_back(std::move(planned.limit));
  }
  if (proposed->rules) {
    for (registry::PlannedRule& planned : *proposed->rules) asked.rules.push_back(std::move(planned.rule));
  }
  if (asked.limits.empty() && asked.rules.empty() && !asked.shadow) return fhir::invalid("limits, rules, shadow: propose at least one");
  return asked;
}

// ---- routes

http::Awaitable<http::Response> start(http::Request& request, std::shared_ptr<Backtests> backtests) {
  const BacktestDeps& deps = backtests->deps();
  std::shared_ptr<const auth::Actor> actor = request.actor;
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  auto asked = asked_of(body->root(), deps, actor->tenant);
  if (!asked) co_return problem(asked.error());

  const std::vector<PatientId> named = asked->patients;
  std::function<fhir::Result<bool>(store::Reader&)> look = [named, actor](store::Reader& reader) -> fhir::Result<bool> {
    for (const PatientId id : named) {
      const auto patient = reader.patient(id);
      if (!patient || !auth::may(*actor, patient->tenant, id, auth::Purpose::plan)) return fhir::not_found("no such patient");
    }
    return true;
  };
  auto there = co_await deps.reads.run<bool>(std::move(look));
  const std::string_view outcome = there ? "ok" : "not-found";
  // Of a whole tenant one row without patient; of named patients one each, as any read of theirs.
  std::vector<PatientId> about = there ? named : std::vector<PatientId>();
  if (about.empty()) about.emplace_back();
  for (const PatientId id : about) {
    auto audited = co_await deps.audit.record(*actor, "back-test", id, purpose, outcome);
    if (!audited) co_return problem(audited.error());
  }
  if (!there) co_return problem(there.error());

  auto run = backtests->begin(*actor, std::move(*asked));
  if (!run) co_return problem(run.error());
  const std::string id = (*run)->id;
  http::Executor executor = co_await boost::asio::this_coro::executor;
  auto ended = [backtests, run = *run](std::exception_ptr failure) {
    if (!failure) return;
    log::error("backtest_broke_off", {{"backtest", run->id}});
    backtests->end(*run, fhir::Error(fhir::ErrorCategory::internal, "broke off"));
  };
  boost::asio::co_spawn(executor, carry_out(backtests, *run), std::move(ended));
  auto shown = backtests->json(actor->tenant, id);
  if (!shown) co_return problem(404, "no such back-test");
  http::Response response = http::json_response(202, std::move(*shown));
  response.headers.emplace_back("Location", "/backtests/" + id);
  co_return response;
}

http::Awaitable<http::Response> show(http::Request& request, std::shared_ptr<Backtests> backtests) {
  auto shown = backtests->json(request.actor->tenant, request.capture("id"));
  std::string_view outcome = shown ? "ok" : "not-found";
  auto audited = co_await backtests->deps().audit.record(*request.actor, "read back-test", PatientId{}, purpose, outcome);
  if (!audited) co_return problem(audited.error());
  if (!shown) co_return problem(404, "no such back-test; a restart forgets them, and so do twenty newer ones");
  co_return http::json_response(200, std::move(*shown));
}

}  // namespace

void add_backtest_routes(http::Router& router, const BacktestDeps& deps) {
  auto backtests = std::make_shared<Backtests>(deps);
  http::Route post;
  post.method = http::Method::post;
  post.pattern = "/backtests";
  post.roles = http::Role::clinician | http::Role::admin;
  post.content_types = {"application/json"};
  post.handler = [backtests](http::Request& request) { return start(request, backtests); };
  router.add(post);

  http::Route get;
  get.method = http::Method::get;
  get.pattern = "/backtests/{id}";
  get.roles = post.roles;
  get.handler = [backtests](http::Request& request) { return show(request, backtests); };
  router.add(get);
}

}  // namespace gateway::api
