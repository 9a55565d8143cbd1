#include "gateway/store/read_pool.hpp"

namespace gateway::store {

ReadPool::ReadPool(Store& store, int threads, std::size_t queue_max) : store_(store), queue_max_(queue_max) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

ReadPool::~ReadPool() { stop(); }

void ReadPool::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool ReadPool::submit(Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || tasks_.size() >= queue_max_) return false;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void ReadPool::work() {
  std::unique_ptr<Reader> reader = store_.reader();
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;  // stopping, and everything taken is answered
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task(*reader);
  }
}

}  // namespace gateway::store
