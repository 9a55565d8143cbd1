// A vendor's cloud as a pull sees it, and a gateway that pulls from it. Nothing leaves the process; time is the test's.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/http/request.hpp"
#include "gateway/pull/seal.hpp"
#include "tests/support/in_process_gateway.hpp"

namespace gateway::pull {

using deliver::HttpRequest;
using deliver::HttpResponse;

inline HttpResponse answer(int status, std::string body = "") {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

inline std::string field(const std::string& form, std::string_view name) {
  for (const auto& [key, value] : http::parse_form(form).value_or(std::vector<std::pair<std::string, std::string>>())) {
    if (key == name) return value;
  }
  return {};
}

inline std::string bearer(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "Authorization" && value.starts_with("Bearer ")) return value.substr(7);
  }
  return {};
}

// One weight in grams at a time in seconds; grpid makes it a record.
inline std::string weight(int id, std::int64_t at, int grams) {
  const std::string when = std::to_string(at);
  return R"({"grpid":)" + std::to_string(id) + R"(,"attrib":0,"category":1,"date":)" + when + R"(,"created":)" + when +
         R"(,"modified":)" + when + R"(,"deviceid":"d-1","measures":[{"value":)" + std::to_string(grams) +
         R"(,"type":1,"unit":-3}]})";
}

// Withings with one user, 12345: refresh tokens that can be used once, access tokens that end, pages.
class Withings {
 public:
  std::string refresh = "refresh-secret-0", access = "none", user = "12345";
  int issued = 0, token_requests = 0, page_requests = 0;
  std::int64_t lifetime = 10800, updatetime = 1795165300;  // 2026-11-20T09:01:40Z
  std::vector<std::vector<std::string>> pages{{}};         // groups of each
  std::vector<std::string> page_forms;
  // First to answer, when it does. The outer empty: the ordinary answer; the inner: none ever comes.
  std::function<std::optional<std::optional<HttpResponse>>(const HttpRequest&)> instead;

  std::optional<HttpResponse> operator()(const HttpRequest& request) {
    const bool token = request.url.ends_with("/v2/oauth2");
    (token ? token_requests : page_requests) += 1;
    if (!token) page_forms.push_back(request.body);
    if (instead) {
      if (auto other = instead(request)) return *other;
    }
    return token ? give_token(request) : give_page(request);
  }

 private:
  HttpResponse give_token(const HttpRequest& request) {
    if (field(request.body, "client_secret") != "client-secret-xyz")
      return answer(200, R"({"status":503,"error":"Invalid Params: invalid client_secret"})");
    if (field(request.body, "refresh_token") != refresh)
      return answer(200, R"({"status":503,"body":{},"error":"Invalid Params: invalid refresh_token"})");
    ++issued;
    refresh = "refresh-secret-" + std::to_string(issued);
    access = "access-secret-" + std::to_string(issued);
    return answer(200, R"({"status":0,"body":{"userid":")" + user + R"(","access_token":")" + access +
                           R"(","refresh_token":")" + refresh + R"(","expires_in":)" + std::to_string(lifetime) + "}}");
  }

  HttpResponse give_page(const HttpRequest& request) {
    if (bearer(request) != access) return answer(200, R"({"status":401,"body":{},"error":"XRequestID: invalid_token"})");
    const std::string offset = field(request.body, "offset");
    const std::size_t at = offset.empty() ? 0 : std::stoul(offset);
    std::string groups;
    for (const std::string& group : pages.at(at)) groups += (groups.empty() ? "" : ",") + group;
    const bool more = at + 1 < pages.size();
    return answer(200, R"({"status":0,"body":{"updatetime":)" + std::to_string(updatetime) +
                           R"(,"timezone":"Europe/Oslo","measuregrps":[)" + groups + R"(],"more":)" + (more ? "1" : "0") +
                           R"(,"offset":)" + std::to_string(more ? at + 1 : 0) + "}}");
  }
};

inline config::Config pulling(const char* adapter, const char* id = "scale") {
  config::Config config = tests::two_tenants();
  config::Source source;
  source.id = id;
  source.tenant = "bodo";
  source.adapter = adapter;
  source.bearer = id;
  source.pull.emplace();
  source.pull->client_id = "client-1";
  source.pull->client_secret = "client-secret-xyz";
  config.sources.push_back(source);
  return config;
}

// Source `scale` of tenant bodo, pulled; its user 12345 belongs to the person numbered 1.
class PullTest {
 public:
  template <class Cloud>
  explicit PullTest(Cloud& cloud, const char* adapter = "withings", std::function<void(config::Source&)> set = {})
      : gateway(options(cloud, adapter, std::move(set))) {}

  tests::InProcessGateway gateway;

  http::Response connect(std::string token, std::string user = "12345", const char* name = "refresh_token") {
    return gateway.put("/admin/sources/scale/users/" + user, "operator", R"({")" + std::string(name) + R"(":")" + token + "\"}");
  }
  tests::Json users() { return tests::Json(gateway.get("/admin/sources/scale/users", "operator").body); }
  store::PullUser row(const std::string& user = "12345") {
    auto found = gateway.reader().pull_user(gateway.store().source("bodo", "scale"), user);
    REQUIRE(found.has_value());
    return *found;
  }
  bool idle(const std::string& user = "12345") { return !gateway.puller().live("scale", user).running; }
  Live live(const std::string& user = "12345") { return gateway.puller().live("scale", user); }
  PullMetrics& metrics() { return gateway.metrics().pull("bodo", "scale"); }

  // Until a pull has ended, well or not, that had not when this was called.
  void until_pulled(int more = 1) {
    const std::uint64_t wanted = ended() + static_cast<std::uint64_t>(more);
    gateway.run_until([&] { return ended() >= wanted && idle(); });
  }
  std::uint64_t ended() { return metrics().pulls.value() + metrics().failed.value(); }
  void until_inactive() {
    gateway.run_until([&] { return row().state != store::PullState::active && idle(); });
  }
  void later(std::chrono::seconds by) {
    gateway.clock.advance(by);
    gateway.puller().look();
  }
  // Whoever is due was looked for twice, and has been begun.
  void looked() {
    gateway.puller().look();
    gateway.puller().look();
    gateway.run(after_what_was_posted());
  }
  // And nobody is at work any more.
  void settle() {
    looked();
    const auto all = gateway.reader().pull_users(gateway.store().source("bodo", "scale"));
    gateway.run_until([&] {
      return std::all_of(all.begin(), all.end(), [&](const store::PullUser& one) { return idle(one.user); });
    });
  }
  std::size_t observations() {
    store::ObservationFilter filter;
    filter.tenant = gateway.bodo();
    return static_cast<std::size_t>(gateway.reader().count(filter));
  }
  std::size_t waiting() {
    return static_cast<std::size_t>(gateway.reader().waiting_count(gateway.store().source("bodo", "scale")));
  }

 private:
  static http::Awaitable<int> after_what_was_posted() { co_return 0; }
  template <class Cloud>
  static tests::InProcessGateway::Options options(Cloud& cloud, const char* adapter, std::function<void(config::Source&)> set) {
    tests::InProcessGateway::Options options;
    options.config = pulling(adapter);
    if (set) set(options.config.sources.back());
    options.vendor = [&cloud](const HttpRequest& request) { return cloud(request); };
    return options;
  }
};

}  // namespace gateway::pull
