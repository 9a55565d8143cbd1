// The follow-up document of an alarm that a person closed: the journaling document of the national hub (a FHIR R4
// Bundle of type document; norway.md 2.5, profiles vkp-Composition-v090 and vkp-DetectedIssue-v090), which the patient's
// record system is owed. Pure: the same alarm and context give the same bytes, so a repeat is the same document.
//
// An alarm whose cause went away by itself (`restored`) has none: the document says what a person did, event 3
// (hendelse kvittert) is that person's, and nobody did anything. The DetectedIssue says how such an alarm ended.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.hpp"
#include "gateway/alarms/alarm.hpp"

namespace gateway::alarms {

// Bundle.identifier: one closing's document. Composition.identifier: all documents of one alarm (R4 documents: the
// first is specific to the version, the second is not).
inline constexpr std::string_view document_identifier_system = "urn:hjemport:document";
inline constexpr std::string_view follow_up_identifier_system = "urn:hjemport:follow-up";

enum class Language : std::uint8_t { nb, en };
Language language_named(std::string_view);  // nb for what is not known: the configuration knows nb and en

// Whose document it is.
struct Publisher {
  std::string organization, name;  // organisation number and name of the tenant
  Language language = Language::nb;
  std::shared_ptr<const adapters::Zone> zone;  // of the times in the text; none: UTC
};

struct DocumentReading {
  ObservationId id;
  DeviceId device;       // none: not known
  std::string resource;  // JSON, without what only means something in this gateway
};
struct DocumentDevice {
  DeviceId id;
  std::string identifier, model;
};

struct FollowUpContext {
  Publisher publisher;
  std::string patient_system, patient_value;
  std::vector<DocumentReading> readings;  // of the alarm's observations, those that can be shown, in its order
  std::vector<DocumentDevice> devices;    // what they were measured with, each once
};

// When a person closed the alarm, and which of its documents that makes.
struct Closing {
  std::size_t line = 0;  // of the log
  int number = 1;        // 2: it was reopened and closed again
  Time at{};
};
// Conflict: it is open, ended by itself, or nobody knows whose it is, so that no record is owed anything.
Result<Closing> closing_of(const Alarm&);

// What the person who closed it said was the cause and what was done. A note says so in lines that begin with "Årsak:"
// or "Cause:", "Tiltak:" or "Measure:"; the rest is the description.
struct Outcome {
  std::string cause, measure, description;
};
Outcome outcome_of(const LogEntry& closing);

std::string document_identifier(AlarmId, int number);

// Of the alarm as it was closed last: what its log says after that is not in it. The alarm must be one that closing_of
// has an answer for.
std::string follow_up_document(const Alarm&, const Closing&, const FollowUpContext&);

}  // namespace gateway::alarms
