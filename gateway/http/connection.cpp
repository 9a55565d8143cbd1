#include "gateway/http/connection.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "gateway/http/characters.hpp"

namespace gateway::http {

namespace {

using std::chrono::steady_clock;

}  // namespace

std::string_view Worker::date() {
  if (!hooks.clock) return {};
  fhir::Time const now = hooks.clock->now();
  auto const second = std::chrono::floor<std::chrono::seconds>(now);
  if (date_.empty() || now >= date_until_ || second + std::chrono::seconds(1) < date_until_) {
    date_ = http_date(now);
    date_until_ = second + std::chrono::seconds(1);
  }
  return date_;
}

void Worker::log(std::string_view event, std::string_view detail) const {
  if (hooks.log) hooks.log(event, detail);
}

Connection::Connection(std::shared_ptr<Worker> worker, std::string remote)
    : worker_(std::move(worker)),
      limits_(worker_->limits),
      reader_(limits_),
      remote_(std::move(remote)),
      timer_(worker_->context.get_executor()),
      number_(++worker_->counts->connections_accepted) {
  worker_->connections.insert(this);
  ++worker_->counts->connections_open;
}

Connection::~Connection() {
  --worker_->counts->connections_open;
  worker_->connections.erase(this);
  if (worker_->connections.empty() && worker_->emptied) std::exchange(worker_->emptied, nullptr)();
}

void Connection::stop() {
  if (waiting_) cancel_io();
  if (streaming_) stream_cancel_.emit(boost::asio::cancellation_type::terminal);
  if (stop_messages_) stop_messages_();
}

void Connection::ended(std::exception_ptr failure) {
  timer_.cancel();
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& problem) {
    worker_->log("connection_failed", problem.what());
  } catch (...) {
    worker_->log("connection_failed", "unknown exception");
  }
}

void Connection::set_deadline(std::chrono::milliseconds duration) {
  expired_ = false;
  deadline_ = steady_clock::now() + duration;
  if (deadline_ < armed_) arm();
}

void Connection::clear_deadline() {
  expired_ = false;
  deadline_ = steady_clock::time_point::max();
}

void Connection::arm() {
  armed_ = deadline_;
  timer_.expires_at(armed_);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
    if (!ec) self->on_timer();
  });
}

void Connection::on_timer() {
  armed_ = steady_clock::time_point::max();
  if (deadline_ == steady_clock::time_point::max()) return;
  if (steady_clock::now() < deadline_) return arm();
  expired_ = true;
  deadline_ = steady_clock::time_point::max();
  cancel_io();
}

Connection::Step Connection::refuse(int status, std::string_view detail) {
  response_ = error_response(status, detail, route_ ? route_->errors : error_body_of(request_.path));
  if (status == 413 || status == 414 || status == 431) ++worker_->counts->refused_limits;
  return Step::answer;
}

Connection::Step Connection::fail(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& problem) {
    worker_->log("handler_failed", request_.id + ": " + problem.what());
  } catch (...) {
    worker_->log("handler_failed", request_.id + ": unknown exception");
  }
  return refuse(500, "The request could not be carried out because of a fault in the server.");
}

void Connection::begin_request() {
  ++worker_->counts->requests;
  // Set for each request: a handler may have moved them away.
  request_.remote = remote_;
  request_.client_certificate = certificate_subject_;
  std::array<char, 48> text;
  char* end = std::to_chars(text.data(), text.data() + 20, number_).ptr;
  *end++ = '-';
  end = std::to_chars(end, text.data() + text.size(), ++requests_).ptr;
  request_.id.assign(text.data(), end);
}

void Connection::forget_request() {
  route_ = nullptr;
  request_.method = Method::other;
  request_.path.clear();
}

bool Connection::gzip_body() const {
  std::string_view const coding = request_.header("content-encoding");
  return equals_lower(coding, "gzip") || equals_lower(coding, "x-gzip");
}

Connection::Step Connection::find_route() {
  if (request_.path == "*") {
    response_ = Response(204, "", "");
    response_.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    return Step::answer;
  }
  closing_ = request_.method == Method::other;  // what follows may not be a request: CONNECT
  auto found = worker_->router.find(request_);
  if (auto* refusal = std::get_if<Router::Refusal>(&found)) {
    response_ = std::move(refusal->response);
    return Step::answer;
  }
  route_ = std::get<const Route*>(found);
  return Step::proceed;
}

Connection::Step Connection::admit() {
  if (find_route() == Step::answer) return Step::answer;
  if (const Guard& guard = worker_->router.guard()) {
    std::optional<Response> refusal = guard(request_, *route_);
    if (refusal) {
      response_ = std::move(*refusal);
      return Step::answer;
    }
  }
  if (!reader_.has_body()) return Step::proceed;
  if (reader_.content_length().value_or(0) > limits_.body_bytes) {
    return refuse(413, "The body is larger than this server accepts.");
  }
  const auto& types = route_->content_types;
  if (!types.empty() && std::count(types.begin(), types.end(), request_.content_type()) == 0) {
    return refuse(415, "The media type of the body is not accepted here.");
  }
  std::string_view const coding = request_.header("content-encoding");
  if (!coding.empty() && !gzip_body() && !equals_lower(coding, "identity")) {
    refuse(415, "The only content coding is gzip.");
    response_.headers.emplace_back("Accept-Encoding", "gzip");
    return Step::answer;
  }
  return Step::proceed;
}

Connection::Step Connection::check_body() {
  if (!request_.body_check) return Step::proceed;
  const auto check = std::exchange(request_.body_check, nullptr);
  try {
    std::optional<Response> answer = check(request_);
    if (!answer) return Step::proceed;
    response_ = std::move(*answer);
    return Step::answer;
  } catch (...) {
    return fail(std::current_exception());
  }
}

void Connection::write_head() {
  if (response_.messages && response_.status == 101) {
    out_.clear();
    append_head(out_, response_, worker_->date(), Persistence::keep_alive);
    closing_ = true;  // no request follows
    return;
  }
  if (response_.status < 200 || response_.status > 599) {
    worker_->log("handler_failed", request_.id + ": a status out of range");
    refuse(500, "The request could not be carried out because of a fault in the server.");
  }
  ++worker_->counts->responses[static_cast<std::size_t>(response_.status / 100 - 2)];
  closing_ = closing_ || !reader_.keep_alive() || worker_->stopping || response_.stream;
  if (response_.status == 204 || response_.status == 304) response_.body.clear();
  out_.clear();
  append_head(out_, response_, worker_->date(), closing_ ? Persistence::close : Persistence::keep_alive);
}

}  // namespace gateway::http
