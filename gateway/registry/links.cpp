#include "gateway/registry/links.hpp"

#include <algorithm>

namespace gateway::registry {

std::string Links::cache_key(store::Source source, std::string_view subject) {
  std::string key = std::to_string(static_cast<int>(source));
  key += '|';
  key += subject;
  return key;
}

const std::vector<store::Link>& Links::of(store::Source source, std::string_view subject) {
  std::string key = cache_key(source, subject);
  auto found = cache_.find(key);
  if (found == cache_.end()) found = cache_.emplace(std::move(key), reader_.links(source, subject)).first;
  return found->second;
}

std::optional<store::Link> Links::at(store::Source source, std::string_view subject, fhir::Time measured) {
  for (const store::Link& link : of(source, subject)) {
    if (link.from <= measured && (!link.to || measured < *link.to)) return link;
  }
  return std::nullopt;
}

void Links::keep(const store::Link& link) {
  of(link.source, link.subject);
  std::vector<store::Link>& links = cache_[cache_key(link.source, link.subject)];
  auto same = std::find_if(links.begin(), links.end(), [&](const store::Link& other) { return other.id == link.id; });
  if (same == links.end()) {
    links.push_back(link);
  } else {
    *same = link;
  }
}

void Links::trim() {
  // Whole-cache drop: a subject costs one indexed read to load again, and the bound is far above a gateway's subjects.
  if (cache_.size() > capacity_ * 2) cache_.clear();
}

void Links::forget_all() { cache_.clear(); }

const store::Link* overlap(const std::vector<store::Link>& links, const store::Link& wanted) {
  for (const store::Link& link : links) {
    if (link.id == wanted.id || link.patient == wanted.patient) continue;
    const bool before = link.to && *link.to <= wanted.from;
    const bool after = wanted.to && *wanted.to <= link.from;
    if (!before && !after) return &link;
  }
  return nullptr;
}

}  // namespace gateway::registry
