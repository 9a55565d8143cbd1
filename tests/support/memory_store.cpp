#include "tests/support/memory_store.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

#include "tests/support/memory_rows.hpp"
#include "tests/support/memory_state.hpp"

namespace support {

namespace {

bool matches(const store::ObservationFilter& filter, const store::Observation& row) {
  return row.tenant == filter.tenant && any_or_none(filter.patients, row.patient) &&
         any_or_none(filter.kinds, row.kind) && any_or_none(filter.ids, row.id) && any_or_none(filter.keys, row.key) &&
         all_satisfied(filter.measured, row.measured) && all_satisfied(filter.updated, row.updated);
}

}  // namespace

// Each call takes the lock once and copies out, so that it sees whole commits only.
class MemoryStore::View final : public store::Reader {
 public:
  explicit View(std::shared_ptr<State> state) : state_(std::move(state)) {}

  void find_keys(std::span<const store::Key> keys, std::span<std::int64_t> found) override {
    std::lock_guard lock(state_->mutex);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      auto at = state_->keys.find(keys[i]);
      found[i] = at == state_->keys.end() ? 0 : at->second;
    }
  }
  std::vector<store::VersionMark> versions(ObservationId id) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::VersionMark> out;
    if (auto at = state_->observations.find(id); at != state_->observations.end())
      for (const StoredVersion& stored : at->second)
        out.push_back({stored.row.version, stored.row.digest, stored.row.vendor_version});
    return out;
  }
  std::optional<store::Observation> observation(ObservationId id, std::optional<std::uint32_t> version) override {
    std::lock_guard lock(state_->mutex);
    auto at = state_->observations.find(id);
    if (at == state_->observations.end()) return std::nullopt;
    if (!version) return at->second.back().row;
    if (*version == 0 || *version > at->second.size()) return std::nullopt;
    return at->second[*version - 1].row;
  }
  std::optional<store::Event> event(EventId id) override {
    std::lock_guard lock(state_->mutex);
    return find_in(state_->events, id);
  }

  store::ObservationPage search(const store::ObservationFilter& filter) override {
    std::lock_guard lock(state_->mutex);
    store::ObservationPage page;
    page.horizon = filter.horizon.value_or(static_cast<Position>(state_->journal.size()));
    std::vector<store::Observation> rows = matching(filter, page.horizon);
    auto key = [&](Time measured, Time updated, ObservationId id) {
      return std::pair(filter.sort.key == fhir::SortKey::date ? measured : updated, id);
    };
    auto key_of = [&](const store::Observation& row) { return key(row.measured, row.updated, row.id); };
    auto before = [&](const auto& a, const auto& b) { return filter.sort.descending ? a > b : a < b; };
    std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return before(key_of(a), key_of(b)); });
    for (store::Observation& row : rows) {
      if (filter.after && !before(std::pair(filter.after->at, filter.after->id), key_of(row))) continue;
      if (page.rows.size() == filter.limit) {
        page.more = true;
        break;
      }
      row.judgement.clear();
      row.components.clear();
      page.rows.push_back(std::move(row));
    }
    return page;
  }
  std::int64_t count(const store::ObservationFilter& filter) override {
    std::lock_guard lock(state_->mutex);
    Position horizon = filter.horizon.value_or(static_cast<Position>(state_->journal.size()));
    return static_cast<std::int64_t>(matching(filter, horizon).size());
  }
  std::optional<store::Observation> latest(PatientId patient, fhir::Kind kind) override {
    std::lock_guard lock(state_->mutex);
    std::optional<store::Observation> latest;
    for (const auto& [id, versions] : state_->observations) {
      const store::Observation& row = versions.back().row;
      if (row.patient != patient || row.kind != kind || row.status == store::Status::entered_in_error) continue;
      if (row.absent != fhir::AbsentReason::none) continue;
      if (!latest || row.measured > latest->measured) latest = row;
    }
    return latest;
  }
  std::vector<store::Observation> history(const HistoryFilter& filter) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::Observation> rows;
    for (const auto& [id, versions] : state_->observations) {
      const store::Observation& row = versions.back().row;
      if (row.patient != filter.patient || row.kind != filter.kind || row.status == store::Status::entered_in_error) continue;
      if (row.absent != fhir::AbsentReason::none || row.measured > filter.to) continue;
      rows.push_back(row);
      rows.back().judgement.clear();
    }
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return std::tie(b.measured, b.id) < std::tie(a.measured, a.id); });
    std::size_t kept = 0;
    while (kept < rows.size() && kept < filter.most && (rows[kept].measured >= filter.from || kept < filter.fewest)) ++kept;
    rows.resize(kept);
    return rows;
  }
  std::optional<Time> latest_measured(PatientId patient, fhir::Kind kind) override {
    const auto row = latest(patient, kind);
    return row ? std::optional(row->measured) : std::nullopt;
  }
  std::vector<store::Observation> recalled_by(const store::RecallFilter& filter, std::optional<ObservationId> after,
                                              std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::Observation> rows;
    for (const auto& [id, versions] : state_->observations) {
      const store::Observation& row = versions.back().row;
      if (rows.size() == limit) break;
      if (row.tenant != filter.tenant || (after && row.id <= *after) || (filter.source && row.source != *filter.source)) continue;
      if ((filter.from && row.measured < *filter.from) || (filter.to && row.measured >= *filter.to)) continue;
      const bool taken_back = row.recalled && filter.recalled_since && row.updated >= *filter.recalled_since;
      if (row.status == store::Status::entered_in_error && !taken_back) continue;
      if (filter.device || filter.model) {
        const auto device = state_->devices.find(row.device);
        if (device == state_->devices.end() || device->second.tenant != filter.tenant) continue;
        if (filter.device && device->second.identifier != *filter.device) continue;
        if (filter.model && device->second.model != *filter.model) continue;
      }
      rows.push_back(row);
    }
    return rows;
  }
  std::vector<store::Observation> placed(PatientId patient, store::Source source, std::string_view subject, Time from,
                                         std::optional<Time> to, std::optional<ObservationId> after,
                                         std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::Observation> rows;
    for (const auto& [id, versions] : state_->observations) {
      const store::Observation& row = versions.back().row;
      if (row.patient == patient && row.source == source && row.subject == subject && row.measured >= from &&
          (!to || row.measured < *to) && row.status != store::Status::entered_in_error)
        rows.push_back(row);
    }
    auto place = [](const store::Observation& row) { return std::pair(row.measured, row.id); };
    std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
    if (after) {
      // The row itself may have left the selection since the last page; its place in the order has not.
      auto last = state_->observations.find(*after);
      if (last != state_->observations.end()) {
        auto mark = place(last->second.back().row);
        std::erase_if(rows, [&](const auto& row) { return place(row) <= mark; });
      }
    }
    if (rows.size() > limit) rows.resize(limit);
    return rows;
  }
  std::vector<store::Event> events_without_patient(store::Source source, std::string_view subject) override {
    std::lock_guard lock(state_->mutex);
    return select(state_->events, std::optional<EventId>(), SIZE_MAX, [&](const store::Event& row) {
      auto alarm = state_->alarms.find(row.alarm);
      const bool open = alarm != state_->alarms.end() && alarm->second.open;
      return row.source == source && row.subject == subject && !row.patient &&
             (open || row.kind == fhir::EventKind::medication_dispensed);
    });
  }
  std::vector<store::Event> dispenses(store::Tenant tenant, std::optional<PatientId> patient, std::optional<EventId> after,
                                      std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    return select(state_->events, after, limit, [&](const store::Event& row) {
      return row.kind == fhir::EventKind::medication_dispensed && row.tenant == tenant && row.patient &&
             (!patient || row.patient == *patient);
    });
  }

  std::optional<store::Patient> patient(PatientId id) override {
    std::lock_guard lock(state_->mutex);
    return find_in(state_->patients, id);
  }
  std::optional<store::Patient> patient_by_identifier(store::Tenant tenant, std::string_view system,
                                                      std::string_view value) override {
    std::lock_guard lock(state_->mutex);
    for (const auto& [id, row] : state_->patients)
      if (row.tenant == tenant && row.system == system && row.value == value) return row;
    return std::nullopt;
  }
  std::vector<store::Patient> patients(store::Tenant tenant, std::optional<PatientId> after,
                                       std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    return select(state_->patients, after, limit, [&](const store::Patient& row) { return row.tenant == tenant; });
  }
  std::optional<store::Device> device(DeviceId id) override {
    std::lock_guard lock(state_->mutex);
    return find_in(state_->devices, id);
  }
  std::vector<store::Device> devices(store::Tenant tenant, std::optional<DeviceId> after, std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    return select(state_->devices, after, limit, [&](const store::Device& row) { return row.tenant == tenant; });
  }
  std::vector<store::Link> links(store::Source source, std::string_view subject) override {
    std::lock_guard lock(state_->mutex);
    return select(state_->links, std::optional<LinkId>(), SIZE_MAX,
                  [&](const store::Link& row) { return row.source == source && row.subject == subject; });
  }
  std::vector<store::Link> links_of_tenant(store::Tenant tenant, std::optional<LinkId> after,
                                           std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    return select(state_->links, after, limit, [&](const store::Link& row) { return row.tenant == tenant; });
  }
  std::optional<store::Plan> plan(PatientId patient, std::optional<std::uint32_t> version) override {
    std::lock_guard lock(state_->mutex);
    auto at = state_->plans.find(patient);
    if (at == state_->plans.end()) return std::nullopt;
    if (!version) return at->second.back();
    for (const store::Plan& row : at->second)
      if (row.version == *version) return row;
    return std::nullopt;
  }

  std::optional<store::Alarm> alarm(AlarmId id) override {
    std::lock_guard lock(state_->mutex);
    return find_in(state_->alarms, id);
  }
  std::vector<store::Alarm> open_alarms(PatientId patient) override {
    std::lock_guard lock(state_->mutex);
    return select(state_->alarms, std::optional<AlarmId>(), SIZE_MAX,
                  [&](const store::Alarm& row) { return row.open && row.patient == patient; });
  }
  std::optional<store::Alarm> open_alarm(store::Tenant tenant, std::string_view identity) override {
    std::lock_guard lock(state_->mutex);
    for (const auto& [id, row] : state_->alarms)
      if (row.open && row.tenant == tenant && row.identity == identity) return row;
    return std::nullopt;
  }
  std::vector<store::Alarm> alarms(const store::AlarmFilter& filter) override {
    std::lock_guard lock(state_->mutex);
    return select(state_->alarms, filter.after, filter.limit, [&](const store::Alarm& row) {
      return row.tenant == filter.tenant && (!filter.open || row.open == *filter.open) &&
             any_or_none(filter.patients, row.patient);
    });
  }
  std::int64_t open_alarm_count(store::Tenant tenant) override {
    std::lock_guard lock(state_->mutex);
    return std::count_if(state_->alarms.begin(), state_->alarms.end(),
                         [&](const auto& entry) { return entry.second.open && entry.second.tenant == tenant; });
  }
  std::vector<store::Alarm> due_alarms(Time until, std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    auto due = select(state_->alarms, std::optional<AlarmId>(), SIZE_MAX,
                      [&](const store::Alarm& row) { return row.due && *row.due <= until; });
    return soonest(std::move(due), limit, [](const store::Alarm& row) { return *row.due; });
  }
  std::vector<store::Call> calls(std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::Call> owed;
    for (const auto& [name, row] : state_->calls) owed.push_back(row);
    return soonest(std::move(owed), limit, [](const store::Call& row) { return row.next_at; });
  }
  std::vector<store::Expected> expected(PatientId patient) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::Expected> rows;
    for (const auto& [name, row] : state_->expected)
      if (name.first == patient) rows.push_back(row);
    return rows;
  }
  std::vector<store::Expected> expected_due(Time until, std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::Expected> rows;
    for (const auto& [name, row] : state_->expected)
      if (row.due && *row.due < until) rows.push_back(row);
    return soonest(std::move(rows), limit, [](const store::Expected& row) { return *row.due; });
  }
  std::optional<store::Suppression> suppression(gateway::SuppressionId id) override {
    std::lock_guard lock(state_->mutex);
    return find_in(state_->suppressions, id);
  }
  std::vector<store::Suppression> suppressions(const store::SuppressionFilter& filter) override {
    std::lock_guard lock(state_->mutex);
    return select(state_->suppressions, filter.after, filter.limit, [&](const store::Suppression& row) {
      return row.tenant == filter.tenant && (!filter.patient || row.patient == *filter.patient) && (!filter.open || row.open == *filter.open);
    });
  }
  std::vector<store::Suppression> open_suppressions(PatientId patient) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::Suppression> rows;
    for (const auto& [id, row] : state_->suppressions)
      if (row.open && row.patient == patient) rows.push_back(row);
    return rows;
  }
  std::vector<store::Suppression> suppressions_due(Time until, std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::Suppression> rows;
    for (const auto& [id, row] : state_->suppressions)
      if (row.due && *row.due <= until) rows.push_back(row);
    return soonest(std::move(rows), limit, [](const store::Suppression& row) { return *row.due; });
  }
  std::optional<store::CarePlan> care_plan(PatientId patient, std::optional<std::uint32_t> version) override {
    std::lock_guard lock(state_->mutex);
    const auto known = state_->care_plans.find(patient);
    if (known == state_->care_plans.end()) return std::nullopt;
    for (auto row = known->second.rbegin(); row != known->second.rend(); ++row)
      if (!version || row->version == *version) return *row;
    return std::nullopt;
  }
  std::optional<store::Responsibility> responsibility(PatientId patient) override {
    std::lock_guard lock(state_->mutex);
    return find_in(state_->responsibilities, patient);
  }
  std::optional<store::Changes::Reply> reply(std::string_view key) override {
    std::lock_guard lock(state_->mutex);
    auto at = state_->replies.find(key);
    if (at == state_->replies.end()) return std::nullopt;
    return at->second;
  }

  std::optional<store::Quarantined> quarantined(QuarantineId id) override {
    std::lock_guard lock(state_->mutex);
    return find_in(state_->quarantined, id);
  }
  std::optional<store::Quarantined> waiting_by_key(const store::Key& key) override {
    std::lock_guard lock(state_->mutex);
    for (const auto& [id, row] : state_->quarantined)
      if (row.state == store::QuarantineState::waiting && row.key == key) return row;
    return std::nullopt;
  }
  std::vector<store::Quarantined> quarantine(const store::QuarantineFilter& filter) override {
    std::lock_guard lock(state_->mutex);
    return select(state_->quarantined, filter.after, filter.limit, [&](const store::Quarantined& row) {
      return (!filter.tenant || row.tenant == *filter.tenant) && (!filter.source || row.source == *filter.source) &&
             (!filter.state || row.state == *filter.state) && (!filter.reason || row.reason == *filter.reason) &&
             (!filter.subject || row.subject == *filter.subject) && (!filter.kind || row.kind == *filter.kind);
    });
  }
  std::int64_t waiting_count(store::Source source) override {
    std::lock_guard lock(state_->mutex);
    return std::count_if(state_->quarantined.begin(), state_->quarantined.end(), [&](const auto& entry) {
      return entry.second.source == source && entry.second.state == store::QuarantineState::waiting;
    });
  }
  std::vector<WaitingPayload> waiting_payloads(store::Source source) override {
    std::lock_guard lock(state_->mutex);
    std::map<store::Key, WaitingPayload> found;
    for (const auto& [id, row] : state_->quarantined) {
      auto payload = state_->payloads.find(row.payload);
      if (row.source != source || row.state != store::QuarantineState::waiting || payload == state_->payloads.end()) continue;
      WaitingPayload& one = found[row.payload];
      one = {row.payload, one.items + 1, static_cast<std::int64_t>(payload->second.bytes.size())};
    }
    std::vector<WaitingPayload> all;
    for (const auto& [digest, one] : found) all.push_back(one);
    return all;
  }
  std::optional<store::Payload> payload(const store::Key& digest) override {
    std::lock_guard lock(state_->mutex);
    return find_in(state_->payloads, digest);
  }

  Position newest() override {
    std::lock_guard lock(state_->mutex);
    return static_cast<Position>(state_->journal.size());
  }
  Position oldest() override { return 1; }
  std::vector<store::JournalEntry> journal(Position after, std::size_t limit, std::uint32_t kinds,
                                           std::optional<store::Tenant> tenant) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::JournalEntry> out;
    for (auto at = static_cast<std::size_t>(std::max<Position>(after, 0));
         at < state_->journal.size() && out.size() < limit; ++at) {
      const store::JournalEntry& entry = state_->journal[at];
      bool kind_wanted = kinds == 0 || (kinds >> static_cast<unsigned>(entry.kind) & 1U) != 0;
      if (kind_wanted && (!tenant || entry.tenant == *tenant)) out.push_back(entry);
    }
    return out;
  }
  std::optional<Position> cursor(std::string_view destination) override {
    std::lock_guard lock(state_->mutex);
    auto at = state_->cursors.find(destination);
    if (at == state_->cursors.end()) return std::nullopt;
    return at->second;
  }
  std::vector<store::Delivery> deliveries(std::string_view destination, std::optional<store::DeliveryState> wanted,
                                          std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::Delivery> rows =
        select(state_->deliveries, std::optional<DeliveryId>(), SIZE_MAX, [&](const store::Delivery& row) {
          return row.destination == destination && (!wanted || row.state == *wanted);
        });
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
    if (rows.size() > limit) rows.resize(limit);
    return rows;
  }
  std::optional<store::Delivery> delivery(DeliveryId id) override {
    std::lock_guard lock(state_->mutex);
    return find_in(state_->deliveries, id);
  }
  std::optional<store::PullUser> pull_user(store::Source source, std::string_view user) override {
    std::lock_guard lock(state_->mutex);
    return find_in(state_->pull_users, std::pair(source, std::string(user)));
  }
  std::vector<store::PullUser> pull_users(store::Source source) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::PullUser> rows;
    for (const auto& [name, row] : state_->pull_users)
      if (name.first == source) rows.push_back(row);
    return rows;
  }

  std::vector<store::SourceSeen> sources_seen() override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::SourceSeen> rows;
    for (const auto& [source, row] : state_->sources_seen) rows.push_back(row);
    return rows;
  }
  std::vector<store::DeviceSeen> devices_seen(store::Source source) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::DeviceSeen> rows;
    for (const auto& [device, row] : state_->devices_seen)
      if (row.source == source) rows.push_back(row);
    return rows;
  }

  std::vector<store::Audit> audits(store::Tenant tenant, std::optional<PatientId> patient, std::size_t limit) override {
    std::lock_guard lock(state_->mutex);
    std::vector<store::Audit> out;
    for (auto at = state_->audits.rbegin(); at != state_->audits.rend() && out.size() < limit; ++at)
      if (at->tenant == tenant && (!patient || at->patient == *patient)) out.push_back(*at);
    return out;
  }
  std::int64_t highest_id() override {
    std::lock_guard lock(state_->mutex);
    return state_->highest_id;
  }

 private:
  // Of each observation the version that was current at the horizon; the lock is held.
  std::vector<store::Observation> matching(const store::ObservationFilter& filter, Position horizon) const {
    std::vector<store::Observation> rows;
    for (const auto& [id, versions] : state_->observations) {
      auto at = std::find_if(versions.rbegin(), versions.rend(),
                             [horizon](const StoredVersion& stored) { return stored.position <= horizon; });
      if (at != versions.rend() && matches(filter, at->row)) rows.push_back(at->row);
    }
    return rows;
  }

  std::shared_ptr<State> state_;
};

MemoryStore::MemoryStore() : state_(std::make_shared<State>()), own_(std::make_unique<View>(state_)) {}
MemoryStore::~MemoryStore() = default;

store::Tenant MemoryStore::tenant(std::string_view name) {
  if (name.empty()) return store::Tenant::none;
  std::lock_guard lock(state_->mutex);
  auto number = static_cast<store::Tenant>(state_->tenants.size() + 1);
  return state_->tenants.emplace(name, number).first->second;
}

store::Source MemoryStore::source(std::string_view tenant, std::string_view name) {
  if (name.empty()) return store::Source::none;
  std::lock_guard lock(state_->mutex);
  auto number = static_cast<store::Source>(state_->sources.size() + 1);
  return state_->sources.emplace(std::pair(std::string(tenant), std::string(name)), number).first->second;
}

std::unique_ptr<store::Reader> MemoryStore::reader() {
  return std::make_unique<View>(state_);
}

store::Reader& MemoryStore::own() {
  return *own_;
}

store::Result<Position> MemoryStore::commit(const store::Changes& changes, store::Lane) {
  std::lock_guard lock(state_->mutex);
  if (state_->commits_to_fail > 0) {
    --state_->commits_to_fail;
    return fhir::Error(fhir::ErrorCategory::unavailable, "disk full");
  }
  if (auto error = state_->refusal(changes)) return *error;
  Position first = static_cast<Position>(state_->journal.size()) + 1;
  state_->apply(changes);
  ++state_->commits;
  return first;
}

store::Store::Health MemoryStore::health() {
  std::lock_guard lock(state_->mutex);
  Health health;
  health.writable = state_->commits_to_fail == 0;
  return health;
}

void MemoryStore::fail_commits(int count) {
  std::lock_guard lock(state_->mutex);
  state_->commits_to_fail = count;
}

int MemoryStore::commits() const {
  std::lock_guard lock(state_->mutex);
  return state_->commits;
}

}  // namespace support
