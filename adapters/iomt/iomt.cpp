#include "adapters/iomt/iomt.hpp"

#include <array>

#include "adapters/draft.hpp"
#include "adapters/iomt/readings.hpp"

namespace adapters::iomt {
namespace {

using fhir::JsonValue;

// Types that no FHIR template knows: their measurements can only be held.
void compare(const DeviceContent& device, const FhirMapping& mapping, const std::string& device_file,
             const std::string& mapping_file, std::vector<Problem>& out) {
  for (const DeviceTemplate& from : device.templates()) {
    const FhirTemplate* to = mapping.find(from.type);
    if (to == nullptr) {
      out.push_back({device_file, from.place, "no CodeValueFhir for typeName " + from.type + ": its measurements are held"});
      continue;
    }
    const auto offered = [&](const std::string& name) {
      for (const DeviceValue& value : from.values)
        if (value.name == name) return true;
      return false;
    };
    const auto check = [&](const FhirValue& value) {
      if (!offered(value.name))
        out.push_back({mapping_file, to->place, "typeName " + from.type + ": no device value is named " + value.name});
    };
    if (to->value) check(*to->value);
    for (const FhirComponent& component : to->components) check(component.value);
  }
}

}  // namespace

Templates::Templates(DeviceContent device, FhirMapping mapping, Options options)
    : device_(std::move(device)), mapping_(std::move(mapping)), options_(options) {}

std::optional<Templates> Templates::compile(const TemplateFile& device, const TemplateFile& fhir_mapping,
                                            const Options& options, std::vector<Problem>& problems) {
  const std::size_t before = problems.size();
  DeviceContent content = DeviceContent::compile(device, options.arithmetic, problems);
  FhirMapping mapping = FhirMapping::compile(fhir_mapping, problems);
  if (problems.size() != before) {
    add_lines(device, problems);
    add_lines(fhir_mapping, problems);
    return std::nullopt;
  }
  Templates made(std::move(content), std::move(mapping), options);
  std::vector<Problem>& all = made.warnings_;
  all = made.device_.warnings();
  all.insert(all.end(), made.mapping_.warnings().begin(), made.mapping_.warnings().end());
  compare(made.device_, made.mapping_, device.name, fhir_mapping.name, all);
  add_lines(device, all);
  add_lines(fhir_mapping, all);
  return made;
}

fhir::Result<Decoded> decode(std::string_view payload, const Context& context, const Templates& templates) {
  if (auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  if (!root.is_object() && !root.is_array()) return fhir::invalid("expected an event or an array of events");

  Decoded decoded;
  Budget budget;
  const auto add = [&](JsonValue event) {
    if (!event.is_object()) {
      Held held;
      held.reason = QuarantineReason::undecodable;
      held.note = event.path() + ": expected an event";
      decoded.items.emplace_back(std::move(held));
      return;
    }
    const bool enveloped = !event["Body"].absent();
    const std::array<expression::Member, 3> parts = {expression::Member{"Body", Value(event)},
                                                     expression::Member{"Properties", Value::object(nullptr, 0)},
                                                     expression::Member{"SystemProperties", Value::object(nullptr, 0)}};
    const Value whole = enveloped ? Value(event) : Value::object(parts.data(), parts.size());
    const std::vector<Normalised> readings = templates.device().normalise(whole, budget);
    if (budget.exhausted()) return;
    for (const Normalised& reading : readings) add_readings(reading, context, templates, decoded.items);
    if (readings.empty())
      decoded.items.emplace_back(Ignored{IgnoreReason::not_a_reading, "no device template matches this event"});
  };
  if (root.is_object()) {
    add(root);
  } else {
    for (const JsonValue event : root) {
      add(event);
      if (budget.exhausted() || decoded.items.size() > most_items) break;
    }
  }
  if (budget.exhausted())
    return fhir::Error{fhir::ErrorCategory::too_large, "more measurements, or more work for expressions, than one payload may ask for"};
  if (decoded.items.size() > most_items) return too_many_items();
  return decoded;
}

}  // namespace adapters::iomt
