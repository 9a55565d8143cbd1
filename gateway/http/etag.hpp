// Versions as entity tags: W/"3" out; W/"3" or "3" in, as FHIR clients send both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::http {

std::string etag(std::uint32_t version);
std::optional<std::uint32_t> version_of_etag(std::string_view);

}  // namespace gateway::http
