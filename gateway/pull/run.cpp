#include "gateway/pull/run.hpp"

#include <algorithm>

#include "gateway/pull/users.hpp"

namespace gateway::pull {
namespace {

using std::chrono::seconds;
using How = Ended::How;
using Change = std::function<void(store::PullUser&)>;

constexpr seconds before_expiry{60};  // renewed this long before its end
constexpr seconds window_seam{1};     // whether a vendor's spans hold their ends is not known: windows overlap

class Run {
 public:
  Run(const Means& means, Fetcher& fetcher, const Account& account, User& user)
      : means_(means), fetcher_(fetcher), account_(account), user_(user) {}

  http::Awaitable<Ended> go() {
    std::optional<Ended> ended = co_await make_token_ready();
    if (ended) co_return *ended;
    if (!user_.cursor) user_.cursor = begin();
    while (user_.cursor->from < user_.cursor->to) {
      ended = co_await window();
      if (ended) co_return *ended;
    }
    ended = co_await finish();
    if (ended) co_return *ended;
    user_.cursor.reset();
    co_return Ended{};
  }

 private:
  Holder holder() const {
    return {account_.source.facts.tenant, account_.source.facts.id, user_.row.user};
  }

  // -- what to ask

  // From a little before what is committed, but no further back than `lookback` before the last pull that came to its end: what was
  // asked then need not be asked for ever when nothing new comes. The vendor's times move the mark, so a clock of ours that was
  // wrong for a while asks too much or nothing, and skips nothing.
  Cursor begin() const {
    const fhir::Time now = means_.clock.now();
    const store::PullUser& row = user_.row;
    Cursor cursor;
    cursor.from = now - account_.settings.lookback;
    cursor.to = now;
    if (row.mark) {
      const fhir::Time asked = std::min(row.pulled.value_or(now), now);
      cursor.from = std::max(*row.mark - account_.settings.overlap, asked - account_.settings.lookback);
      cursor.to = std::max(now, *row.mark);
    }
    // A clock set back behind everything: ask the vendor all the same.
    if (cursor.from >= cursor.to) cursor.from = cursor.to - account_.settings.overlap - seconds(1);
    return cursor;
  }

  http::Awaitable<std::optional<Ended>> window() {
    Cursor& cursor = *user_.cursor;
    const seconds longest = account_.vendor.window;
    cursor.window_end = longest == seconds(0) ? cursor.to : std::min(cursor.from + longest, cursor.to);
    bool renewed = false;
    for (bool last = false; !last;) {
      deliver::HttpRequest request = account_.vendor.page_request(account_.client, cursor, *account_.source.zone);
      request.headers.emplace_back("Authorization", "Bearer " + user_.access);
      deliver::HttpResponse response = co_await send(std::move(request));
      Page page = account_.vendor.read_page(response, cursor, user_.row.user, means_.clock.now());
      if (page.answered == Answered::unauthorized && !renewed && account_.vendor.refreshes) {
        renewed = true;
        user_.access.clear();
        std::optional<Ended> ended = co_await make_token_ready();
        if (ended) co_return ended;
        continue;
      }
      std::optional<Ended> ended = co_await take(std::move(page), last);
      if (ended) co_return ended;
    }
    std::optional<Ended> ended = co_await keep_mark();
    if (ended) co_return ended;
    cursor.from = cursor.window_end >= cursor.to ? cursor.to : cursor.window_end - window_seam;
    cursor.page.clear();
    co_return std::nullopt;
  }

  http::Awaitable<deliver::HttpResponse> send(deliver::HttpRequest request) {
    request.timeout = account_.settings.timeout;
    request.body_limit = account_.settings.body_bytes;
    deliver::HttpResponse response = co_await fetcher_.fetch(std::move(request));
    co_return response;
  }

  // -- a page

  http::Awaitable<std::optional<Ended>> take(Page page, bool& last) {
    last = page.next.empty();
    std::optional<Ended> ended;
    if (page.answered != Answered::page && page.answered != Answered::nothing) {
      ended = co_await refused_page(page);
      co_return ended;
    }
    ended = co_await check_whose(page.vendor_user);
    if (ended) co_return ended;
    if (!page.payload.empty()) {
      ended = co_await hand_in(std::move(page.payload));
      if (ended) co_return ended;
    }
    Cursor& cursor = *user_.cursor;
    if (page.newest) cursor.newest = std::max(cursor.newest.value_or(*page.newest), *page.newest);
    cursor.page = std::move(page.next);
    co_return std::nullopt;
  }

  http::Awaitable<std::optional<Ended>> refused_page(const Page& page) {
    switch (page.answered) {
      case Answered::throttled:
        co_return Ended{How::throttled, page.reason, page.retry_after};
      case Answered::refused:
        co_return Ended{How::failed, page.reason, page.retry_after};
      case Answered::unauthorized: {
        if (account_.vendor.refreshes) {  // also with a new token
          user_.access.clear();
          co_return Ended{How::failed, "the vendor does not take the token it has just given", std::nullopt};
        }
        std::optional<Ended> ended =
            co_await deactivate(store::PullState::consent_lost, "the vendor takes the token no more (401)");
        co_return ended;
      }
      default:
        co_return Ended{How::vendor_failed, page.reason, page.retry_after};
    }
  }

  // Another person's readings must not reach this user's patient: nothing of such an answer is stored.
  http::Awaitable<std::optional<Ended>> check_whose(const std::string& named) {
    if (named.empty()) co_return std::nullopt;
    std::optional<Ended> ended;
    const std::string& expected = account_.vendor.user_is_vendors ? user_.row.user : user_.row.vendor_user;
    if (!expected.empty() && named != expected) {
      ended = co_await deactivate(store::PullState::wrong_user, "the vendor answers for another user than this one");
      co_return ended;
    }
    if (user_.row.vendor_user == named) co_return std::nullopt;
    Change with = [named](store::PullUser& row) { row.vendor_user = named; };
    ended = co_await change(ChangeUser::Token::kept, std::move(with));
    co_return ended;
  }

  // A document nobody can decode is kept once in quarantine, for a person to see, and asked for again until it can be decoded:
  // the mark does not pass it.
  http::Awaitable<std::optional<Ended>> hand_in(std::string payload) {
    if (user_.undecodable_kept) {
      auto readable = means_.intake.prepared(account_.source, payload, means_.clock.now());
      if (!readable) co_return Ended{How::failed, "a document that cannot be decoded", std::nullopt};
    }
    const ingest::Receipt receipt = co_await means_.intake.take(account_.source, std::move(payload));
    if (!receipt.refusal) {
      user_.undecodable_kept = false;
      account_.metrics.pages.add();
      co_return std::nullopt;
    }
    if (!receipt.undecodable) co_return Ended{How::failed, receipt.refusal->detail, std::nullopt};
    user_.undecodable_kept = true;
    co_return Ended{How::failed, "a document that cannot be decoded, kept in quarantine as " + receipt.kept.text(), std::nullopt};
  }

  http::Awaitable<std::optional<Ended>> keep_mark() {
    const Cursor& cursor = *user_.cursor;
    if (!cursor.newest) co_return std::nullopt;
    const fhir::Time mark = std::min(*cursor.newest, means_.clock.now());  // a device may be ahead of its time
    if (user_.row.mark && *user_.row.mark >= mark) co_return std::nullopt;
    Change with = [mark](store::PullUser& row) { row.mark = mark; };
    std::optional<Ended> ended = co_await change(ChangeUser::Token::kept, std::move(with));
    co_return ended;
  }

  http::Awaitable<std::optional<Ended>> finish() {
    const fhir::Time now = means_.clock.now();
    Change with = [now](store::PullUser& row) { row.pulled = now; };
    std::optional<Ended> ended = co_await change(ChangeUser::Token::kept, std::move(with));
    co_return ended;
  }

  // -- the token

  http::Awaitable<std::optional<Ended>> make_token_ready() {
    std::optional<Ended> ended;
    if (user_.unkept) {
      ended = co_await keep_token();
      if (ended) co_return ended;
    }
    const bool valid = !user_.access.empty() && means_.clock.steady_now() < user_.expires;
    if (valid) co_return std::nullopt;
    const std::optional<std::string> token = means_.seal.open(user_.row.token, holder());
    if (!token) {
      ended = co_await deactivate(store::PullState::consent_lost,
                                  "the stored token cannot be opened: the installation secret is another one");
      co_return ended;
    }
    if (!account_.vendor.refreshes) {
      user_.access = *token;
      user_.expires = Steady::max();
      co_return std::nullopt;
    }
    ended = co_await refresh(*token);
    co_return ended;
  }

  // Written down first: a store that cannot be written must not cost a token that can be used once, and after a crash it is known
  // that an answer may have been lost.
  http::Awaitable<std::optional<Ended>> refresh(const std::string& token) {
    const bool asked_before = user_.row.asked.has_value();
    const fhir::Time now = means_.clock.now();
    Change with = [now](store::PullUser& row) { row.asked = now; };
    std::optional<Ended> ended = co_await change(ChangeUser::Token::kept, std::move(with));
    if (ended) co_return ended;
    deliver::HttpRequest request = account_.vendor.token_request(account_.client, token);
    deliver::HttpResponse response = co_await send(std::move(request));
    Tokens tokens = account_.vendor.read_tokens(response, means_.clock.now());
    switch (tokens.what) {
      case Tokens::What::given:
        break;
      case Tokens::What::consent_lost: {
        if (asked_before) tokens.reason += "; an earlier answer with a new token may have been lost";
        ended = co_await deactivate(store::PullState::consent_lost, tokens.reason);
        co_return ended;
      }
      case Tokens::What::client_refused:
        co_return Ended{How::client_refused, tokens.reason, tokens.retry_after};
      case Tokens::What::throttled:
        co_return Ended{How::throttled, tokens.reason, tokens.retry_after};
      case Tokens::What::failed:
        co_return Ended{How::vendor_failed, "token: " + tokens.reason, tokens.retry_after};
    }
    account_.metrics.refreshes.add();
    Unkept unkept;
    unkept.sealed = means_.seal.seal(tokens.refresh.empty() ? token : tokens.refresh, holder());
    unkept.access = std::move(tokens.access);
    unkept.vendor_user = std::move(tokens.vendor_user);
    unkept.expires = means_.clock.steady_now() + std::max(tokens.lifetime - before_expiry, tokens.lifetime / 2);
    user_.unkept = std::move(unkept);
    ended = co_await keep_token();
    co_return ended;
  }

  // In the urgent lane: a consent that would be lost may use the reserve of a full disk.
  http::Awaitable<std::optional<Ended>> keep_token() {
    const std::string sealed = user_.unkept->sealed;
    Change with = [sealed](store::PullUser& row) {
      row.token = sealed;
      row.asked.reset();
    };
    std::optional<Ended> ended = co_await change(ChangeUser::Token::replaced, std::move(with), store::Lane::urgent);
    if (ended) {
      if (ended->how == How::replaced) user_.unkept.reset();
      co_return ended;
    }
    user_.access = std::move(user_.unkept->access);
    user_.expires = user_.unkept->expires;
    const std::string named = std::move(user_.unkept->vendor_user);
    user_.unkept.reset();
    ended = co_await check_whose(named);
    co_return ended;
  }

  // -- changes of the row

  http::Awaitable<std::optional<Ended>> change(ChangeUser::Token token, Change with,
                                               store::Lane lane = store::Lane::bulk) {
    auto job = std::make_shared<ChangeUser>(user_.row.source, user_.row.user, user_.row.version, token, std::move(with));
    const fhir::Result<void> done = co_await journal::commit(means_.committer, job, lane);
    if (!done) {
      const bool replaced = done.error().category == fhir::ErrorCategory::conflict;
      co_return Ended{replaced ? How::replaced : How::failed, done.error().detail, std::nullopt};
    }
    user_.row = job->row();
    co_return std::nullopt;
  }

  http::Awaitable<std::optional<Ended>> deactivate(store::PullState state, std::string reason) {
    Change with = [state, reason](store::PullUser& row) {
      row.state = state;
      row.reason = reason;
      row.asked.reset();
    };
    std::optional<Ended> ended = co_await change(ChangeUser::Token::kept, std::move(with));
    if (ended) co_return ended;
    user_.access.clear();
    user_.cursor.reset();
    co_return Ended{How::inactive, std::move(reason), std::nullopt};
  }

  const Means& means_;
  Fetcher& fetcher_;
  const Account& account_;
  User& user_;
};

}  // namespace

http::Awaitable<Ended> pull_user(const Means& means, Fetcher& fetcher, const Account& account, User& user) {
  Run run(means, fetcher, account, user);
  Ended ended = co_await run.go();
  co_return ended;
}

}  // namespace gateway::pull
