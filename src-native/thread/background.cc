#include "thread/background.h"

#include <condition_variable>
#include <deque>
#include <mutex>

#include "thread/thread.h"

namespace mapdirect::background {
namespace {

struct Queue final {
  explicit Queue(const char* of_threads) : name(of_threads) {}

  const char* const name;
  std::mutex lock;
  std::condition_variable wake;
  std::deque<std::unique_ptr<Task>> tasks;
  unsigned threads{0};
  unsigned idle{0};
};

// Never destroyed: the threads may outlive static destruction at exit.
Queue& QueueOf(Threads threads) {
  static auto* const queues = new Queue[2]{Queue("mapdirect-call"), Queue("mapdirect-flush")};
  return queues[threads == Threads::kFlushes ? 1 : 0];
}

void RunTask(std::unique_ptr<Task> task) {
  const std::shared_ptr<Mailbox> home = task->Home();
  if (home->IsOpen()) task->Run();
  home->Deliver(std::move(task));
}

[[noreturn]] void Work(Queue& queue) {
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

bool Start(Queue& queue) {
  return StartThread(
      queue.name, [](void* data) -> void* { Work(*static_cast<Queue*>(data)); }, &queue);
}

void* RunAlone(void* task) {
  RunTask(std::unique_ptr<Task>(static_cast<Task*>(task)));
  return nullptr;
}

bool PostAlone(std::unique_ptr<Task> task) {
  if (!StartThread("mapdirect-wait", RunAlone, task.get())) return false;
  static_cast<void>(task.release());  // RunAlone owns it
  return true;
}

}  // namespace

bool Post(std::unique_ptr<Task> task, Threads threads) {
  if (threads == Threads::kOwn) return PostAlone(std::move(task));
  Queue& queue = QueueOf(threads);
  {
    const std::lock_guard<std::mutex> guard(queue.lock);
    const bool is_enough = queue.idle > queue.tasks.size() || queue.threads == kThreads;
    if (!is_enough && Start(queue)) queue.threads++;
    if (queue.threads == 0) return false;
    queue.tasks.push_back(std::move(task));
  }
  // After the lock, which the woken thread takes first: it may preempt this one.
  queue.wake.notify_one();
  return true;
}

}  // namespace mapdirect::background
