// Events in our own JSON, with the members every one of our event formats has: id, subject, patient, device, time,
// location, contact, text, alarm (adapters hjemport, medication, supervision).
#pragma once

#include "adapters/draft.hpp"

namespace adapters {

// "device": {"id", "model"} and "patient": {"system", "value"} of an object; absent is empty, another shape an error.
fhir::Result<Device> read_native_device(fhir::JsonValue object);
fhir::Result<std::optional<Identifier>> read_native_patient(fhir::JsonValue object);

// "Low_Battery" is "low-battery": a press that is lost over an underscore is the one loss this program exists to
// prevent.
std::string native_name(std::string_view word);

// Reads an event so that it is always an event: whatever cannot be read is said in its text, and the rest goes to a
// person (invariant 5). An event that waited in quarantine for a mapping would be a press nobody heard.
class NativeEventReader {
 public:
  NativeEventReader(fhir::JsonValue object, const Context& context) : object_(object), context_(context) {}

  // What is said of the kind is the format's own; the rest is read here.
  Event read(fhir::EventKind kind);

  // The kind by its name in the format (unknown: not named) and the VKP alert code under "code", which says it more
  // precisely or instead. Where they disagree the one that calls a person is taken.
  fhir::EventKind with_code(fhir::EventKind named);
  void remark(std::string_view what);

  // Whether the time could be read; a dispensed dose without one cannot be filed.
  bool timed() const { return timed_; }

 private:
  template <class T>
  T take(const fhir::Result<T>& read) {
    if (read) return *read;
    remark(read.error().detail);
    return T{};
  }
  fhir::DateTime time();
  std::string as_given(std::string_view key) const;
  std::string text() const;

  fhir::JsonValue object_;
  const Context& context_;
  std::string remarks_;
  bool timed_ = false;
};

// "events" of the document: an array of at most most_items, or why not.
fhir::Result<fhir::JsonValue> parse_native_events(std::string_view payload, const Context&);

}  // namespace adapters
