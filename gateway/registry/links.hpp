// Links: which patient a source's subject belonged to, from when to when. The link valid at the measured time decides. A bounded
// cache over the store; the committer's thread only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/store/store.hpp"

namespace gateway::registry {

class Links {
 public:
  Links(store::Reader& reader, std::size_t capacity) : reader_(reader), capacity_(capacity) {}

  // The link valid at `measured`; none when the subject belonged to nobody then.
  std::optional<store::Link> at(store::Source, std::string_view subject, fhir::Time measured);
  const std::vector<store::Link>& of(store::Source, std::string_view subject);
  void keep(const store::Link&);   // a link this group made or changed
  void trim();
  void forget_all();

 private:
  static std::string cache_key(store::Source, std::string_view subject);
  store::Reader& reader_;
  std::size_t capacity_;
  std::unordered_map<std::string, std::vector<store::Link>> cache_;
};

// A period overlapping one of another patient for the same subject, if any.
const store::Link* overlap(const std::vector<store::Link>&, const store::Link& wanted);

}  // namespace gateway::registry
