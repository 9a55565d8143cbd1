#include "adapters/mapping/items.hpp"

#include <algorithm>

#include "adapters/draft.hpp"
#include "adapters/strip_grade.hpp"

namespace adapters::mapping {
namespace {

using fhir::ValueType;

constexpr auto undecodable = QuarantineReason::undecodable;
constexpr auto unknown_kind = QuarantineReason::unknown_kind;
constexpr auto unknown_unit = QuarantineReason::unknown_unit;

void remark(std::string& text, std::string_view what) {
  if (!text.empty()) text += "; ";
  text.append(what);
}

// Reads one reading from the item the expressions look in.
class ReadingMaker {
 public:
  ReadingMaker(Looking& looking, const ReadingRule& rule) : looking_(looking), rule_(rule) {}

  Item make() {
    for (const IgnoreRule& ignore : rule_.ignore) {
      const auto holds = looking_.hold(ignore.when);
      if (!holds)
        draft_.hold(undecodable, looking_.copy(holds.error().detail));
      else if (*holds)
        return Ignored{ignore.reason, rule_.place + looking_.item_text()};
    }
    const auto ambiguous = rule_.ambiguous.empty() ? fhir::Result<bool>(false) : looking_.hold(rule_.ambiguous);
    if (!ambiguous)
      hold(ambiguous.error());
    else if (*ambiguous)
      draft_.hold(QuarantineReason::ambiguous_subject,
                  rule_.place + ".ambiguous" + looking_.item_text() + ": may be somebody else's");
    whom(rule_);
    kind_and_value();
    Measurement& reading = draft_.reading;
    if (rule_.version) take(reading.version, looking_.id(*rule_.version));
    origin();
    const std::string note = looking_.free_text(rule_.note);
    if (!note.empty()) remark(reading.note, note);
    return std::move(draft_).item();
  }

  // Only whom, when and which: what no section applies to is held with it.
  Item unmatched(const ItemRule& rule, std::string why) {
    whom(rule);
    Draft held;
    held.reading.record_id = std::move(draft_.reading.record_id);
    held.reading.subject = std::move(draft_.reading.subject);
    held.reading.device = std::move(draft_.reading.device);
    if (draft_.timed) held.set_time(draft_.reading.time);
    held.hold(unknown_kind, std::move(why));
    return std::move(held).item();
  }

 private:
  void hold(const fhir::Error& error) { draft_.hold(undecodable, looking_.copy(error.detail)); }

  void take(std::string& into, fhir::Result<std::optional<std::string>> found) {
    if (!found) return hold(found.error());
    if (*found) into = **std::move(found);
  }

  void whom(const ItemRule& rule) {
    Measurement& reading = draft_.reading;
    if (rule.id.given()) {
      auto id = looking_.composite_id(rule.id);
      if (id)
        reading.record_id = *std::move(id);
      else
        hold(id.error());
    }
    if (rule.subject) take(reading.subject.id, looking_.id(*rule.subject));
    if (rule.device.id) take(reading.device.id, looking_.id(*rule.device.id));
    if (rule.device.model) reading.device.model = looking_.free_text(*rule.device.model);
    if (rule.patient) patient(*rule.patient);
    // A vendor that knows only devices: the device's links decide.
    if (reading.subject.id.empty() && !reading.subject.patient) reading.subject.id = reading.device.id;
    if (!rule.time) return;
    const auto time = looking_.time(*rule.time);
    if (!time) return hold(time.error());
    draft_.set_time(time->time);
    reading.time_uncertain = time->uncertain;
  }

  // Without system or value the identifier is invalid, but the payload is sound; whether a number is right is not
  // decided here.
  void patient(const PatientRule& rule) {
    const auto value = looking_.id(rule.value);
    const auto system = looking_.id(rule.system);
    if (value && !*value) return;
    Identifier identifier;
    if (value) identifier.value = **value;
    if (system && *system) identifier.system = **system;
    if (identifier.value.empty() || identifier.system.empty())
      draft_.hold(QuarantineReason::invalid_identifier,
                  !value ? looking_.copy(value.error().detail)
                         : looking_.fault(identifier.value.empty() ? rule.value : rule.system, "nothing there").detail);
    draft_.reading.subject.patient = std::move(identifier);
  }

  void kind_and_value() {
    const fhir::Kind kind = read_kind();
    if (kind == fhir::Kind::unknown) return value_of_unknown();
    draft_.reading.kind = kind;
    switch (fhir::info(kind).value) {
      case ValueType::quantity:
        return quantity();
      case ValueType::components:
        return components();
      case ValueType::ordinal:
        return strip();
      case ValueType::text:
        return word();
      case ValueType::questionnaire:
      case ValueType::waveform:
        draft_.hold(unknown_kind, looking_.fault(*rule_.kind, "a kind that is no single value").detail);
    }
  }

  fhir::Kind read_kind() {
    const Looked looked = looking_.look(*rule_.kind);
    if (looked.fault != Looked::Fault::none || !looked.value) {
      const bool unlisted = looked.fault == Looked::Fault::unlisted;
      draft_.hold(unlisted ? unknown_kind : undecodable,
                  looking_.copy(looking_.fault(*rule_.kind, looked.why.empty() ? "nothing there" : looked.why).detail));
      return fhir::Kind::unknown;
    }
    const auto name = looked.value->string();
    const fhir::Kind kind = name ? fhir::kind_named(*name) : fhir::Kind::unknown;
    const bool alone = kind != fhir::kinds().systolic && kind != fhir::kinds().diastolic &&
                       kind != fhir::kinds().mean_arterial_pressure;
    if (kind != fhir::Kind::unknown && alone) return kind;
    const std::string what = name ? "unknown kind " + quoted_word(*name) : std::string("expected a word");
    draft_.hold(
        unknown_kind,
        looking_.copy(looking_.fault(*rule_.kind, alone ? what : "only as a component of blood-pressure").detail));
    return fhir::Kind::unknown;
  }

  // What can be said of a reading whose kind nobody knows, so that a person can weigh it.
  void value_of_unknown() {
    if (!rule_.value) return;
    if (const auto number = looking_.number(*rule_.value); number && *number) {
      draft_.reading.value = (*number)->value;
      draft_.valued = true;
    }
    if (!rule_.unit) return;
    if (auto unit = looking_.text(*rule_.unit); unit && *unit) draft_.reading.unit = **std::move(unit);
  }

  Comparator comparator(const MaybeSlot& slot, Comparator of_value) {
    if (!slot) return of_value;
    const auto sign = looking_.text(*slot);
    // Nothing there: no comparator was sent.
    const Looked looked = sign ? Looked{} : looking_.look(*slot);
    if (!sign && looked.fault == Looked::Fault::none && !looked.value) return of_value;
    const auto found = sign && *sign ? comparator_of(**sign) : std::nullopt;
    if (sign && !*sign) return of_value;
    if (!found) {
      draft_.hold(undecodable, looking_.copy(sign ? looking_.fault(*slot, "expected <, <=, >=, > or none").detail
                                                  : sign.error().detail));
      return of_value;
    }
    return *found == Comparator::none ? of_value : *found;
  }

  std::string unit(const MaybeSlot& slot, fhir::Kind kind) {
    const std::string_view canonical = fhir::info(kind).unit;
    if (!slot) {
      // An annotation such as {score} leaves nothing to mistake; everything else is never guessed.
      if (canonical.empty() || canonical.starts_with('{')) return std::string(canonical);
      draft_.hold(unknown_unit, rule_.place + ".unit" + looking_.item_text() + ": the mapping gives none for " +
                                    std::string(fhir::info(kind).name));
      return {};
    }
    auto found = looking_.text(*slot);
    if (found && *found && !(*found)->empty()) {
      if ((*found)->size() <= 64) return printable(**found);
      draft_.hold(unknown_unit, looking_.fault(*slot, "longer than a unit").detail);
    } else if (canonical.starts_with('{')) {
      return std::string(canonical);
    } else {
      draft_.hold(unknown_unit,
                  looking_.copy(found ? looking_.fault(*slot, "nothing there").detail : found.error().detail));
    }
    return {};
  }

  void quantity() {
    Measurement& reading = draft_.reading;
    if (!rule_.value)
      return draft_.hold(
          undecodable, rule_.place + ": the mapping gives no value for " + std::string(fhir::info(reading.kind).name));
    const auto number = looking_.number(*rule_.value);
    if (!number) {
      hold(number.error());
    } else if (!*number) {
      hold(looking_.fault(rule_.value->from, "nothing there"));
    } else {
      reading.value = (*number)->value;
      draft_.valued = true;
    }
    reading.comparator = comparator(rule_.comparator, number && *number ? (*number)->comparator : Comparator::none);
    reading.unit = unit(rule_.unit, reading.kind);
  }

  void components() {
    Measurement& reading = draft_.reading;
    const std::span<const fhir::Kind> parts = fhir::info(reading.kind).components;
    for (const ComponentRule& rule : rule_.components) {
      if (std::find(parts.begin(), parts.end(), rule.kind) == parts.end()) continue;
      const auto number = looking_.number(rule.value);
      const bool left_out = (number && !*number) || (!number && is_missing(rule.value.from));
      if (left_out && !rule.required) continue;
      if (!number || !*number) {
        hold(number ? looking_.fault(rule.value.from, "nothing there") : number.error());
        continue;
      }
      reading.components.push_back({rule.kind, (*number)->value, unit(rule.unit, rule.kind),
                                    comparator(rule.comparator, (*number)->comparator)});
    }
    if (reading.components.size() < std::min<std::size_t>(2, parts.size()) && !draft_.held())
      draft_.hold(undecodable,
                  rule_.place + ": the mapping gives no components for " + std::string(fhir::info(reading.kind).name));
  }

  bool is_missing(const Slot& slot) {
    const Looked looked = looking_.look(slot);
    return looked.fault == Looked::Fault::none && !looked.value;
  }

  // The value as a word; held when there is none.
  std::string value_word() {
    if (!rule_.value) {
      draft_.hold(undecodable, rule_.place + ": the mapping gives no value for " +
                                   std::string(fhir::info(draft_.reading.kind).name));
      return {};
    }
    const Slot& slot = rule_.value->from;
    auto found = looking_.text(slot);
    if (!found) {
      hold(found.error());
      return {};
    }
    if (const Looked looked = looking_.look(slot); looked.value) looking_.place_of_value(*looked.value);
    constexpr std::size_t longest = 4000;
    if (!*found || (*found)->empty() || (*found)->size() > longest) {
      hold(looking_.fault(slot, !*found || (*found)->empty() ? "expected a word" : "longer than a word"));
      return {};
    }
    return printable(**found);
  }

  void strip() {
    const std::string word = value_word();
    if (word.empty()) return;
    const auto grade = strip_grade(word);
    if (!grade) return hold(looking_.fault(rule_.value->from, "expected neg, trace or +1 to +4"));
    draft_.reading.value = *grade;
    draft_.valued = true;
    draft_.reading.text = word;
  }

  void word() { draft_.reading.text = value_word(); }

  void origin() {
    if (!rule_.origin) return;
    const auto word = looking_.text(*rule_.origin);
    const Looked looked = looking_.look(*rule_.origin);
    if (looked.fault == Looked::Fault::none && !looked.value) return;  // not said
    if (word && *word == "manual") {
      draft_.reading.origin = Origin::manual;
    } else if (word && *word == "automatic") {
      draft_.reading.origin = Origin::automatic;
    } else if (!word || (*word && **word != "unstated")) {
      remark(draft_.reading.note, "the vendor's word for its origin is not known");  // no reason to hold a reading
    }
  }

  Looking& looking_;
  const ReadingRule& rule_;
  Draft draft_;
};

class EventMaker {
 public:
  EventMaker(Looking& looking, const EventRule& rule, const Context& context)
      : looking_(looking), rule_(rule), context_(context) {}

  Item make() {
    for (const IgnoreRule& ignore : rule_.ignore) {
      const auto holds = looking_.hold(ignore.when);
      if (!holds)
        say(holds.error());
      else if (*holds)
        return Ignored{ignore.reason, rule_.place + looking_.item_text()};
    }
    Event event;
    event.kind = kind();
    if (rule_.id.given()) {
      auto id = looking_.composite_id(rule_.id);
      if (id)
        event.record_id = *std::move(id);
      else
        say(id.error());
    }
    if (rule_.subject) take(event.subject.id, looking_.id(*rule_.subject));
    if (rule_.device.id) take(event.device.id, looking_.id(*rule_.device.id));
    if (rule_.device.model) event.device.model = looking_.free_text(*rule_.device.model);
    if (rule_.patient) patient(event);
    if (event.subject.id.empty() && !event.subject.patient) event.subject.id = event.device.id;
    event.time = time();
    event.location = looking_.free_text(rule_.location);
    event.contact = looking_.free_text(rule_.contact);
    event.text = looking_.free_text(rule_.text);
    if (!remarks_.empty()) event.text += (event.text.empty() ? "(" : " (") + remarks_ + ")";
    return event;
  }

 private:
  void say(const fhir::Error& error) { remark(remarks_, looking_.copy(error.detail)); }

  void take(std::string& into, fhir::Result<std::optional<std::string>> found) {
    if (!found) return say(found.error());
    if (*found) into = **std::move(found);
  }

  // ours: an unknown kind becomes `technical` with the vendor's word in its text. Held, it would only wait; as
  // safety-alarm it would tell the receivers something the vendor did not say.
  fhir::EventKind kind() {
    const Looked looked = looking_.look(*rule_.kind);
    if (const auto name = looked.value ? looked.value->string() : std::nullopt) {
      const fhir::EventKind known = fhir::event_named(*name);
      if (known != fhir::EventKind::unknown) return known;
      remark(remarks_, "unknown event kind " + quoted_word(*name));
    } else {
      say(looking_.fault(*rule_.kind, looked.why.empty() ? "nothing there" : looked.why));
    }
    return fhir::EventKind::technical;
  }

  void patient(Event& event) {
    const auto value = looking_.id(rule_.patient->value);
    const auto system = looking_.id(rule_.patient->system);
    if (!value) return say(value.error());
    if (!*value) return;
    Identifier identifier{system && *system ? **system : std::string(), **value};
    if (!system || !*system) say(looking_.fault(rule_.patient->system, "nothing there"));
    event.subject.patient = std::move(identifier);
  }

  // The time of arrival stands in for one that cannot be read: calling late is better than not calling.
  fhir::DateTime time() {
    const auto found = looking_.time(*rule_.time);
    if (found) return found->time;
    say(found.error());
    remark(remarks_, "the time of arrival stands in");
    return fhir::DateTime::from(context_.received, context_.zone.offset_at(context_.received),
                                fhir::Precision::fraction);
  }

  Looking& looking_;
  const EventRule& rule_;
  const Context& context_;
  std::string remarks_;
};

}  // namespace

Item make_reading(Looking& looking, const ReadingRule& rule) {
  return ReadingMaker(looking, rule).make();
}

Item make_event(Looking& looking, const EventRule& rule, const Context& context) {
  return EventMaker(looking, rule, context).make();
}

Item make_unmatched(Looking& looking, const ItemRule& rule, std::string why) {
  static const ReadingRule nothing;
  return ReadingMaker(looking, nothing).unmatched(rule, std::move(why));
}

}  // namespace adapters::mapping
