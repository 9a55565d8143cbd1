#include "adapters/iomt/readings.hpp"

#include <algorithm>

#include "adapters/draft.hpp"
#include "adapters/iomt/iomt.hpp"
#include "adapters/iomt/projection.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters::iomt {
namespace {

constexpr auto undecodable = QuarantineReason::undecodable;
constexpr auto unknown_kind = QuarantineReason::unknown_kind;

// "hosts run UTC": what a time without zone meant in the original.
class Utc final : public Zone {
 public:
  Resolved resolve(std::chrono::local_time<std::chrono::microseconds> wall) const override {
    return {fhir::Time(wall.time_since_epoch()), std::chrono::minutes(0), false};
  }
  std::chrono::minutes offset_at(fhir::Time) const override { return std::chrono::minutes(0); }
};

bool is_id(std::string_view text) {
  return text.size() <= longest_id && std::none_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7f;
         });
}

bool contains(std::span<const fhir::Kind> kinds, fhir::Kind kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

class Maker {
 public:
  Maker(const Normalised& from, const Context& context, const Templates& templates, std::vector<Item>& items)
      : from_(from), items_(items) {
    fill(context, templates);
  }

  void make(const FhirTemplate* to) {
    if (to == nullptr) {
      Draft draft = common_;
      draft.hold(unknown_kind, "no FHIR template for type " + quoted_word(from_.type));
      return items_.push_back(std::move(draft).item());
    }
    const std::size_t before = items_.size();
    share_correlation(*to);
    const bool stated = to->kind == fhir::Kind::unknown && !to->mislabelled;
    Stating own(concept_of(to->codes, from_.type));
    if (to->value) {
      if (const std::string* value = from_.value(to->value->name)) {
        if (stated)
          own.add_value(*to->value, *value);
        else
          add_single(to->kind, *to->value, *value);
      }
    }
    add_panel(*to);
    for (const FhirComponent& component : to->components) {
      if (contains(fhir::info(to->kind).components, component.kind)) continue;
      const std::string* value = from_.value(component.value.name);
      if (value == nullptr) continue;
      if (component.kind != fhir::Kind::unknown || component.mislabelled) {
        add_single(component.kind, component.value, *value);
      } else if (stated) {
        own.add_component(component, *value);
      } else {
        Stating alone(concept_of(component.codes, component.value.name));
        alone.add_value(component.value, *value);
        add_stated(*to, std::move(alone));
      }
    }
    if (own.any()) add_stated(*to, std::move(own));
    if (items_.size() != before) return;
    Draft draft = common_;
    draft.reading.kind = to->kind;
    draft.hold(undecodable, "no value that the FHIR template names");
    items_.push_back(std::move(draft).item());
  }

 private:
  // A reading of no kind of ours while its values are read; the first fault is kept.
  class Stating {
   public:
    explicit Stating(fhir::StatedConcept code) { made_.code = std::move(code); }
    void add_value(const FhirValue& value, const std::string& text) { made_.value = stated_value(value, text); }
    void add_component(const FhirComponent& component, const std::string& text) {
      made_.components.push_back({concept_of(component.codes, component.value.name), stated_value(component.value, text)});
    }
    bool any() const { return !used_.empty(); }

    fhir::Stated made_;
    std::vector<std::pair<std::string_view, std::string_view>> used_;
    std::string fault_;

   private:
    fhir::StatedValue stated_value(const FhirValue& value, const std::string& text) {
      used_.emplace_back(value.name, text);
      fhir::StatedValue made;
      switch (value.form) {
        case ValueForm::quantity:
        case ValueForm::sampled_data: {
          const auto parsed = number(text, value);
          if (!parsed && fault_.empty()) fault_ = parsed.error().detail;
          if (parsed) made.number = *parsed;
          made.unit = printable(value.unit);
          made.unit_system = value.system;
          made.unit_code = value.code;
          break;
        }
        case ValueForm::string:
          made.form = fhir::StatedValue::Form::text;
          made.text = printable(text);
          break;
        case ValueForm::codeable_concept:
          made.form = fhir::StatedValue::Form::concept_;
          made.concept_value = concept_of(value.codes, value.text.empty() ? value.name : value.text);
          break;
      }
      return made;
    }
  };

  static fhir::StatedConcept concept_of(const std::vector<Coding>& codes, std::string_view text) {
    fhir::StatedConcept made;
    for (const Coding& coding : codes)
      if (!coding.code.empty() || !coding.display.empty())
        made.codings.push_back({printable(coding.system), printable(coding.code), printable(coding.display)});
    made.text = printable(text);
    return made;
  }

  void add_stated(const FhirTemplate& to, Stating stating) {
    Draft draft = common_;
    if (!stating.fault_.empty()) draft.hold(undecodable, stating.fault_);
    for (const Category& category : to.categories) {
      fhir::StatedConcept made = concept_of(category.codes, category.text);
      if (!made.codings.empty() || !made.text.empty()) stating.made_.categories.push_back(std::move(made));
    }
    keep_measurement(draft, stating.used_);
    // What is held is shown with its number, as far as there is one.
    if (stating.made_.value && stating.fault_.empty()) draft.set_value(stating.made_.value->number);
    if (!draft.held()) draft.reading.stated = std::make_shared<const fhir::Stated>(std::move(stating.made_));
    items_.push_back(std::move(draft).item());
  }

  // So that the measurement can be put together again from its readings.
  void keep_measurement(Draft& draft, std::span<const std::pair<std::string_view, std::string_view>> values) const {
    if (draft.held()) return;
    draft.reading.extensions = measurement_extension(from_.type, from_.encounter, from_.correlation, values);
  }

  // What all items of this measurement have in common.
  void fill(const Context& context, const Templates& templates) {
    if (!from_.fault.empty()) common_.hold(undecodable, from_.fault);
    Measurement& reading = common_.reading;
    read_id(from_.device, "deviceId", reading.device.id);
    // The device stands in for the person where no patient id is given: the original looks the patient up by it.
    read_id(blank(from_.patient) ? from_.device : from_.patient, "patientId", reading.subject.id);
    read_id(from_.correlation, "correlationId", reading.correlation);
    const Utc utc;
    const bool exact = templates.options().arithmetic == expression::Arithmetic::as_original;
    if (from_.time.empty()) return;
    const auto time = time_of(from_.time, exact ? static_cast<const Zone&>(utc) : context.zone);
    if (!time) return common_.hold(undecodable, "timestampExpression: " + time.error().detail);
    common_.set_wall_time(time->time, time->uncertain);
    if (!fhir::DateTime::parse(from_.time)) reading.note = "sent as a time without zone";
  }

  void read_id(const std::string& text, std::string_view what, std::string& id) {
    if (is_id(text))
      id = text;
    else
      common_.hold(undecodable, std::string(what) + ": expected at most 256 bytes and no control characters");
  }

  void share_correlation(const FhirTemplate& to) {
    if (common_.reading.correlation.empty() && to.components.size() > 1 && common_.timed)
      common_.reading.correlation = from_.device + " " + from_.type + " " + common_.reading.time.text();
  }

  static void set_unit(Draft& draft, const FhirValue& value) { draft.reading.unit = value.sent_unit(); }

  static fhir::Result<fhir::Decimal> number(const std::string& text, const FhirValue& value) {
    auto parsed = fhir::Decimal::parse(text);
    if (!parsed) return fhir::invalid(quoted_word(value.name) + ": expected a number");
    return parsed;
  }

  void add_single(fhir::Kind kind, const FhirValue& value, const std::string& text) {
    Draft draft = common_;
    draft.reading.kind = kind;
    const fhir::KindInfo& info = fhir::info(kind);
    const bool numeric = value.form == ValueForm::quantity || value.form == ValueForm::sampled_data;
    if (kind == fhir::Kind::unknown)
      draft.hold(unknown_kind, "the code and the display of " + quoted_word(value.name) + " contradict each other");
    else if (part_of_pressure(kind))
      draft.hold(unknown_kind, std::string(info.name) + " outside a blood pressure");
    if (numeric) {
      set_unit(draft, value);
      draft.set_value(number(text, value));
      if (kind != fhir::Kind::unknown && info.value != fhir::ValueType::quantity && !part_of_pressure(kind))
        draft.hold(undecodable, "a number for " + std::string(info.name) + ", which is none");
    } else {
      draft.reading.text = value.form == ValueForm::string ? printable(text) : concept_word(info, value);
      const bool worded = info.value == fhir::ValueType::ordinal || info.value == fhir::ValueType::text;
      if (kind != fhir::Kind::unknown && !worded)
        draft.hold(undecodable, "a text for " + std::string(info.name) + ", which is a number");
      if (draft.reading.text.empty()) draft.hold(undecodable, quoted_word(value.name) + ": no text");
    }
    const std::pair<std::string_view, std::string_view> used[] = {{value.name, text}};
    keep_measurement(draft, used);
    items_.push_back(std::move(draft).item());
  }

  static bool part_of_pressure(fhir::Kind kind) {
    return contains(fhir::info(fhir::kinds().blood_pressure).components, kind);
  }

  // Its presence means the code: the payload's value is not looked at.
  static std::string concept_word(const fhir::KindInfo& info, const FhirValue& value) {
    for (const fhir::Answer& answer : info.answers)
      for (const Coding& coding : value.codes)
        if (answer.code.system == coding.system && answer.code.code == coding.code) return std::string(answer.word);
    if (!value.text.empty()) return printable(value.text);
    return value.codes.empty() ? std::string() : printable(value.codes.front().display);
  }

  // The components that belong to the template's own kind, as one reading.
  void add_panel(const FhirTemplate& to) {
    const std::span<const fhir::Kind> parts = fhir::info(to.kind).components;
    if (parts.empty()) return;
    Draft draft = common_;
    draft.reading.kind = to.kind;
    std::vector<std::pair<std::string_view, std::string_view>> used;
    for (const FhirComponent& component : to.components) {
      if (!contains(parts, component.kind)) continue;
      const std::string* text = from_.value(component.value.name);
      if (text == nullptr) continue;
      used.emplace_back(component.value.name, *text);
      const auto value = number(*text, component.value);
      if (value)
        draft.reading.components.push_back({component.kind, *value, component.value.sent_unit(), {}});
      else
        draft.hold(undecodable, value.error().detail);
    }
    if (draft.reading.components.empty() && !draft.held()) return;
    for (const fhir::Kind required : parts.first(2)) {
      const auto is = [&](const Component& component) { return component.kind == required; };
      if (std::none_of(draft.reading.components.begin(), draft.reading.components.end(), is))
        draft.hold(undecodable,
                   std::string(fhir::info(to.kind).name) + " without " + std::string(fhir::info(required).name));
    }
    keep_measurement(draft, used);
    items_.push_back(std::move(draft).item());
  }

  const Normalised& from_;
  std::vector<Item>& items_;
  Draft common_;
};

}  // namespace

void add_readings(const Normalised& from, const Context& context, const Templates& templates,
                  std::vector<Item>& items) {
  Maker(from, context, templates, items).make(templates.mapping().find(from.type));
}

}  // namespace adapters::iomt
