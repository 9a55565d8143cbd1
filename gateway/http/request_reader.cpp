#include "gateway/http/request_reader.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <cstring>
#include <limits>

#include "gateway/http/target.hpp"

namespace gateway::http {

namespace {

namespace bhttp = boost::beast::http;
using boost::beast::error_code;
using BoostView = boost::beast::string_view;

std::string_view std_view(BoostView text) {
  return {text.data(), text.size()};
}

// An idle connection holds this much; a body is received through more, so that a batch takes few system calls.
constexpr std::size_t initial_buffer = 4 * 1024;
constexpr std::size_t body_buffer = 64 * 1024;
// A body's memory is given back after a large one: thousands of connections stay open for hours.
constexpr std::size_t kept_body = 64 * 1024;

bool token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
}

bool same_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

Method method_of(bhttp::verb verb) {
  switch (verb) {
    case bhttp::verb::get:
      return Method::get;
    case bhttp::verb::head:
      return Method::head;
    case bhttp::verb::post:
      return Method::post;
    case bhttp::verb::put:
      return Method::put;
    case bhttp::verb::patch:
      return Method::patch;
    case bhttp::verb::delete_:
      return Method::delete_;
    case bhttp::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

// Two of these would let two readers of one request disagree on framing, on who asks or on what is sent.
bool single(bhttp::field field, std::string_view name) {
  switch (field) {
    case bhttp::field::host:
    case bhttp::field::content_length:
    case bhttp::field::transfer_encoding:
    case bhttp::field::content_type:
    case bhttp::field::content_encoding:
    case bhttp::field::authorization:
    case bhttp::field::expect:
      return true;
    case bhttp::field::unknown:
      return same_ignoring_case(name, "dpop") || same_ignoring_case(name, "idempotency-key") ||
             same_ignoring_case(name, "last-event-id");
    default:
      return false;
  }
}

bool decimal_digits(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class Parser final : public bhttp::basic_parser<true> {
 public:
  Parser(Request& request, const Limits& limits, RequestReader::Refusal& refusal)
      : request_(&request), max_fields_(limits.header_fields), refusal_(&refusal) {
    body_limit(boost::none);                                      // ours: reported with another sentence and status
    header_limit(std::numeric_limits<std::uint32_t>::max() / 2);  // bounded by the receive buffer
  }

  void sink(std::string* body, std::size_t limit) {
    body_ = body;
    body_limit_ = limit;
  }

  int version() const { return version_; }

 private:
  void fail(error_code& ec, int status, std::string_view detail) {
    *refusal_ = {status, detail};
    ec = bhttp::error::bad_value;
  }

  void on_request_impl(bhttp::verb verb, BoostView, BoostView target, int version, error_code&) override {
    version_ = version;
    request_->method = method_of(verb);
    request_->target.assign(target.data(), target.size());
  }

  void on_response_impl(int, BoostView, int, error_code&) override {
  }  // pure in the base although a request never calls it

  void on_field_impl(bhttp::field field, BoostView name, BoostView value, error_code& ec) override {
    // Trailer fields are read and dropped: merged into the header they could change who asks (RFC 9110 6.5.1).
    if (++fields_ > max_fields_) return fail(ec, 431, "There are too many header fields.");
    if (in_body_) return;
    if (single(field, std_view(name))) {
      std::size_t const before = request_->headers.size();
      request_->headers.add(std_view(name), std_view(value));
      if (request_->headers.size() == before) fail(ec, 400, "A header field that may be given once is repeated.");
      return;
    }
    request_->headers.add(std_view(name), std_view(value));
  }

  void on_header_impl(error_code&) override { in_body_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(BoostView bytes, error_code& ec) override { return take(bytes, ec); }

  void on_chunk_header_impl(std::uint64_t size, BoostView extension, error_code& ec) override {
    // Extensions mean nothing to us. A little is read over; a body made of them is an attack (CVE-2023-39326 is one of
    // its kind).
    extension_bytes_ += extension.size();
    if (extension_bytes_ > 4096) return fail(ec, 400, "There is too much in the chunk extensions.");
    if (size > body_limit_ - std::min<std::uint64_t>(received_, body_limit_)) too_large(ec);
  }

  std::size_t on_chunk_body_impl(std::uint64_t, BoostView bytes, error_code& ec) override { return take(bytes, ec); }
  void on_finish_impl(error_code&) override {}

  std::size_t take(BoostView bytes, error_code& ec) {
    if (bytes.size() > body_limit_ - std::min(received_, body_limit_)) {
      too_large(ec);
      return 0;
    }
    received_ += bytes.size();
    if (body_) body_->append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void too_large(error_code& ec) { fail(ec, 413, "The body is larger than this server accepts."); }

  Request* request_;
  std::size_t max_fields_;
  RequestReader::Refusal* refusal_;
  int version_ = 0;
  std::size_t fields_ = 0, extension_bytes_ = 0, received_ = 0;
  bool in_body_ = false;
  std::string* body_ = nullptr;
  std::size_t body_limit_ = 0;
};

void reset(Request& request) {
  request.method = Method::other;
  request.target.clear();
  request.path.clear();
  request.query.clear();
  request.headers.clear();
  if (request.body.capacity() > kept_body) std::string().swap(request.body);
  request.body.clear();
  request.captures.clear();
  request.actor.reset();
}

// The request line ends in a well-formed version that is not HTTP/1.x.
bool other_major_version(std::string_view head) {
  std::string_view line = head.substr(0, head.find('\r'));
  std::size_t const at = line.rfind(" HTTP/");
  if (at == std::string_view::npos) return false;
  std::string_view const version = line.substr(at + 6);
  auto const digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 3 && digit(version[0]) && version[1] == '.' && digit(version[2]) && version[0] != '1';
}

}  // namespace

struct RequestReader::State {
  std::optional<Parser> parser;
  Target target;
  bool keep_alive = false, expects_continue = false, chunked = false, body_started = false;
  std::uint64_t length = 0;
};

RequestReader::RequestReader(const Limits& limits) : limits_(limits), state_(std::make_unique<State>()) {}
RequestReader::~RequestReader() = default;

std::span<char> RequestReader::space() {
  if (begin_ == end_) begin_ = end_ = 0;
  std::size_t wanted = initial_buffer;
  if (state_->chunked) wanted = std::max(body_buffer, limits_.header_bytes * 2);
  if (state_->length > wanted) wanted = std::min<std::size_t>(state_->length, body_buffer);
  if (end_ == capacity_ || capacity_ < wanted) {
    std::size_t const held = end_ - begin_;
    std::size_t const size = std::max(wanted, held == capacity_ ? capacity_ * 2 : capacity_);
    if (size == capacity_) {
      std::memmove(buffer_.get(), buffer_.get() + begin_, held);
    } else {
      std::unique_ptr<char[]> larger(new char[size]);
      if (held) std::memcpy(larger.get(), buffer_.get() + begin_, held);
      buffer_ = std::move(larger);
      capacity_ = size;
    }
    begin_ = 0;
    end_ = held;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void RequestReader::received(std::size_t count) {
  end_ += count;
}

bool RequestReader::idle() const {
  return begin_ == end_;
}

RequestReader::Progress RequestReader::refuse(int status, std::string_view detail) {
  refusal_ = {status, detail};
  return Progress::refused;
}

// Looks for the empty line that ends the header. Line ends are checked here, before the parser sees anything: a bare LF
// or a folded field is what the smuggling of requests lives on.
RequestReader::Progress RequestReader::find_head_end() {
  for (;;) {
    std::string_view const bytes(buffer_.get() + begin_, end_ - begin_);
    if (bytes.empty()) return Progress::need_more;
    if (line_ == 0 && !token_char(bytes[0]) && bytes[0] != '\r') return refuse(400, "This is not an HTTP request.");
    if (line_ > 0 && line_ < bytes.size() && (bytes[line_] == ' ' || bytes[line_] == '\t')) {
      return refuse(400, "Header fields may not be folded over lines.");
    }
    std::size_t const newline = bytes.find('\n', scanned_);
    if (newline == std::string_view::npos) {
      scanned_ = bytes.size();
      if (bytes.size() < limits_.header_bytes) return Progress::need_more;
      if (line_ == 0) return refuse(414, "The request line is too long.");
      return refuse(431, "The header is too large.");
    }
    if (newline == line_ || bytes[newline - 1] != '\r') return refuse(400, "A header line must end with CR LF.");
    bool const empty_line = newline == line_ + 1;
    if (empty_line && line_ == 0) {
      begin_ += 2;  // one empty line before the request line is read over (RFC 9112 2.2)
      scanned_ = 0;
      if (begin_ < end_ && buffer_[begin_] == '\r') return refuse(400, "There are empty lines before the request.");
      continue;
    }
    scanned_ = newline + 1;
    if (scanned_ > limits_.header_bytes) return refuse(431, "The header is too large.");
    if (empty_line) return Progress::done;
    line_ = newline + 1;
  }
}

RequestReader::Progress RequestReader::head(Request& request) {
  Progress const found = find_head_end();
  if (found != Progress::done) return found;
  reset(request);
  refusal_ = {};
  state_->parser.emplace(request, limits_, refusal_);
  std::string_view const bytes(buffer_.get() + begin_, scanned_);
  error_code ec;
  std::size_t const used = state_->parser->put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  if (ec || !state_->parser->is_header_done() || used != bytes.size()) {
    if (!refusal_.detail.empty()) return Progress::refused;
    if (ec == bhttp::error::bad_version && other_major_version(bytes))
      return refuse(505, "Only HTTP/1.1 is spoken here.");
    return refuse(400, "The request line or a header field is malformed.");
  }
  begin_ += used;
  return check_head(request);
}

RequestReader::Progress RequestReader::check_head(Request& request) {
  State& state = *state_;
  if (state.parser->version() != 11) return refuse(400, "HTTP/1.1 is required.");
  if (!parse_target(request.target, state.target)) return refuse(400, "The request target is malformed.");
  request.path.swap(state.target.path);
  request.query.assign(state.target.query);
  if (request.path == "*" && request.method != Method::options) return refuse(400, "The request target is malformed.");
  if (!valid_authority(request.header("host"))) return refuse(400, "A valid Host header field is required.");

  std::string_view const coding = request.header("transfer-encoding");
  state.chunked = request.headers.contains("transfer-encoding");
  bool const sized = request.headers.contains("content-length");
  if (state.chunked && sized) return refuse(400, "Content-Length and Transfer-Encoding exclude each other.");
  if (state.chunked && !same_ignoring_case(coding, "chunked")) {
    return refuse(400, "The only transfer coding is chunked.");
  }
  state.length = 0;
  if (sized) {
    std::string_view const digits = request.header("content-length");
    if (!decimal_digits(digits)) return refuse(400, "The Content-Length is malformed.");
    for (char c : digits) state.length = state.length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  state.expects_continue = request.headers.contains("expect");
  if (state.expects_continue && !same_ignoring_case(request.header("expect"), "100-continue")) {
    return refuse(417, "The only expectation understood is 100-continue.");
  }
  state.keep_alive = state.parser->keep_alive();
  state.body_started = begin_ != end_;
  return Progress::done;
}

bool RequestReader::keep_alive() const {
  return state_->keep_alive;
}
bool RequestReader::expects_continue() const {
  return state_->expects_continue && has_body();
}
bool RequestReader::has_body() const {
  return state_->chunked || state_->length > 0;
}

std::optional<std::uint64_t> RequestReader::content_length() const {
  if (state_->chunked) return std::nullopt;
  return state_->length;
}

bool RequestReader::body_started() const {
  return has_body() && (state_->body_started || begin_ != end_);
}

RequestReader::Progress RequestReader::body(Request& request, std::size_t limit) {
  // Grows with what arrives, not with what was announced: an announced length costs the sender nothing.
  state_->parser->sink(&request.body, limit);
  return feed_body();
}

RequestReader::Progress RequestReader::skip_body(std::size_t limit) {
  state_->parser->sink(nullptr, limit);
  return feed_body();
}

RequestReader::Progress RequestReader::feed_body() {
  Parser& parser = *state_->parser;
  while (!parser.is_done()) {
    if (begin_ == end_) return Progress::need_more;
    error_code ec;
    begin_ += parser.put(boost::asio::buffer(buffer_.get() + begin_, end_ - begin_), ec);
    if (ec == bhttp::error::need_more) {
      if (end_ - begin_ > limits_.header_bytes) return refuse(400, "A chunk header or trailer is too large.");
      return Progress::need_more;
    }
    if (ec) {
      if (!refusal_.detail.empty()) return Progress::refused;
      return refuse(400, "The chunked body is malformed.");
    }
  }
  return Progress::done;
}

void RequestReader::next() {
  state_->parser.reset();
  state_->keep_alive = state_->expects_continue = state_->chunked = state_->body_started = false;
  state_->length = 0;
  line_ = scanned_ = 0;
  if (begin_ == end_ && capacity_ > body_buffer / 4) {
    buffer_.reset();
    capacity_ = begin_ = end_ = 0;
  }
}

}  // namespace gateway::http
