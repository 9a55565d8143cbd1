#include "gateway/runtime/metrics.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>

using gateway::Metrics;

namespace {
bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}
}  // namespace

TEST_CASE("metrics: outcomes of a source are series by outcome and reason", "[runtime][metrics]") {
  Metrics metrics;
  gateway::SourceMetrics& source = metrics.source("bodo", "oth-bodo");
  source.received.add(4);
  source.accepted.add(2);
  source.held(adapters::QuarantineReason::unknown_subject).add();
  source.dropped(adapters::IgnoreReason::control_solution).add();
  std::string text = metrics.expose();
  const std::string who = "source=\"oth-bodo\",tenant=\"bodo\"} ";
  CHECK(has_line(text, "hjemport_items_received_total{" + who + "4"));
  CHECK(has_line(text, "hjemport_items_total{outcome=\"accepted\",reason=\"\"," + who + "2"));
  CHECK(has_line(text, "hjemport_items_total{outcome=\"quarantined\",reason=\"unknown-subject\"," + who + "1"));
  CHECK(has_line(text, "hjemport_items_total{outcome=\"ignored\",reason=\"control-solution\"," + who + "1"));
  CHECK(has_line(text, "hjemport_items_total{outcome=\"duplicate\",reason=\"\"," + who + "0"));
}

TEST_CASE("metrics: the same labels are the same series, other labels another", "[runtime][metrics]") {
  Metrics metrics;
  CHECK(&metrics.source("bodo", "a") == &metrics.source("bodo", "a"));
  CHECK(&metrics.source("bodo", "a") != &metrics.source("oslo", "a"));
  metrics.tenant("bodo").open_alarms.set(3);
  metrics.tenant("oslo").open_alarms.set(1);
  metrics.destination("bodo", "epj").lag_seconds.set(1.5);
  std::string text = metrics.expose();
  CHECK(has_line(text, "hjemport_alarms_open{tenant=\"bodo\"} 3"));
  CHECK(has_line(text, "hjemport_alarms_open{tenant=\"oslo\"} 1"));
  CHECK(has_line(text, "hjemport_delivery_lag_seconds{destination=\"epj\",tenant=\"bodo\"} 1.5"));
}

TEST_CASE("metrics: values counted elsewhere are copied in before an exposition", "[runtime][metrics]") {
  Metrics metrics;
  std::uint64_t requests = 0;
  metrics.before_expose([&](Metrics& m) { m.http_requests.total(requests); });
  requests = 7;
  CHECK(has_line(metrics.expose(), "hjemport_http_requests_total 7"));
  CHECK(has_line(metrics.expose(), "hjemport_http_requests_total 7"));
  requests = 3;  // a counter never goes back
  CHECK(has_line(metrics.expose(), "hjemport_http_requests_total 7"));
  requests = 9;
  CHECK(has_line(metrics.expose(), "hjemport_http_requests_total 9"));
}

TEST_CASE("metrics: histograms and the build are exposed", "[runtime][metrics]") {
  Metrics metrics;
  metrics.commit_seconds.observe(0.0004);
  metrics.commit_seconds.observe(0.3);
  metrics.group_rows.observe(64);
  std::string text = metrics.expose();
  CHECK(has_line(text, "hjemport_commit_seconds_bucket{le=\"0.0005\"} 1"));
  CHECK(has_line(text, "hjemport_commit_seconds_count 2"));
  CHECK(has_line(text, "hjemport_commit_group_rows_bucket{le=\"100\"} 1"));
  CHECK(text.find("hjemport_build_info{version=\"" HJEMPORT_VERSION "\"} 1") != std::string::npos);
}

TEST_CASE("docs/operations.md: every metric is there and nothing else", "[runtime][metrics][docs]") {
  Metrics metrics;
  metrics.source("t", "s");
  metrics.destination("t", "d");
  metrics.tenant("t");
  metrics.pull("t", "s");
  metrics.mqtt("b");
  metrics.self_test("t");
  std::set<std::string> exposed, written;
  const std::string text = metrics.expose();
  std::regex help("(?:^|\n)# HELP (\\w+) ");
  for (std::sregex_iterator match(text.begin(), text.end(), help), end; match != end; ++match)
    exposed.insert((*match)[1]);
  std::ifstream page(std::filesystem::path(HJEMPORT_TEST_DATA).parent_path() / "docs/operations.md");
  std::regex name("`(hjemport_\\w+)`");
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `hjemport_")) continue;
    const std::string cell = line.substr(0, line.find('|', 1));
    for (std::sregex_iterator match(cell.begin(), cell.end(), name), end; match != end; ++match)
      written.insert((*match)[1]);
  }
  CHECK(exposed.size() > 30);
  CHECK(exposed == written);
}
