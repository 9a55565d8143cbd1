// What the timers work with; all of it outlives them.
#pragma once

#include <boost/asio/io_context.hpp>

#include "gateway/alarms/service.hpp"
#include "gateway/deliver/http_client.hpp"
#include "gateway/journal/alarm_feed.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/runtime/clock.hpp"
#include "gateway/store/store.hpp"

namespace gateway::timers {

struct Means {
  boost::asio::io_context& context;  // outlives the committer, which posts to it
  store::Store& store;
  journal::Committer& committer;
  const journal::AlarmFeed& feed;
  const alarms::Services& services;
  const Clock& clock;
  Random& random;
  deliver::HttpClient& http;
};

}  // namespace gateway::timers
