#include "gateway/api/alarm_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"

namespace gateway::api {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds comment_every{15};
// How much one pull hands to the socket: a reader that keeps up gets changes one by one, one that catches up gets pages.
constexpr std::size_t page = 200;
constexpr std::uint32_t alarm_entries = 1u << static_cast<unsigned>(store::Entry::alarm);

class AlarmStream : public http::BodyStream {
 public:
  AlarmStream(const AlarmDeps& deps, std::shared_ptr<const auth::Actor> actor, store::Position cursor)
      : deps_(deps), actor_(std::move(actor)), cursor_(cursor) {}
  ~AlarmStream() override {
    if (counted_) deps_.metrics.open_streams.set(static_cast<double>(deps_.feed.streams()) - 1);
  }

  http::Awaitable<std::optional<std::string>> next() override {
    if (!begun_) {
      begun_ = true;
      http::Executor executor = co_await asio::this_coro::executor;
      waiter_ = deps_.feed.waiter(executor, actor_->tenant);
      counted_ = true;
      deps_.metrics.open_streams.set(static_cast<double>(deps_.feed.streams()));
      co_return std::string(": hjemport alarms\n\n");
    }
    for (;;) {
      store::Position reached = cursor_;
      auto changes = deps_.feed.after(cursor_, actor_->tenant, page, reached);
      if (!changes) {
        std::optional<std::string> older = co_await from_journal();
        if (!older) co_return std::nullopt;
        if (!older->empty()) co_return older;
        continue;
      }
      std::optional<std::unordered_set<AlarmId>> theirs;
      if (!actor_->organization.empty() && !changes->empty()) {
        std::vector<AlarmId> asked;
        for (const auto& change : *changes) asked.push_back(change->alarm);
        theirs = co_await dealt_with(std::move(asked));
        if (!theirs) co_return std::nullopt;
      }
      cursor_ = reached;
      std::string text;
      for (const auto& change : *changes) {
        if (theirs && !theirs->contains(change->alarm)) continue;
        append(text, change->position, change->patient, change->event, change->data, change->at);
      }
      if (!text.empty()) co_return text;
      if (!changes->empty()) continue;  // another organisation's; meanwhile more may have come

      waiter_->expires_after(comment_every);
      asio::as_tuple_t<asio::use_awaitable_t<http::Executor>> token;
      auto [fault] = co_await waiter_->async_wait(token);
      if (!fault) co_return std::string(":\n\n");  // nothing happened for a while: the line is alive
      asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return std::nullopt;
    }
  }

 private:
  // Of these, the ones a client of one organisation deals with, as they stand now. Nothing when the store cannot be read: the stream
  // ends and is resumed.
  http::Awaitable<std::optional<std::unordered_set<AlarmId>>> dealt_with(std::vector<AlarmId> asked) {
    using Found = std::unordered_set<AlarmId>;
    std::function<store::Result<Found>(store::Reader&)> read = [&asked, this](store::Reader& reader) -> store::Result<Found> {
      Found found;
      for (AlarmId id : asked) {
        auto row = reader.alarm(id);
        auto alarm = row ? alarms::alarm_from_stored(*row) : fhir::Result<alarms::Alarm>(fhir::not_found("no such alarm"));
        if (alarm && deals_with(*actor_, *alarm, row->tenant, deps_.services)) found.insert(id);
      }
      return found;
    };
    auto found = co_await deps_.reads.run<Found>(std::move(read));
    if (!found) co_return std::nullopt;
    co_return std::move(*found);
  }

  // A cursor further back than the ring: pages from the journal. Empty text: nothing of this page was for this reader.
  http::Awaitable<std::optional<std::string>> from_journal() {
    const store::Position after = cursor_;
    const store::Tenant tenant = actor_->tenant;
    std::function<store::Result<std::vector<store::JournalEntry>>(store::Reader&)> read =
        [after, tenant](store::Reader& reader) -> store::Result<std::vector<store::JournalEntry>> {
      return reader.journal(after, page, alarm_entries, tenant);
    };
    const store::Position ring_end = deps_.feed.newest();
    auto entries = co_await deps_.reads.run<std::vector<store::JournalEntry>>(std::move(read));
    if (!entries) co_return std::nullopt;
    std::optional<std::unordered_set<AlarmId>> theirs;
    if (!actor_->organization.empty()) {
      std::vector<AlarmId> asked;
      for (const store::JournalEntry& entry : *entries) asked.push_back(AlarmId{entry.ref});
      theirs = co_await dealt_with(std::move(asked));
      if (!theirs) co_return std::nullopt;
    }
    std::string text;
    for (const store::JournalEntry& entry : *entries) {
      if (!theirs || theirs->contains(AlarmId{entry.ref})) {
        append(text, entry.position, entry.patient, entry.change, entry.data, entry.at);
      }
      cursor_ = entry.position;
    }
    if (entries->size() < page) cursor_ = std::max(cursor_, ring_end);  // all up to where the ring was is read
    co_return text;
  }

  void append(std::string& text, store::Position position, PatientId patient, std::string_view event, std::string_view data,
              fhir::Time committed) {
    if (!auth::may(*actor_, actor_->tenant, patient, auth::Purpose::alarm_handling)) return;
    char number[24];
    auto end = std::to_chars(number, number + sizeof number, position).ptr;
    text.append("id: ").append(number, end).append("\nevent: ").append(event).append("\ndata: ").append(data).append("\n\n");
    deps_.metrics.reading_to_stream_seconds.observe(std::chrono::duration<double>(deps_.clock.now() - committed).count());
  }

  const AlarmDeps& deps_;
  std::shared_ptr<const auth::Actor> actor_;
  store::Position cursor_;
  std::shared_ptr<journal::AlarmFeed::Timer> waiter_;
  bool begun_ = false, counted_ = false;
};

http::Awaitable<http::Response> open_stream(http::Request& request, const AlarmDeps& deps) {
  store::Position cursor = deps.feed.newest();
  if (std::string_view last = request.header("last-event-id"); !last.empty()) {
    auto [end, fault] = std::from_chars(last.data(), last.data() + last.size(), cursor);
    if (fault != std::errc{} || end != last.data() + last.size() || cursor < 0) {
      co_return problem(400, "Last-Event-ID is a journal position");
    }
    using Kept = std::pair<store::Position, store::Position>;
    std::function<store::Result<Kept>(store::Reader&)> read = [](store::Reader& reader) -> store::Result<Kept> {
      return Kept{reader.oldest(), reader.newest()};
    };
    auto kept = co_await deps.reads.run<Kept>(std::move(read));
    if (!kept) co_return problem(kept.error());
    // Also a position this journal never reached (a restored backup): nothing can be resumed without a gap. The store's word, not
    // the feed's, which learns of a group a moment later than whoever read the position.
    if (cursor + 1 < kept->first || cursor > kept->second) {
      co_return problem(410, "this position is no longer kept: fetch GET /alarms?state=open and start from its position");
    }
  }
  fhir::Result<void> audited = co_await deps.audit.record(*request.actor, "stream Alarm", PatientId{}, "alarm-handling", "ok");
  if (!audited) co_return problem(audited.error());

  http::Response response(200, "text/event-stream", "");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.stream = std::make_unique<AlarmStream>(deps, request.actor, cursor);
  co_return response;
}

}  // namespace

void add_alarm_stream_route(http::Router& router, const AlarmDeps& deps) {
  http::Route route;
  route.method = http::Method::get;
  route.pattern = "/alarms/stream";
  route.roles = static_cast<http::Roles>(http::Role::response_centre);
  route.handler = [&deps](http::Request& request) { return open_stream(request, deps); };
  router.add(route);
}

}  // namespace gateway::api
