// The FHIR mapping file (CollectionFhir of CodeValueFhir): what a normalised type is, by its LOINC code.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/iomt/template_file.hpp"
#include "fhir/kinds.hpp"

namespace adapters::iomt {

enum class ValueForm { quantity, sampled_data, string, codeable_concept };
// How the original merges Observations. Readings stay single here; projection.hpp merges them when asked.
enum class Period { correlation_id = -1, single = 0, hourly = 60, daily = 1440 };

struct Coding {
  std::string code, system, display;
};

struct Category {
  std::string text;
  std::vector<Coding> codes;
};

struct FhirValue {
  ValueForm form = ValueForm::quantity;
  std::string name;                // of the normalised value
  std::string unit, system, code;  // quantity; sampled data has only the unit
  std::chrono::microseconds default_period{0};  // sampled data; 0: not given
  std::string text;                // codeable concept
  std::vector<Coding> codes;

  // UCUM code where the template gives one, otherwise its unit.
  const std::string& sent_unit() const { return system == fhir::ucum && !code.empty() ? code : unit; }
};

struct FhirComponent {
  std::vector<Coding> codes;
  fhir::Kind kind = fhir::Kind::unknown;
  bool mislabelled = false;
  FhirValue value;
};

struct FhirTemplate {
  std::string place;  // in its file
  std::string type;
  std::vector<Category> categories;
  std::vector<Coding> codes;
  fhir::Kind kind = fhir::Kind::unknown;  // of the first code that is one of ours
  bool mislabelled = false;               // its code says one thing and its display another: not to be believed
  Period period = Period::single;
  std::optional<FhirValue> value;
  std::vector<FhirComponent> components;
};

class FhirMapping {
 public:
  // Unusable when anything was added to `problems`.
  static FhirMapping compile(const TemplateFile& file, std::vector<Problem>& problems);

  const FhirTemplate* find(std::string_view type) const;  // without regard to case; null when there is none
  const std::vector<FhirTemplate>& templates() const { return templates_; }
  const std::vector<Problem>& warnings() const { return warnings_; }

 private:
  std::vector<FhirTemplate> templates_;
  std::vector<Problem> warnings_;
};

}  // namespace adapters::iomt
