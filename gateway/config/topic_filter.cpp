#include "gateway/config/topic_filter.hpp"

#include "fhir/utf8.hpp"

namespace gateway::config {
namespace {

constexpr std::size_t longest_filter = 65'535;  // 1.5.3

std::string_view take_level(std::string_view& rest, bool& more) {
  const std::size_t end = rest.find('/');
  more = end != std::string_view::npos;
  const std::string_view level = rest.substr(0, end);
  rest.remove_prefix(more ? end + 1 : rest.size());
  return level;
}

}  // namespace

bool valid_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > longest_filter || !fhir::is_utf8(filter)) return false;
  if (filter.find('\0') != std::string_view::npos) return false;
  for (bool more = true; more;) {
    const std::string_view level = take_level(filter, more);
    if (level.find_first_of("+#") == std::string_view::npos) continue;
    if (level.size() > 1 || (level == "#" && more)) return false;
  }
  return true;
}

bool matches(std::string_view filter, std::string_view topic) {
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  bool more_filter = true, more_topic = true;
  while (more_filter && more_topic) {
    const std::string_view wanted = take_level(filter, more_filter);
    if (wanted == "#") return true;
    const std::string_view given = take_level(topic, more_topic);
    if (wanted != "+" && wanted != given) return false;
  }
  return more_filter == more_topic || (more_filter && filter == "#");  // "a/#" is also for "a" (4.7.1.2)
}

}  // namespace gateway::config
