#include "gateway/alarms/silence_text.hpp"

namespace gateway::alarms {
namespace {

std::string two_digits(std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string since(std::string_view what, std::optional<WallTime> last, std::string_view never) {
  if (!last) return std::string(never);
  return std::string(what) + " " + wall_text(*last);
}

}  // namespace

std::string wall_text(WallTime at) {
  const auto date = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day day(date);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(at - date).count();
  return two_digits(static_cast<unsigned>(day.day())) + "." + two_digits(static_cast<unsigned>(day.month())) + "." +
         std::to_string(static_cast<int>(day.year())) + " " + two_digits(minutes / 60) + ":" + two_digits(minutes % 60);
}

std::string source_silent_text(std::string_view source, std::optional<WallTime> last) {
  return "Avsendersystem er stille: " + std::string(source) + ", " + since("sist mottatt", last, "aldri mottatt noe");
}

std::string mapping_broke_text(std::string_view source, std::optional<WallTime> last) {
  return "Ingenting fra avsendersystemet kan brukes: " + std::string(source) + ", " +
         since("siste brukbare", last, "aldri mottatt noe brukbart");
}

std::string heartbeat_missing_text(std::string_view source, std::optional<WallTime> last) {
  return "Livstegn mangler: " + std::string(source) + ", " + since("siste livstegn", last, "aldri mottatt livstegn");
}

std::string device_silent_text(WallTime last) { return "Utstyr er stille, siste måling " + wall_text(last); }

std::string self_test_failed_text(std::string_view source, std::chrono::seconds within) {
  return "Selvtesten feilet: en prøvemåling fra " + std::string(source) + " ble ikke til varsel innen " +
         std::to_string(within.count()) + " sekunder";
}

}  // namespace gateway::alarms
