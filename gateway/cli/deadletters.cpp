// `hjemport deadletters`: deliveries that were given up, over /admin/deadletters of the running gateway.
#include <ostream>
#include <set>
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
  std::string destination;
  std::vector<std::string> ids;
  bool all = false;
  std::string why;
};

class DeadLetters {
 public:
  DeadLetters(const Options& options, std::string token, Streams& streams)
      : options_(options), streams_(streams), client_(options.common.url, std::move(token)) {}

  int list() {
    std::vector<Row> rows;
    const bool read = each_item([&](fhir::JsonValue item) {
      if (options_.common.json) {
        streams_.out << item.json() << '\n';
        return;
      }
      rows.push_back({shown(item["id"]), shown(item["destination"]), shown(item["what"]), shown(item["version"]),
                      shown(item["patient"]), shown(item["attempts"]), shown(item["reason"])});
    });
    if (!read) return 1;
    if (!options_.common.json) {
      print_table(streams_.out, {"ID", "DESTINATION", "WHAT", "VERSION", "PATIENT", "ATTEMPTS", "REASON"}, rows);
    }
    return 0;
  }

  int show() {
    auto body = client_.get("/admin/deadletters/" + options_.ids.front());
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
    if (!options_.all) return each_id(options_.ids, "/retry", {}, "queued again");
    // The list shows a bounded number; what is queued again leaves it. What a receiver refuses at once comes back and
    // is not tried twice.
    std::set<std::string> tried;
    for (;;) {
      std::vector<std::string> ids;
      const bool read = each_item([&](fhir::JsonValue item) {
        if (std::string id = shown(item["id"]); tried.insert(id).second) ids.push_back(std::move(id));
      });
      if (!read) return 1;
      if (ids.empty()) return failed_ == 0 ? 0 : 1;
      each_id(ids, "/retry", {}, "queued again");
    }
  }

  int discard() { return each_id(options_.ids, "/discard", reason_json(options_.why), "discarded"); }

 private:
  int fault(const std::string& text) {
    streams_.error << "hjemport deadletters: " << text << '\n';
    return 1;
  }

  template <class Use>
  bool each_item(Use use) {
    auto body = client_.get("/admin/deadletters" + query_of({{"destination", options_.destination}}));
    if (!body) return fault(body.error().detail), false;
    auto document = fhir::JsonDocument::parse(*body);
    if (!document) return fault("the answer is not JSON"), false;
    for (fhir::JsonValue item : document->root()["items"]) use(item);
    return true;
  }

  int each_id(const std::vector<std::string>& ids, const std::string& act, const std::string& body,
              std::string_view done) {
    for (const std::string& id : ids) {
      auto answer = client_.post("/admin/deadletters/" + id + act, body);
      if (!answer) {
        ++failed_;
        streams_.error << id << ": " << answer.error().detail << '\n';
      } else {
        streams_.out << id << ' ' << done << '\n';
      }
    }
    return failed_ == 0 ? 0 : 1;
  }

  const Options& options_;
  Streams& streams_;
  OperatorClient client_;
  std::size_t failed_ = 0;
};

}  // namespace

int deadletters_command(Arguments arguments, Streams& streams) {
  CLI::App app("Deliveries that were given up.", "hjemport deadletters");
  app.require_subcommand(1);
  Options options;
  CLI::App* list = app.add_subcommand("list", "list them by destination, oldest first");
  CLI::App* show = app.add_subcommand("show", "one of them");
  show->add_option("ID", options.ids)->required()->expected(1);
  CLI::App* retry = app.add_subcommand("retry", "queue them again, in their patient's order");
  retry->add_option("ID", options.ids);
  retry->add_flag("--all", options.all, "all of them, or all of a --destination");
  CLI::App* discard = app.add_subcommand("discard", "give them up for good; the journal keeps who and why");
  discard->add_option("ID", options.ids)->required();
  discard->add_option("--why", options.why, "why, for the record")->required();
  for (CLI::App* command : {list, retry}) {
    command->add_option("--destination", options.destination, "of this destination only");
  }
  for (CLI::App* command : {list, show, retry, discard}) add_operator_options(*command, options.common);
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;

  if (retry->parsed() && (options.all ? !options.ids.empty() : options.ids.empty() || !options.destination.empty())) {
    streams.error << "hjemport deadletters retry: name deliveries, or --all with or without --destination\n";
    return exit_usage;
  }
  auto token = named_secret(options.common.token);
  if (!token) {
    streams.error << "hjemport deadletters: --token " << token.error().detail << '\n';
    return exit_usage;
  }
  DeadLetters letters(options, std::move(*token), streams);
  if (list->parsed()) return letters.list();
  if (show->parsed()) return letters.show();
  return retry->parsed() ? letters.retry() : letters.discard();
}

}  // namespace gateway::cli
