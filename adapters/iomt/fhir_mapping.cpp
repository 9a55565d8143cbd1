#include "adapters/iomt/fhir_mapping.hpp"

#include <algorithm>
#include <array>

namespace adapters::iomt {
namespace {

using fhir::JsonValue;

template <class T>
struct Word {
  std::string_view word;
  T meaning;
};

constexpr auto forms = std::to_array<Word<ValueForm>>({{"Quantity", ValueForm::quantity},
                                                       {"SampledData", ValueForm::sampled_data},
                                                       {"String", ValueForm::string},
                                                       {"CodeableConcept", ValueForm::codeable_concept}});
// Numbers or names. Other numbers load in the original and fail when it groups; here they are refused at once.
constexpr auto periods = std::to_array<Word<Period>>({{"-1", Period::correlation_id},
                                                      {"CorrelationId", Period::correlation_id},
                                                      {"0", Period::single},
                                                      {"Single", Period::single},
                                                      {"60", Period::hourly},
                                                      {"Hourly", Period::hourly},
                                                      {"1440", Period::daily},
                                                      {"Daily", Period::daily}});

template <class Words>
auto meaning(const Words& words, std::string_view written) {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const auto& w) { return same_word(w.word, written); });
  return found == words.end() ? std::nullopt : std::optional(found->meaning);
}

fhir::Kind kind_of(const std::vector<Coding>& codes) {
  for (const Coding& coding : codes) {
    const fhir::Kind kind = fhir::kind_coded(coding.system, coding.code);
    if (kind != fhir::Kind::unknown) return kind;
  }
  return fhir::Kind::unknown;
}

// The connector's own documentation codes the diastolic pressure as 8867-4, which is the heart rate, and its users have
// copied that. Read by its code, a pressure of 80 would be judged as a pulse.
bool mislabelled_diastolic(const std::vector<Coding>& codes) {
  return std::any_of(codes.begin(), codes.end(), [](const Coding& coding) {
    return coding.code == "8867-4" && same_word(std::string_view(coding.display).substr(0, 9), "diastolic");
  });
}

class Compiler {
 public:
  Compiler(const Problems& problems, const Problems& warnings) : problems_(problems), warnings_(warnings) {}

  FhirTemplate compile(JsonValue content) {
    const TemplateObject object(content, {"typeName", "periodInterval", "category", "codes", "value", "components"},
                                problems_);
    FhirTemplate made;
    made.place = content.path();
    made.type = object.required_text("typeName");
    read_period(object, made.period);
    read_categories(object, made.categories);
    made.codes = codes(object, "codes", true);
    made.kind = judged_kind(made.codes, object);
    made.mislabelled = mislabelled_diastolic(made.codes);
    if (const JsonValue value = object["value"]; !value.absent()) made.value = read_value(value);
    if (const JsonValue list = object["components"]; !list.absent()) read_components(list, made.components);
    return made;
  }

 private:
  void read_period(const TemplateObject& object, Period& period) const {
    const std::string written = object.text("periodInterval");
    if (written.empty()) return;
    if (const auto known = meaning(periods, written))
      period = *known;
    else
      problems_.add(object.place("periodInterval"), "expected -1, 0, 60, 1440 or CorrelationId, Single, Hourly, Daily");
  }

  // Of a merged Observation, and of a reading of no kind of ours; what else a reading's category is follows from its kind.
  void read_categories(const TemplateObject& object, std::vector<Category>& categories) const {
    const JsonValue list = object["category"];
    if (list.absent()) return;
    if (!list.is_array()) return problems_.add(list.path(), "expected an array");
    for (const JsonValue element : list) {
      if (!element.is_object()) {
        problems_.add(element.path(), "expected an object");
        continue;
      }
      const TemplateObject category(element, {"text", "codes"}, problems_);
      categories.push_back({category.text("text"), codes(category, "codes", false)});
    }
  }

  std::vector<Coding> codes(const TemplateObject& object, std::string_view member, bool required) const {
    std::vector<Coding> all;
    const JsonValue list = object[member];
    if (list.absent() && !required) return all;
    if (!list.is_array() || (required && list.size() == 0)) {
      problems_.add(object.place(member), "expected an array of codes");
      return all;
    }
    for (const JsonValue element : list) {
      if (!element.is_object()) {
        problems_.add(element.path(), "expected an object");
        continue;
      }
      const TemplateObject coding(element, {"code", "system", "display"}, problems_);
      all.push_back({coding.text("code"), coding.text("system"), coding.text("display")});
    }
    return all;
  }

  fhir::Kind judged_kind(const std::vector<Coding>& codes, const TemplateObject& object) const {
    if (codes.empty()) return fhir::Kind::unknown;
    if (mislabelled_diastolic(codes)) {
      warnings_.add(object.place("codes"),
                    "8867-4 is the heart rate, diastolic is 8462-4: held as unknown kind until the file is corrected");
      return fhir::Kind::unknown;
    }
    const fhir::Kind kind = kind_of(codes);
    if (kind == fhir::Kind::unknown)
      warnings_.add(object.place("codes"), "no code here is one of our kinds: stored, not judged");
    return kind;
  }

  FhirValue read_value(JsonValue written) const {
    FhirValue made;
    if (!written.is_object()) {
      problems_.add(written.path(), "expected an object");
      return made;
    }
    const TemplateObject object(
        written, {"valueType", "valueName", "unit", "system", "code", "defaultPeriod", "text", "codes"}, problems_);
    const std::string form = object.required_text("valueType");
    if (const auto known = meaning(forms, form))
      made.form = *known;
    else if (!blank(form))
      problems_.add(object.place("valueType"), "expected Quantity, SampledData, String or CodeableConcept");
    made.name = object.required_text("valueName");
    made.unit = object.text("unit");
    made.system = object.text("system");
    made.code = object.text("code");
    if (made.form == ValueForm::sampled_data) read_default_period(object, made.default_period);
    made.text = object.text("text");
    made.codes = codes(object, "codes", false);
    refuse_foreign(object, made.form);
    return made;
  }

  void read_default_period(const TemplateObject& object, std::chrono::microseconds& period) const {
    const std::string written = object.text("defaultPeriod");
    if (written.empty()) {
      warnings_.add(object.place("defaultPeriod"), "missing: readings are stored, a merged Observation has no such value");
      return;
    }
    constexpr std::int64_t longest_ms = 86'400'000;  // a slot longer than the longest group
    const auto number = fhir::Decimal::parse(written);
    if (number && *number > fhir::Decimal(0) && *number <= fhir::Decimal(longest_ms)) {
      const auto microseconds = number->times(fhir::Decimal(1000));
      if (microseconds && microseconds->is_integer()) {
        period = std::chrono::microseconds(microseconds->rounded(0).coefficient());
        return;
      }
    }
    problems_.add(object.place("defaultPeriod"), "expected a number of milliseconds, at most a day");
  }

  // Each value type has its own members; those of another are unknown ones.
  void refuse_foreign(const TemplateObject& object, ValueForm form) const {
    const auto refuse = [&](std::initializer_list<std::string_view> members) {
      for (const std::string_view member : members)
        if (!object[member].absent()) problems_.add(object.place(member), "unknown member for this valueType");
    };
    switch (form) {
      case ValueForm::quantity:
        return refuse({"defaultPeriod", "text", "codes"});
      case ValueForm::sampled_data:
        return refuse({"system", "code", "text", "codes"});
      case ValueForm::string:
        return refuse({"unit", "system", "code", "defaultPeriod", "text", "codes"});
      case ValueForm::codeable_concept:
        return refuse({"unit", "system", "code", "defaultPeriod"});
    }
  }

  void read_components(JsonValue list, std::vector<FhirComponent>& components) const {
    if (!list.is_array()) return problems_.add(list.path(), "expected an array of components");
    for (const JsonValue element : list) {
      if (!element.is_object()) {
        problems_.add(element.path(), "expected an object");
        continue;
      }
      const TemplateObject object(element, {"codes", "value"}, problems_);
      FhirComponent made;
      made.codes = codes(object, "codes", true);
      made.kind = judged_kind(made.codes, object);
      made.mislabelled = mislabelled_diastolic(made.codes);
      if (object["value"].absent())
        problems_.add(object.place("value"), "missing");
      else
        made.value = read_value(object["value"]);
      components.push_back(std::move(made));
    }
  }

  const Problems& problems_;
  const Problems& warnings_;
};

}  // namespace

const FhirTemplate* FhirMapping::find(std::string_view type) const {
  for (const FhirTemplate& known : templates_)
    if (same_word(known.type, type)) return &known;
  return nullptr;
}

FhirMapping FhirMapping::compile(const TemplateFile& file, std::vector<Problem>& problems) {
  FhirMapping made;
  const Problems faults{file.name, problems};
  const Problems warnings{file.name, made.warnings_};
  const auto document = fhir::JsonDocument::parse(file.text);
  if (!document) {
    faults.add({}, document.error().detail);
    return made;
  }
  for (const Wrapped& wrapped : collection(document->root(), "CollectionFhir", faults)) {
    if (!is_type(wrapped.type, "CodeValueFhir", true)) {
      faults.add(wrapped.content.path(), "unknown templateType " + wrapped.type);
      continue;
    }
    FhirTemplate one = Compiler(faults, warnings).compile(wrapped.content);
    if (!one.type.empty() && made.find(one.type) != nullptr)
      faults.add(wrapped.content.path(), "typeName " + one.type + " is there already");
    made.templates_.push_back(std::move(one));
  }
  return made;
}

}  // namespace adapters::iomt
