// Waiting for a commit from a coroutine: `co_await commit(committer, job, lane)` resumes on the caller's own io_context after the
// job is durable, or with the reason it is not.
#pragma once

#include <memory>

#include "gateway/http/request.hpp"
#include "gateway/journal/committer.hpp"

namespace gateway::journal {

// A job that a coroutine waits for; derive from it and implement decide().
class AwaitedJob : public Job {
 public:
  void finished(const fhir::Result<void>&) final;

 private:
  friend http::Awaitable<fhir::Result<void>> commit(Committer&, std::shared_ptr<AwaitedJob>, store::Lane);
  std::function<void(const fhir::Result<void>&)> resume_;
};

// Busy (503 with Retry-After) when the lane is full.
http::Awaitable<fhir::Result<void>> commit(Committer&, std::shared_ptr<AwaitedJob>, store::Lane);

}  // namespace gateway::journal
