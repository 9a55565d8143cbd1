#include "gateway/journal/submit.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <optional>
#include <thread>

#include "gateway/journal/working.hpp"
#include "tests/support/gate.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using journal::Committer;
using journal::Working;

namespace {

class Awaited : public journal::AwaitedJob {
 public:
  explicit Awaited(std::function<void(Working&)> decide, std::size_t rows = 1)
      : decide_(std::move(decide)), rows_(rows) {}
  std::size_t rows() const override { return rows_; }
  void decide(Working& working) override { decide_(working); }

 private:
  std::function<void(Working&)> decide_;
  std::size_t rows_;
};

void nothing(Working& working) {
  working.record({});
}

http::Awaitable<void> wait_for(Committer& committer, std::shared_ptr<journal::AwaitedJob> job,
                               std::optional<fhir::Result<void>>& answer, std::thread::id& resumed_on) {
  answer = co_await journal::commit(committer, std::move(job), store::Lane::bulk);
  resumed_on = std::this_thread::get_id();
}

struct Loop {
  boost::asio::io_context context{1};
  std::optional<fhir::Result<void>> answer;
  std::thread::id resumed_on;

  void begin(Committer& committer, std::shared_ptr<journal::AwaitedJob> job) {
    boost::asio::co_spawn(context.get_executor(), wait_for(committer, std::move(job), answer, resumed_on),
                          [](std::exception_ptr) {});
    context.poll();
  }
  void run() {
    auto guard = boost::asio::make_work_guard(context);
    context.restart();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!answer && std::chrono::steady_clock::now() < deadline) context.run_one_for(std::chrono::milliseconds(50));
    REQUIRE(answer);
  }
};

}  // namespace

TEST_CASE("commit: a coroutine goes on where it waited, with what became of its job", "[journal][submit]") {
  support::MemoryStore store;
  support::ManualClock clock;
  journal::Settings settings;
  settings.bulk_rows = 1;
  Loop loop, first;  // loops outlive the committer, which posts to them
  Committer committer(store, clock, 0, settings);
  committer.start();
  SECTION("done") {
    loop.begin(committer, std::make_shared<Awaited>(nothing));
    loop.run();
    CHECK(*loop.answer);
    CHECK(store.commits() == 1);
  }
  SECTION("refused") {
    loop.begin(committer,
               std::make_shared<Awaited>([](Working&) { throw journal::JobRefused{fhir::not_found("gone")}; }));
    loop.run();
    CHECK(loop.answer->error().category == fhir::ErrorCategory::not_found);
  }
  SECTION("the lane is full") {
    tests::Gate gate(committer);
    first.begin(committer, std::make_shared<Awaited>(nothing));
    loop.begin(committer, std::make_shared<Awaited>(nothing));
    loop.run();
    CHECK(loop.answer->error().category == fhir::ErrorCategory::busy);
    gate.open();
    first.run();
    CHECK(*first.answer);
  }
  SECTION("the committer has stopped") {
    committer.stop();
    loop.begin(committer, std::make_shared<Awaited>(nothing));
    loop.run();
    CHECK(loop.answer->error().category == fhir::ErrorCategory::busy);
  }
  CHECK(loop.resumed_on == std::this_thread::get_id());
}

TEST_CASE("commit: the loop may end while a coroutine waits", "[journal][submit]") {
  // Under AddressSanitizer: neither a leak nor a use of what is gone.
  support::MemoryStore store;
  support::ManualClock clock;
  journal::Settings settings;
  settings.bulk_rows = 1;
  auto witness = std::make_shared<int>(0);
  std::weak_ptr<int> alive = witness;
  auto job = std::make_shared<Awaited>([witness](Working& working) { working.record({}); });
  auto refused = std::make_shared<Awaited>([witness](Working& working) { working.record({}); });
  witness.reset();
  auto loop = std::make_unique<Loop>();
  Committer committer(store, clock, 0, settings);
  committer.start();
  {
    tests::Gate gate(committer);
    loop->begin(committer, std::move(job));
    SECTION("suspended in its commit") {}
    SECTION("told that the lane is full and not yet resumed") {
      boost::asio::co_spawn(loop->context.get_executor(), wait_for(committer, refused, loop->answer, loop->resumed_on),
                            [](std::exception_ptr) {});
      loop->context.run_one_for(std::chrono::seconds(1));
    }
  }
  refused.reset();
  committer.stop();  // the job ran; its answer waits in a loop nobody runs
  CHECK(store.commits() == 1);
  loop.reset();
  CHECK(alive.expired());
}
