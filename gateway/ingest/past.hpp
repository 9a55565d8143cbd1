// Past readings for back-testing: FHIR resources, one a line, decoded by the adapter `fhir` and normalised like what is pushed, then
// sorted by patient. Nothing is stored. Threads: read() uses several for decoding; the object itself is one thread's.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/adapter.hpp"
#include "thresholds/backtest.hpp"

namespace gateway::ingest {

// A line, or a reading in it, that cannot be judged. The text holds no value and no identifier.
struct PastFault {
  std::uint64_t line = 0;  // from 1
  std::string text;
};

// One value with what it is of.
struct PastSeriesValue {
  fhir::Kind kind{}, component{};  // component unknown: the kind's own value
  std::string answer;              // of a questionnaire: "url|link id"; kind and component are then not looked at
  thresholds::Number value;
  thresholds::Comparator comparator = thresholds::Comparator::none;
};

struct DecodedPast {
  std::uint64_t line = 0;
  std::string person;     // what tells patients apart
  bool nameable = true;   // false: `person` may hold a national identity number and is never shown
  fhir::Time arrived{}, measured{};
  fhir::Kind kind{};
  bool absent = false, doubled_hour = false;
  std::vector<PastSeriesValue> values;
};

// Decodes single lines; one per thread.
class PastDecoder {
 public:
  explicit PastDecoder(std::shared_ptr<const adapters::Zone>);
  ~PastDecoder();
  void decode(std::string_view resource, std::uint64_t line, std::vector<DecodedPast>&, std::vector<PastFault>&);
  std::uint64_t left_out() const { return left_out_; }  // readable, and nothing that is judged: other resources, unknown kinds, cancelled

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::uint64_t left_out_ = 0;
};

class PastReadings {
 public:
  struct Patient {
    // subject.reference, else its identifier; one that is or may hold a national identity number is "patient-1", "patient-2" in
    // order of first appearance, so the same input gives the same names (invariant 12).
    std::string name;
    thresholds::Past past;
  };

  void add(const DecodedPast&);

  const std::vector<Patient>& patients() const { return patients_; }  // in order of first appearance
  const thresholds::Vocabulary& vocabulary() const { return vocabulary_; }
  std::optional<fhir::Time> first_arrival() const { return first_; }
  std::optional<fhir::Time> last_arrival() const { return last_; }
  std::uint64_t count() const { return count_; }

 private:
  Patient& patient(const DecodedPast&);
  std::uint16_t kind(fhir::Kind);
  std::uint16_t series(const PastSeriesValue&);

  std::vector<Patient> patients_;
  std::unordered_map<std::string, std::size_t> by_person_;
  thresholds::Vocabulary vocabulary_;
  std::map<fhir::Kind, std::uint16_t> kinds_;
  std::map<std::pair<fhir::Kind, fhir::Kind>, std::uint16_t> series_;
  std::unordered_map<std::string, std::uint16_t> answers_;
  std::optional<fhir::Time> first_, last_;
  std::uint64_t count_ = 0, unnamed_ = 0;
};

struct PastReport {
  std::uint64_t lines = 0, faults = 0, left_out = 0;
  bool broken_off = false;  // the stream failed before its end
};

// Reads to the end, `threads` blocks of lines at a time; faults are told in order of lines. `progress` is told the lines read so far.
PastReport read_past(std::istream&, std::shared_ptr<const adapters::Zone>, unsigned threads, PastReadings&,
                     const std::function<void(const PastFault&)>& fault, const std::function<void(std::uint64_t lines)>& progress);

}  // namespace gateway::ingest
