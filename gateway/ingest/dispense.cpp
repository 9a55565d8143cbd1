#include "gateway/ingest/dispense.hpp"

#include "fhir/json_reader.hpp"
#include "fhir/medication_dispense.hpp"

namespace gateway::ingest {

std::string dispense_resource(const store::Event& row, const store::Patient& patient) {
  const auto content = fhir::JsonDocument::parse(row.content);
  const auto text = [&](std::string_view name) {
    return content ? content->root()[name].text().value_or("") : std::string_view();
  };
  // What was wrong with its time is part of the record: somebody may count hours from it.
  std::string note(text("text"));
  const auto add = [&](std::string_view more) {
    if (!more.empty()) note.append(note.empty() ? "" : "; ").append(more);
  };
  add(text("note"));
  if (content && !content->root()["time_stands_in"].absent()) add("tidspunktet er når meldingen kom");
  const std::string id = row.id.text();
  const std::string patient_id = patient.id.text();
  fhir::MedicationDispenseView view;
  view.id = id;
  view.last_updated = row.received;
  view.key = row.key;
  view.category = text("dispense");
  view.patient_id = patient_id;
  view.patient_system = patient.system;
  view.patient_value = patient.value;
  view.device = text("device");
  view.device_name = text("model");
  view.handed_over = row.measured;
  view.medication = text("medication");
  view.dosage = text("dosage");
  view.note = note;
  return fhir::medication_dispense(view);
}

}  // namespace gateway::ingest
