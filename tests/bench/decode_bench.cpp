// How fast one core turns payloads into FHIR resources: decode, prepare (unit, code, key, digest, body) and the head the committer puts
// in front, for every adapter. No network, no store, no rules. Counted are readings that became a resource, against the CPU time of
// this thread, so that a busy machine changes the figures little. Prints one JSON object.
// Usage: decode_bench [seconds=1] [adapter ...]     from the project's folder: it reads tests/golden
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "adapters/adapter.hpp"
#include "adapters/iomt/iomt.hpp"
#include "fhir/observation.hpp"
#include "gateway/ingest/prepare.hpp"

namespace {

using namespace gateway;

class OsloInWinter final : public adapters::Zone {
 public:
  Resolved resolve(std::chrono::local_time<std::chrono::microseconds> wall) const override {
    return {fhir::Time(wall.time_since_epoch() - std::chrono::hours(1)), std::chrono::minutes(60), false};
  }
  std::chrono::minutes offset_at(fhir::Time) const override { return std::chrono::minutes(60); }
};

constexpr fhir::Time now{std::chrono::seconds{1'795'165'200}};  // 2026-11-20T09:00:00Z

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

struct Case {
  std::string name;
  adapters::Decode decode;
  std::vector<std::string> payloads;
  int asked = 0;  // readings a second; 0: for information
};

class Bench {
 public:
  // Readings that became a resource, of one payload.
  std::size_t once(const Case& one, const std::string& payload) {
    const auto decoded = one.decode(payload, {zone_, now, scratch_, adapters::no_settings});
    if (!decoded) return 0;
    ingest::PayloadKey key(keys_, facts_, payload);
    std::size_t rendered = 0;
    for (std::size_t i = 0; i < decoded->items.size(); ++i) {
      const ingest::Prepared item =
          ingest::prepare(decoded->items[i], static_cast<std::uint32_t>(i), key, facts_, keys_, settings_, now);
      const auto* reading = std::get_if<ingest::PreparedReading>(&item);
      if (reading == nullptr) continue;
      render(*reading);
      ++rendered;
    }
    return rendered;
  }

  std::size_t bytes() const { return bytes_; }
  void forget_bytes() { bytes_ = 0; }

 private:
  void render(const ingest::PreparedReading& reading) {
    fhir::ObservationHead head;
    head.id = "02a6e6780620004c";
    head.last_updated = now;
    head.status = "final";
    head.kind = reading.row.kind;
    head.patient_id = "02a6e6780620004d";
    head.patient_system = "urn:oid:2.16.578.1.12.4.1.4.1";
    head.patient_value = "13816590072";
    head.organization = facts_.organization;
    head.organization_name = facts_.organization_name;
    std::string resource;
    fhir::append_observation(resource, head, reading.body);
    bytes_ += resource.size();
  }

  static ingest::SourceFacts facts() {
    ingest::SourceFacts facts;
    facts.id = "bench";
    facts.tenant = "bodo";
    facts.tenant_no = store::Tenant{1};
    facts.source = store::Source{1};
    facts.organization = "972418013";
    facts.organization_name = "Bodø kommune";
    return facts;
  }

  OsloInWinter zone_;
  fhir::JsonDocument scratch_;
  ingest::SourceFacts facts_ = facts();
  ingest::Keys keys_{"the installation's secret of the bench"};
  ingest::PrepareSettings settings_;
  std::size_t bytes_ = 0;
};

std::string file_content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string minute(int i) {
  char text[40];
  std::snprintf(text, sizeof text, "2026-11-%02dT%02d:%02d:07+01:00", 1 + i / 1440 % 19, i / 60 % 24, i % 60);
  return text;
}

// A hundred readings of four kinds in one payload, as a vendor's cloud sends them.
std::string native() {
  struct Sent {
    const char *kind, *value, *unit;
  };
  static constexpr Sent sent[] = {{"oxygen-saturation", "93", "%"}, {"heart-rate", "71", "/min"}, {"body-temperature", "37.2", "Cel"},
                                  {"body-weight", "81.40", "kg"}};
  std::string out = R"({"measurements":[)";
  for (int i = 0; i < 100; ++i) {
    const Sent& one = sent[i % 4];
    out.append(i == 0 ? "" : ",").append(R"({"id":"r-)").append(std::to_string(100'000 + i)).append(R"(","subject":"user-17","time":")");
    out.append(minute(i)).append(R"(","kind":")").append(one.kind).append(R"(","value":)").append(one.value);
    out.append(R"(,"unit":")").append(one.unit).append(R"(","device":{"id":"ox-7","model":"Pulsar 2"}})");
  }
  return out + "]}";
}

// Fifty groups: weight and body fat of a scale, pressure and pulse of a cuff.
std::string withings() {
  std::string out = R"({"status":0,"body":{"updatetime":1795165200,"timezone":"Europe/Oslo","measuregrps":[)";
  for (int i = 0; i < 50; ++i) {
    const std::string date = std::to_string(1'795'000'000 + 60 * i);
    out.append(i == 0 ? "" : ",").append(R"({"grpid":)").append(std::to_string(4'000'000 + i)).append(R"(,"attrib":0,"date":)");
    out.append(date).append(R"(,"created":)").append(date).append(R"(,"modified":)").append(date);
    out.append(R"(,"category":1,"deviceid":"892359876fd8805ac45bab078c4828692f0276b1","measures":[)");
    out.append(i % 2 == 0 ? R"({"value":81425,"type":1,"unit":-3},{"value":2210,"type":6,"unit":-2})"
                          : R"({"value":132,"type":10,"unit":0},{"value":84,"type":9,"unit":0},{"value":71,"type":11,"unit":0})");
    out.append("]}");
  }
  return out + "]}}";
}

const char* const iomt_device = R"({"templateType":"CollectionContent","template":[{"templateType":"CalculatedContent","template":{
  "typeName":"vitals","typeMatchExpression":"$..[?(@systolic)]","deviceIdExpression":"$.matchedToken.deviceId",
  "timestampExpression":"$.matchedToken.date","values":[
  {"required":true,"valueName":"systolic","valueExpression":"$.matchedToken.systolic"},
  {"required":true,"valueName":"diastolic","valueExpression":"$.matchedToken.diastolic"},
  {"required":false,"valueName":"hr","valueExpression":{"value":"matchedToken.heartRate","language":"JmesPath"}}]}}]})";
const char* const iomt_mapping = R"({"templateType":"CollectionFhir","template":[{"templateType":"CodeValueFhir","template":{
  "typeName":"vitals","codes":[{"code":"85354-9","system":"http://loinc.org"}],"components":[
  {"codes":[{"code":"8480-6","system":"http://loinc.org"}],"value":{"valueType":"Quantity","valueName":"systolic","unit":"mmHg"}},
  {"codes":[{"code":"8462-4","system":"http://loinc.org"}],"value":{"valueType":"Quantity","valueName":"diastolic","unit":"mmHg"}},
  {"codes":[{"code":"8867-4","system":"http://loinc.org"}],"value":{"valueType":"Quantity","valueName":"hr","unit":"count/min"}}]}}]})";

// Events of an IoT hub, one measurement each.
std::string iomt_events() {
  std::string out = "[";
  for (int i = 0; i < 50; ++i) {
    out.append(i == 0 ? "" : ",").append(R"({"Body":{"deviceId":"device-17","date":")").append(minute(i));
    out.append(R"(","systolic":"132","diastolic":"84","heartRate":71},"Properties":{"iothub-creation-time-utc":")");
    out.append(minute(i)).append(R"("},"SystemProperties":{"iothub-connection-device-id":"device-17"}})");
  }
  return out + "]";
}

std::vector<std::string> golden(std::string_view adapter) {
  std::vector<std::string> payloads;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path("tests/golden") / adapter)) {
    const std::string name = entry.path().filename().string();
    if (name == "ORIGIN.md" || name.find(".expected.") != std::string::npos) continue;
    payloads.push_back(file_content(entry.path()));
  }
  return payloads;
}

adapters::Decode iomt_decode() {
  std::vector<adapters::iomt::Problem> problems;
  auto templates = std::make_shared<const adapters::iomt::Templates>(
      *adapters::iomt::Templates::compile({"device", iomt_device}, {"mapping", iomt_mapping}, {}, problems));
  return [templates](std::string_view payload, const adapters::Context& context) {
    return adapters::iomt::decode(payload, context, *templates);
  };
}

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back({"hjemport", adapters::adapter_named("hjemport")->decode, {native()}, 300'000});
  all.push_back({"withings", adapters::adapter_named("withings")->decode, {withings()}, 150'000});
  all.push_back({"opentele",
                 adapters::adapter_named("opentele")->decode,
                 {file_content("tests/golden/opentele/every-meter.json"), file_content("tests/golden/opentele/blood-pressure.json")},
                 150'000});
  all.push_back({"iomt", iomt_decode(), {iomt_events()}, 100'000});
  for (const adapters::Adapter& adapter : adapters::all_adapters()) {
    const bool there = std::any_of(all.begin(), all.end(), [&](const Case& one) { return one.name == adapter.name; });
    if (!there) all.push_back({std::string(adapter.name), adapter.decode, golden(adapter.name), 0});
  }
  return all;
}

struct Figures {
  double readings_per_s = 0, bytes_per_s = 0;
};

Figures measure(Bench& bench, const Case& one, double seconds) {
  const auto round = [&] {
    std::size_t readings = 0;
    for (const std::string& payload : one.payloads) readings += bench.once(one, payload);
    return readings;
  };
  if (round() == 0) return {};
  std::vector<Figures> runs;
  for (int run = 0; run < 5; ++run) {  // the median of five
    bench.forget_bytes();
    std::size_t readings = 0;
    const double begin = cpu_seconds();
    double used = 0;
    while (used < seconds / 5) {
      for (int i = 0; i < 20; ++i) readings += round();
      used = cpu_seconds() - begin;
    }
    runs.push_back({static_cast<double>(readings) / used, static_cast<double>(bench.bytes()) / used});
  }
  std::sort(runs.begin(), runs.end(), [](const Figures& a, const Figures& b) { return a.readings_per_s < b.readings_per_s; });
  return runs[runs.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  const std::vector<std::string> wanted(argv + std::min(argc, 2), argv + argc);
  Bench bench;
  std::printf("{\"seconds\":%g,\"figures\":{", seconds);
  bool first = true;
  for (const Case& one : cases()) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), one.name) == wanted.end()) continue;
    const Figures found = measure(bench, one, seconds);
    std::printf("%s\n\"%s\":{\"readings_per_s\":%.0f,\"mb_rendered_per_s\":%.0f,\"asked\":%d}", first ? "" : ",", one.name.c_str(),
                found.readings_per_s, found.bytes_per_s / 1e6, one.asked);
    std::fflush(stdout);
    first = false;
  }
  std::printf("}}\n");
}
