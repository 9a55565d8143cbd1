#include "gateway/timers/calls.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "fhir/json_writer.hpp"
#include "gateway/deliver/backoff.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "gateway/journal/working.hpp"
#include "gateway/runtime/log.hpp"

namespace gateway::timers {
namespace {

constexpr std::size_t page = 100;

// Whether it is still what nobody has seen to that the call is about.
bool waits(const alarms::Alarm& alarm, const store::Call& call) {
  return alarm.open() && alarm.timing.level >= call.level;
}

std::string body_of(const store::Call& call, const alarms::Alarm& alarm) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("alarm", alarm.id.text()).member("version", static_cast<std::int64_t>(call.version));
  writer.member("tenant", alarm.tenant).member("level", static_cast<std::int64_t>(call.level));
  writer.member("severity", thresholds::name(alarm.machine.severity));
  writer.member("colour", thresholds::name(thresholds::colour_of(alarm.machine.severity)));
  writer.member("state", thresholds::name(alarm.machine.state));
  writer.member("raised", fhir::utc_millis_text(alarm.raised));
  writer.member("text", "Et varsel i Hjemport venter og er ikke fulgt opp innen fristen").end_object();
  return out;
}

}  // namespace

Calls::Calls(const Means& means, const config::Config& config, std::function<void()> again)
    : means_(means), again_(std::move(again)) {
  for (const config::Escalation& escalation : config.escalation) {
    const store::Tenant tenant = means_.store.tenant(escalation.tenant);
    for (std::size_t i = 0; i < escalation.levels.size(); ++i) {
      if (escalation.levels[i].webhook) webhooks_[{tenant, static_cast<int>(i) + 1}] = *escalation.levels[i].webhook;
    }
  }
}

void Calls::look(store::Reader& reader) {
  const fhir::Time now = means_.clock.now();
  for (const store::Call& call : reader.calls(page)) {
    if (call.next_at > now) break;
    if (under_way_.contains({call.alarm, call.version})) continue;
    const auto webhook = webhooks_.find({call.tenant, call.level});
    const std::optional<store::Alarm> row = reader.alarm(call.alarm);
    const auto alarm = row ? alarms::alarm_from_stored(*row) : fhir::Result<alarms::Alarm>(fhir::not_found("no such alarm"));
    if (webhook == webhooks_.end() || !alarm || !waits(*alarm, call)) {
      settle(call, [](journal::Working&) {});
    } else {
      begin(call, webhook->second, *alarm);
    }
  }
}

void Calls::begin(const store::Call& call, const config::Webhook& webhook, const alarms::Alarm& alarm) {
  deliver::HttpRequest request;
  request.method = "POST";
  request.url = webhook.url;
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Idempotency-Key", alarm.id.text() + "-" + std::to_string(call.version));
  if (!webhook.bearer.empty()) request.headers.emplace_back("Authorization", "Bearer " + webhook.bearer);
  request.body = body_of(call, alarm);
  request.ca = webhook.ca;
  request.timeout = webhook.timeout;
  const Name name{call.alarm, call.version};
  under_way_[name] = means_.http.send(std::move(request), [this, call, &webhook](deliver::HttpResponse response) {
    answered(call, webhook, response);
  });
}

void Calls::answered(const store::Call& call, const config::Webhook& webhook, const deliver::HttpResponse& response) {
  if (response.status >= 200 && response.status < 300) return settle(call, [](journal::Working&) {});
  store::Call next = call;
  ++next.attempts;
  if (static_cast<int>(next.attempts) < webhook.attempts) {
    const deliver::Backoff backoff{webhook.backoff_first, webhook.backoff_max};
    next.next_at = means_.clock.now() + backoff.wait(next.attempts, means_.random);
    return settle(call, [next](journal::Working& working) { working.changes.calls.push_back(next); });
  }
  log::error("escalation_call_given_up", {{"alarm", call.alarm.text()}, {"level", static_cast<std::int64_t>(call.level)}});
  settle(call, [call](journal::Working& working) {
    auto alarm = journal::find_alarm(working, call.tenant, call.alarm);
    if (!alarm || !waits(*alarm, call)) return;
    alarms::Advance told = alarms::call_failed(*alarm, working.services.of(call.tenant), call.level, working.now);
    const alarms::Alarm written =
        journal::write_alarm(working, call.tenant, std::move(*told.change.alarm), told.change.change);
    if (told.call_level != 0) {
      working.changes.calls.push_back({written.id, written.version, call.tenant, told.call_level, 0, working.now});
    }
  });
}

// The call is owed no longer, unless `decide` puts it back. Refused or failed: it is owed still, and looked at again.
void Calls::settle(const store::Call& call, std::function<void(journal::Working&)> decide) {
  const Name name{call.alarm, call.version};
  under_way_[name] = std::nullopt;
  auto work = [call, decide = std::move(decide)](journal::Working& working) {
    decide(working);
    const bool kept = std::any_of(working.changes.calls.begin(), working.changes.calls.end(), [&](const store::Call& one) {
      return one.alarm == call.alarm && one.version == call.version;
    });
    if (!kept) working.changes.dropped_calls.push_back({call.alarm, call.version});
  };
  auto end = [this, name] {
    under_way_.erase(name);
    again_();
  };
  auto finished = [&context = means_.context, end](const fhir::Result<void>&) { boost::asio::post(context, end); };
  if (!means_.committer.submit(journal::job(std::move(work), std::move(finished)), store::Lane::urgent)) under_way_.erase(name);
}

void Calls::stop() {
  for (auto call = under_way_.begin(); call != under_way_.end();) {
    if (!call->second) {
      ++call;
      continue;
    }
    means_.http.cancel(*call->second);
    call = under_way_.erase(call);
  }
}

}  // namespace gateway::timers
