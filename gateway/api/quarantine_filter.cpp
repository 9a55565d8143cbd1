#include "gateway/api/quarantine_filter.hpp"

#include <algorithm>
#include <charconv>

#include "gateway/auth/actor.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view state_names[] = {"waiting", "released", "discarded"};

std::optional<std::uint8_t> reason_named(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(adapters::QuarantineReason::subject_changed); ++i) {
    if (adapters::name(static_cast<adapters::QuarantineReason>(i)) == name) return static_cast<std::uint8_t>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view quarantine_state_name(store::QuarantineState state) { return state_names[static_cast<std::size_t>(state)]; }

fhir::Result<void> set_quarantine_filter(store::QuarantineFilter& filter, std::string_view name, const std::string& value,
                              const ingest::Sources& sources) {
  if (name == "source") {
    const ingest::ConfiguredSource* source = sources.find(value);
    if (source == nullptr || source->facts.tenant_no != *filter.tenant) return fhir::not_found("no such source");
    filter.source = source->facts.source;
  } else if (name == "state") {
    auto found = std::find(std::begin(state_names), std::end(state_names), value);
    if (value == "all") {
      filter.state.reset();
    } else if (found == std::end(state_names)) {
      return fhir::invalid("state: waiting, released, discarded or all");
    } else {
      filter.state = static_cast<store::QuarantineState>(found - std::begin(state_names));
    }
  } else if (name == "reason") {
    filter.reason = reason_named(value);
    if (!filter.reason) return fhir::invalid("reason: not one of the quarantine reasons");
  } else if (name == "kind") {
    filter.kind = fhir::kind_named(value);
    if (*filter.kind == fhir::Kind::unknown && value != "unknown") return fhir::invalid("kind: no such kind");
  } else if (name == "subject") {
    filter.subject = value;
  } else if (name == "after") {
    filter.after = QuarantineId::parse(value);
    if (!filter.after) return fhir::invalid("after: the id of a quarantined item");
  } else if (name == "limit") {
    std::size_t limit = 0;
    auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), limit);
    if (fault != std::errc{} || end != value.data() + value.size() || limit == 0) return fhir::invalid("limit: 1 to 1000");
    filter.limit = std::min<std::size_t>(limit, 1000);
  } else {
    return fhir::invalid("unknown parameter; source, state, reason, kind, subject, after and limit are known");
  }
  return {};
}

store::QuarantineFilter waiting_quarantine(store::Tenant tenant) {
  store::QuarantineFilter filter;
  filter.tenant = tenant;
  filter.state = store::QuarantineState::waiting;
  return filter;
}

fhir::Result<store::QuarantineFilter> quarantine_filter(const http::Request& request, const ingest::Sources& sources) {
  store::QuarantineFilter filter = waiting_quarantine(request.actor->tenant);
  auto parameters = http::parse_form(request.query);
  if (!parameters) return fhir::invalid("the query cannot be read");
  for (const auto& [name, value] : *parameters) {
    if (fhir::Result<void> set = set_quarantine_filter(filter, name, value, sources); !set) return set.error();
  }
  return filter;
}

}  // namespace gateway::api
