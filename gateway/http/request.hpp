// One HTTP request as handlers see it: no Beast type in sight, so that handlers compile in two seconds and can be
// called by tests.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::auth {
struct Actor;
}

namespace gateway::http {

// Concrete executor everywhere: any_io_executor costs 1.5 us a request (limits.md section 2).
using Executor = boost::asio::io_context::executor_type;
template <class T>
using Awaitable = boost::asio::awaitable<T, Executor>;

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, other };
std::string_view name(Method);

// Field names and values of one message in one buffer: two allocations a request instead of two per field. Names are
// kept lower-case; a repeated field is joined with ", " (RFC 9110 5.3), so one look-up sees all of it.
class Headers {
 public:
  using Field = std::pair<std::string_view, std::string_view>;  // valid until the next add() or clear()

  Headers() = default;
  Headers(std::initializer_list<Field>);
  void add(std::string_view name, std::string_view value);
  void emplace_back(std::string_view name, std::string_view value) { add(name, value); }
  std::string_view find(std::string_view lower_case_name) const;  // empty when missing
  bool contains(std::string_view lower_case_name) const;
  Field operator[](std::size_t) const;
  std::size_t size() const { return spans_.size(); }
  bool empty() const { return spans_.empty(); }
  void clear();  // keeps the memory

  class Iterator {
   public:
    using value_type = Field;
    using difference_type = std::ptrdiff_t;
    Iterator(const Headers& headers, std::size_t index) : headers_(&headers), index_(index) {}
    Field operator*() const { return (*headers_)[index_]; }
    Iterator& operator++() { return ++index_, *this; }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const Headers* headers_;
    std::size_t index_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, spans_.size()}; }

 private:
  struct Span {
    std::uint32_t name, name_size, value, value_size;  // offsets, so that copies and moves need no repair
  };
  const Span* span_of(std::string_view lower_case_name) const;
  std::string text_;
  std::vector<Span> spans_;
};

struct Response;

struct Request {
  Method method = Method::other;
  std::string target;              // as received
  std::string path;                // percent-decoded, without query
  std::string query;               // raw, after '?'
  Headers headers;                 // names lower-case
  std::string body;                // inflated when it came gzipped
  std::string remote;              // peer address, for the audit row; never for a decision
  std::string client_certificate;  // subject of a verified client certificate, RFC 2253; empty otherwise
  std::vector<std::pair<std::string_view, std::string>> captures;  // {id} of the route's pattern
  std::shared_ptr<const auth::Actor> actor;                        // set by the guard; null on open routes
  std::string id;                                                  // request id for log lines, ours
  // Set by the guard when the header does not suffice to say who is calling: asked once, with the body as it came, before
  // it is inflated or anything reads it. Answers in the handler's place, or sets `actor` and lets through.
  std::function<std::optional<Response>(Request&)> body_check;

  std::string_view header(std::string_view lower_case_name) const;  // empty when missing
  std::string_view capture(std::string_view name) const;
  // Media type without parameters, lower-case: "application/json".
  std::string content_type() const;
};

// "a=1&b=2", percent-decoded, in order; nothing when an escape is malformed.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view);
std::string percent_encode(std::string_view);  // everything but unreserved

}  // namespace gateway::http
