#include "gateway/registry/responsibility.hpp"

#include <algorithm>
#include <utility>

#include "fhir/json_writer.hpp"

namespace gateway::registry {
namespace {

using fhir::JsonValue;

// Published test organisations have numbers whose check digit is wrong, so only the form is asked for.
bool organization_number(std::string_view text) {
  return text.size() == 9 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

fhir::Result<fhir::Time> time_of(JsonValue value) {
  auto text = value.as_string();
  if (!text) return text.error();
  auto time = fhir::DateTime::parse(*text);
  if (!time || text->size() <= 10) return fhir::invalid(value.path() + ": expected a time with offset, like 2026-11-20T08:00:00+01:00");
  return time->utc;
}

fhir::Result<ResponsiblePeriod> period_from(JsonValue item) {
  if (!item.is_object()) return fhir::invalid(item.path() + ": expected a period");
  for (JsonValue member : item) {
    const std::string_view name = member.key();
    if (name != "organization" && name != "from" && name != "to") return fhir::invalid(member.path() + ": unknown member of a period");
  }
  if (item["organization"].is_null()) return fhir::invalid(item.path() + ".organization: missing");
  if (item["from"].is_null()) return fhir::invalid(item.path() + ".from: missing");
  ResponsiblePeriod period;
  auto organization = item["organization"].as_string();
  if (!organization) return organization.error();
  if (!organization_number(*organization)) return fhir::invalid(item.path() + ".organization: expected nine digits");
  period.organization = *organization;
  auto from = time_of(item["from"]);
  if (!from) return from.error();
  period.from = *from;
  if (!item["to"].is_null()) {
    auto to = time_of(item["to"]);
    if (!to) return to.error();
    if (*to <= *from) return fhir::invalid(item.path() + ".to: not after from");
    period.to = *to;
  }
  return period;
}

fhir::Result<std::vector<ResponsiblePeriod>> periods_in(JsonValue list) {
  std::vector<ResponsiblePeriod> periods;
  for (JsonValue item : list) {
    auto period = period_from(item);
    if (!period) return period.error();
    periods.push_back(std::move(*period));
  }
  std::stable_sort(periods.begin(), periods.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  for (std::size_t i = 1; i < periods.size(); ++i) {
    const auto& end = periods[i - 1].to;
    if (!end || *end > periods[i].from) return fhir::invalid("periods: two of them overlap; one organisation answers at a time");
  }
  return periods;
}

}  // namespace

Responsibility::Answering Responsibility::at(fhir::Time now) const {
  for (const ResponsiblePeriod& period : periods) {
    if (now < period.from) return {{}, period.from};
    if (!period.to || now < *period.to) return {period.organization, period.to};
  }
  return {};
}

Responsibility responsibility_from(const store::Responsibility& row) {
  Responsibility known;
  known.version = row.version;
  auto document = fhir::JsonDocument::parse(row.periods);
  if (!document) return known;
  if (auto periods = periods_in(document->root())) known.periods = std::move(*periods);
  return known;
}

std::string periods_json(const std::vector<ResponsiblePeriod>& periods) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_array();
  for (const ResponsiblePeriod& period : periods) {
    writer.begin_object().member("organization", period.organization).member("from", fhir::utc_millis_text(period.from));
    writer.key("to");
    if (period.to) {
      writer.value(fhir::utc_millis_text(*period.to));
    } else {
      writer.null();
    }
    writer.end_object();
  }
  writer.end_array();
  return out;
}

fhir::Result<std::vector<ResponsiblePeriod>> periods_from_json(JsonValue body) {
  JsonValue list = body["periods"];
  if (!list.is_array()) return fhir::invalid("periods: expected an array of periods");
  if (list.size() > periods_max) return fhir::invalid("periods: at most 200");
  return periods_in(list);
}

}  // namespace gateway::registry
