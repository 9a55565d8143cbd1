// A person's action in a committer job: on one alarm, or on several of a case at once.
#pragma once

#include <string>
#include <vector>

#include "gateway/alarms/actions.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::api {

struct SeenAlarm {
  AlarmId id;
  std::uint32_t version = 0;  // that the person saw
};

// All of them or none: throws journal::JobRefused before anything is changed when one is not there (404), has changed since (412) or does
// not allow it (409). One audit row each. The alarms as they are then, in the same order.
std::vector<alarms::Alarm> act_on(journal::Working&, const auth::Actor&, const std::vector<SeenAlarm>&, const alarms::ActionRequest&);

// OURS: long enough for any client's retry, short enough to forbid a body as a key.
inline constexpr std::size_t idempotency_key_max = 200;
// Under which the first answer is kept. A key says "the same request": used for another thing or another action it is another one, and
// never its answer.
std::string reply_key(const auth::Actor&, std::string_view about, const alarms::ActionRequest&, std::string_view key);
// The first answer, of this group or an earlier one.
std::optional<store::Changes::Reply> earlier_reply(journal::Working&, const std::string& reply_key);

}  // namespace gateway::api
