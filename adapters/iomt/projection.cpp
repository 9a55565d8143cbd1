#include "adapters/iomt/projection.hpp"

#include <algorithm>
#include <tuple>

#include "adapters/draft.hpp"
#include "fhir/json_writer.hpp"
#include "fhir/national_id.hpp"

namespace adapters::iomt {
namespace {

using fhir::JsonValue;
using fhir::JsonWriter;
using std::chrono::microseconds;

constexpr std::string_view extension_url = "urn:hjemport:iomt-measurement";

Ticks ticks(fhir::Time time) {
  return Ticks(std::chrono::duration_cast<Ticks::duration>(time.time_since_epoch()));
}

fhir::Time whole_microseconds(Ticks time) {
  return fhir::Time(std::chrono::floor<microseconds>(time.time_since_epoch()));
}

// yyyyMMddHHmmssZ: seconds only, so two single readings within a second share an identifier, as in the original.
std::string segment_text(Ticks time) {
  std::string text = fhir::utc_text(whole_microseconds(time));
  std::erase_if(text, [](char c) { return c == '-' || c == ':' || c == 'T'; });
  return text;
}

// Seven digits of a second, as .NET writes times.
std::string instant_text(Ticks time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  std::string text = fhir::utc_text(fhir::Time(second.time_since_epoch()));
  std::string fraction = std::to_string((time - second).count());
  text.insert(text.size() - 1, "." + std::string(7 - fraction.size(), '0') + fraction);
  return text;
}

Span interval(fhir::Time time, std::chrono::seconds length) {
  const auto count = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch() / length;
  const auto offset = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch() % length;
  const auto start = length * (offset.count() < 0 ? count - 1 : count);
  const Ticks begin{Ticks::duration(start)};
  return {begin, begin + Ticks::duration(length) - Ticks::duration(1)};
}

bool is_number(const std::string& text) {
  return fhir::Decimal::parse(text).has_value();
}

void write_coding(JsonWriter& out, std::string_view system, std::string_view code, std::string_view display) {
  if (system.empty() && code.empty() && display.empty()) return;
  out.begin_object().member_if("system", system).member_if("code", code).member_if("display", display).end_object();
}

void write_codings(JsonWriter& out, const std::vector<Coding>& codes) {
  for (const Coding& coding : codes) write_coding(out, coding.system, coding.code, coding.display);
}

// The configured codes and the connector's own for the type or value, which its readers find it by.
void write_code(JsonWriter& out, const std::vector<Coding>& codes, std::string_view name) {
  out.begin_object().key("coding").begin_array();
  write_codings(out, codes);
  write_coding(out, connector_system, name, name);
  out.end_array().member("text", name).end_object();
}

void write_value(JsonWriter& out, const FhirValue& value, const std::string& content) {
  switch (value.form) {
    case ValueForm::quantity:
      out.key("valueQuantity").begin_object().member("value", *fhir::Decimal::parse(content));
      out.member_if("unit", value.unit).member_if("system", value.system);
      if (!value.system.empty()) out.member_if("code", value.code);
      out.end_object();
      return;
    case ValueForm::sampled_data:
      out.key("valueSampledData").begin_object().key("origin").begin_object().member("value", 0);
      out.member_if("unit", value.unit).end_object();
      out.member("period", fhir::Decimal(value.default_period.count(), 3).canonical());
      out.member("dimensions", 1).member("data", content).end_object();
      return;
    case ValueForm::string:
      out.member_if("valueString", content);
      return;
    case ValueForm::codeable_concept:
      out.key("valueCodeableConcept").begin_object();
      if (!value.codes.empty()) {
        out.key("coding").begin_array();
        write_codings(out, value.codes);
        out.end_array();
      }
      out.member_if("text", value.text).end_object();
      return;
  }
}

auto measurement_key(const Projected& one) {
  return std::tie(one.device, one.type, one.patient, one.encounter, one.correlation);
}

std::string_view nested(JsonValue extension, std::string_view url) {
  for (const JsonValue inner : extension["extension"])
    if (inner["url"].text() == url) return inner["valueString"].text().value_or("");
  return {};
}

}  // namespace

std::string measurement_extension(std::string_view type, std::string_view encounter, std::string_view correlation,
                                  std::span<const std::pair<std::string_view, std::string_view>> values) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().member("url", extension_url).key("extension").begin_array();
  const auto text = [&](std::string_view url, std::string_view content) {
    if (!content.empty()) writer.begin_object().member("url", url).member("valueString", printable(content)).end_object();
  };
  text("type", type);
  text("encounter", encounter);
  text("correlation", correlation);
  for (const auto& [name, content] : values) {
    writer.begin_object().member("url", "value").key("extension").begin_array();
    text("name", name);
    text("text", content);
    writer.end_array().end_object();
  }
  writer.end_array().end_object();
  return out;
}

std::optional<Projected> projected(JsonValue observation) {
  JsonValue found;
  for (const JsonValue extension : observation["extension"])
    if (extension["url"].text() == extension_url) found = extension;
  if (found.absent() || observation["status"].text() == "entered-in-error") return std::nullopt;
  const auto time = fhir::DateTime::parse(observation["effectiveDateTime"].text().value_or(""));
  if (!time) return std::nullopt;
  const auto id_in = [](JsonValue reference, std::string_view prefix) {
    const std::string_view text = reference["reference"].text().value_or("");
    return std::string(text.starts_with(prefix) ? text.substr(prefix.size()) : std::string_view());
  };
  Projected one;
  one.type = nested(found, "type");
  one.time = time->utc;
  one.patient = id_in(observation["subject"], "Patient/");
  one.device = id_in(observation["device"], "Device/");
  one.encounter = nested(found, "encounter");
  one.correlation = nested(found, "correlation");
  for (const JsonValue inner : found["extension"])
    if (inner["url"].text() == "value") one.values.emplace_back(nested(inner, "name"), nested(inner, "text"));
  return one;
}

std::vector<Projected> whole(std::vector<Projected> parts) {
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string, fhir::Time>;
  std::map<Key, std::size_t> known;
  std::vector<std::optional<Projected>> all;
  for (Projected& part : parts) {
    const auto [place, is_new] =
        known.try_emplace(Key(part.device, part.type, part.patient, part.encounter, part.correlation, part.time), all.size());
    if (!is_new) {
      Projected before = std::move(*all[place->second]);
      all[place->second].reset();
      for (auto& [name, text] : before.values) {
        const bool newer = std::any_of(part.values.begin(), part.values.end(), [&](const auto& one) { return one.first == name; });
        if (!newer) part.values.emplace_back(std::move(name), std::move(text));
      }
      place->second = all.size();
    }
    all.emplace_back(std::move(part));
  }
  std::vector<Projected> out;
  for (auto& one : all)
    if (one) out.push_back(std::move(*one));
  return out;
}

std::optional<std::string> sampled(const Series& values, Span span, microseconds period) {
  const Ticks::duration step(period);
  if (step.count() <= 0 || (span.end - span.start) / step >= most_slots) return std::nullopt;
  std::string data;
  auto next = std::lower_bound(values.begin(), values.end(), span.start,
                               [](const auto& value, Ticks start) { return value.first < start; });
  for (Ticks slot = span.start; slot <= span.end; slot += step) {
    const std::string* last = nullptr;
    for (; next != values.end() && next->first < slot + step; ++next) last = &next->second;
    if (!data.empty()) data += ' ';
    data += last == nullptr ? std::string_view("E") : std::string_view(*last);
  }
  return data;
}

Series expanded(std::string_view data, Ticks start, microseconds period) {
  Series values;
  Ticks slot = start;
  while (!data.empty()) {
    const std::size_t end = std::min(data.find(' '), data.size());
    const std::string_view value = data.substr(0, end);
    if (value != "E") values.emplace_back(slot, value);
    data.remove_prefix(std::min(end + 1, data.size()));
    slot += Ticks::duration(period);
  }
  return values;
}

void Projection::add(std::span<const Projected> batch) {
  // Measurements of one device, type, patient, encounter and correlation id, by time; of equal times the first.
  std::map<std::tuple<std::string, std::string, std::string, std::string, std::string>, std::map<fhir::Time, const Projected*>> sets;
  for (const Projected& one : batch) sets[measurement_key(one)].try_emplace(one.time, &one);

  for (const auto& [key, by_time] : sets) {
    Projected first = *by_time.begin()->second;
    for (const auto& [time, one] : by_time) first.known = std::max(first.known, one->known);
    const FhirTemplate* made_by = mapping_.find(first.type);
    const auto refuse = [&](std::string_view why) { faults_.push_back(quoted_word(first.type) + ": " + std::string(why)); };
    if (made_by == nullptr) {
      refuse("no FHIR template");
      continue;
    }
    struct Group {
      Span boundary;
      std::string segment;
      std::map<std::string, Series, std::less<>> values;
    };
    std::map<Ticks, Group> groups;
    if (made_by->period == Period::correlation_id) {
      // It becomes part of an identifier, and those travel in URLs.
      if (first.correlation.empty() || fhir::may_contain_national_id(first.correlation)) {
        refuse(first.correlation.empty() ? "no correlation id" : "a correlation id that may be an identity number");
        continue;
      }
      const Span all{ticks(by_time.begin()->first), ticks(by_time.rbegin()->first)};
      groups[{}] = {all, first.correlation, {}};
    }
    for (const auto& [time, one] : by_time) {
      Group* group = nullptr;
      if (made_by->period == Period::correlation_id) {
        group = &groups[{}];
      } else {
        const Span boundary = made_by->period == Period::single   ? Span{ticks(time), ticks(time)}
                              : made_by->period == Period::hourly ? interval(time, std::chrono::hours(1))
                                                                  : interval(time, std::chrono::hours(24));
        group = &groups[boundary.start];
        group->boundary = boundary;
        group->segment = segment_text(boundary.start) + "." + segment_text(boundary.end);
      }
      for (const auto& [name, text] : one->values) {
        Series& series = group->values[name];
        if (series.empty() || series.back().first != ticks(time)) series.emplace_back(ticks(time), text);
      }
    }
    for (const auto& [start, group] : groups) add_group(first, *made_by, group.boundary, group.segment, group.values);
  }
}

void Projection::add_group(const Projected& first, const FhirTemplate& made_by, Span boundary, const std::string& segment,
                           const std::map<std::string, Series, std::less<>>& values) {
  const std::string identifier = first.patient + "." + first.device + "." + made_by.type + "." + segment;
  const auto place = by_identifier_.find(identifier);
  const bool merges = place != by_identifier_.end();
  ObservationView made;
  if (merges) {
    made = observations_[place->second];
  } else {
    made.made_by = &made_by;
    made.identifier = identifier;
    made.patient = first.patient;
    made.device = first.device;
    made.encounter = first.encounter;
    made.effective = boundary;
  }
  const Span before = made.effective;
  const Span effective{std::min(before.start, boundary.start), std::max(before.end, boundary.end)};

  std::string fault;
  const auto fail = [&](const FhirValue& value, std::string_view why) {
    if (fault.empty()) fault = quoted_word(made_by.type) + ", " + quoted_word(value.name) + ": " + std::string(why);
  };
  const auto set = [&](std::size_t in_template, const FhirValue& value) {
    const auto found = values.find(value.name);
    const auto old = made.values.find(in_template);
    if (value.form != ValueForm::sampled_data) {
      if (found == values.end()) return;
      if (found->second.size() != 1) return fail(value, "several values in one group");
      const std::string& text = found->second.front().second;
      if (value.form == ValueForm::quantity && !is_number(text)) return fail(value, "expected a number");
      made.values[in_template] = value.form == ValueForm::codeable_concept ? std::string() : text;
      return;
    }
    if (found == values.end() && (old == made.values.end() || effective == before)) return;
    Series series;
    if (old != made.values.end()) series = expanded(old->second, before.start, value.default_period);
    if (found != values.end()) {
      for (const auto& [time, text] : found->second) {
        if (!is_number(text)) return fail(value, "expected a number");
        const auto at = std::lower_bound(series.begin(), series.end(), time, [](const auto& one, Ticks t) { return one.first < t; });
        // What is there already wins at the very same time: SampledDataProcessor.MergeData is called with the existing values first.
        if (at == series.end() || at->first != time) series.insert(at, {time, text});
      }
    }
    auto data = sampled(series, effective, value.default_period);
    if (!data) return fail(value, "no defaultPeriod, or more slots than are made");
    made.values[in_template] = std::move(*data);
  };
  if (made_by.value) set(0, *made_by.value);
  for (std::size_t i = 0; i < made_by.components.size(); ++i) set(i + 1, made_by.components[i].value);
  if (!fault.empty()) return faults_.push_back(std::move(fault));
  made.effective = effective;
  made.issued = first.known;
  if (!merges) {
    by_identifier_.emplace(identifier, observations_.size());
    observations_.push_back(std::move(made));
    return;
  }
  ObservationView& existing = observations_[place->second];
  if (made.values == existing.values && made.effective == existing.effective) return;  // nothing new, nothing written
  made.amended = true;
  existing = std::move(made);
}

std::string observation(const ObservationView& view, std::string_view id) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().member("resourceType", "Observation").member("id", id);
  writer.key("identifier").begin_array().begin_object().member("system", connector_system);
  writer.member("value", view.identifier).end_object().end_array();
  writer.member("status", view.amended ? "amended" : "final");
  const FhirTemplate& made_by = *view.made_by;
  if (!made_by.categories.empty()) {
    writer.key("category").begin_array();
    for (const Category& category : made_by.categories) {
      writer.begin_object();
      if (!category.codes.empty()) {
        writer.key("coding").begin_array();
        write_codings(writer, category.codes);
        writer.end_array();
      }
      writer.member_if("text", category.text).end_object();
    }
    writer.end_array();
  }
  writer.key("code");
  write_code(writer, made_by.codes, made_by.type);
  writer.key("subject").begin_object().member("reference", "Patient/" + view.patient).end_object();
  // No Encounter is kept here: what the payload called it is a logical reference.
  if (!view.encounter.empty()) {
    writer.key("encounter").begin_object().key("identifier").begin_object();
    writer.member("value", view.encounter).end_object().end_object();
  }
  writer.key("effectivePeriod").begin_object().member("start", instant_text(view.effective.start));
  writer.member("end", instant_text(view.effective.end)).end_object();
  writer.member("issued", fhir::utc_millis_text(view.issued));
  if (!view.device.empty()) writer.key("device").begin_object().member("reference", "Device/" + view.device).end_object();
  if (made_by.value)
    if (const auto found = view.values.find(0); found != view.values.end())
      write_value(writer, *made_by.value, found->second);
  bool open = false;
  for (std::size_t i = 0; i < made_by.components.size(); ++i) {
    const FhirComponent& component = made_by.components[i];
    const auto found = view.values.find(i + 1);
    if (found == view.values.end()) continue;
    if (!open) writer.key("component").begin_array();
    open = true;
    writer.begin_object().key("code");
    write_code(writer, component.codes, component.value.name);
    write_value(writer, component.value, found->second);
    writer.end_object();
  }
  if (open) writer.end_array();
  writer.end_object();
  return out;
}

Views project(const FhirMapping& mapping, std::span<const StoredReading> readings, Batches batches, Hash sha256_hex) {
  std::vector<Projected> parts;
  fhir::JsonDocument document;
  for (const StoredReading& reading : readings) {
    if (!document.reparse(reading.resource)) continue;
    std::optional<Projected> part = projected(document.root());
    if (!part) continue;
    part->known = reading.committed;
    parts.push_back(std::move(*part));
  }
  const std::vector<Projected> measurements = whole(std::move(parts));
  Projection projection(mapping);
  if (batches == Batches::all_together)
    projection.add(measurements);
  else
    for (const Projected& one : measurements) projection.add({&one, 1});
  Views views;
  for (const ObservationView& view : projection.observations()) {
    const std::string id = sha256_hex(std::string(connector_system) + "_" + view.identifier);
    views.resources.push_back({view.made_by->type, view.identifier, id, observation(view, id)});
  }
  views.faults = projection.faults();
  return views;
}

}  // namespace adapters::iomt
