// A small receiving record system for the demo and the tests: takes what a `fhir` destination sends (conditional update
// of Observation and DetectedIssue by identifier, conditional create of a document Bundle), keeps the newest of them in memory and shows them to curl. Not a
// FHIR server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/http/router.hpp"
#include "gateway/runtime/clock.hpp"

namespace gateway::demo {

class FhirSink {
 public:
  explicit FhirSink(const Clock& clock, std::size_t keep = 10'000) : clock_(clock), keep_(keep) {}

  // PUT {prefix}/{type}?identifier=system|value, POST {prefix}/Bundle, GET {prefix}/{type} (newest first; identifier=, _count=),
  // GET {prefix}/{type}/{id}, GET {prefix}/counts; type is Observation, DetectedIssue or Bundle. Handlers may run on any
  // thread. The sink outlives the router.
  void add_routes(http::Router&, const std::string& prefix, http::Roles roles = http::open_to_all);

  struct Counts {
    std::uint64_t created = 0, updated = 0, refused = 0;
  };
  Counts counts(std::string_view type) const;
  // The kept resource as it was sent last; empty when there is none.
  std::string sent(std::string_view type, std::string_view identifier) const;

 private:
  struct Resource {
    std::string id, identifier;  // "system|value"
    std::uint32_t version = 1;
    std::string body;  // as sent
    fhir::Time updated{};
  };
  struct Shelf {
    std::list<Resource> newest_first;
    std::unordered_map<std::string, std::list<Resource>::iterator> by_identifier;
    std::uint64_t last_id = 0;
    Counts counts;
  };

  http::Response put(const std::string& type, const http::Request&);
  http::Response post(const http::Request&);
  http::Response take(const std::string& type, const http::Request&, const std::string& identifier);
  http::Response search(const std::string& type, const http::Request&);
  http::Response read(const std::string& type, std::string_view id);
  http::Response show_counts();
  http::Response refuse(const std::string& type, std::string_view why);

  const Clock& clock_;
  std::size_t keep_;
  mutable std::mutex mutex_;
  std::map<std::string, Shelf, std::less<>> shelves_;
};

}  // namespace gateway::demo
