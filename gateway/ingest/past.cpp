#include "gateway/ingest/past.hpp"

#include <algorithm>
#include <exception>
#include <istream>
#include <limits>
#include <string>
#include <thread>

#include "adapters/fhir.hpp"
#include "adapters/fhir_payload.hpp"
#include "fhir/form_answers.hpp"
#include "fhir/national_id.hpp"
#include "gateway/ingest/prepare.hpp"

namespace gateway::ingest {
namespace {

using fhir::JsonValue;

// Not a secret: identifiers made here belong to no installation and are thrown away.
constexpr std::string_view no_installation = "past readings are judged and not stored";
constexpr std::size_t block_bytes = 1024 * 1024;
constexpr std::size_t line_bytes_max = 16 * 1024 * 1024;  // as a body of HTTP

thresholds::Number number(const fhir::Decimal& value) { return {value.coefficient(), value.scale()}; }

std::optional<fhir::Time> time_of(JsonValue value) {
  const auto text = value.text();
  if (!text) return std::nullopt;
  const auto parsed = fhir::DateTime::parse(*text);
  if (!parsed) return std::nullopt;
  return parsed->utc;
}

// When a reading became known, by what its resource says (design.md 8.1).
fhir::Time arrival_of(JsonValue resource, fhir::Time measured) {
  if (const auto issued = time_of(resource["issued"])) return *issued;
  if (const auto updated = time_of(resource["meta"]["lastUpdated"])) return *updated;
  return measured;
}

std::vector<PastSeriesValue> answers_of(JsonValue response) {
  std::vector<PastSeriesValue> found;
  for (const fhir::FormAnswer& answer : fhir::form_answers(response)) {
    PastSeriesValue one;
    one.answer = answer.question();
    one.value = number(answer.value);
    found.push_back(std::move(one));
  }
  return found;
}

// What the reading is as numbers: its values, or the place of its word on the kind's scale.
std::vector<PastSeriesValue> values_of(const store::Observation& row, std::string_view word) {
  std::vector<PastSeriesValue> found;
  const auto add = [&](fhir::Kind component, thresholds::Number value, std::uint8_t comparator) {
    PastSeriesValue one;
    one.kind = row.kind;
    one.component = component;
    one.value = value;
    one.comparator = static_cast<thresholds::Comparator>(comparator);
    found.push_back(std::move(one));
  };
  if (row.value) add(fhir::Kind::unknown, number(*row.value), row.comparator);
  for (const store::ComponentValue& component : row.components) add(component.kind, number(component.value), component.comparator);
  if (!found.empty() || word.empty()) return found;
  const auto answers = fhir::info(row.kind).answers;
  const auto place = std::find_if(answers.begin(), answers.end(), [&](const fhir::Answer& answer) { return answer.word == word; });
  if (place != answers.end()) add(fhir::Kind::unknown, thresholds::Number{place - answers.begin(), 0}, 0);
  return found;
}

// Whose it is: the reference if it lasts beyond its resource, else an identifier.
bool name_person(JsonValue resource, const Whom& whom, DecodedPast& reading) {
  const auto reference = resource["subject"]["reference"].text();
  if (reference && !reference->empty() && !reference->starts_with('#') && reference->find('?') == std::string_view::npos) {
    reading.person = std::string(*reference);
    reading.nameable = !fhir::may_contain_national_id(reading.person);
    return true;
  }
  if (whom.patient) {
    reading.person = whom.patient->system + "|" + whom.patient->value;
    reading.nameable = !fhir::is_national_id_system(whom.patient->system) && !fhir::may_contain_national_id(reading.person);
    return true;
  }
  // Without a subject the adapter names the device: whose it was then, only a link knows.
  if (resource["subject"].is_null() || whom.subject.empty()) return false;
  reading.person = whom.subject;
  reading.nameable = !fhir::may_contain_national_id(reading.person);
  return true;
}

std::string_view without_line_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  return line;
}

}  // namespace

// ---- one line

struct PastDecoder::Parts {
  explicit Parts(std::shared_ptr<const adapters::Zone> where) : zone(std::move(where)), keys(no_installation) {
    facts.id = facts.tenant = "past";
    facts.adapter = "fhir";
  }

  Prepared prepared(const adapters::Item& item, std::uint32_t index, fhir::Time received, std::string_view bytes) {
    PayloadKey payload(keys, facts, bytes);
    // Synthetic and real numbers are both taken: nothing is stored.
    for (const fhir::Environment environment : {fhir::Environment::test, fhir::Environment::production}) {
      PrepareSettings settings;
      settings.environment = environment;
      Prepared made = prepare(item, index, payload, facts, keys, settings, received);
      const auto* held = std::get_if<PreparedHeld>(&made);
      if (environment == fhir::Environment::production || held == nullptr || held->reason != adapters::QuarantineReason::invalid_identifier) {
        return made;
      }
    }
    return PreparedIgnored{index, adapters::IgnoreReason::not_a_reading};
  }

  std::shared_ptr<const adapters::Zone> zone;
  fhir::JsonDocument scratch;
  Keys keys;
  SourceFacts facts;
};

PastDecoder::PastDecoder(std::shared_ptr<const adapters::Zone> zone) : parts_(std::make_unique<Parts>(std::move(zone))) {}
PastDecoder::~PastDecoder() = default;

void PastDecoder::decode(std::string_view text, std::uint64_t line, std::vector<DecodedPast>& out, std::vector<PastFault>& faults) {
  const adapters::Context context{*parts_->zone, fhir::Time{}, parts_->scratch};
  const auto decoded = adapters::decode_fhir(text, context);
  if (!decoded) return faults.push_back({line, decoded.error().detail});
  const JsonValue resource = parts_->scratch.root();  // what decoding parsed
  const auto type = resource["resourceType"].text();
  if (type == "Bundle") return faults.push_back({line, "a Bundle; one resource a line is expected"});
  if (type != "Observation" && type != "QuestionnaireResponse") {
    ++left_out_;
    return;
  }
  std::uint32_t index = 0;
  for (const adapters::Item& item : decoded->items) {
    const auto* measurement = std::get_if<adapters::Measurement>(&item);
    const fhir::Time arrived = arrival_of(resource, measurement != nullptr ? measurement->time.utc : fhir::Time{});
    const Prepared prepared = parts_->prepared(item, index++, arrived, text);
    if (const auto* held = std::get_if<PreparedHeld>(&prepared)) {
      if (held->reason == adapters::QuarantineReason::unknown_kind) {
        ++left_out_;
        continue;
      }
      std::string reason(adapters::name(held->reason));
      if (!held->note.empty()) reason += ": " + held->note;
      faults.push_back({line, std::move(reason)});
      continue;
    }
    const auto* reading = std::get_if<PreparedReading>(&prepared);
    if (reading == nullptr || measurement == nullptr || reading->row.kind == fhir::Kind::unknown) {
      ++left_out_;
      continue;
    }
    DecodedPast one;
    if (!name_person(resource, reading->whom, one)) {
      faults.push_back({line, "subject: missing"});
      continue;
    }
    one.line = line;
    one.arrived = arrived;
    one.measured = reading->row.measured;
    one.kind = reading->row.kind;
    one.absent = reading->row.absent != fhir::AbsentReason::none;
    one.doubled_hour = reading->row.doubled_hour;
    if (!one.absent) {
      one.values = type == "Observation" ? values_of(reading->row, measurement->text) : answers_of(resource);
    }
    out.push_back(std::move(one));
  }
}

// ---- all of it

PastReadings::Patient& PastReadings::patient(const DecodedPast& reading) {
  const auto [known, fresh] = by_person_.try_emplace(reading.person, patients_.size());
  if (fresh) {
    patients_.emplace_back();
    patients_.back().name = reading.nameable ? reading.person : "patient-" + std::to_string(++unnamed_);
  }
  return patients_[known->second];
}

std::uint16_t PastReadings::kind(fhir::Kind kind) {
  const auto [known, fresh] = kinds_.try_emplace(kind, static_cast<std::uint16_t>(vocabulary_.kinds.size()));
  if (fresh) vocabulary_.kinds.emplace_back(fhir::info(kind).name);
  return known->second;
}

std::uint16_t PastReadings::series(const PastSeriesValue& value) {
  const auto next = static_cast<std::uint16_t>(vocabulary_.series.size());
  if (!value.answer.empty()) {
    // A file of made-up questions must not run the numbers out; what comes after is in no series and no rule sees it.
    if (next == std::numeric_limits<std::uint16_t>::max()) {
      const auto found = answers_.find(value.answer);
      return found == answers_.end() ? next : found->second;
    }
    const auto [known, fresh] = answers_.try_emplace(value.answer, next);
    if (fresh) vocabulary_.series.push_back({std::string(thresholds::answer_kind), value.answer});
    return known->second;
  }
  const auto [known, fresh] = series_.try_emplace({value.kind, value.component}, next);
  if (fresh) {
    const bool whole = value.component == fhir::Kind::unknown;
    vocabulary_.series.push_back({std::string(fhir::info(value.kind).name), whole ? "" : std::string(fhir::info(value.component).name)});
  }
  return known->second;
}

void PastReadings::add(const DecodedPast& decoded) {
  thresholds::Past& past = patient(decoded).past;
  thresholds::PastReading reading;
  reading.arrived = decoded.arrived;
  reading.measured = decoded.measured;
  reading.order = decoded.line;
  reading.first_value = static_cast<std::uint32_t>(past.values.size());
  reading.kind = kind(decoded.kind);
  reading.absent = decoded.absent;
  reading.doubled_hour = decoded.doubled_hour;
  for (const PastSeriesValue& value : decoded.values) {
    const std::uint16_t place = series(value);
    if (place >= vocabulary_.series.size()) continue;
    past.values.push_back({place, value.comparator, value.value});
    ++reading.value_count;
  }
  past.readings.push_back(reading);
  first_ = first_ ? std::min(*first_, decoded.arrived) : decoded.arrived;
  last_ = last_ ? std::max(*last_, decoded.arrived) : decoded.arrived;
  ++count_;
}

namespace {

// Whole lines, and what they became.
struct Block {
  std::string text;
  std::uint64_t first_line = 0;
  std::vector<DecodedPast> readings;
  std::vector<PastFault> faults;
  std::exception_ptr failure;
};

class Blocks {
 public:
  explicit Blocks(std::istream& in) : in_(in) {}

  // False at the end. A line longer than any payload may be is cut; what is read of it is no JSON.
  bool next(Block& block) {
    block = {};
    block.first_line = lines_ + 1;
    block.text.swap(rest_);
    while (in_ && block.text.size() < line_bytes_max) {
      const std::size_t had = block.text.size();
      block.text.resize(had + block_bytes);
      in_.read(block.text.data() + had, static_cast<std::streamsize>(block_bytes));
      block.text.resize(had + static_cast<std::size_t>(in_.gcount()));
      const std::size_t end = block.text.rfind('\n');
      if (end == std::string::npos) continue;
      rest_ = block.text.substr(end + 1);
      block.text.resize(end + 1);
      break;
    }
    if (block.first_line == 1 && block.text.starts_with("\xef\xbb\xbf")) block.text.erase(0, 3);
    lines_ += static_cast<std::uint64_t>(std::count(block.text.begin(), block.text.end(), '\n'));
    if (!block.text.empty() && block.text.back() != '\n') ++lines_;
    return !block.text.empty();
  }
  std::uint64_t lines() const { return lines_; }

 private:
  std::istream& in_;
  std::string rest_;
  std::uint64_t lines_ = 0;
};

void decode(Block& block, PastDecoder& decoder) {
  std::string_view left = block.text;
  for (std::uint64_t line = block.first_line; !left.empty(); ++line) {
    const std::size_t end = left.find('\n');
    const std::string_view text = without_line_end(left.substr(0, end));
    left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
    if (!text.empty()) decoder.decode(text, line, block.readings, block.faults);
  }
}

}  // namespace

PastReport read_past(std::istream& in, std::shared_ptr<const adapters::Zone> zone, unsigned threads, PastReadings& readings,
                     const std::function<void(const PastFault&)>& fault, const std::function<void(std::uint64_t lines)>& progress) {
  PastReport report;
  Blocks source(in);
  std::vector<Block> blocks(std::max(threads, 1U));
  std::vector<std::unique_ptr<PastDecoder>> decoders;
  for (std::size_t i = 0; i < blocks.size(); ++i) decoders.push_back(std::make_unique<PastDecoder>(zone));
  for (bool more = true; more;) {
    std::size_t filled = 0;
    while (filled < blocks.size() && (more = source.next(blocks[filled]))) ++filled;
    {
      std::vector<std::jthread> others;
      const auto work = [&](std::size_t i) {
        try {
          decode(blocks[i], *decoders[i]);
        } catch (...) {
          blocks[i].failure = std::current_exception();  // out of memory: thrown again where the caller can see it
        }
      };
      for (std::size_t i = 1; i < filled; ++i) others.emplace_back(work, i);
      if (filled > 0) work(0);
    }
    for (std::size_t i = 0; i < filled; ++i) {
      if (blocks[i].failure) std::rethrow_exception(blocks[i].failure);
      for (const DecodedPast& reading : blocks[i].readings) readings.add(reading);
      for (const PastFault& one : blocks[i].faults) fault(one);
      report.faults += blocks[i].faults.size();
    }
    if (progress) progress(source.lines());
  }
  report.lines = source.lines();
  for (const auto& decoder : decoders) report.left_out += decoder->left_out();
  report.broken_off = in.bad();
  return report;
}

}  // namespace gateway::ingest
