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

#include "gateway/http/characters.hpp"
#include "gateway/http/chunk_decoder.hpp"
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
      return equals_lower(name, "dpop") || equals_lower(name, "idempotency-key") || equals_lower(name, "last-event-id");
    default:
      return false;
  }
}

bool decimal_digits(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Beast reads the header; the body is ours (chunk_decoder.hpp).
class HeadParser final : public bhttp::basic_parser<true> {
 public:
  HeadParser(Request& request, std::size_t max_fields, RequestReader::Refusal& refusal)
      : request_(request), max_fields_(max_fields), refusal_(refusal) {
    body_limit(boost::none);                                      // ours: reported with another sentence and status
    header_limit(std::numeric_limits<std::uint32_t>::max() / 2);  // bounded by what is given to it
  }
  int version() const { return version_; }

 private:
  void fail(error_code& ec, int status, std::string_view detail) {
    refusal_ = {status, detail};
    ec = bhttp::error::bad_value;
  }

  void on_request_impl(bhttp::verb verb, BoostView, BoostView target, int version, error_code&) override {
    version_ = version;
    request_.method = method_of(verb);
    request_.target.assign(target.data(), target.size());
  }

  void on_field_impl(bhttp::field field, BoostView name, BoostView value, error_code& ec) override {
    if (++fields_ > max_fields_) return fail(ec, 431, "There are too many header fields.");
    std::size_t const before = request_.headers.size();
    request_.headers.add(std_view(name), std_view(value));
    bool const repeated = request_.headers.size() == before;
    if (repeated && single(field, std_view(name))) fail(ec, 400, "A header field that may be given once is repeated.");
  }

  // Pure in the base; none of these concerns the header of a request.
  void on_response_impl(int, BoostView, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(BoostView, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, BoostView, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BoostView, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}

  Request& request_;
  std::size_t max_fields_;
  RequestReader::Refusal& refusal_;
  int version_ = 0;
  std::size_t fields_ = 0;
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
  request.body_check = nullptr;
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

RequestReader::RequestReader(const Limits& limits) : limits_(limits), chunks_(limits.header_bytes) {}

std::span<char> RequestReader::space() {
  if (begin_ == end_) begin_ = end_ = 0;
  std::size_t wanted = initial_buffer;
  if (chunked_) wanted = body_buffer / 4;
  if (left_ > wanted) wanted = std::min<std::size_t>(left_, body_buffer);
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
    bool const may_be_empty = line_ == 0 && !empty_line_seen_ && bytes[0] == '\r';
    if (line_ == 0 && !token_char(bytes[0]) && !may_be_empty) return refuse(400, "This is not an HTTP request.");
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
      empty_line_seen_ = true;
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
  HeadParser parser(request, limits_.header_fields, refusal_);
  std::string_view const bytes(buffer_.get() + begin_, scanned_);
  error_code ec;
  std::size_t const used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  if (ec || used != bytes.size() || !parser.is_header_done()) {
    if (!refusal_.detail.empty()) return Progress::refused;
    if (ec == bhttp::error::bad_version && other_major_version(bytes))
      return refuse(505, "Only HTTP/1.1 is spoken here.");
    return refuse(400, "The request line or a header field is malformed.");
  }
  begin_ += used;
  if (parser.version() != 11) return refuse(400, "HTTP/1.1 is required.");
  keep_alive_ = parser.keep_alive();
  if (check_target(request) == Progress::refused) return Progress::refused;
  return check_framing(request);
}

RequestReader::Progress RequestReader::check_target(Request& request) {
  if (!parse_target(request.target, target_)) return refuse(400, "The request target is malformed.");
  request.path.swap(target_.path);
  request.query.assign(target_.query);
  if (request.path == "*" && request.method != Method::options) return refuse(400, "The request target is malformed.");
  if (!valid_authority(request.header("host"))) return refuse(400, "A valid Host header field is required.");
  return Progress::done;
}

RequestReader::Progress RequestReader::check_framing(const Request& request) {
  chunked_ = request.headers.contains("transfer-encoding");
  bool const sized = request.headers.contains("content-length");
  if (chunked_ && sized) return refuse(400, "Content-Length and Transfer-Encoding exclude each other.");
  if (chunked_ && !equals_lower(request.header("transfer-encoding"), "chunked")) {
    return refuse(400, "The only transfer coding is chunked.");
  }
  if (sized) {
    std::string_view const digits = request.header("content-length");
    if (!decimal_digits(digits)) return refuse(400, "The Content-Length is malformed.");
    for (char c : digits) length_ = length_ * 10 + static_cast<std::uint64_t>(c - '0');
    left_ = length_;
  }
  expects_continue_ = request.headers.contains("expect");
  if (expects_continue_ && !equals_lower(request.header("expect"), "100-continue")) {
    return refuse(417, "The only expectation understood is 100-continue.");
  }
  return Progress::done;
}

std::optional<std::uint64_t> RequestReader::content_length() const {
  if (chunked_) return std::nullopt;
  return length_;
}

RequestReader::Progress RequestReader::body(Request& request, std::size_t limit) {
  return feed_body(&request.body, limit);
}

RequestReader::Progress RequestReader::skip_body(std::size_t limit) {
  return feed_body(nullptr, limit);
}

// The body's memory grows with what arrives, not with what was announced: announcing costs the sender nothing.
RequestReader::Progress RequestReader::feed_body(std::string* body, std::size_t limit) {
  std::string_view bytes(buffer_.get() + begin_, end_ - begin_);
  if (chunked_) {
    ChunkDecoder::Progress const progress = chunks_.decode(bytes, body, limit);
    begin_ = end_ - bytes.size();
    switch (progress) {
      case ChunkDecoder::Progress::need_more:
        return Progress::need_more;
      case ChunkDecoder::Progress::done:
        return Progress::done;
      case ChunkDecoder::Progress::malformed:
        return refuse(400, "The chunked body is malformed.");
      case ChunkDecoder::Progress::too_large:
        break;
    }
    return refuse(413, "The body is larger than this server accepts.");
  }
  if (length_ > limit) return refuse(413, "The body is larger than this server accepts.");
  bytes = bytes.substr(0, left_);
  if (body) body->append(bytes);
  begin_ += bytes.size();
  left_ -= bytes.size();
  return left_ == 0 ? Progress::done : Progress::need_more;
}

void RequestReader::next() {
  chunks_ = ChunkDecoder(limits_.header_bytes);
  keep_alive_ = expects_continue_ = chunked_ = empty_line_seen_ = false;
  length_ = left_ = 0;
  line_ = scanned_ = 0;
  if (begin_ == end_ && capacity_ > body_buffer / 4) {
    buffer_.reset();
    capacity_ = begin_ = end_ = 0;
  }
}

}  // namespace gateway::http
