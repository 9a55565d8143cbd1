// One pull of one user: token, pages, commits. The coroutine and what it works on; who runs it when is puller.cpp's.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gateway/ingest/sources.hpp"
#include "gateway/pull/fetch.hpp"
#include "gateway/pull/puller.hpp"
#include "gateway/pull/vendor.hpp"

namespace gateway::pull {

using Steady = std::chrono::steady_clock::time_point;

// A token the vendor gave that is not committed yet. Until it is, nothing is asked with its access token: the vendor may end the
// old one at its first use, and the new one would be lost with this process.
struct Unkept {
  std::string sealed, access, vendor_user;
  Steady expires{};
};

// On the maintenance loop only.
struct User {
  store::PullUser row;                 // as committed last by us, or by an operator before the pull under way
  std::optional<store::PullUser> next;  // committed by an operator while a pull was under way
  std::string access;   // empty: none
  Steady expires{};
  std::optional<Unkept> unkept;
  std::optional<Cursor> cursor;   // of a pull that did not come to its end
  bool undecodable_kept = false;  // since the last page that could be read: one is enough for a person to look at

  std::uint32_t failures = 0;
  Steady due{}, started{};
  bool running = false, again = false, gone = false;
};

// A source that is pulled.
struct Account {
  config::Pull settings;
  Client client;
  const Vendor& vendor;
  const ingest::ConfiguredSource& source;
  PullMetrics& metrics;
};

struct Ended {
  enum class How : std::uint8_t {
    done,
    failed,          // this user's pull; try again later
    vendor_failed,   // probably everybody's
    throttled,       // everybody waits
    client_refused,  // our registration: everybody waits
    inactive,        // the user is not pulled any more until an operator acts
    replaced         // the token is another one now
  } how = How::done;
  std::string reason;
  std::optional<std::chrono::seconds> retry_after;
};

// Everything referred to outlives the coroutine; `user` is kept by whoever runs it.
http::Awaitable<Ended> pull_user(const Means& means, Fetcher& fetcher, const Account& account, User& user);

}  // namespace gateway::pull
