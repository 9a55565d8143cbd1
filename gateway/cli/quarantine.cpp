// `hjemport quarantine`: what could not be placed or trusted yet, over /admin/quarantine of the running gateway.
#include <ostream>
#include <string>
#include <vector>

#include "gateway/cli/arguments.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/cli/operator_client.hpp"
#include "gateway/cli/secret_option.hpp"
#include "gateway/cli/table.hpp"

namespace gateway::cli {
namespace {

struct Options {
  OperatorOptions common;
  std::string source, state, reason, kind, subject;
  std::size_t limit = 200;
  std::vector<std::string> ids;
  bool all = false, accept_implausible = false;
  std::string why;
};

class Quarantine {
 public:
  Quarantine(const Options& options, std::string token, Streams& streams)
      : options_(options), streams_(streams), client_(options.common.url, std::move(token)) {}

  int list() {
    std::vector<Row> rows;
    const bool read = each_item(options_.limit, [&](fhir::JsonValue item) {
      if (options_.common.json) {
        streams_.out << item.json() << '\n';
        return;
      }
      rows.push_back({shown(item["id"]), shown_time(item["received"]), shown(item["source"]), shown(item["reason"]),
                      shown(item["kind"]), shown(item["subject"]), shown(item["state"]), shown(item["note"])});
    });
    if (!options_.common.json && (read || !rows.empty())) {
      print_table(streams_.out, {"ID", "RECEIVED", "SOURCE", "REASON", "KIND", "SUBJECT", "STATE", "NOTE"}, rows);
    }
    return read ? 0 : 1;
  }

  int show() {
    auto body = client_.get("/admin/quarantine/" + options_.ids.front());
    if (!body) return fault(body.error().detail);
    auto document = fhir::JsonDocument::parse(*body);
    if (options_.common.json || !document) {
      streams_.out << *body << '\n';
    } else {
      print_members(streams_.out, document->root());
    }
    return 0;
  }

  int retry() {
    std::vector<std::string> ids = options_.ids;
    if (options_.all && !each_item(0, [&](fhir::JsonValue item) { ids.push_back(shown(item["id"])); })) return 1;
    for (const std::string& id : ids) retry(id);
    streams_.error << "retried " << ids.size() << ": placed " << placed_ << ", still waiting " << waiting_
                   << ", failed " << failed_ << '\n';
    return failed_ == 0 ? 0 : 1;
  }

  int discard() {
    for (const std::string& id : options_.ids) {
      auto done = client_.post("/admin/quarantine/" + id + "/discard", reason_json(options_.why));
      if (!done) {
        ++failed_;
        streams_.error << id << ": " << done.error().detail << '\n';
      } else {
        streams_.out << id << " discarded\n";
      }
    }
    return failed_ == 0 ? 0 : 1;
  }

 private:
  int fault(const std::string& text) {
    streams_.error << "hjemport quarantine: " << text << '\n';
    return 1;
  }

  // Over the pages, `most` items at most (0: all). Looked at page by page before anything is changed: an item that
  // stays after a retry is not met again.
  template <class Use>
  bool each_item(std::size_t most, Use use) {
    std::string after;
    std::size_t seen = 0;
    do {
      const std::size_t page = most == 0 ? 200 : std::min<std::size_t>(200, most - seen);
      auto body = client_.get("/admin/quarantine" + query_of({{"source", options_.source},
                                                              {"state", options_.state},
                                                              {"reason", options_.reason},
                                                              {"kind", options_.kind},
                                                              {"subject", options_.subject},
                                                              {"after", after},
                                                              {"limit", std::to_string(page)}}));
      if (!body) return fault(body.error().detail), false;
      auto document = fhir::JsonDocument::parse(*body);
      if (!document) return fault("the answer is not JSON"), false;
      for (fhir::JsonValue item : document->root()["items"]) {
        use(item);
        ++seen;
      }
      after = shown(document->root()["next"]);
    } while (!after.empty() && (most == 0 || seen < most));
    return true;
  }

  void retry(const std::string& id) {
    const char* const asked = options_.accept_implausible ? R"({"accept_implausible":true})" : "";
    auto body = client_.post("/admin/quarantine/" + id + "/retry", asked);
    if (!body) {
      ++failed_;
      streams_.error << id << ": " << body.error().detail << '\n';
      return;
    }
    auto document = fhir::JsonDocument::parse(*body);
    bool waits = false;
    for (fhir::JsonValue result : document ? document->root()["results"] : fhir::JsonValue()) {
      waits = waits || result["outcome"].text() == "quarantined";
      if (options_.common.json) continue;
      streams_.out << id << ' ' << shown(result["outcome"]);
      for (std::string_view name : {"observation", "reason"})
        if (std::string text = shown(result[name]); !text.empty()) streams_.out << ' ' << text;
      streams_.out << '\n';
    }
    if (options_.common.json) streams_.out << *body << '\n';
    ++(waits ? waiting_ : placed_);
  }

  const Options& options_;
  Streams& streams_;
  OperatorClient client_;
  std::size_t placed_ = 0, waiting_ = 0, failed_ = 0;
};

void add_filters(CLI::App& command, Options& options) {
  command.add_option("--source", options.source, "of this source only");
  command.add_option("--reason", options.reason, "for this reason only: unknown-unit, unknown-subject …");
  command.add_option("--kind", options.kind, "of this kind of measurement only");
  command.add_option("--subject", options.subject, "of this vendor's subject only");
}

}  // namespace

int quarantine_command(Arguments arguments, Streams& streams) {
  CLI::App app("Payloads and items that could not be placed or trusted yet.", "hjemport quarantine");
  app.require_subcommand(1);
  Options options;
  CLI::App* list = app.add_subcommand("list", "list what waits, oldest first");
  add_filters(*list, options);
  list->add_option("--state", options.state, "waiting (the usual), released, discarded or all");
  list->add_option("--limit", options.limit, "this many at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  CLI::App* show = app.add_subcommand("show", "one item with the payload as it was received");
  show->add_option("ID", options.ids)->required()->expected(1);
  CLI::App* retry =
      app.add_subcommand("retry", "put items through the normal way again, after a link or a mapping was made");
  retry->add_option("ID", options.ids);
  retry->add_flag("--all", options.all, "everything that waits and fits the filters");
  add_filters(*retry, options);
  retry->add_flag("--accept-implausible", options.accept_implausible,
                  "of items named: the unit looks mistaken by the patient's own history, and you found that it is right");
  CLI::App* discard = app.add_subcommand("discard", "give items up; they stay in the record with who and why");
  discard->add_option("ID", options.ids)->required();
  discard->add_option("--why", options.why, "why, for the record")->required();
  for (CLI::App* command : {list, show, retry, discard}) add_operator_options(*command, options.common);
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;

  const bool filtered = !options.source.empty() || !options.reason.empty() || !options.kind.empty() || !options.subject.empty();
  if (retry->parsed() && (options.all ? !options.ids.empty() : options.ids.empty() || filtered)) {
    streams.error << "hjemport quarantine retry: name items, or --all with or without filters\n";
    return exit_usage;
  }
  if (options.all && options.accept_implausible) {
    streams.error << "hjemport quarantine retry: --accept-implausible is for items you have looked at: name them\n";
    return exit_usage;
  }
  auto token = named_secret(options.common.token);
  if (!token) {
    streams.error << "hjemport quarantine: --token " << token.error().detail << '\n';
    return exit_usage;
  }
  Quarantine quarantine(options, std::move(*token), streams);
  if (list->parsed()) return quarantine.list();
  if (show->parsed()) return quarantine.show();
  return retry->parsed() ? quarantine.retry() : quarantine.discard();
}

}  // namespace gateway::cli
