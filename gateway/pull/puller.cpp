#include "gateway/pull/puller.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <mutex>

#include "gateway/deliver/backoff.hpp"
#include "gateway/pull/run.hpp"
#include "gateway/pull/users.hpp"
#include "gateway/runtime/log.hpp"

namespace gateway::pull {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds poll = 5s;         // in case the clock of the tests or the machine moved
constexpr milliseconds store_pause = 1s;  // after the store could not be read
constexpr milliseconds hint_gap = 5s;     // between two starts of one user's pull, however many notifications come
constexpr std::uint32_t vendor_failures = 5;  // of whoever, in a row: then the vendor is left alone, and asked by one user at a time

struct Kept {
  explicit Kept(Account account) : of(std::move(account)) {}

  Account of;
  std::map<std::string, std::shared_ptr<User>, std::less<>> users;
  int running = 0;
  std::uint32_t failures = 0;
  Steady paused_until{};
};

Client client_of(const config::Pull& pull, const Vendor& vendor) {
  return {pull.client_id, pull.client_secret, pull.url.empty() ? std::string(vendor.url) : pull.url};
}

}  // namespace

struct Puller::Shared : std::enable_shared_from_this<Puller::Shared> {
  explicit Shared(const Means& given) : means(given), fetcher(given.context, given.http), timer(given.context) {}

  Means means;
  Fetcher fetcher;
  asio::steady_timer timer;
  std::unique_ptr<store::Reader> reader;
  std::map<std::string, std::unique_ptr<Kept>, std::less<>> accounts;  // the map itself does not change after the construction
  bool loaded = false, stopping = false;
  std::function<void()> stopped;

  mutable std::mutex live_mutex;
  std::map<std::pair<std::string, std::string>, Live> live;  // source and user

  void load();
  void look();
  void begin(Kept&, const std::shared_ptr<User>&);
  void end(Kept&, const std::shared_ptr<User>&, const Ended&);
  milliseconds judge(Kept&, User&, const Ended&);
  void put(Kept&, const store::PullUser&);
  void drop(Kept&, const std::string& user);
  void hurry(Kept&, std::string_view user);
  void show(const Kept&, const User&, const Ended*);
  void count(const Kept&) const;
  void arm(milliseconds);
  Kept* find(std::string_view source) const {
    const auto at = accounts.find(source);
    return at == accounts.end() ? nullptr : at->second.get();
  }
  Steady now() const { return means.clock.steady_now(); }
};

// -- users

void Puller::Shared::load() {
  try {
    if (!reader) reader = means.store.reader();
    for (auto& [id, account] : accounts) {
      for (const store::PullUser& row : reader->pull_users(account->of.source.facts.source)) put(*account, row);
    }
    reader.reset();
    loaded = true;
  } catch (const std::exception&) {
    log::error("pull_users_not_loaded", {});
    reader.reset();
  }
}

// As committed. A pull under way goes on with what it knows and finds at its next commit that the token is another one.
void Puller::Shared::put(Kept& account, const store::PullUser& row) {
  std::shared_ptr<User>& user = account.users[row.user];
  if (!user || user->gone) user = std::make_shared<User>();
  if (user->running) {
    user->next = row;
    return;
  }
  if (user->row.version > row.version) return;  // loaded later than an operator's change arrived
  *user = User();
  user->row = row;
  user->due = now();
  show(account, *user, nullptr);
}

void Puller::Shared::drop(Kept& account, const std::string& name) {
  const auto at = account.users.find(name);
  if (at == account.users.end()) return;
  at->second->gone = true;
  account.users.erase(at);
  const std::lock_guard lock(live_mutex);
  live.erase({account.of.source.facts.id, name});
}

void Puller::Shared::hurry(Kept& account, std::string_view name) {
  const auto at = account.users.find(name);
  if (at == account.users.end() || at->second->failures > 0) return;
  User& user = *at->second;
  user.again = user.running;
  if (!user.running) user.due = std::min(user.due, std::max(now(), user.started + hint_gap));
}

// -- who is due

void Puller::Shared::look() {
  if (stopping) return;
  if (!loaded) {
    load();
    if (!loaded) return arm(store_pause);
  }
  const Steady time = now();
  milliseconds wait = poll;
  auto later = [&](Steady at) {
    wait = std::min(wait, std::max(std::chrono::ceil<milliseconds>(at - time), 0ms));
  };
  for (auto& [id, account] : accounts) {
    count(*account);
    if (account->paused_until > time) {
      later(account->paused_until);
      continue;
    }
    std::vector<std::shared_ptr<User>> due;
    for (auto& [name, user] : account->users) {
      if (user->running || user->row.state != store::PullState::active) continue;
      if (user->due <= time)
        due.push_back(user);
      else
        later(user->due);
    }
    std::sort(due.begin(), due.end(), [](const auto& a, const auto& b) { return a->due < b->due; });
    const int most = account->failures >= vendor_failures ? 1 : account->of.settings.concurrency;
    for (const auto& user : due) {
      if (account->running >= most) break;  // the next one begins when one ends
      begin(*account, user);
    }
  }
  arm(wait);
}

void Puller::Shared::arm(milliseconds wait) {
  timer.expires_after(wait);
  timer.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    auto self = weak.lock();
    if (self && !error) self->look();
  });
}

void Puller::Shared::begin(Kept& account, const std::shared_ptr<User>& user) {
  user->running = true;
  user->again = false;
  user->started = now();
  ++account.running;
  show(account, *user, nullptr);
  auto ended = [self = shared_from_this(), &account, user](std::exception_ptr fault, const Ended& how) {
    if (!fault) return self->end(account, user, how);
    log::error("pull_broke_off", {{"source", account.of.source.facts.id}});
    self->end(account, user, {Ended::How::failed, "broke off", std::nullopt});
  };
  asio::co_spawn(means.context, pull_user(means, fetcher, account.of, *user), std::move(ended));
}

void Puller::Shared::end(Kept& account, const std::shared_ptr<User>& user, const Ended& how) {
  user->running = false;
  --account.running;
  if (!user->gone && !stopping) {  // what was cut says nothing of anybody
    const milliseconds wait = judge(account, *user, how);
    user->due = now() + wait;
    if (user->again && how.how == Ended::How::done) user->due = std::min(user->due, std::max(now(), user->started + hint_gap));
    show(account, *user, &how);
    if (user->next) {
      const store::PullUser row = std::move(*user->next);
      put(account, row);
    }
  }
  if (!stopping) return asio::post(means.context, [self = shared_from_this()] { self->look(); });
  const bool idle = std::all_of(accounts.begin(), accounts.end(), [](const auto& entry) { return entry.second->running == 0; });
  if (idle && stopped) std::exchange(stopped, nullptr)();
}

// What a pull's end means for its user and the whole source; how long to wait with this user.
milliseconds Puller::Shared::judge(Kept& account, User& user, const Ended& how) {
  using How = Ended::How;
  const config::Pull& settings = account.of.settings;
  const deliver::Backoff backoff{settings.backoff_first, settings.backoff_max};
  const std::string& source = account.of.source.facts.id;
  // At least half of the ceiling: full jitter could make it a busy loop.
  auto pause = [&](std::uint32_t failures) {
    const milliseconds half = backoff.ceiling(failures) / 2;
    const milliseconds wait = half + backoff.wait(failures, means.random) / 2;
    return std::max<milliseconds>(wait, how.retry_after.value_or(std::chrono::seconds(0)));
  };
  if (how.how == How::done) {
    if (account.failures >= vendor_failures) log::info("pull_recovered", {{"source", source}});
    account.failures = user.failures = 0;
    account.of.metrics.pulls.add();
    const milliseconds every = settings.every;  // a tenth more or less, so that users do not stay in step
    return every * 9 / 10 + milliseconds(static_cast<std::int64_t>(means.random.number() % static_cast<std::uint64_t>(every.count() / 5)));
  }
  if (how.how == How::replaced) return store_pause;
  if (how.how == How::inactive) {
    log::warning("pull_user_inactive", {{"source", source}, {"state", name(user.row.state)}, {"reason", how.reason}});
    return settings.every;
  }
  ++user.failures;
  account.of.metrics.failed.add();
  if (how.how == How::throttled) {
    account.of.metrics.throttled.add();
    account.paused_until = std::max(account.paused_until, now() + pause(user.failures));
    return 0ms;
  }
  if (how.how == How::client_refused) account.failures = std::max(account.failures, vendor_failures - 1);
  if (how.how == How::client_refused || how.how == How::vendor_failed) {
    if (++account.failures == vendor_failures)
      log::warning("pull_failed", {{"source", source}, {"reason", how.reason}});
    if (account.failures >= vendor_failures)
      account.paused_until = now() + pause(account.failures - vendor_failures + 1);
  }
  return pause(user.failures);
}

// -- for others to see

void Puller::Shared::show(const Kept& account, const User& user, const Ended* how) {
  if (user.gone) return;
  const std::lock_guard lock(live_mutex);
  Live& shown = live[{account.of.source.facts.id, user.row.user}];
  shown.failures = user.failures;
  shown.running = user.running;
  if (user.failures == 0) shown.last_failure.clear();
  if (how != nullptr && user.failures > 0) shown.last_failure = how->reason;
}

void Puller::Shared::count(const Kept& account) const {
  const PullMetrics& metrics = account.of.metrics;
  int active = 0, lost = 0, wrong = 0, failing = 0;
  const fhir::Time time = means.clock.now();
  fhir::Time oldest = time;
  for (const auto& [id, user] : account.users) {
    const store::PullUser& row = user->row;
    if (row.state == store::PullState::consent_lost) ++lost;
    if (row.state == store::PullState::wrong_user) ++wrong;
    if (row.state != store::PullState::active) continue;
    ++active;
    if (user->failures > 0) ++failing;
    oldest = std::min(oldest, row.pulled.value_or(row.connected));
  }
  metrics.users.set(active);
  metrics.consent_lost.set(lost);
  metrics.wrong_user.set(wrong);
  metrics.failing.set(failing);
  metrics.oldest_seconds.set(std::chrono::duration<double>(time - oldest).count());
}

// -- from any thread

Puller::Puller(const Means& means, const std::vector<config::Source>& sources) : shared_(std::make_shared<Shared>(means)) {
  for (const config::Source& configured : sources) {
    const Vendor* vendor = configured.pull ? vendor_named(configured.adapter) : nullptr;
    const ingest::ConfiguredSource* source = means.sources.find(configured.id);
    if (vendor == nullptr || source == nullptr) continue;
    Account account{*configured.pull, client_of(*configured.pull, *vendor), *vendor, *source,
                    means.metrics.pull(configured.tenant, configured.id)};
    shared_->accounts.emplace(configured.id, std::make_unique<Kept>(std::move(account)));
  }
}

Puller::~Puller() = default;

void Puller::start() { look(); }

void Puller::look() {
  if (shared_->accounts.empty()) return;
  asio::post(shared_->means.context, [shared = shared_] { shared->look(); });
}

void Puller::stop(std::function<void()> done) {
  asio::post(shared_->means.context, [shared = shared_, done = std::move(done)]() mutable {
    shared->stopping = true;
    shared->timer.cancel();
    shared->fetcher.stop();
    const bool idle = std::all_of(shared->accounts.begin(), shared->accounts.end(),
                                  [](const auto& entry) { return entry.second->running == 0; });
    if (idle) return done();
    shared->stopped = std::move(done);
  });
}

bool Puller::pulls(std::string_view source) const { return shared_->find(source) != nullptr; }

bool Puller::refreshes(std::string_view source) const {
  const Kept* account = shared_->find(source);
  return account != nullptr && account->of.vendor.refreshes;
}

Live Puller::live(std::string_view source, const std::string& user) const {
  const std::lock_guard lock(shared_->live_mutex);
  const auto at = shared_->live.find({std::string(source), user});
  return at == shared_->live.end() ? Live() : at->second;
}

void Puller::changed(std::string_view source, const store::PullUser& row) {
  Kept* account = shared_->find(source);
  if (account == nullptr) return;
  asio::post(shared_->means.context, [shared = shared_, account, row] {
    shared->put(*account, row);
    shared->look();
  });
}

void Puller::dropped(std::string_view source, const std::string& user) {
  Kept* account = shared_->find(source);
  if (account == nullptr) return;
  asio::post(shared_->means.context, [shared = shared_, account, user] { shared->drop(*account, user); });
}

void Puller::hurry(std::string_view source, const std::string& user) {
  Kept* account = shared_->find(source);
  if (account == nullptr) return;
  asio::post(shared_->means.context, [shared = shared_, account, user] {
    shared->hurry(*account, user);
    shared->look();
  });
}

void Puller::hint(std::string_view source, std::string_view notification) {
  const Kept* account = shared_->find(source);
  if (account == nullptr || notification.size() > notification_bytes) return;
  if (const auto user = account->of.vendor.hinted_user(notification)) hurry(source, *user);
}

}  // namespace gateway::pull
