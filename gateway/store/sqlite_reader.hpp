// Reads on one connection. The committer's own view and every reader of the pool are this class.
#pragma once

#include "gateway/store/sqlite_keys.hpp"
#include "gateway/store/sqlite_search.hpp"

namespace gateway::store {

class SqliteReader : public Reader {
 public:
  SqliteReader(SqliteConnection& db, const Tail& tail, const KeyIndex& keys)
      : db_(db), keys_(keys), search_(db, tail, keys) {}

  void find_keys(std::span<const Key> keys, std::span<std::int64_t> found) override;
  std::vector<VersionMark> versions(ObservationId) override;
  std::optional<Observation> observation(ObservationId, std::optional<std::uint32_t> version) override;
  std::optional<Event> event(EventId) override;

  ObservationPage search(const ObservationFilter& filter) override { return search_.page(filter); }
  std::int64_t count(const ObservationFilter& filter) override { return search_.count(filter); }
  std::optional<Time> latest_measured(PatientId patient, fhir::Kind kind) override {
    return search_.latest_measured(patient, kind);
  }
  std::vector<Observation> placed(PatientId patient, Source source, std::string_view subject, Time from,
                                  std::optional<Time> to, std::optional<ObservationId> after,
                                  std::size_t limit) override {
    return search_.placed(patient, source, subject, from, to, after, limit);
  }
  std::vector<Observation> recalled_by(const RecallFilter&, std::optional<ObservationId> after, std::size_t limit) override;
  std::optional<Observation> latest(PatientId patient, fhir::Kind kind) override { return search_.latest(patient, kind); }
  std::vector<Observation> history(const HistoryFilter& filter) override { return search_.history(filter); }
  std::vector<Event> events_without_patient(Source, std::string_view subject) override;
  std::vector<Event> dispenses(Tenant, std::optional<PatientId>, std::optional<EventId> after, std::size_t limit) override;

  std::optional<Patient> patient(PatientId) override;
  std::optional<Patient> patient_by_identifier(Tenant, std::string_view system, std::string_view value) override;
  std::vector<Patient> patients(Tenant, std::optional<PatientId> after, std::size_t limit) override;
  std::optional<Device> device(DeviceId) override;
  std::vector<Device> devices(Tenant, std::optional<DeviceId> after, std::size_t limit) override;
  std::vector<Link> links(Source, std::string_view subject) override;
  std::vector<Link> links_of_tenant(Tenant, std::optional<LinkId> after, std::size_t limit) override;
  std::optional<Plan> plan(PatientId, std::optional<std::uint32_t> version) override;
  std::optional<Responsibility> responsibility(PatientId) override;
  std::optional<Suppression> suppression(SuppressionId) override;
  std::vector<Suppression> suppressions(const SuppressionFilter&) override;
  std::vector<Suppression> open_suppressions(PatientId) override;
  std::vector<Suppression> suppressions_due(Time until, std::size_t limit) override;
  std::optional<CarePlan> care_plan(PatientId, std::optional<std::uint32_t> version) override;
  std::vector<Expected> expected(PatientId) override;
  std::vector<Expected> expected_due(Time until, std::size_t limit) override;

  std::optional<Alarm> alarm(AlarmId) override;
  std::vector<Alarm> open_alarms(PatientId) override;
  std::optional<Alarm> open_alarm(Tenant, std::string_view identity) override;
  std::vector<Alarm> alarms(const AlarmFilter&) override;
  std::int64_t open_alarm_count(Tenant) override;
  std::vector<Alarm> due_alarms(Time until, std::size_t limit) override;
  std::vector<Call> calls(std::size_t limit) override;
  std::optional<Changes::Reply> reply(std::string_view key) override;

  std::optional<Quarantined> quarantined(QuarantineId) override;
  std::optional<Quarantined> waiting_by_key(const Key&) override;
  std::vector<Quarantined> quarantine(const QuarantineFilter&) override;
  std::int64_t waiting_count(Source) override;
  std::vector<WaitingPayload> waiting_payloads(Source) override;
  std::optional<Payload> payload(const Key& digest) override;

  Position newest() override;
  Position oldest() override;
  std::vector<JournalEntry> journal(Position after, std::size_t limit, std::uint32_t kinds,
                                    std::optional<Tenant> tenant) override;
  std::optional<Position> cursor(std::string_view destination) override;
  std::vector<Delivery> deliveries(std::string_view destination, std::optional<DeliveryState> state,
                                   std::size_t limit) override;
  std::optional<Delivery> delivery(DeliveryId) override;
  std::optional<PullUser> pull_user(Source, std::string_view user) override;
  std::vector<PullUser> pull_users(Source) override;
  std::vector<SourceSeen> sources_seen() override;
  std::vector<DeviceSeen> devices_seen(Source) override;

  std::vector<Audit> audits(Tenant, std::optional<PatientId>, std::size_t limit) override;
  std::int64_t highest_id() override;

 private:
  SqliteConnection& db_;
  const KeyIndex& keys_;
  SqliteSearch search_;
};

}  // namespace gateway::store
