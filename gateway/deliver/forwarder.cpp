#include "gateway/deliver/forwarder.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <string_view>

#include "gateway/deliver/deadletters.hpp"

namespace gateway::deliver {

namespace asio = boost::asio;

struct Forwarder::Shared : std::enable_shared_from_this<Forwarder::Shared> {
  explicit Shared(asio::io_context& context_) : context(context_) {}

  asio::io_context& context;
  std::vector<std::shared_ptr<Outlet>> outlets;
  std::atomic<bool> woken{false};  // a wake-up is on its way: a burst of groups is one

  void committed(const store::Changes&);
  void dead_letter_changed(std::string_view change, const store::Delivery&);
  void wake();
};

// On the committer's thread: hands over, does no work. Operators' acts are known by their journal entries
// (deadletters.hpp).
void Forwarder::Shared::committed(const store::Changes& changes) {
  if (changes.journal.empty()) return;
  for (const store::JournalEntry& entry : changes.journal) {
    if (entry.kind != store::Entry::delivery || (entry.change != "retried" && entry.change != "discarded")) continue;
    auto row = std::find_if(changes.deliveries.begin(), changes.deliveries.end(),
                            [&](const store::Delivery& candidate) { return candidate.id.value == entry.ref; });
    store::Delivery changed;
    if (row != changes.deliveries.end()) changed = *row;
    if (changed.destination.empty()) changed.destination = destination_of(entry);  // discarded: no row any more
    asio::post(context, [self = shared_from_this(), change = entry.change, changed] {
      self->dead_letter_changed(change, changed);
    });
  }
  if (!woken.exchange(true)) asio::post(context, [self = shared_from_this()] { self->wake(); });
}

void Forwarder::Shared::wake() {
  woken = false;  // before reading: what is committed from now on wakes again
  for (const auto& outlet : outlets) outlet->journal_grew();
}

void Forwarder::Shared::dead_letter_changed(std::string_view change, const store::Delivery& row) {
  for (const auto& outlet : outlets) {
    if (outlet->destination().id != row.destination) continue;
    if (change == "retried")
      outlet->reinstated(row);
    else
      outlet->discarded();
  }
}

Forwarder::Forwarder(const OutletMeans& means, const std::vector<config::Destination>& destinations,
                     const Publishers& publishers)
    : shared_(std::make_shared<Shared>(means.context)) {
  for (const config::Destination& destination : destinations)
    shared_->outlets.push_back(std::make_shared<Outlet>(means, destination, means.store.tenant(destination.tenant),
                                                        publisher_of(publishers, destination.tenant)));
  means.committer.observe(
      [shared = shared_](const store::Changes& changes, store::Position) { shared->committed(changes); });
}

Forwarder::~Forwarder() = default;

void Forwarder::start() {
  asio::post(shared_->context, [shared = shared_] {
    for (const auto& outlet : shared->outlets) outlet->start();
  });
}

void Forwarder::stop(std::function<void()> done, std::chrono::milliseconds patience) {
  asio::post(shared_->context, [shared = shared_, done = std::move(done), patience] {
    auto left = std::make_shared<std::size_t>(shared->outlets.size());
    if (*left == 0) return done();
    for (const auto& outlet : shared->outlets)
      outlet->stop(patience, [left, done] {
        if (--*left == 0) done();
      });
  });
}

std::vector<Forwarder::Shown> Forwarder::shown() const {
  std::vector<Shown> all;
  for (const auto& outlet : shared_->outlets) all.push_back({outlet->destination(), outlet->counts()});
  return all;
}

}  // namespace gateway::deliver
