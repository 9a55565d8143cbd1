#include "gateway/deliver/deadletters.hpp"

#include <algorithm>

#include "fhir/json_reader.hpp"
#include "fhir/json_writer.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::deliver {

namespace {

// The row if it may be acted on; a job earlier in the same group may have taken it already.
store::Delivery dead_letter(journal::Working& working, DeliveryId id, store::Tenant tenant) {
  std::optional<store::Delivery> row = working.reader.delivery(id);
  if (!row || row->tenant != tenant) throw journal::JobRefused{fhir::not_found("no such delivery")};
  const auto& written = working.changes.deliveries;
  const auto& dropped = working.changes.dropped_deliveries;
  bool taken =
      std::any_of(written.begin(), written.end(), [id](const store::Delivery& other) { return other.id == id; }) ||
      std::find(dropped.begin(), dropped.end(), id) != dropped.end();
  if (taken || row->state != store::DeliveryState::parked)
    throw journal::JobRefused{{fhir::ErrorCategory::conflict, "the delivery is not a dead letter"}};
  return *row;
}

void record(journal::Working& working, const store::Delivery& row, std::string_view change, std::string_view who,
            std::string_view reason) {
  store::JournalEntry entry;
  entry.kind = store::Entry::delivery;
  entry.tenant = row.tenant;
  entry.patient = row.patient;
  entry.ref = row.id.value;
  entry.change = std::string(change);
  fhir::JsonWriter(entry.data)
      .begin_object()
      .member("destination", row.destination)
      .member("position", row.position)
      .member("who", who)
      .member_if("reason", reason)
      .end_object();
  working.record(std::move(entry));
}

}  // namespace

std::vector<store::Delivery> dead_letters(store::Reader& reader, std::string_view destination, std::size_t limit) {
  return reader.deliveries(destination, store::DeliveryState::parked, limit);
}

void RetryDeadLetter::decide(journal::Working& working) {
  store::Delivery row = dead_letter(working, id_, tenant_);
  row.state = store::DeliveryState::retrying;
  row.attempts = 0;
  row.next_at = working.now;
  record(working, row, "retried", who_, "");
  working.changes.deliveries.push_back(std::move(row));
}

void DiscardDeadLetter::decide(journal::Working& working) {
  store::Delivery row = dead_letter(working, id_, tenant_);
  record(working, row, "discarded", who_, reason_);
  working.changes.dropped_deliveries.push_back(row.id);
}

std::string destination_of(const store::JournalEntry& entry) {
  auto document = fhir::JsonDocument::parse(entry.data);
  if (!document) return "";
  return std::string(document->root()["destination"].text().value_or(""));
}

}  // namespace gateway::deliver
