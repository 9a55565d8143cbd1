// The fetch worker: keeps the tokens of pulled users valid and fetches what their vendors have, user by user. On the maintenance loop; a
// user is pulled by one coroutine at a time (pull/run.hpp). What is fetched goes through the one way in (ingest::Intake), and how
// far a user is pulled moves on only after that is committed: a crash asks again and finds duplicates.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/deliver/http_client.hpp"
#include "gateway/ingest/intake.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/pull/seal.hpp"
#include "gateway/runtime/metrics.hpp"
#include "gateway/store/store.hpp"

namespace gateway::pull {

inline constexpr std::size_t notification_bytes = 16 * 1024;  // longer is none

struct Means {
  boost::asio::io_context& context;  // outlives the committer, which posts to it
  store::Store& store;
  journal::Committer& committer;
  const ingest::Sources& sources;
  const ingest::Intake& intake;
  const TokenSeal& seal;
  const Clock& clock;
  Random& random;
  deliver::HttpClient& http;
  Metrics& metrics;
};

// What only this process knows of a user: how the last pulls went.
struct Live {
  std::uint32_t failures = 0;  // in a row
  std::string last_failure;    // of the last pull when it failed; no token, no identifier
  bool running = false;
};

class Puller {
 public:
  // Sources without `pull` are left out.
  Puller(const Means&, const std::vector<config::Source>&);
  ~Puller();
  Puller(const Puller&) = delete;
  Puller& operator=(const Puller&) = delete;

  void start();  // any thread, once
  // Any thread; requests under way are cut, what is committed is waited for, then `done` on the context. Before the committer stops.
  void stop(std::function<void()> done);

  bool pulls(std::string_view source) const;                             // any thread
  bool refreshes(std::string_view source) const;                         // any thread; false for vendors with lasting tokens
  Live live(std::string_view source, const std::string& user) const;     // any thread
  // Any thread: what an operator committed.
  void changed(std::string_view source, const store::PullUser&);
  void dropped(std::string_view source, const std::string& user);
  // Any thread: pull this user soon. Not at once when the last pull was seconds ago or failed; an unknown user is nothing.
  void hurry(std::string_view source, const std::string& user);
  // Any thread: the same for the user a vendor's notification speaks of, if it is one.
  void hint(std::string_view source, std::string_view notification);
  // Looks who is due; the timer does that too, at least every few seconds. Any thread.
  void look();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // with coroutines and posted work
};

}  // namespace gateway::pull
