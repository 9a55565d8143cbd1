// The demonstration's people at work, over the API as any other. A response centre takes what nobody has touched for a while, hands severe
// breaches over to the hospital's ward, and resolves the rest a round later; the ward accepts and resolves. Without them every alarm would
// stay open, and after an hour nothing new would be raised. What a visitor has acknowledged or taken is left to the visitor.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <vector>

#include "fhir/json_reader.hpp"
#include "gateway/deliver/http_client.hpp"
#include "gateway/runtime/clock.hpp"

namespace gateway::demo {

struct Workplace {
  std::string token;     // of a client with the role response-centre
  std::string person;    // who works there
  std::string hands_to;  // organisation that severe breaches are handed over to; empty: none
  bool takes = true;     // what nobody has touched; else only what is handed over
};

struct Handling {
  std::string alarm, action;
  std::int64_t version = 0;
  std::string to = {};     // of a hand-over: to whom; empty: it is accepted
  bool operator==(const Handling&) const = default;
};
inline constexpr std::chrono::minutes staff_patience{2};

// What the staff of one workplace do about the alarms of its list.
std::vector<Handling> handlings(const Workplace&, fhir::JsonValue list, fhir::Time now);
std::string action_json(const Workplace&, const Handling&);

// Rounds at all workplaces, on the context's thread.
class Staff {
 public:
  Staff(boost::asio::io_context& context, deliver::HttpClient& client, const Clock& clock, std::string url,
        std::vector<Workplace> workplaces)
      : client_(client), clock_(clock), url_(std::move(url)), workplaces_(std::move(workplaces)), timer_(context) {}
  void start();
  void stop() { timer_.cancel(); }

 private:
  void look(const Workplace&);
  void act(const Workplace&, const Handling&);

  deliver::HttpClient& client_;
  const Clock& clock_;
  std::string url_;
  std::vector<Workplace> workplaces_;
  boost::asio::steady_timer timer_;
};

}  // namespace gateway::demo
