// What is each vendor's own in pulling: how a token is renewed, how the next page is asked for, what an answer means. Pure: requests
// and answers are values; no clock, no network, no store. The vendors are in one file each; what could not be confirmed against
// the vendors themselves is marked there and in docs/pulling.md.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/adapter.hpp"
#include "fhir/json_reader.hpp"
#include "fhir/time.hpp"
#include "gateway/deliver/http_client.hpp"

namespace gateway::pull {

// Our registration with the vendor.
struct Client {
  std::string id, secret, url;  // url: "https://host[:port][/path]", no slash at the end
};

// Where a pull of one user stands: [from, to) is left to ask, in windows of at most the vendor's length, each of one or more pages.
struct Cursor {
  fhir::Time from{}, to{};
  fhir::Time window_end{};           // of the window being asked
  std::string page;                  // the vendor's name of the page to ask next; empty: the window's first
  std::optional<fhir::Time> newest;  // up to where the vendor has shown everything, as far as pages say so
};

enum class Answered : std::uint8_t {
  page,          // `payload` is for the way in
  nothing,       // there is nothing in this window
  unauthorized,  // the access token is not taken
  refused,       // the vendor will not, and asking the same again at once is of no use
  failed,        // the vendor could not, or was not there, or answered what cannot be worked with
  throttled      // the vendor is fine and busy
};

struct Page {
  Answered answered = Answered::failed;
  std::string reason;  // for people, when it is no page; never a body, a token or an identifier
  std::optional<std::chrono::seconds> retry_after;
  std::string payload;      // the vendor's bytes; where these do not say whose they are, with "userid" put in front of the members
  std::string vendor_user;  // whom the document names; empty when it names nobody
  std::string next;         // the window's next page; empty: this was the last
  std::optional<fhir::Time> newest;
};

struct Tokens {
  enum class What : std::uint8_t {
    given,
    consent_lost,    // this token will never be taken again
    client_refused,  // our registration is not taken: says nothing of the user
    failed,
    throttled
  } what = What::failed;
  std::string reason;
  std::optional<std::chrono::seconds> retry_after;
  std::string access, refresh;  // refresh empty: the one we have stays
  std::chrono::seconds lifetime{3600};
  std::string vendor_user;  // whom the answer names; empty when it names nobody
};

struct Vendor {
  std::string_view name;        // the adapter's
  std::string_view url;         // unless configured
  bool refreshes = true;        // false: the token given is the access token and does not end
  bool user_is_vendors = true;  // the user's name here is the vendor's own id, so an answer with another is somebody else's
  std::chrono::seconds window;  // longest span of one request; zero: none
  deliver::HttpRequest (*token_request)(const Client&, std::string_view refresh_token) = nullptr;
  Tokens (*read_tokens)(const deliver::HttpResponse&, fhir::Time now) = nullptr;
  // Without the Authorization header, which whoever sends it adds.
  deliver::HttpRequest (*page_request)(const Client&, const Cursor&, const adapters::Zone&) = nullptr;
  Page (*read_page)(const deliver::HttpResponse&, const Cursor&, std::string_view user, fhir::Time now) = nullptr;
  // The user a notification speaks of; nothing when it is none.
  std::optional<std::string> (*hinted_user)(std::string_view notification) = nullptr;
};

extern const Vendor withings, polar, oura, dexcom;
const Vendor* vendor_named(std::string_view adapter);  // null: this format is not pulled

// -- what the vendors share

// By the HTTP status alone: a page for 200, nothing for 204, otherwise why not. A cut-off body is a failure.
Page judge_status(const deliver::HttpResponse&, fhir::Time now);
// The token endpoint of RFC 6749 section 6: form in, JSON out; `invalid_grant` is the consent's end, `invalid_client` and
// `unauthorized_client` are ours (section 5.2).
deliver::HttpRequest oauth_request(const Client&, std::string_view path, std::string_view refresh_token);
Tokens read_oauth(const deliver::HttpResponse&, fhir::Time now);
// access_token, refresh_token and expires_in of an object; failed when there is no access token.
Tokens tokens_in(fhir::JsonValue);

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields);
// The object's bytes with "userid" in front of its members, everything else untouched.
std::string with_user(std::string_view object, std::string_view user);
// An id that may be written as a string or a whole number; empty when it is neither.
std::string id_text(fhir::JsonValue);
std::string local_text(fhir::Time);                    // "2026-11-20T08:00:00", UTC without saying so
std::optional<fhir::Time> time_of(fhir::JsonValue);    // a date and time with offset, or UTC without one

}  // namespace gateway::pull
