// The device content file (CollectionContent): from an event to normalised measurements.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/iomt/expression.hpp"
#include "adapters/iomt/template_file.hpp"

namespace adapters::iomt {

// What the original calls a Measurement: texts by name, not yet judged to be anything. After a fault it holds what
// could be read before and after, so that what is held still says whom it concerns (invariant 5).
struct Normalised {
  std::string type;
  std::string device, patient, encounter, correlation;
  std::string time;
  std::vector<std::pair<std::string, std::string>> values;
  std::string fault;  // empty: none. Names template, expression and what was wrong; no values

  const std::string* value(std::string_view name) const;  // names count case, as the original's do
};

struct DeviceValue {
  std::string name;
  std::optional<Expression> expression;
  bool required = false;
};

struct DeviceTemplate {
  std::string place;  // in its file
  std::string type;
  bool token_as_root = false;  // JsonPathContent and its kin: expressions see the matched token, not the event
  std::optional<Expression> match, device, patient, encounter, correlation;
  std::vector<Expression> times;  // the first that yields something
  std::vector<DeviceValue> values;
};

// What one payload may ask for. Templates are configuration, but how often one matches, and how much it looks at each time, is the
// sender's: an expression that searches the whole event for each of very many matches must not stop a gateway for seconds.
struct Budget {
  std::uint64_t steps = 60'000'000;    // of all expressions, about ten nanoseconds each
  std::size_t measurements = 50'000;

  bool exhausted() const { return steps == 0 || measurements == 0; }
  void spend(std::uint64_t used) { steps -= std::min(steps, used); }
};

class DeviceContent {
 public:
  // Unusable when anything was added to `problems`.
  static DeviceContent compile(const TemplateFile& file, expression::Arithmetic arithmetic,
                               std::vector<Problem>& problems);

  // `event` is an object. Every template is tried and all matches are kept, in the order of the templates. The original
  // drops what follows a fault in an event; here it is given with `fault` set, so that nobody takes it for whole. Ends early, and
  // is of no use, when the budget is exhausted.
  std::vector<Normalised> normalise(const Value& event, Budget& budget) const;

  const std::vector<DeviceTemplate>& templates() const { return templates_; }
  const std::vector<Problem>& warnings() const { return warnings_; }

 private:
  std::vector<DeviceTemplate> templates_;
  std::vector<Problem> warnings_;
};

}  // namespace adapters::iomt
