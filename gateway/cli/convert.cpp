#include "gateway/cli/convert.hpp"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>

#include "adapters/stream.hpp"
#include "fhir/json_writer.hpp"
#include "fhir/national_id.hpp"
#include "gateway/config/source_adapter.hpp"
#include "gateway/ingest/conversion.hpp"
#include "gateway/runtime/clock.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::cli {
namespace {

constexpr int usage = 64, undecodable = 2, bad_mapping = 1;

// "SYSTEM|VALUE"; a national number is checked and its system corrected by what it is.
fhir::Result<std::optional<adapters::Identifier>> patient_option(const std::string& text) {
  if (text.empty()) return std::optional<adapters::Identifier>();
  const std::size_t bar = text.find('|');
  if (bar == std::string::npos || bar == 0 || bar + 1 == text.size()) return fhir::invalid("--patient takes SYSTEM|VALUE");
  adapters::Identifier identifier{text.substr(0, bar), text.substr(bar + 1)};
  if (fhir::is_national_id_system(identifier.system)) {
    auto national = fhir::classify_national_id(identifier.value);
    if (!national) return fhir::invalid("--patient: not a valid national identity number");
    identifier.system = national->system();
  }
  return std::optional(std::move(identifier));
}

// 0, or the exit status to stop with.
int find_adapter(const ConvertOptions& options, std::shared_ptr<const adapters::Adapter>& adapter, std::ostream& err) {
  if (!options.compat.empty() && options.compat != "exact") {
    err << "--compat takes exact\n";
    return usage;
  }
  const bool from_files = config::is_made_from_files(options.adapter);
  if (!from_files && adapters::adapter_named(options.adapter) == nullptr) {
    err << "no adapter of that name; known: " << config::known_adapters() << '\n';
    return usage;
  }
  const bool both_missing = options.mapping.empty() || (options.adapter == "iomt" && options.fhir_mapping.empty());
  if (from_files && both_missing) {
    err << "adapter " << options.adapter << (options.adapter == "iomt" ? " takes --mapping FILE and --fhir-mapping FILE\n" : " takes --mapping FILE\n");
    return usage;
  }
  if (!from_files && !(options.mapping.empty() && options.fhir_mapping.empty() && options.compat.empty())) {
    err << "--mapping, --fhir-mapping and --compat are for adapters made from files\n";
    return usage;
  }
  config::Source source;
  source.adapter = options.adapter;
  source.mapping = options.mapping;
  source.fhir_mapping = options.fhir_mapping;
  source.compat_exact = !options.compat.empty();
  // A mapping is tried out here before its examples are right; `check` runs them.
  config::SourceAdapter loaded = config::load_adapter(source, config::Examples::leave);
  for (const config::Problem& problem : loaded.problems) {
    if (!problem.warning) {
      err << config::text(problem) << '\n';
    } else if (options.explain) {
      std::string line;
      fhir::JsonWriter(line).begin_object().member("step", "mapping").member("detail", config::text(problem)).end_object();
      err << line << '\n';
    }
  }
  adapter = std::move(loaded.adapter);
  return adapter ? 0 : bad_mapping;
}

int undecodable_payload(const fhir::Error& error, std::ostream& err) {
  std::string line;
  fhir::JsonWriter(line).begin_object().member("outcome", "quarantined").member("reason", "undecodable").member("note", error.detail).end_object();
  err << line << '\n';
  return undecodable;
}

// What the options mean; `stop` is 0, or the exit status to stop with.
struct Setting {
  int stop = 0;
  std::shared_ptr<const adapters::Adapter> adapter;
  std::optional<adapters::Identifier> patient;
  std::shared_ptr<const adapters::Zone> zone;
  fhir::Time now;
};

Setting setting_of(const ConvertOptions& options, std::ostream& err) {
  Setting setting;
  setting.stop = find_adapter(options, setting.adapter, err);
  if (setting.stop != 0) return setting;
  setting.stop = usage;
  auto patient = patient_option(options.patient);
  if (!patient) {
    err << patient.error().detail << '\n';
    return setting;
  }
  setting.patient = std::move(*patient);
  auto zone = find_zone(options.timezone);
  if (!zone) {
    err << "--timezone: " << zone.error().detail << '\n';
    return setting;
  }
  setting.zone = *zone;
  setting.now = system_clock().now();
  if (!options.now.empty()) {
    auto given = fhir::DateTime::parse(options.now);
    if (!given) {
      err << "--now takes a time with offset, RFC 3339\n";
      return setting;
    }
    setting.now = given->utc;
  }
  if (options.projection && !setting.adapter->project) {
    err << "--projection is for the adapter iomt\n";
    return setting;
  }
  setting.stop = 0;
  return setting;
}

ingest::Conversion conversion_of(const ConvertOptions& options, const Setting& setting, std::string_view payload, std::ostream& out,
                                 std::ostream& err) {
  ingest::ConversionLines lines;
  lines.resource = [&out](const std::string& line) { out << line << '\n'; };
  lines.left_out = [&err](const std::string& line) { err << line << '\n'; };
  if (options.explain) lines.step = lines.left_out;
  ingest::PersonOf person = ingest::people_by_identifier(setting.patient, setting.now);
  ingest::Conversion conversion(options.adapter, payload, setting.now, std::move(person), std::move(lines));
  if (options.projection) conversion.merge_later();
  return conversion;
}

int convert_whole(const ConvertOptions& options, Setting setting, const std::string& payload, std::ostream& out, std::ostream& err) {
  fhir::JsonDocument scratch;
  ingest::Conversion conversion = conversion_of(options, setting, payload, out, err);
  const adapters::Steps tell = [&](std::size_t index, std::string_view detail) { conversion.told(index, detail); };
  adapters::Context context{*setting.zone, setting.now, scratch};
  if (options.explain) context.steps = &tell;
  auto decoded = setting.adapter->decode(payload, context);
  if (!decoded) return undecodable_payload(decoded.error(), err);
  for (std::size_t i = 0; i < decoded->items.size(); ++i) conversion.item(decoded->items[i], static_cast<std::uint32_t>(i));
  if (options.projection) conversion.project(setting.adapter->project);
  return 0;
}

int convert_pieces(const ConvertOptions& options, Setting setting, adapters::Stream& stream, std::istream& in, std::ostream& out,
                   std::ostream& err) {
  const std::string no_payload;  // it only tells held items of different payloads apart
  ingest::Conversion conversion = conversion_of(options, setting, no_payload, out, err);
  std::string piece(256 * 1024, '\0');
  std::vector<adapters::Item> items;
  std::uint32_t index = 0;
  for (bool more = true; more;) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto count = static_cast<std::size_t>(in.gcount());
    more = count > 0;
    const fhir::Result<void> fed = more ? stream.feed(std::string_view(piece).substr(0, count), items) : stream.finish(items);
    for (const adapters::Item& item : items) conversion.item(item, index++);
    items.clear();
    if (!fed) return undecodable_payload(fed.error(), err);
  }
  return 0;
}

}  // namespace

int convert(const ConvertOptions& options, const std::string& payload, std::ostream& out, std::ostream& err) {
  Setting setting = setting_of(options, err);
  if (setting.stop != 0) return setting.stop;
  return convert_whole(options, std::move(setting), payload, out, err);
}

int convert(const ConvertOptions& options, std::istream& in, std::ostream& out, std::ostream& err) {
  Setting setting = setting_of(options, err);
  if (setting.stop != 0) return setting.stop;
  fhir::JsonDocument scratch;
  const std::shared_ptr<const adapters::Zone> zone = setting.zone;
  const adapters::Context context{*zone, setting.now, scratch};
  const std::unique_ptr<adapters::Stream> stream = adapters::open_stream(options.adapter, context);
  if (stream) return convert_pieces(options, std::move(setting), *stream, in, out, err);
  const std::string payload{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return convert_whole(options, std::move(setting), payload, out, err);
}

}  // namespace gateway::cli
