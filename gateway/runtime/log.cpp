#include "gateway/runtime/log.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "fhir/json_writer.hpp"
#include "fhir/national_id.hpp"
#include "gateway/runtime/clock.hpp"

namespace gateway::log {
namespace {

constexpr std::size_t value_bytes = 1'024;  // a longer value is cut: a line stays a line
constexpr std::string_view redacted = "[redacted]";

std::string_view name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "error";
}

void to_standard_error(std::string_view line) {
  while (!line.empty()) {
    ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Cut at a character's first byte, so that a shortened value is still UTF-8.
std::string_view shortened(std::string_view text) {
  if (text.size() <= value_bytes) return text;
  std::size_t end = value_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

void append_value(std::string& out, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    // Looked at in full length: a number cut in half by shortening would no longer be recognised.
    fhir::append_json_string(out, fhir::may_contain_national_id(*text) ? redacted : shortened(*text));
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    std::string digits = std::to_string(*number);
    bool suspicious = digits.size() >= 10 && fhir::may_contain_national_id(digits);
    if (suspicious) {
      fhir::append_json_string(out, redacted);
    } else {
      out += digits;
    }
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

std::string render(Level level, std::string_view event, std::initializer_list<Field> fields) {
  std::string line;
  line.reserve(256);
  line += "{\"time\":\"";
  fhir::append_utc_millis(line, system_clock().now());
  line += "\",\"level\":\"";
  line += name(level);
  line += "\",\"event\":";
  fhir::append_json_string(line, event);
  for (const Field& field : fields) {
    line += ',';
    fhir::append_json_string(line, field.name);
    line += ':';
    append_value(line, field);
  }
  line += "}\n";
  return line;
}

// Lines wait here for one thread that hands them to the sink, so whoever logs never waits for a full pipe
// (reliability.md F42). spdlog's asynchronous logger counts overruns only when it throws away the oldest line, which is
// the one that explains what went wrong; this queue keeps the first lines and counts the later ones.
class Queue {
 public:
  void push(std::string line) {
    {
      std::lock_guard lock(mutex_);
      if (!started_) {
        // Detached: a thread stuck in a blocked sink cannot be joined, and the program must still be able to end.
        std::thread([this] { run(); }).detach();
        started_ = true;
      }
      if (lines_.size() >= queue_lines) {
        dropped_.fetch_add(1, std::memory_order_relaxed);
        return;
      }
      lines_.push_back(std::move(line));
      ++pushed_;
    }
    wake_.notify_one();
  }

  bool flush(std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    std::uint64_t goal = pushed_;
    return drained_.wait_for(lock, longest, [&] { return written_ >= goal; });
  }

  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  void sink(void (*take)(std::string_view)) { sink_.store(take); }

 private:
  void run() {
    for (;;) {
      std::deque<std::string> batch;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return !lines_.empty(); });
        batch.swap(lines_);
      }
      auto* take = sink_.load();
      for (const std::string& line : batch) take(line);
      report_drops(take);
      {
        std::lock_guard lock(mutex_);
        written_ += batch.size();
      }
      drained_.notify_all();
    }
  }

  // The loss of lines is itself a line, written as soon as the sink takes anything again.
  void report_drops(void (*take)(std::string_view)) {
    std::uint64_t dropped = dropped_.load(std::memory_order_relaxed);
    if (dropped == reported_) return;
    take(render(Level::warning, "log_lines_dropped", {{"lines", static_cast<std::int64_t>(dropped - reported_)}}));
    reported_ = dropped;
  }

  std::mutex mutex_;
  std::condition_variable wake_, drained_;
  std::deque<std::string> lines_;
  std::uint64_t pushed_ = 0, written_ = 0;  // under mutex_
  bool started_ = false;
  std::atomic<std::uint64_t> dropped_{0};
  std::uint64_t reported_ = 0;  // the writing thread's
  std::atomic<void (*)(std::string_view)> sink_{to_standard_error};
};

std::atomic<Level> least{Level::info};

// Never destroyed: the detached thread may still be in it when statics go.
Queue& queue() {
  static Queue& instance = *[] {
    auto* made = new Queue;
    std::atexit([] { log::flush(); });
    return made;
  }();
  return instance;
}

}  // namespace

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < least.load(std::memory_order_relaxed)) return;
  queue().push(render(level, event, fields));
}

void set_level(Level level) {
  least.store(level);
}
void set_sink(void (*sink)(std::string_view line)) {
  queue().sink(sink ? sink : to_standard_error);
}
std::uint64_t dropped() {
  return queue().dropped();
}
bool flush(std::chrono::milliseconds longest) {
  return queue().flush(longest);
}

}  // namespace gateway::log
