#include "gateway/demo/demo_files.hpp"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "example_programmes.hpp"

namespace gateway::demo {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view mark = "# Made by hjemport serve --demo.";

// What a visitor plays (centre, ward, hospital, admin), the same for the other tenant but for the ward, and every source.
constexpr std::array<std::string_view, 12> secret_names = {
    "centre",       "ward",          "hospital",   "admin",      "centre-oslo",  "hospital-oslo", "admin-oslo",
    "sensors-bodo", "opentele-bodo", "telli-bodo", "sensors-oslo", "withings-oslo"};

std::string random_hex(Random& random) {
  std::array<std::uint8_t, 24> bytes;
  random.fill(bytes);
  std::string out;
  for (std::uint8_t byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// Readable by nobody else from the first byte on.
fhir::Result<void> write_private(const fs::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::trunc);
  std::error_code failure;
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, failure);
  out << text;
  out.close();
  if (!out || failure) return fhir::Error{fhir::ErrorCategory::internal, file.string() + " cannot be written"};
  return {};
}

fhir::Result<std::string> secret(const fs::path& file, Random& random) {
  if (std::string known = first_line(file); !known.empty()) return known;
  std::string made = random_hex(random);
  if (auto written = write_private(file, made + "\n"); !written) return written.error();
  return made;
}

std::string configuration(DemoPorts ports) {
  std::string text(mark);
  text += R"( Its next run writes it anew; its secrets stay.
environment: test
listen:
  - {address: 127.0.0.1, port: )" +
          std::to_string(ports.gateway) + R"(}
store:
  sqlite: {path: data/hjemport.db}
tenants:
  - {id: bodo, name: Bodø kommune, organization: "972418013"}
  - {id: oslo, name: Oslo kommune, organization: "958935420"}
sources:
)";
  for (const DemoSource& source : demo_sources) {
    text.append("  - {id: ").append(source.id).append(", tenant: ").append(source.tenant);
    text.append(", adapter: ").append(source.adapter);
    text.append(", auth: {bearer: \"file:secrets/").append(source.id).append("\"}}\n");
  }
  text += "clients:\n";
  auto client = [&](std::string_view id, std::string_view tenant, std::string_view roles) {
    text.append("  - {id: ").append(id).append(", tenant: ").append(tenant).append(", roles: [").append(roles);
    text.append("], auth: {bearer: \"file:secrets/").append(id).append("\"}}\n");
  };
  client("centre", "bodo", "response-centre");
  // The hospital's ward, to which the centre hands over: it sees what it is offered or answers for.
  text.append("  - {id: ward, tenant: bodo, organization: \"").append(demo_ward);
  text += "\", roles: [response-centre], auth: {bearer: \"file:secrets/ward\"}}\n";
  client("hospital", "bodo", "hospital");
  client("admin", "bodo", "admin, clinician");
  client("centre-oslo", "oslo", "response-centre");
  client("hospital-oslo", "oslo", "hospital");
  client("admin-oslo", "oslo", "admin, clinician");
  text += R"(service:
  - {tenant: bodo, flood: {starts_above: 60, ends_below: 30}}
  - {tenant: oslo, flood: {starts_above: 60, ends_below: 30}}
destinations:
  - id: epj-bodo
    tenant: bodo
    kind: fhir
    url: "http://127.0.0.1:)" +
          std::to_string(ports.sink) + R"(/fhir"
    send: [observations, alarms, follow-up]
rules: rules.d
log: {level: warning}
)";
  return text;
}

}  // namespace

const std::string& DemoFiles::token(std::string_view name) const {
  auto found = std::find_if(tokens.begin(), tokens.end(), [&](const Token& one) { return one.name == name; });
  assert(found != tokens.end());
  return found->value;
}

fhir::Result<DemoFiles> write_demo_files(const fs::path& config, DemoPorts ports, Random& random) {
  std::error_code failure;
  if (fs::exists(config, failure) && !first_line(config).starts_with(mark)) {
    return fhir::Error{fhir::ErrorCategory::conflict,
                       config.string() + " is not a demonstration's; --demo writes a configuration of its own"};
  }
  const fs::path folder = fs::absolute(config).parent_path();
  fs::create_directories(folder / "secrets", failure);
  if (!failure) fs::permissions(folder / "secrets", fs::perms::owner_all, failure);
  if (!failure) fs::create_directories(folder / "rules.d", failure);
  if (failure) {
    return fhir::Error{fhir::ErrorCategory::internal, folder.string() + " cannot be written: " + failure.message()};
  }
  DemoFiles files;
  files.config = config;
  for (std::string_view name : secret_names) {
    auto value = secret(folder / "secrets" / name, random);
    if (!value) return value.error();
    files.tokens.push_back({std::string(name), std::move(*value)});
  }
  std::vector<std::pair<fs::path, std::string>> written{{config, configuration(ports)}};
  for (const ExampleProgrammes& example : example_programmes) {
    written.emplace_back(folder / "rules.d" / example.file, std::string(example.text));
  }
  for (const auto& [file, text] : written)
    if (auto done = write_private(file, text); !done) return done.error();
  return files;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "hjemport-demo-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "a temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // what cannot be removed at the end stays for the system's cleaning
  fs::remove_all(path_, ignored);
}

}  // namespace gateway::demo
