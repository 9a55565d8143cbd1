// A vendor's traffic watched for a while: what it sends against what a good sender does (record ids, clocks, units, kinds, retries).
// Makes the report a vendor is handed. Counts only, never a value or an identifier of a person. The running gateway feeds it from the
// intake; `hjemport conformance --adapter` from files.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/measurement.hpp"
#include "gateway/ingest/answer.hpp"

namespace gateway::ingest {

// What one source sent since the watch began. One thread at a time.
class ConformanceWatch {
 public:
  // `refuse`: this many payloads are answered 503, to see whether they come again.
  ConformanceWatch(fhir::Time begun, fhir::Time until, int refuse) : begun_(begun), until_(until), to_refuse_(refuse) {}

  bool over(fhir::Time now) const { return now >= until_; }

  // Whether this payload is to be refused; it is remembered, and when the same bytes come again that is its retry.
  bool refuses(std::string_view bytes, fhir::Time now);
  void undecodable(std::string_view bytes, fhir::Time received);
  void decoded(std::string_view bytes, const adapters::Decoded&, fhir::Time received);
  void stored(const std::vector<ItemResult>&);

  enum class Verdict : std::uint8_t { pass, warn, fail, unseen };
  struct Check {
    std::string_view name;
    Verdict verdict;
    std::string finding;  // one sentence with numbers
    std::string advice;   // what to change; empty when nothing
  };
  std::vector<Check> checks(fhir::Time now) const;
  std::string json(std::string_view source, fhir::Time now) const;
  std::string markdown(std::string_view source, fhir::Time now) const;  // for the vendor

 private:
  struct Refused {
    fhir::Time at;
    std::optional<fhir::Time> again;
    int times = 0;
  };
  void reading(const adapters::Measurement&, fhir::Time received);
  void note(const std::string& text);

  Check decodable() const;
  Check record_ids() const;
  Check repeated() const;
  Check timely() const;
  Check clock() const;
  Check zones() const;
  Check units() const;
  Check kinds() const;
  Check persons() const;
  Check values() const;
  Check retries(fhir::Time now) const;

  fhir::Time begun_, until_;
  int to_refuse_;
  std::int64_t payloads_ = 0, undecodable_ = 0, same_payloads_ = 0, items_ = 0, readings_ = 0, events_ = 0, without_id_ = 0,
               uncertain_times_ = 0, late_ = 0, ahead_ = 0;
  std::chrono::microseconds latest_{0}, furthest_ahead_{0};
  std::array<std::int64_t, outcome_count> outcomes_{};
  std::map<std::string, std::int64_t> reasons_;  // quarantine and ignore reasons
  std::map<std::string, std::int64_t> notes_;    // failing steps, the most common first in the report; bounded
  std::unordered_map<std::uint64_t, fhir::Time> seen_;  // digests of payloads; bounded
  std::unordered_map<std::uint64_t, Refused> refused_;
};

// The watches of a running gateway, by source. Any thread; a source nobody watches costs one look at an atomic.
class Conformance {
 public:
  // Replaces a watch of the source that is still on.
  void begin(std::string source, fhir::Time now, std::chrono::seconds duration, int refuse);
  bool end(std::string_view source);  // false: there was none
  // What has been seen by now; nothing when the source is not and was not watched.
  std::optional<std::string> json(std::string_view source, fhir::Time now) const;

  bool refuses(std::string_view source, std::string_view bytes, fhir::Time now);
  void undecodable(std::string_view source, std::string_view bytes, fhir::Time received);
  void decoded(std::string_view source, std::string_view bytes, const adapters::Decoded&, fhir::Time received);
  void stored(std::string_view source, const std::vector<ItemResult>&, fhir::Time now);

 private:
  ConformanceWatch* watch(std::string_view source, fhir::Time now);  // under the lock; null when it is over

  std::atomic<int> watches_{0};
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<ConformanceWatch>, std::less<>> by_source_;
};

}  // namespace gateway::ingest
