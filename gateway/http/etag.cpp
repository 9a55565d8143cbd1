#include "gateway/http/etag.hpp"

#include <charconv>

namespace gateway::http {

std::string etag(std::uint32_t version) {
  return "W/\"" + std::to_string(version) + "\"";
}

std::optional<std::uint32_t> version_of_etag(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return std::nullopt;
  tag = tag.substr(1, tag.size() - 2);
  std::uint32_t version = 0;
  auto [end, fault] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
  if (fault != std::errc{} || end != tag.data() + tag.size()) return std::nullopt;
  return version;
}

}  // namespace gateway::http
