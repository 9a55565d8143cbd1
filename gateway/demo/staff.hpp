// The demonstration's response centres at work, over the API as any other: what nobody has touched for a while is
// taken, and a round later resolved. Without them every alarm would stay open, and after an hour nothing new would be
// raised. What a visitor has acknowledged or taken is left to the visitor.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <vector>

#include "fhir/json_reader.hpp"
#include "gateway/deliver/http_client.hpp"
#include "gateway/runtime/clock.hpp"

namespace gateway::demo {

struct Handling {
  std::string alarm, action;
  std::int64_t version = 0;
  bool operator==(const Handling&) const = default;
};
inline constexpr std::string_view staff_id = "synthetic-nurse";
inline constexpr std::chrono::minutes staff_patience{10};

// What the staff do about the alarms of one list.
std::vector<Handling> handlings(fhir::JsonValue list, fhir::Time now);

// A round each minute, for one client of the role response-centre each. On the context's thread.
class Staff {
 public:
  Staff(boost::asio::io_context& context, deliver::HttpClient& client, const Clock& clock, std::string url,
        std::vector<std::string> tokens)
      : client_(client), clock_(clock), url_(std::move(url)), tokens_(std::move(tokens)), timer_(context) {}
  void start();
  void stop() { timer_.cancel(); }

 private:
  void round();
  void look(const std::string& token);
  void act(const std::string& token, const Handling&);

  deliver::HttpClient& client_;
  const Clock& clock_;
  std::string url_;
  std::vector<std::string> tokens_;
  boost::asio::steady_timer timer_;
};

}  // namespace gateway::demo
