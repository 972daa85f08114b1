#include "thread/background.h"

#include <sched.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "thread/thread.h"

namespace mapdirect::background {
namespace {

// Never destroyed: the threads may outlive static destruction at exit.
struct Queue final {
  std::mutex lock;
  std::condition_variable wake;
  std::deque<std::unique_ptr<Task>> tasks;
  unsigned threads{0};
  unsigned idle{0};
};

Queue& TheQueue() {
  static auto* const queue = new Queue;
  return *queue;
}

// A SCHED_BATCH thread does not preempt the thread that wakes it, so the event loop continues at once (sched(7)).
void SetBatchScheduling() {
  const sched_param none = {};
  ::sched_setscheduler(/*pid=*/0, SCHED_BATCH, &none);
}

void RunTask(std::unique_ptr<Task> task) {
  const std::shared_ptr<Mailbox> home = task->Home();
  if (home->IsOpen()) task->Run();
  home->Deliver(std::move(task));
}

[[noreturn]] void Work() {
  SetBatchScheduling();
  Queue& queue = TheQueue();
  for (;;) {
    std::unique_ptr<Task> task;
    {
      std::unique_lock<std::mutex> guard(queue.lock);
      queue.idle++;
      queue.wake.wait(guard, [&queue] { return !queue.tasks.empty(); });
      queue.idle--;
      task = std::move(queue.tasks.front());
      queue.tasks.pop_front();
    }
    RunTask(std::move(task));
  }
}

bool Start() {
  return StartThread([](void*) -> void* { Work(); }, nullptr);
}

void* RunAlone(void* task) {
  SetBatchScheduling();
  RunTask(std::unique_ptr<Task>(static_cast<Task*>(task)));
  return nullptr;
}

}  // namespace

bool PostAlone(std::unique_ptr<Task> task) {
  if (!StartThread(RunAlone, task.get())) return false;
  static_cast<void>(task.release());  // RunAlone owns it
  return true;
}

bool Post(std::unique_ptr<Task> task) {
  Queue& queue = TheQueue();
  const std::lock_guard<std::mutex> guard(queue.lock);
  const bool is_enough = queue.idle > queue.tasks.size() || queue.threads == kThreads;
  if (!is_enough && Start()) queue.threads++;
  if (queue.threads == 0) return false;
  queue.tasks.push_back(std::move(task));
  queue.wake.notify_one();
  return true;
}

}  // namespace mapdirect::background
