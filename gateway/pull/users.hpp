// Changes of pulled users, through the committer like everything else. A token's version is never used twice, so whoever worked with a
// token that was replaced or taken away meanwhile finds that out here and changes nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "gateway/journal/submit.hpp"
#include "gateway/store/store.hpp"

namespace gateway::pull {

std::string_view name(store::PullState);  // "active", "consent-lost", "wrong-user"

// Of an operator: a new token for a user, who is made when unknown. The token comes sealed. What is known of how far the user is
// pulled stays.
class PutUser final : public journal::AwaitedJob {
 public:
  PutUser(store::PullUser given) : given_(std::move(given)) {}
  void decide(journal::Working&) override;
  const store::PullUser& row() const { return row_; }  // after the commit
  bool made() const { return made_; }

 private:
  store::PullUser given_, row_;
  bool made_ = false;
};

// Of an operator: the user is not pulled any more, and the token is gone. Not found when there is none.
class DropUser final : public journal::AwaitedJob {
 public:
  DropUser(store::PullUser which) : which_(std::move(which)) {}  // source, user, tenant and who
  void decide(journal::Working&) override;

 private:
  store::PullUser which_;
};

// Of the worker: a change to a user whose token is still the one it works with; otherwise a conflict.
class ChangeUser final : public journal::AwaitedJob {
 public:
  enum class Token : std::uint8_t { kept, replaced };
  ChangeUser(store::Source source, std::string user, std::int64_t version, Token token,
             std::function<void(store::PullUser&)> change)
      : source_(source), user_(std::move(user)), version_(version), token_(token), change_(std::move(change)) {}
  void decide(journal::Working&) override;
  const store::PullUser& row() const { return row_; }

 private:
  store::Source source_;
  std::string user_;
  std::int64_t version_;
  Token token_;
  std::function<void(store::PullUser&)> change_;
  store::PullUser row_;
};

}  // namespace gateway::pull
