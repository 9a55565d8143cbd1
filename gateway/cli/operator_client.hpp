// A command's way to the /admin of a running gateway: address, token, one request at a time, answers as JSON.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/json_reader.hpp"
#include "gateway/deliver/blocking_client.hpp"

namespace CLI {
class App;
}

namespace gateway::cli {

struct OperatorOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string token = "env:HJEMPORT_TOKEN";
  bool json = false;
};
void add_operator_options(CLI::App&, OperatorOptions&);

class OperatorClient {
 public:
  OperatorClient(std::string url, std::string token) : url_(std::move(url)), token_(std::move(token)) {}

  using Answer = fhir::Result<std::string>;  // the body; the error is a sentence for a person: "403: …"
  Answer get(const std::string& path);
  // `answer_too`: a status beyond 2xx whose body is an answer for the caller as well.
  Answer post(const std::string& path, std::string body = {}, int answer_too = 200);

 private:
  Answer ask(std::string method, const std::string& path, std::string body, int answer_too);

  std::string url_, token_;
  deliver::BlockingClient client_;
};

// "?name=value&…" of those that have a value; empty when none has.
std::string query_of(const std::vector<std::pair<std::string_view, std::string>>&);
// For a table: a time as commands print it (UTC, whole seconds); what is no time stays as it is.
std::string shown_time(fhir::JsonValue);
std::string shown(fhir::JsonValue);  // a scalar as text
// One member a line, nested values as JSON.
void print_members(std::ostream&, fhir::JsonValue object);
// {"reason":…}
std::string reason_json(std::string_view reason);

}  // namespace gateway::cli
