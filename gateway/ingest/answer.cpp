#include "gateway/ingest/answer.hpp"

#include <array>

#include "fhir/json_writer.hpp"

namespace gateway::ingest {

std::string_view name(Outcome outcome) {
  static constexpr std::array<std::string_view, outcome_count> names{"accepted", "duplicate", "amended", "quarantined",
                                                                     "ignored"};
  return names[static_cast<std::size_t>(outcome)];
}

std::string answer_json(const std::vector<ItemResult>& results) {
  std::array<std::int64_t, outcome_count> counts{};
  for (const ItemResult& result : results) ++counts[static_cast<std::size_t>(result.outcome)];

  std::string out;
  out.reserve(128 + results.size() * 96);
  fhir::JsonWriter writer(out);
  writer.begin_object().member("received", static_cast<std::int64_t>(results.size()));
  for (int i = 0; i < outcome_count; ++i) writer.member(name(static_cast<Outcome>(i)), counts[static_cast<std::size_t>(i)]);
  writer.key("results").begin_array();
  for (const ItemResult& result : results) {
    writer.begin_object().member("index", static_cast<std::int64_t>(result.index)).member("outcome", name(result.outcome));
    if (result.observation) writer.member("observation", "Observation/" + result.observation.text());
    if (result.quarantine) writer.member("quarantine", result.quarantine.text());
    writer.member_if("reason", result.reason);
    if (!result.alarms.empty()) {
      writer.key("alarms").begin_array();
      for (AlarmId alarm : result.alarms) writer.value(alarm.text());
      writer.end_array();
    }
    writer.end_object();
  }
  writer.end_array().end_object();
  return out;
}

}  // namespace gateway::ingest
