#include "gateway/pull/users.hpp"

#include <algorithm>

#include "gateway/journal/working.hpp"

namespace gateway::pull {
namespace {

// With what earlier jobs of the group decided.
std::optional<store::PullUser> known(journal::Working& working, store::Source source, const std::string& user) {
  const auto& dropped = working.changes.dropped_pull_users;
  const bool gone = std::any_of(dropped.begin(), dropped.end(),
                                [&](const auto& name) { return name.source == source && name.user == user; });
  if (gone) return std::nullopt;
  const auto& written = working.changes.pull_users;
  const auto row = std::find_if(written.rbegin(), written.rend(),
                                [&](const auto& one) { return one.source == source && one.user == user; });
  return row != written.rend() ? std::optional(*row) : working.reader.pull_user(source, user);
}

void note(journal::Working& working, const store::PullUser& by, std::string action) {
  store::Audit audit;
  audit.at = working.now;
  audit.tenant = by.tenant;
  audit.client = by.who;
  audit.action = std::move(action);
  audit.purpose = "operation";
  audit.outcome = "ok";
  working.changes.audits.push_back(std::move(audit));
}

}  // namespace

std::string_view name(store::PullState state) {
  switch (state) {
    case store::PullState::active: return "active";
    case store::PullState::consent_lost: return "consent-lost";
    case store::PullState::wrong_user: return "wrong-user";
  }
  return "active";
}

void PutUser::decide(journal::Working& working) {
  const auto& dropped = working.changes.dropped_pull_users;
  if (std::any_of(dropped.begin(), dropped.end(), [&](const auto& name) {
        return name.source == given_.source && name.user == given_.user;
      })) {
    // The group's deletions come after its writes.
    throw journal::JobRefused{{fhir::ErrorCategory::busy, "this user is being taken away; try again"}};
  }
  std::optional<store::PullUser> before = known(working, given_.source, given_.user);
  made_ = !before;
  row_ = given_;
  if (before) {
    row_.mark = before->mark;
    row_.pulled = before->pulled;
    row_.vendor_user = before->vendor_user;
  }
  row_.version = working.next_id();
  row_.connected = working.now;
  note(working, row_, "write PullUser");
  working.changes.pull_users.push_back(row_);
}

void DropUser::decide(journal::Working& working) {
  if (!known(working, which_.source, which_.user)) throw journal::JobRefused{fhir::not_found("no such user")};
  note(working, which_, "delete PullUser");
  working.changes.dropped_pull_users.push_back({which_.source, which_.user});
}

void ChangeUser::decide(journal::Working& working) {
  std::optional<store::PullUser> row = known(working, source_, user_);
  if (!row || row->version != version_) {
    throw journal::JobRefused{{fhir::ErrorCategory::conflict, "the user's token was replaced meanwhile"}};
  }
  change_(*row);
  if (token_ == Token::replaced) row->version = working.next_id();
  row_ = *row;
  working.changes.pull_users.push_back(std::move(*row));
}

}  // namespace gateway::pull
