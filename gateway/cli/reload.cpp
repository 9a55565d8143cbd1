// `hjemport reload`: the running gateway reads its configuration again, over /admin/reload.
#include <ostream>
#include <string>

#include "gateway/cli/arguments.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/cli/operator_client.hpp"
#include "gateway/cli/secret_option.hpp"

namespace gateway::cli {
namespace {

void print_names(std::ostream& out, std::string_view what, fhir::JsonValue names) {
  for (fhir::JsonValue name : names) out << what << ' ' << shown(name) << '\n';
}

}  // namespace

int reload_command(Arguments arguments, Streams& streams) {
  CLI::App app(
      "Lets the running gateway read its configuration again: sources with their mappings, and clients, change at once. A file with "
      "errors changes nothing.",
      "hjemport reload");
  OperatorOptions options;
  add_operator_options(app, options);
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;
  auto token = named_secret(options.token);
  if (!token) {
    streams.error << "hjemport reload: --token " << token.error().detail << '\n';
    return exit_usage;
  }
  OperatorClient client(options.url, std::move(*token));
  auto body = client.post("/admin/reload", {}, 422);
  if (!body) {
    streams.error << "hjemport reload: " << body.error().detail << '\n';
    return 1;
  }
  auto report = fhir::JsonDocument::parse(*body);
  if (!report) {
    streams.error << "hjemport reload: the answer is not JSON\n";
    return 1;
  }
  const auto flag = report->root()["applied"].as_boolean();
  const bool applied = flag && *flag;
  if (options.json) {
    streams.out << *body << '\n';
    return applied ? 0 : 1;
  }
  for (fhir::JsonValue problem : report->root()["problems"]) {
    streams.error << shown(problem["file"]);
    if (!problem["line"].absent()) streams.error << ':' << shown(problem["line"]);
    streams.error << ": " << (shown(problem["severity"]) == "warning" ? "warning: " : "") << shown(problem["text"]) << '\n';
  }
  if (applied) {
    print_names(streams.out, "added", report->root()["added"]);
    print_names(streams.out, "changed", report->root()["changed"]);
    print_names(streams.out, "removed", report->root()["removed"]);
    print_names(streams.out, "waits for a restart:", report->root()["after_restart"]);
  } else {
    streams.error << "hjemport reload: nothing was changed\n";
  }
  return applied ? 0 : 1;
}

}  // namespace gateway::cli
