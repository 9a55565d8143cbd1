// Load for the figures of docs/performance.md: a separate process on the same machine, one thread, epoll, keep-alive. Every reading is
// distinct; what counts is what the gateway says it accepted. Prints one JSON object.
//
//   load --port P --token T --source S [--path /ingest] [--connections 64] [--seconds 5] [--batch 1] [--patients 500]
//        [--prefix run1] [--rate R] [--breach-every N]
//   load --port P --token T --read PATH-PREFIX --ids FILE [--connections 16] [--seconds 5]      GET, a patient id from the file each
//   load --port P --token T --stream --seconds 5                                                time from commit to stream, and of safety
//                                                                                               alarms from when they were sent (their `time`)
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::map<std::string, std::string> values;
  std::string text(const std::string& name, std::string fallback = "") const {
    auto found = values.find(name);
    return found == values.end() ? fallback : found->second;
  }
  long number(const std::string& name, long fallback) const {
    auto found = values.find(name);
    return found == values.end() ? fallback : std::stol(found->second);
  }
};

// Synthetic national number (month + 80) with valid check digits for a patient's index, as norway.md 1.2 computes it.
std::string national_number(int index) {
  for (int attempt = 0;; ++attempt) {
    const int n = index * 40 + attempt;
    int day = 1 + n % 28, month = 81 + (n / 28) % 12, year = 40 + (n / 336) % 50, individual = (n / 16800) % 500;
    char digits[12];
    std::snprintf(digits, sizeof digits, "%02d%02d%02d%03d", day, month, year, individual);
    static constexpr int w1[] = {3, 7, 6, 1, 8, 9, 4, 5, 2}, w2[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    int sum = 0;
    for (int i = 0; i < 9; ++i) sum += w1[i] * (digits[i] - '0');
    const int k1 = (11 - sum % 11) % 11;
    if (k1 == 10) continue;
    sum = 0;
    for (int i = 0; i < 9; ++i) sum += w2[i] * (digits[i] - '0');
    sum += w2[9] * k1;
    const int k2 = (11 - sum % 11) % 11;
    if (k2 == 10) continue;
    return std::string(digits, 9) + static_cast<char>('0' + k1) + static_cast<char>('0' + k2);
  }
}

class Readings {
 public:
  Readings(int patients, std::string prefix, long breach_every) : prefix_(std::move(prefix)), breach_every_(breach_every) {
    for (int i = 0; i < patients; ++i) numbers_.push_back(national_number(i));
    std::sort(numbers_.begin(), numbers_.end());
    numbers_.erase(std::unique(numbers_.begin(), numbers_.end()), numbers_.end());
  }
  const std::vector<std::string>& numbers() const { return numbers_; }

  void append(std::string& out) {
    const long n = next_++;
    // A step that is coprime to the number of patients visits them all, interleaved: the realistic and the bad case.
    const std::string& number = numbers_[static_cast<std::size_t>(n) * 7919 % numbers_.size()];
    static constexpr std::string_view kinds[] = {"oxygen-saturation", "heart-rate", "body-temperature", "respiratory-rate",
                                                 "body-weight", "blood-glucose"};
    static constexpr std::string_view units[] = {"%", "/min", "Cel", "/min", "kg", "mmol/L"};
    const std::size_t kind = static_cast<std::size_t>(n) % 6;
    const bool breach = breach_every_ > 0 && n % breach_every_ == 0;
    const std::size_t used = breach ? 0 : kind;
    static const int base[] = {96, 70, 37, 16, 80, 6};
    const int value = breach ? 80 : base[used] + static_cast<int>(n / 6 % 2);
    const std::time_t now = std::time(nullptr);
    if (now != second_) {
      second_ = now;
      std::tm tm{};
      gmtime_r(&now, &tm);
      char text[32];
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
      time_ = text;
    }
    char millis[8];
    std::snprintf(millis, sizeof millis, ".%03ldZ", n % 1000);
    out.append(R"({"id":")").append(prefix_).append("-").append(std::to_string(n));
    out.append(R"(","patient":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":")").append(number);
    out.append(R"("},"device":{"id":"SN-)").append(number, 0, 6).append(R"(","model":"X"},"time":")").append(time_).append(millis);
    out.append(R"(","kind":")").append(kinds[used]).append(R"(","value":)").append(std::to_string(value));
    out.append(R"(,"unit":")").append(units[used]).append("\"}");
  }

 private:
  std::vector<std::string> numbers_;
  std::string prefix_;
  long breach_every_;
  long next_ = 0;
  std::time_t second_ = 0;
  std::string time_;
};

struct Connection {
  int fd = -1;
  std::string out, in;
  std::size_t sent = 0;
  Clock::time_point begun;
  bool waiting = false;
};

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("cannot connect");
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

// Length of a whole response at the front of `in`, 0 when it is not all there yet.
std::size_t response_length(const std::string& in) {
  const std::size_t head = in.find("\r\n\r\n");
  if (head == std::string::npos) return 0;
  std::size_t place = in.find("Content-Length: ");
  if (place == std::string::npos || place > head) place = in.find("content-length: ");
  if (place == std::string::npos || place > head) throw std::runtime_error("a response without Content-Length");
  const std::size_t length = std::strtoul(in.c_str() + place + 16, nullptr, 10);
  return in.size() >= head + 4 + length ? head + 4 + length : 0;
}

long accepted_in(std::string_view response) {
  const std::size_t place = response.find("\"accepted\":");
  return place == std::string_view::npos ? 0 : std::strtol(response.data() + place + 11, nullptr, 10);
}

double percentile(std::vector<double>& values, double p) {
  if (values.empty()) return 0;
  const auto place = static_cast<std::size_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(place), values.end());
  return values[place];
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), readings_(static_cast<int>(options.number("patients", 500)), options.text("prefix", "run"),
                                     options.number("breach-every", 0)),
        batch_(options.number("batch", 1)), rate_(options.number("rate", 0)), total_(options.number("total", 0)) {
    if (std::string file = options.text("ids"); !file.empty()) {
      std::ifstream in(file);
      for (std::string line; std::getline(in, line);) ids_.push_back(line);
    }
  }

  void run() {
    epoll_ = epoll_create1(0);
    connections_.resize(static_cast<std::size_t>(options_.number("connections", 64)));
    const auto begun = Clock::now();
    const auto end = begun + std::chrono::seconds(options_.number("seconds", 5));
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = connections_[i];
      connection.fd = connect_to(static_cast<int>(options_.number("port", 0)));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    }
    std::size_t idle_from = 0;
    for (; idle_from < connections_.size(); ++idle_from) {
      if (!may_send(begun)) break;
      send(connections_[idle_from]);
    }
    std::vector<epoll_event> events(256);
    while (Clock::now() < end && !(total_ > 0 && accepted_ >= total_)) {
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), rate_ > 0 ? 1 : 100);
      for (int i = 0; i < ready; ++i) receive(connections_[events[static_cast<std::size_t>(i)].data.u64], begun);
      if (rate_ > 0) {
        for (Connection& connection : connections_) {
          if (!connection.waiting && may_send(begun)) send(connection);
        }
      }
    }
    report(std::chrono::duration<double>(Clock::now() - begun).count());
  }

 private:
  bool may_send(Clock::time_point begun) {
    if (rate_ == 0) return true;
    const double elapsed = std::chrono::duration<double>(Clock::now() - begun).count();
    return static_cast<double>(sent_) < elapsed * static_cast<double>(rate_);
  }

  void send(Connection& connection) {
    connection.out.clear();
    body_.clear();
    if (ids_.empty()) {
      body_ += R"({"measurements":[)";
      for (long i = 0; i < batch_; ++i) {
        if (i > 0) body_ += ',';
        readings_.append(body_);
      }
      body_ += "]}";
      connection.out.append("POST ").append(options_.text("path", "/ingest")).append("/").append(options_.text("source"));
      connection.out.append(" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ");
      connection.out.append(std::to_string(body_.size())).append("\r\n");
    } else {
      const std::string& id = ids_[static_cast<std::size_t>(sent_) * 7919 % ids_.size()];
      std::string target = options_.text("read");
      target.replace(target.find("{id}"), 4, id);
      connection.out.append("GET ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    }
    connection.out.append("Authorization: Bearer ").append(options_.text("token")).append("\r\n\r\n").append(body_);
    connection.sent = 0;
    connection.begun = Clock::now();
    connection.waiting = true;
    ++sent_;
    while (connection.sent < connection.out.size()) {
      const ssize_t n = ::send(connection.fd, connection.out.data() + connection.sent, connection.out.size() - connection.sent, 0);
      if (n <= 0) throw std::runtime_error("the gateway closed a connection");
      connection.sent += static_cast<std::size_t>(n);
    }
  }

  void receive(Connection& connection, Clock::time_point begun) {
    char buffer[65536];
    const ssize_t n = ::recv(connection.fd, buffer, sizeof buffer, 0);
    if (n <= 0) throw std::runtime_error("the gateway closed a connection");
    connection.in.append(buffer, static_cast<std::size_t>(n));
    const std::size_t length = response_length(connection.in);
    if (length == 0) return;
    latencies_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - connection.begun).count());
    ++answers_;
    if (connection.in.compare(9, 3, "200") == 0) {
      accepted_ += ids_.empty() ? accepted_in(std::string_view(connection.in).substr(0, length)) : 1;
    } else {
      ++refused_;
    }
    connection.in.erase(0, length);
    connection.waiting = false;
    if (may_send(begun)) send(connection);
  }

  void report(double seconds) {
    std::printf("{\"seconds\":%.2f,\"requests\":%ld,\"accepted\":%ld,\"refused\":%ld,\"requests_per_s\":%.0f,\"accepted_per_s\":%.0f,"
                "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f}\n",
                seconds, answers_, accepted_, refused_, static_cast<double>(answers_) / seconds,
                static_cast<double>(accepted_) / seconds, percentile(latencies_, 0.5), percentile(latencies_, 0.99),
                percentile(latencies_, 1.0));
  }

  const Options& options_;
  Readings readings_;
  std::vector<std::string> ids_;
  long batch_, rate_, total_;
  std::vector<Connection> connections_;
  std::string body_;
  int epoll_ = -1;
  long sent_ = 0, answers_ = 0, accepted_ = 0, refused_ = 0;
  std::vector<double> latencies_;
};

// Seconds of a time as the gateway writes it, "2026-11-26T12:00:00.123Z".
double seconds_of(std::string_view text) {
  std::tm tm{};
  strptime(std::string(text.substr(0, 19)).c_str(), "%Y-%m-%dT%H:%M:%S", &tm);
  return static_cast<double>(timegm(&tm)) + std::strtod(std::string(text.substr(19, 4)).c_str(), nullptr);
}

std::string_view after(std::string_view text, std::string_view name) {
  const std::size_t place = text.find(name);
  return place == std::string_view::npos ? std::string_view() : text.substr(place + name.size());
}

// Reads the alarm stream and reports commit-to-socket times from "raised"/"at" of the newest occurrence in each event.
void stream(const Options& options) {
  const int fd = connect_to(static_cast<int>(options.number("port", 0)));
  std::string request = "GET /alarms/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + options.text("token") + "\r\n\r\n";
  if (::send(fd, request.data(), request.size(), 0) <= 0) throw std::runtime_error("cannot send");
  timeval timeout{0, 200'000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  const auto end = Clock::now() + std::chrono::seconds(options.number("seconds", 5));
  std::vector<double> latencies, safety, arrivals;  // arrivals: of limits' alarms seen for the first time
  std::set<std::string, std::less<>> alarms;
  std::string in;
  char buffer[65536];
  const auto until = static_cast<std::size_t>(options.number("alarms", 0));
  while (Clock::now() < end && (until == 0 || alarms.size() < until)) {
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n == 0) break;
    if (n < 0) continue;
    const auto now = std::chrono::system_clock::now();
    in.append(buffer, static_cast<std::size_t>(n));
    std::size_t place;
    while ((place = in.find("\n\n")) != std::string::npos) {
      const std::string_view event(in.data(), place);
      const double seconds = std::chrono::duration<double>(now.time_since_epoch()).count();
      const std::string_view newest = after(event, "\"occurrences\":[{\"at\":\"");
      if (!newest.empty()) latencies.push_back((seconds - seconds_of(newest)) * 1000);
      if (event.find("\"origin\":\"event\"") != std::string_view::npos) {
        safety.push_back((seconds - seconds_of(after(newest, "\"measured\":\""))) * 1000);
      }
      const std::string_view id = after(event, "data: {\"id\":\"").substr(0, 16);
      if (event.find("\"origin\":\"limit\"") != std::string_view::npos && alarms.emplace(id).second) arrivals.push_back(seconds);
      in.erase(0, place + 2);
    }
  }
  const std::size_t events = latencies.size();
  const auto arrived = [&](std::size_t n) { return n < arrivals.size() ? arrivals[n] - arrivals.front() : -1.0; };
  std::printf("{\"events\":%zu,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,\"alarms\":%zu,\"first_at\":%.3f,\"hundredth_s\":%.2f,\"last_s\":%.2f,"
              "\"safety\":%zu,\"safety_p50_ms\":%.2f,\"safety_p99_ms\":%.2f,\"safety_max_ms\":%.2f}\n",
              events, percentile(latencies, 0.5), percentile(latencies, 0.99), percentile(latencies, 1.0), alarms.size(),
              arrivals.empty() ? 0.0 : arrivals.front(), arrived(99), arrivals.empty() ? -1.0 : arrived(arrivals.size() - 1), safety.size(),
              percentile(safety, 0.5), percentile(safety, 0.99), percentile(safety, 1.0));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Options options;
    for (int i = 1; i < argc; ++i) {
      const std::string name = argv[i];
      if (name.rfind("--", 0) != 0) throw std::runtime_error("unexpected " + name);
      const bool has_value = i + 1 < argc && std::string(argv[i + 1]).rfind("--", 0) != 0;
      options.values[name.substr(2)] = has_value ? argv[++i] : "";
    }
    if (options.values.contains("stream")) {
      stream(options);
    } else if (options.values.contains("numbers")) {
      Readings readings(static_cast<int>(options.number("patients", 500)), "", 0);
      for (const std::string& number : readings.numbers()) std::printf("%s\n", number.c_str());
    } else {
      Load load(options);
      load.run();
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "load: %s\n", error.what());
    return 1;
  }
}
