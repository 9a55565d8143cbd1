#include "gateway/api/alarm_action.hpp"

#include <utility>

#include "gateway/api/alarms.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "gateway/journal/committer.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "alarm-handling";

struct Decided {
  alarms::Alarm before;
  alarms::AlarmChange change;
};

Decided decide(journal::Working& working, const auth::Actor& actor, const SeenAlarm& seen, const alarms::ActionRequest& action) {
  auto alarm = journal::find_alarm(working, actor.tenant, seen.id);
  if (!alarm || !deals_with(actor, *alarm, actor.tenant, working.services)) {
    throw journal::JobRefused{fhir::not_found("no such alarm")};
  }
  if (alarm->version != seen.version) {
    throw journal::JobRefused{{fhir::ErrorCategory::stale, "the alarm has changed since; fetch it and look again"}};
  }
  bool taken = false;
  if (action.action == thresholds::Action::reopen) {
    registry::PatientState* patient = alarm->patient ? working.patients.find(alarm->patient) : nullptr;
    auto open = journal::find_open_alarm(working, patient, actor.tenant, alarm->identity);
    taken = open && open->id != alarm->id;
  }
  auto change = alarms::apply_action(*alarm, action, actor.id, taken, working.now, actor.organization,
                                     working.services.of(actor.tenant).organization);
  if (!change) throw journal::JobRefused{change.error()};
  return {std::move(*alarm), std::move(*change)};
}

void audit(journal::Working& working, const auth::Actor& actor, PatientId patient, thresholds::Action action) {
  store::Audit audit;
  audit.at = working.now;
  audit.tenant = actor.tenant;
  audit.client = actor.id;
  audit.action = std::string("alarm ").append(thresholds::name(action));
  audit.patient = patient;
  audit.purpose = purpose;
  audit.outcome = "ok";
  working.changes.audits.push_back(std::move(audit));
}

}  // namespace

std::vector<alarms::Alarm> act_on(journal::Working& working, const auth::Actor& actor, const std::vector<SeenAlarm>& seen,
                                  const alarms::ActionRequest& action) {
  std::vector<Decided> all;
  for (const SeenAlarm& one : seen) all.push_back(decide(working, actor, one, action));
  std::vector<alarms::Alarm> after;
  for (Decided& one : all) {
    audit(working, actor, one.before.patient, action.action);
    after.push_back(one.change.alarm ? journal::write_alarm(working, actor.tenant, std::move(*one.change.alarm), one.change.change)
                                     : std::move(one.before));
  }
  return after;
}

std::string reply_key(const auth::Actor& actor, std::string_view about, const alarms::ActionRequest& action, std::string_view key) {
  std::string whole;
  whole.append(actor.tenant_name).append("|").append(actor.id).append("|").append(about);
  whole.append("|").append(thresholds::name(action.action));
  if (action.accept) whole.append(*action.accept ? "-accepted" : "-declined");
  return whole.append("|").append(key);
}

std::optional<store::Changes::Reply> earlier_reply(journal::Working& working, const std::string& reply_key) {
  for (const store::Changes::Reply& reply : working.changes.replies) {
    if (reply.key == reply_key) return reply;
  }
  return working.reader.reply(reply_key);
}

}  // namespace gateway::api
