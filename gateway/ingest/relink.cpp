#include "gateway/ingest/relink.hpp"

#include <algorithm>
#include <future>
#include <set>

#include "fhir/json_writer.hpp"
#include "fhir/circumstances.hpp"
#include "fhir/observation.hpp"
#include "gateway/ingest/annotate.hpp"
#include "gateway/ingest/computed_score.hpp"
#include "gateway/ingest/place.hpp"
#include "gateway/ingest/recall.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "gateway/runtime/log.hpp"

namespace gateway::ingest {
namespace {

constexpr std::string_view cursor_name = "internal:links";
constexpr std::size_t page = 200;
constexpr std::uint32_t asking_entries =
    1u << static_cast<unsigned>(store::Entry::link) | 1u << static_cast<unsigned>(store::Entry::recall);

void write_period(fhir::JsonWriter& writer, const LinkWork::Period& period) {
  writer.begin_object().member("from", period.from.time_since_epoch().count());
  if (period.to) writer.member("to", period.to->time_since_epoch().count());
  writer.end_object();
}

std::optional<LinkWork::Period> read_period(fhir::JsonValue value) {
  auto from = value["from"].as_integer();
  if (!from) return std::nullopt;
  LinkWork::Period period{fhir::Time(std::chrono::microseconds(*from)), std::nullopt};
  if (auto to = value["to"].as_integer()) period.to = fhir::Time(std::chrono::microseconds(*to));
  return period;
}

// A job that this worker waits for on its own thread.
class PageJob : public journal::Job {
 public:
  PageJob(std::function<void(journal::Working&)> decide, std::promise<fhir::Result<void>> done, std::size_t rows)
      : decide_(std::move(decide)), done_(std::move(done)), rows_(rows) {}
  std::size_t rows() const override { return rows_; }
  void decide(journal::Working& working) override { decide_(working); }
  void finished(const fhir::Result<void>& result) override { done_.set_value(result); }

 private:
  std::function<void(journal::Working&)> decide_;
  std::promise<fhir::Result<void>> done_;
  std::size_t rows_;
};

// What was answered in a word, as the native format has it ("A" of ACVPU); empty for a kind without words.
std::string_view word_of(fhir::Kind kind, fhir::JsonValue resource) {
  const auto code = resource["valueCodeableConcept"]["coding"].at(0)["code"].text();
  for (const fhir::Answer& answer : fhir::info(kind).answers) {
    if (code == answer.code.code) return answer.word;
  }
  return {};
}

// A stored reading as a native payload of one, so that it can wait in quarantine and be released like any other.
std::string native_payload(const store::Observation& row, const std::optional<store::Device>& device) {
  std::string out;
  fhir::JsonWriter writer(out);
  auto comparator = [](std::uint8_t value) {
    static constexpr std::string_view names[] = {"", "<", "<=", ">=", ">"};
    return names[value];
  };
  auto resource = fhir::JsonDocument::parse(row.resource);
  std::string_view effective;
  if (resource) effective = resource->root()["effectiveDateTime"].text().value_or("");
  writer.begin_object().key("measurements").begin_array().begin_object();
  writer.member("id", hex(row.key)).member("subject", row.subject);
  writer.member("time", effective.empty() ? std::string_view(fhir::utc_millis_text(row.measured)) : effective);
  writer.member("kind", fhir::info(row.kind).name);
  if (device) {
    writer.key("device").begin_object().member("id", device->identifier).member_if("model", device->model).end_object();
  }
  if (row.value) {
    writer.member("value", *row.value).member_if("unit", fhir::info(row.kind).unit);
    writer.member_if("comparator", comparator(row.comparator));
  } else if (resource) {
    writer.member_if("value", word_of(row.kind, resource->root()));
  }
  if (!row.components.empty()) {
    writer.key("components").begin_array();
    for (const store::ComponentValue& component : row.components) {
      writer.begin_object().member("kind", fhir::info(component.kind).name).member("value", component.value);
      writer.member_if("unit", fhir::info(component.kind).unit).member_if("comparator", comparator(component.comparator));
      writer.end_object();
    }
    writer.end_array();
  }
  const fhir::Circumstances stated = fhir::circumstances_of(resource ? resource->root() : fhir::JsonValue());
  writer.member_if("meal", stated.meal).member_if("oxygen", stated.oxygen).member_if("site", stated.site);
  writer.end_object().end_array().end_object();
  return out;
}

class Withdrawal {
 public:
  Withdrawal(journal::Working& working, const ConfiguredSource& source, const Replays& replays)
      : working_(working), source_(source), replays_(replays) {}

  void move(ObservationId id, PatientId from) {
    std::optional<store::Observation> row = working_.reader.observation(id);
    if (!row || row->patient != from || row->status == store::Status::entered_in_error) return;
    std::optional<store::Link> link = working_.links.at(row->source, row->subject, row->measured);
    if (link && link->patient == from) return;
    registry::PatientState* old = working_.patients.find(from);
    if (old == nullptr) return;
    const std::string body(fhir::observation_body_of(row->resource));
    store::Observation copy = *row;

    row->version += 1;
    row->status = store::Status::entered_in_error;
    row->updated = working_.now;
    render_resource(*row, old->patient, source_.facts, body);
    record_observation(working_, *row, "entered-in-error");
    annotate_alarms_on(working_, *old, row->tenant, row->id,
                       "Observation/" + row->id.text() + " gjelder ikke denne pasienten (koblingen er rettet)");
    if (old->series) old->series->take_away(row->id);
    working_.patients.reload_later(from);
    if (is_computed(*row)) {  // computed anew, for whoever its inputs are of
      working_.changes.observations.push_back(std::move(*row));
      return;
    }
    from_ = std::min(from_, row->measured);
    to_ = std::max(to_, row->measured);
    gone_.push_back(row->id);

    registry::PatientState* right = link ? working_.patients.find(link->patient) : nullptr;
    if (right != nullptr) {
      place_anew(std::move(copy), *right, body);
    } else {
      wait(copy);
    }
    working_.changes.observations.push_back(std::move(*row));
  }

  // After the last: scores that looked at what was moved.
  void finish(PatientId from) {
    registry::PatientState* old = working_.patients.find(from);
    if (old != nullptr && !gone_.empty()) revise_scores(working_, *old, from_, to_, gone_, source_.facts, replays_.judge());
  }

 private:
  void place_anew(store::Observation row, registry::PatientState& patient, const std::string& body) {
    row.id = ObservationId{working_.next_id()};
    row.version = 1;
    row.status = store::Status::final_;
    row.patient = patient.patient.id;
    row.updated = working_.now;
    const std::optional<store::Device> device = device_of(row);
    render_resource(row, patient.patient, source_.facts, fhir::with_observation_identifier(body, anew_identifier(row.key, row.id)));
    judge_reading(working_, patient, row, source_.facts, device ? device->identifier : std::string(), replays_.judge());
    record_observation(working_, row, "created");
    working_.put(row.key, row.id.value);
    const store::Observation placed = row;
    working_.changes.observations.push_back(std::move(row));
    store_scores(working_, patient, placed, source_.facts, replays_.keys(), replays_.judge());
    revise_scores(working_, patient, placed.measured, placed.measured, {}, source_.facts, replays_.judge());
  }

  std::optional<store::Device> device_of(const store::Observation& row) {
    return row.device ? working_.reader.device(row.device) : std::nullopt;
  }

  void wait(const store::Observation& row) {
    RawPayload raw;
    raw.source = &source_.facts;
    raw.keys = &replays_.keys();
    raw.adapter = std::string("hjemport").append(withdrawn_mark);
    raw.bytes = native_payload(row, device_of(row));
    raw.received = working_.now;
    Holding holding;
    holding.key = row.key;
    holding.reason = adapters::QuarantineReason::unknown_subject;
    holding.note = "withdrawn from a patient when the link was corrected";
    holding.subject = row.subject;
    holding.kind = row.kind;
    holding.measured = row.measured;
    hold(working_, source_.facts, raw, holding);
  }

  fhir::Time from_ = fhir::Time::max(), to_ = fhir::Time::min();  // of what was taken from the old patient
  std::vector<ObservationId> gone_;
  journal::Working& working_;
  const ConfiguredSource& source_;
  const Replays& replays_;
};

}  // namespace

std::string LinkWork::json() const {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("source", static_cast<std::int64_t>(source)).member("subject", subject);
  writer.member("patient", patient.text()).key("withdraw").begin_array();
  for (const Period& period : withdraw) write_period(writer, period);
  writer.end_array();
  if (release) {
    writer.key("release");
    write_period(writer, *release);
  }
  writer.end_object();
  return out;
}

std::optional<LinkWork> LinkWork::from_json(std::string_view text) {
  auto document = fhir::JsonDocument::parse(text);
  if (!document) return std::nullopt;
  const fhir::JsonValue root = document->root();
  auto source = root["source"].as_integer();
  auto patient = PatientId::parse(root["patient"].text().value_or(""));
  if (!source || !patient) return std::nullopt;
  LinkWork work;
  work.source = static_cast<store::Source>(*source);
  work.subject = root["subject"].text().value_or("");
  work.patient = *patient;
  for (fhir::JsonValue period : root["withdraw"]) {
    if (auto read = read_period(period)) work.withdraw.push_back(*read);
  }
  work.release = read_period(root["release"]);
  return work;
}

LinkWorker::LinkWorker(store::Store& store, journal::Committer& committer, const Replays& replays, const Clock& clock)
    : store_(store), committer_(committer), replays_(replays), clock_(clock) {}

LinkWorker::~LinkWorker() { stop(); }

void LinkWorker::start() {
  thread_ = std::thread([this] { run(); });
}

void LinkWorker::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LinkWorker::committed(const store::Changes& changes, store::Position) {
  const bool asked = std::any_of(changes.journal.begin(), changes.journal.end(), [](const store::JournalEntry& entry) {
    return entry.kind == store::Entry::link || entry.kind == store::Entry::recall;
  });
  if (!asked) return;
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void LinkWorker::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      // A minute at most: work the store refused (full disk) is tried again without anybody asking.
      wake_.wait_for(lock, std::chrono::minutes(1), [this] { return woken_ || stopping_; });
      if (stopping_) return;
      woken_ = false;
    }
    try {
      if (!reader_) reader_ = store_.reader();
      catch_up();
    } catch (const std::exception& error) {
      log::error("relink_failed", {{"what", std::string_view(error.what())}});
      reader_.reset();
    }
  }
}

void LinkWorker::catch_up() {
  store::Position cursor = reader_->cursor(cursor_name).value_or(0);
  for (;;) {
    std::vector<store::JournalEntry> entries = reader_->journal(cursor, page, asking_entries);
    for (const store::JournalEntry& entry : entries) {
      if (!work(entry)) return;
      cursor = entry.position;
      auto advance = [cursor](journal::Working& working) {
        working.changes.cursors.push_back({std::string(cursor_name), cursor});
      };
      if (!commit(journal::job(advance, nullptr))) return;
    }
    if (entries.size() < page) return;
  }
}

fhir::Result<void> LinkWorker::commit(std::shared_ptr<journal::Job> inner) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return fhir::Error(fhir::ErrorCategory::busy, "stopping");
  }
  std::promise<fhir::Result<void>> done;
  std::future<fhir::Result<void>> result = done.get_future();
  const std::size_t rows = inner->rows();
  auto decide = [inner](journal::Working& working) { inner->decide(working); };
  auto job = std::make_shared<PageJob>(decide, std::move(done), rows);
  if (!committer_.submit(job, store::Lane::bulk)) return fhir::Error(fhir::ErrorCategory::busy, "too much is waiting");
  return result.get();
}

bool LinkWorker::work(const store::JournalEntry& entry) {
  if (entry.kind == store::Entry::recall) return entry.change != "asked" || recall(entry);
  std::optional<LinkWork> work = LinkWork::from_json(entry.data);
  if (!work) return true;
  for (const LinkWork::Period& period : work->withdraw) {
    if (!withdraw(*work, period)) return false;
  }
  return !work->release || release(*work);
}

bool LinkWorker::recall(const store::JournalEntry& entry) {
  std::optional<Recall> recall = Recall::from_json(entry.data);
  if (!recall) return true;
  recall->id = RecallId{entry.ref};
  recall->which.recalled_since = entry.at;  // after a restart: what the first run has taken back already
  Touched touched;
  RecallCount count;
  std::optional<ObservationId> after;
  for (;;) {
    const std::vector<store::Observation> rows = reader_->recalled_by(recall->which, after, page);
    std::vector<ObservationId> reached;
    for (const store::Observation& row : rows) {
      if (recall->reaches(row)) reached.push_back(row.id);
    }
    Touched touched_now;
    RecallCount count_now;
    auto decide = [&](journal::Working& working) {
      touched_now.clear();
      count_now = {};
      recall_page(working, reached, replays_.sources(), replays_.judge(), touched_now, count_now);
    };
    if (!reached.empty() && !commit(journal::job(decide, nullptr))) return false;
    for (const auto& [series, newest] : touched_now) {
      fhir::Time& known = touched.try_emplace(series, newest).first->second;
      known = std::max(known, newest);
    }
    count.readings += count_now.readings;
    count.alarms += count_now.alarms;
    if (rows.size() < page) break;
    after = rows.back().id;
  }
  std::set<PatientId> patients;
  for (const auto& [series, newest] : touched) {
    patients.insert(series.first);
    auto decide = [&](journal::Working& working) {
      judge_again(working, series.first, series.second, newest, *recall, replays_.sources(), replays_.judge());
    };
    if (!commit(journal::job(decide, nullptr))) return false;
  }
  count.patients = static_cast<std::int64_t>(patients.size());
  auto done = [&](journal::Working& working) { end_recall(working, *recall, count); };
  return static_cast<bool>(commit(journal::job(done, nullptr)));
}

bool LinkWorker::withdraw(const LinkWork& work, const LinkWork::Period& period) {
  const ConfiguredSource* source = replays_.sources().find(work.source);
  if (source == nullptr) {
    log::error("relink_skipped", {{"reason", "source no longer configured"}});
    return true;
  }
  std::optional<ObservationId> after;
  for (;;) {
    std::vector<store::Observation> rows =
        reader_->placed(work.patient, work.source, work.subject, period.from, period.to, after, page);
    if (rows.empty()) return true;
    auto decide = [&](journal::Working& working) {
      Withdrawal withdrawal(working, *source, replays_);
      for (const store::Observation& row : rows) withdrawal.move(row.id, work.patient);
      withdrawal.finish(work.patient);
    };
    if (!commit(journal::job(decide, nullptr))) return false;
    after = rows.back().id;
    if (rows.size() < page) return true;
  }
}

bool LinkWorker::release(const LinkWork& work) {
  store::QuarantineFilter filter;
  filter.source = work.source;
  filter.subject = work.subject;
  filter.state = store::QuarantineState::waiting;
  std::vector<store::Quarantined> waiting;
  for (;;) {
    std::vector<store::Quarantined> rows = reader_->quarantine(filter);
    for (store::Quarantined& item : rows) {
      const bool inside = item.measured && *item.measured >= work.release->from &&
                          (!work.release->to || *item.measured < *work.release->to);
      if (inside) waiting.push_back(std::move(item));
    }
    if (rows.size() < filter.limit) break;
    filter.after = rows.back().id;
  }
  std::stable_sort(waiting.begin(), waiting.end(), [](const auto& a, const auto& b) { return a.measured < b.measured; });
  for (const store::Quarantined& item : waiting) {
    auto job = replays_.job(*reader_, item.id, {"released with the link", false}, clock_.now());
    if (!job) {
      log::warning("release_skipped", {{"quarantine", std::string_view(item.id.text())}, {"reason", std::string_view(job.error().detail)}});
      continue;
    }
    fhir::Result<void> done = commit(*job);
    if (done) continue;
    const fhir::ErrorCategory why = done.error().category;
    if (why == fhir::ErrorCategory::unavailable || why == fhir::ErrorCategory::busy) return false;
    log::warning("release_skipped", {{"quarantine", std::string_view(item.id.text())}, {"reason", std::string_view(done.error().detail)}});
  }
  return true;
}

}  // namespace gateway::ingest
