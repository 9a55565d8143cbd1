// `hjemport why`: what was judged of a reading and what came of it, or why nothing did; over /judgements of the running gateway.
#include <ostream>
#include <string>

#include "gateway/cli/arguments.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/cli/operator_client.hpp"
#include "gateway/cli/secret_option.hpp"
#include "gateway/http/request.hpp"

namespace gateway::cli {
namespace {

struct Options {
  OperatorOptions common;
  std::string reading;
};

class Account {
 public:
  explicit Account(std::ostream& out) : out_(out) {}

  void version(fhir::JsonValue judged) {
    out_ << "version " << shown(judged["version"]) << " (" << shown(judged["status"]) << "): " << shown(judged["kind"]);
    if (!judged["value"].absent()) out_ << ' ' << shown(judged["value"]) << ' ' << shown(judged["unit"]);
    for (fhir::JsonValue component : judged["components"]) out_ << ' ' << component.key() << ' ' << component.scalar();
    out_ << ", measured " << shown_time(judged["measured"]) << ", committed " << shown_time(judged["committed"]) << '\n';
    judgement(judged["judgement"]);
  }

 private:
  void judgement(fhir::JsonValue judgement) {
    if (!judgement.is_object()) {
      out_ << "  not judged\n";
      return;
    }
    out_ << "  " << shown(judgement["outcome"]);
    if (const auto reason = judgement["reason"].text()) out_ << ": " << *reason;
    out_ << " by plan version " << shown(judgement["plan"]);
    for (const std::string_view mark : {"late", "superseded", "past_horizon", "time_uncertain"}) {
      if (judgement[mark].scalar() == "true") out_ << ", " << mark;
    }
    if (const auto absent = judgement["absent"].text()) out_ << ", no value (" << *absent << ')';
    out_ << '\n';
    verdicts(judgement);
    if (const fhir::JsonValue newest = judgement["at_newest"]; newest.is_object()) {
      out_ << "  looked at again at the time of the newest reading, " << shown_time(newest["measured"]) << '\n';
      verdicts(newest);
    }
  }

  void verdicts(fhir::JsonValue judgement) {
    for (fhir::JsonValue verdict : judgement["verdicts"]) limit(verdict);
    for (fhir::JsonValue verdict : judgement["rules"]) rule(verdict);
  }

  void limit(fhir::JsonValue verdict) {
    out_ << "  limit " << shown(verdict["kind"]);
    if (const auto component = verdict["component"].text()) out_ << '/' << *component;
    said(verdict);
    if (const auto bound = verdict["bound"].text()) out_ << ' ' << *bound << ' ' << shown(verdict["limit"]);
    rests_on(verdict);
    for (const std::string_view side : {"low", "high"}) {
      if (verdict[side].is_object()) change(verdict[side]);
    }
    out_ << '\n';
  }

  void rule(fhir::JsonValue verdict) {
    out_ << "  rule " << shown(verdict["rule"]);
    said(verdict);
    if (!verdict["value"].absent()) out_ << ' ' << shown(verdict["value"]);
    if (!verdict["bound"].absent()) out_ << " of " << shown(verdict["bound"]);
    rests_on(verdict);
    if (verdict["shadow"].scalar() == "true") {
      out_ << " (shadow: raises nothing)";
    } else if (!verdict["change"].absent()) {
      change(verdict);
    }
    out_ << '\n';
  }

  void said(fhir::JsonValue verdict) {
    if (const auto origin = verdict["origin"].text()) out_ << " (" << *origin << ')';
    out_ << ": " << shown(verdict["outcome"]);
    if (const auto why = verdict["why"].text()) out_ << ", " << *why;
  }

  void rests_on(fhir::JsonValue verdict) {
    bool first = true;
    for (fhir::JsonValue input : verdict["inputs"]) {
      out_ << (first ? ", with " : ", ") << shown(input["observation"]) << " v" << shown(input["version"]);
      first = false;
    }
  }

  void change(fhir::JsonValue change) {
    out_ << " -> " << shown(change["change"]);
    if (const auto alarm = change["alarm"].text()) out_ << " alarm " << *alarm;
    if (const auto by = change["suppression"].text()) out_ << " by suppression " << *by;
    if (const auto reason = change["reason"].text()) out_ << " (" << *reason << ')';
  }

  std::ostream& out_;
};

}  // namespace

int why_command(Arguments arguments, Streams& streams) {
  CLI::App app("What was judged of a reading and what came of it, or why nothing did. Takes the token of a response centre or a clinician.",
               "hjemport why");
  Options options;
  app.add_option("READING", options.reading, "the Observation's id, with or without Observation/ before it")->required();
  add_operator_options(app, options.common);
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;
  auto token = named_secret(options.common.token);
  if (!token) {
    streams.error << "hjemport why: --token " << token.error().detail << '\n';
    return exit_usage;
  }
  constexpr std::string_view type = "Observation/";
  std::string id = options.reading.starts_with(type) ? options.reading.substr(type.size()) : options.reading;
  OperatorClient client(options.common.url, std::move(*token));
  auto body = client.get("/judgements/" + http::percent_encode(id));
  if (!body) {
    streams.error << "hjemport why: " << body.error().detail << '\n';
    return 1;
  }
  const auto document = fhir::JsonDocument::parse(*body);
  if (options.common.json || !document) {
    streams.out << *body << '\n';
    return 0;
  }
  streams.out << "Observation/" << id << " of Patient/" << shown(document->root()["patient"]) << '\n';
  for (fhir::JsonValue judged : document->root()["versions"]) Account(streams.out).version(judged);
  return 0;
}

}  // namespace gateway::cli
