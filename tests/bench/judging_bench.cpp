// What judging adds to a reading's commit on the committer's thread (ingest::judge_reading: series kept, limits and rules judged, the
// judgement written), and how often a patient's state is in the cache. Real store, 10,000 patients, six kinds in turn. Prints one JSON object.
// Usage: judging_bench DIRECTORY [patients=10000] [rounds=40] [cached=20000]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "fhir/json_reader.hpp"
#include "fhir/observation.hpp"
#include "gateway/alarms/service.hpp"
#include "gateway/ingest/admit.hpp"
#include "gateway/ingest/computed_score.hpp"
#include "gateway/journal/working.hpp"
#include "gateway/registry/plan.hpp"
#include "gateway/runtime/ids.hpp"
#include "gateway/store/sqlite_store.hpp"

namespace {

using namespace gateway;
using Steady = std::chrono::steady_clock;

constexpr std::size_t group = 100;  // readings in one commit

struct Row {
  const char* kind;
  int usual;
};
constexpr Row measured[] = {{"oxygen-saturation", 96}, {"heart-rate", 72}, {"respiratory-rate", 16}, {"body-temperature", 37}, {"body-weight", 80}, {"blood-glucose", 6}};

// Limits on every kind; and twenty rules as in judge_bench: changes, counts, trends and spans on four kinds, two combinations, a slope, NEWS2.
std::string limits_body() {
  std::string limits;
  for (const Row& row : measured) {
    limits.append(limits.empty() ? "" : ",").append(R"({"kind":")").append(row.kind).append(R"(","warning_high":)");
    limits.append(std::to_string(row.usual + 20)).append(R"(,"alert_high":)").append(std::to_string(row.usual + 40)).append("}");
  }
  return R"("limits":[)" + limits + "]";
}
std::string rules_body() {
  std::string rules;
  int n = 0;
  const auto add = [&](const std::string& condition) {
    rules.append(rules.empty() ? "" : ",").append(R"({"id":"r)").append(std::to_string(n++)).append(R"(","severity":"moderate",)").append(condition).append("}");
  };
  for (const char* kind : {"oxygen-saturation", "heart-rate", "respiratory-rate", "body-weight"}) {
    const std::string of = std::string(R"("kind":")") + kind + "\",";
    add(of + R"("rise":40,"within":"3d")");
    add(of + R"("above":200,"of":{"readings":3,"last":4})");
    add(of + R"("average_above":200,"within":"24h")");
    add(of + R"("above":200,"for":"10m")");
  }
  add(R"("within":"2h","all":[{"kind":"oxygen-saturation","below":80},{"kind":"heart-rate","above":100}])");
  add(R"("any":[{"kind":"blood-pressure","component":"systolic","above":220},{"kind":"body-temperature","above":42}])");
  add(R"("kind":"body-weight","slope_above":5,"within":"2d")");
  add(R"("score":"news2","at_least":15,"max_age":"4h")");
  return R"("rules":[)" + rules + "]";
}

// The COPD programme of deploy/rules.d, in shape.
std::string programme_body() {
  return R"("limits":[{"kind":"oxygen-saturation","warning_low":90,"alert_low":88},{"kind":"heart-rate","alert_high":130,"warning_high":110},)"
         R"({"kind":"respiratory-rate","alert_high":40,"warning_high":30},{"kind":"body-temperature","alert_high":44,"warning_high":42}],)"
         R"("rules":[{"id":"below","kind":"oxygen-saturation","below":-9,"baseline":{"median":"14d","readings":5},"severity":"moderate"},)"
         R"({"id":"often","kind":"oxygen-saturation","below":90,"of":{"readings":3,"last":4},"severity":"severe"},)"
         R"({"id":"worse","all":[{"kind":"oxygen-saturation","below":92},{"kind":"heart-rate","above":100}],"within":"4h","severity":"severe"},)"
         R"({"id":"news2","score":"news2","at_least":15,"max_age":"4h","severity":"severe"},)"
         R"({"id":"answer","answer":{"questionnaire":"http://example.org/q","link":"breath","at_least":2},"severity":"moderate"},)"
         R"({"id":"none","missing":{"kind":"oxygen-saturation","every":"72h"},"severity":"normal"}])";
}

double status_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS")) return std::stod(line.substr(line.find(':') + 1)) / 1024;
  }
  return 0;
}

double percentile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  const auto place = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(place), values.end());
  return values[place];
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

class Bench {
 public:
  Bench(const std::filesystem::path& folder, int patients, int rounds, std::size_t cached)
      : patients_(patients), rounds_(rounds), store_(store::open_sqlite({(folder / "judging.db").string()})), ids_(1),
        people_(store_->own(), cached), links_(store_->own(), 1000), waiting_(store_->own()),
        working_(store_->own(), ids_, people_, links_, waiting_, nobody_) {
    source_.id = source_.tenant = "bench";
    source_.tenant_no = store_->tenant("bench");
    source_.source = store_->source("bench", "bench");
    source_.organization = "972418013";
  }

  void run(const std::string& name, const std::string& plan_body) {
    enrol(plan_body);
    std::vector<double> cold, warm;
    double commits = 0;
    std::uint64_t hits = 0, misses = 0;
    for (int round = 0; round < rounds_; ++round) {
      // The first time a patient comes its state is loaded, and each kind's series once.
      std::vector<double>& into = round < static_cast<int>(std::size(measured)) ? cold : warm;
      if (round == static_cast<int>(std::size(measured))) {
        hits = people_.hits();
        misses = people_.misses();
      }
      const Row& row = measured[static_cast<std::size_t>(round) % std::size(measured)];
      now_ += std::chrono::minutes(10);
      for (int i = 0; i < patients_; ++i) {
        judge(static_cast<std::size_t>(i) * 7919 % static_cast<std::size_t>(patients_), row, round, into);
        if (working_.changes.observations.size() == group) commits += commit();
      }
    }
    const double looked = static_cast<double>(people_.hits() - hits + people_.misses() - misses);
    const double readings = static_cast<double>(patients_) * rounds_;
    std::printf("\"%s\":{\"judge_us\":%.2f,\"p50_us\":%.2f,\"p99_us\":%.2f,\"first_time_us\":%.2f,\"hit_rate\":%.4f,\"commit_us_a_reading\":%.1f,\"rss_mb\":%.0f}",
                name.c_str(), mean(warm), percentile(warm, 0.5), percentile(warm, 0.99), mean(cold),
                static_cast<double>(people_.hits() - hits) / looked, commits / readings, status_mb());
    std::fflush(stdout);
  }

 private:
  // New patients with this plan; those of the run before are forgotten.
  void enrol(const std::string& plan_body) {
    people_.forget_all();
    everybody_.clear();
    const std::string body = "{" + plan_body + "}";
    const auto document = fhir::JsonDocument::parse(body);
    const auto read = registry::personal_from_json(document.value().root(), "Europe/Oslo");
    if (!read) throw std::runtime_error(read.error().detail);
    for (int i = 0; i < patients_; ++i) {
      store::Patient patient{PatientId{ids_.next(now_)}, source_.tenant_no, "urn:bench", std::to_string(ids_.next(now_)), now_};
      everybody_.push_back(patient);
      working_.changes.patients.push_back(patient);
      store::Plan plan;
      plan.patient = patient.id;
      plan.at = now_;
      plan.who = "bench";
      plan.limits = registry::limits_json(read->limits.value_or(std::vector<registry::PlannedLimit>()));
      plan.rules = registry::rules_json(read->rules.value_or(std::vector<registry::PlannedRule>()));
      working_.changes.plans.push_back(std::move(plan));
      if (i % 1000 == 999) commit();
    }
    commit();
  }

  void judge(std::size_t patient_no, const Row& what, int round, std::vector<double>& into) {
    const store::Patient& patient = everybody_[patient_no];
    working_.now = now_;
    store::Observation row;
    row.id = ObservationId{ids_.next(now_)};
    row.tenant = source_.tenant_no;
    row.source = source_.source;
    row.patient = patient.id;
    row.kind = fhir::kind_named(what.kind);
    row.measured = row.updated = now_ - std::chrono::seconds(patient_no % 60);
    row.value = fhir::Decimal(what.usual + static_cast<int>((patient_no + static_cast<std::size_t>(round)) % 3), 0);
    for (std::size_t i = 0; i < 8; ++i) row.key[i] = static_cast<decltype(row.key)::value_type>(static_cast<std::uint64_t>(row.id.value) >> (8 * i));
    fhir::ObservationBody body;
    const std::string identifier = row.id.text();
    body.identifier = identifier;
    body.kind = row.kind;
    body.effective = fhir::DateTime::parse(fhir::utc_millis_text(row.measured)).value();
    body.value = fhir::ObservationValue{row.kind, *row.value, fhir::info(row.kind).unit, {}, {}};
    ingest::render_resource(row, patient, source_, fhir::observation_body(body));

    const auto begun = Steady::now();
    registry::PatientState* state = people_.find(patient.id);
    ingest::judge_reading(working_, *state, row, source_, "SN-1", settings_);
    into.push_back(std::chrono::duration<double, std::micro>(Steady::now() - begun).count());
    ingest::record_observation(working_, row, "created");
    working_.changes.observations.push_back(std::move(row));
  }

  double commit() {
    working_.changes.highest_id = ids_.next(now_);
    const auto begun = Steady::now();
    if (const auto done = store_->commit(working_.changes, store::Lane::bulk); !done) throw std::runtime_error(done.error().detail);
    const double took = std::chrono::duration<double, std::micro>(Steady::now() - begun).count();
    working_.changes = {};
    people_.trim();
    while (store_->upkeep()) {
    }
    return took;
  }

  int patients_, rounds_;
  std::unique_ptr<store::Store> store_;
  IdSource ids_;
  registry::Patients people_;
  registry::Links links_;
  registry::Waiting waiting_;
  alarms::Services nobody_;
  journal::Working working_;
  ingest::SourceFacts source_;
  ingest::JudgeSettings settings_;
  std::vector<store::Patient> everybody_;
  fhir::Time now_{std::chrono::sys_days{std::chrono::year(2026) / 11 / 1}};
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return std::fputs("judging_bench DIRECTORY [patients] [rounds] [cached]\n", stderr), 64;
  const auto number = [&](int place, int otherwise) { return count > place ? std::atoi(arguments[place]) : otherwise; };
  try {
    Bench bench(arguments[1], number(2, 10'000), number(3, 40), static_cast<std::size_t>(number(4, 20'000)));
    std::printf("{\"patients\":%d,", number(2, 10'000));
    bench.run("not enrolled", R"("limits":[])");
    std::printf(",");
    bench.run("limits", limits_body());
    std::printf(",");
    bench.run("a programme", programme_body());
    std::printf(",");
    bench.run("20 rules and limits", limits_body() + "," + rules_body());
    std::printf("}\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "judging_bench: %s\n", error.what());
    return 1;
  }
}
