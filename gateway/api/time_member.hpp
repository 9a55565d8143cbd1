// An optional time in the JSON body of a request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fhir/json_reader.hpp"
#include "fhir/time.hpp"

namespace gateway::api {

// Nothing when the member is missing or null.
inline fhir::Result<std::optional<fhir::Time>> time_member(fhir::JsonValue body, std::string_view name) {
  const fhir::JsonValue member = body[name];
  if (member.is_null()) return std::optional<fhir::Time>();
  const auto time = fhir::DateTime::parse(member.text().value_or(""));
  if (!time) return fhir::invalid(std::string(name) + ": a time with offset, RFC 3339");
  return std::optional(time->utc);
}

}  // namespace gateway::api
