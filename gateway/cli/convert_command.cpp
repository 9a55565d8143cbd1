#include <fstream>
#include <istream>
#include <ostream>
#include <string>

#include "gateway/cli/arguments.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/cli/convert.hpp"

namespace gateway::cli {
int convert_command(Arguments arguments, Streams& streams) {
  CLI::App app(
      "Turns a vendor's payload into FHIR resources, one a line on standard output; what did not become one is a JSON "
      "line on "
      "standard error. Stores nothing. Exit status 0 when the payload could be decoded, 2 when not, 1 for a bad "
      "mapping file.",
      "hjemport convert");
  ConvertOptions options;
  std::string file = "-";
  app.add_option("--adapter", options.adapter, "the payload format: hjemport, fhir and the others of docs/vendors.md")
      ->required();
  app.add_option("--mapping", options.mapping, "adapter mapping: the mapping file; iomt: the device content file");
  app.add_option("--fhir-mapping", options.fhir_mapping, "adapter iomt: the FHIR mapping file");
  app.add_option("--compat", options.compat, "adapter iomt: exact, for the connector's own arithmetic");
  app.add_option("--patient", options.patient, "'SYSTEM|VALUE': whom items belong to that name no person");
  app.add_option("--timezone", options.timezone, "for times without offset")->capture_default_str();
  app.add_option("--now", options.now, "when the payload arrived, RFC 3339; default: now");
  app.add_flag("--explain", options.explain, "also tell each step of every item");
  app.add_flag("--projection", options.projection,
               "adapter iomt: the Observations the connector would have merged the payload's readings into");
  app.add_option("FILE", file, "the payload; - or nothing: standard input");
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;

  if (file == "-") return convert(options, streams.in, streams.out, streams.error);
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    streams.error << "hjemport convert: cannot read " << file << '\n';
    return exit_usage;
  }
  return convert(options, stream, streams.out, streams.error);
}

}  // namespace gateway::cli
