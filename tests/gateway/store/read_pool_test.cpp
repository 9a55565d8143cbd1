#include "gateway/store/read_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <optional>

#include "tests/support/memory_store.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using store::ReadPool;

namespace {

using Read = std::function<fhir::Result<int>(store::Reader&)>;

http::Awaitable<void> ask(ReadPool& pool, Read read, std::optional<fhir::Result<int>>& answer) {
  answer = co_await pool.run<int>(std::move(read));
}

struct Loop {
  boost::asio::io_context context{1};
  std::optional<fhir::Result<int>> answer;

  void begin(ReadPool& pool, Read read) {
    boost::asio::co_spawn(context.get_executor(), ask(pool, std::move(read), answer), [](std::exception_ptr) {});
    context.restart();
    context.poll();
  }
  const fhir::Result<int>& run() {
    auto guard = boost::asio::make_work_guard(context);
    context.restart();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!answer && std::chrono::steady_clock::now() < deadline) context.run_one_for(std::chrono::milliseconds(50));
    REQUIRE(answer);
    return *answer;
  }
};

}  // namespace

TEST_CASE("read pool: answers with the read's result, and what it throws is unavailable", "[store][read_pool]") {
  support::MemoryStore memory;
  Loop loop;  // outlives the pool, which posts to it
  ReadPool pool(memory, 2);
  SECTION("a value") {
    loop.begin(pool, [](store::Reader&) { return fhir::Result<int>(7); });
    CHECK(*loop.run() == 7);
  }
  SECTION("an error") {
    loop.begin(pool, [](store::Reader&) { return fhir::Result<int>(fhir::not_found("x")); });
    CHECK(loop.run().error().category == fhir::ErrorCategory::not_found);
  }
  SECTION("an exception") {
    loop.begin(pool, [](store::Reader&) -> fhir::Result<int> { throw std::runtime_error("disk"); });
    CHECK(loop.run().error().category == fhir::ErrorCategory::unavailable);
    CHECK(loop.run().error().detail.find("disk") == std::string::npos);
  }
}

TEST_CASE("read pool: a full queue is busy, and what was taken is answered at the stop", "[store][read_pool]") {
  support::MemoryStore memory;
  std::promise<void> entered, open;
  Loop first, second, third, late;
  ReadPool pool(memory, 1, 1);
  first.begin(pool, [&](store::Reader&) {
    entered.set_value();
    open.get_future().wait();
    return fhir::Result<int>(1);
  });
  entered.get_future().wait();
  second.begin(pool, [](store::Reader&) { return fhir::Result<int>(2); });
  third.begin(pool, [](store::Reader&) { return fhir::Result<int>(3); });
  CHECK(third.run().error().category == fhir::ErrorCategory::busy);
  open.set_value();
  pool.stop();
  CHECK(*first.run() == 1);
  CHECK(*second.run() == 2);
  late.begin(pool, [](store::Reader&) { return fhir::Result<int>(4); });
  CHECK(late.run().error().category == fhir::ErrorCategory::busy);
  pool.stop();
}

TEST_CASE("read pool: the loop may end while a read is under way", "[store][read_pool]") {
  support::MemoryStore memory;
  ReadPool pool(memory, 1);
  std::promise<void> entered, open;
  auto loop = std::make_unique<Loop>();
  auto witness = std::make_shared<int>(0);
  std::weak_ptr<int> alive = witness;
  loop->begin(pool, [&, witness = std::move(witness)](store::Reader&) {
    entered.set_value();
    open.get_future().wait();
    return fhir::Result<int>(*witness);
  });
  entered.get_future().wait();
  open.set_value();
  pool.stop();  // the answer waits in a loop nobody runs
  loop.reset();
  CHECK(alive.expired());
}
