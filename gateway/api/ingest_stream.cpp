// Vendors that stream: every message of a WebSocket is one payload, and one message answers it after the commit.
#include <charconv>

#include "fhir/json_writer.hpp"
#include "gateway/api/ingest.hpp"
#include "gateway/http/web_socket_handshake.hpp"

namespace gateway::api {
namespace {

// What a message is answered when nothing of it is to be relied on. The status is the one POST has, with its Retry-After.
std::string refused(const fhir::Error& error, QuarantineId kept) {
  const http::Response as_posted = http::error_response(error, http::ErrorBody::problem_json);
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("status", static_cast<std::int64_t>(as_posted.status)).member("detail", error.detail);
  if (kept) writer.member("quarantine", kept.text());
  for (const auto& [name, value] : as_posted.headers) {
    std::int64_t seconds = 0;
    if (name != "Retry-After") continue;
    std::from_chars(value.data(), value.data() + value.size(), seconds);
    writer.member("retry_after", seconds);
  }
  writer.end_object();
  return out;
}

class Messages : public http::MessageHandler {
 public:
  Messages(std::string source, const IngestDeps& deps) : source_(std::move(source)), deps_(deps) {}

  http::Awaitable<std::string> answer(std::string message) override {
    // Looked up for each message: a reload may put another in its place.
    const ingest::ConfiguredSource* source = deps_.sources.find(source_);
    if (source == nullptr) co_return refused(fhir::not_found("no such source"), {});
    std::string payload;
    if (source->adapter->answer) payload = message;  // the acknowledgement repeats the message's number
    const ingest::Receipt receipt = co_await deps_.intake.take(*source, std::move(message));
    std::string out;
    if (receipt.refusal) {
      out = refused(*receipt.refusal, receipt.kept);
    } else {
      out = ingest::answer_json(receipt.results);
    }
    if (source->adapter->answer) add_reply(out, *source, payload, receipt);
    co_return out;
  }

  std::string failed() override { return refused(fhir::internal("a fault in the server"), {}); }

 private:
  // A format's own acknowledgement goes along as the member "reply".
  void add_reply(std::string& out, const ingest::ConfiguredSource& source, std::string_view payload,
                 const ingest::Receipt& receipt) const {
    const adapters::Reply reply = source.adapter->answer(payload, receipt.fate(), deps_.clock.now(), source.settings);
    std::string member;
    fhir::JsonWriter writer(member);
    writer.begin_object().member("content_type", reply.content_type).member("body", reply.body).end_object();
    out.pop_back();
    out.append(",\"reply\":").append(member).append("}");
  }

  std::string source_;
  const IngestDeps& deps_;
};

http::Awaitable<http::Response> open(http::Request& request, const IngestDeps& deps) {
  const ingest::ConfiguredSource* source = deps.sources.find(request.capture("source"));
  if (source == nullptr) co_return http::error_response(404, "no such source", http::ErrorBody::operation_outcome);
  co_return http::web_socket_response(request, std::make_unique<Messages>(source->facts.id, deps), http::ErrorBody::operation_outcome);
}

}  // namespace

void add_ingest_stream_route(http::Router& router, const IngestDeps& deps) {
  http::Route route;
  route.method = http::Method::get;
  route.pattern = "/ingest/{source}/stream";
  route.roles = static_cast<http::Roles>(http::Role::source);
  route.errors = http::ErrorBody::operation_outcome;
  route.handler = [&deps](http::Request& request) { return open(request, deps); };
  router.add(route);
}

}  // namespace gateway::api
