#include "background.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <condition_variable>
#include <deque>
#include <mutex>

namespace mapdirect::background {
namespace {

// Never destroyed: its threads may outlive static destruction at exit.
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

void Prepare() {
  // Signals of the process are for threads that know them. Those of a fault of this very thread cannot be held back.
  sigset_t all;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&all, fault);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  // A thread of this class does not preempt the one that wakes it: the event loop goes on at once (sched(7)).
  const sched_param none = {};
  ::sched_setscheduler(/*pid=*/0, SCHED_BATCH, &none);
}

void RunTask(std::unique_ptr<Task> task) {
  const std::shared_ptr<Mailbox> home = task->Home();
  if (home->IsOpen()) task->Run();
  home->Deliver(std::move(task));
}

[[noreturn]] void Work() {
  Prepare();
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
  pthread_t thread;
  if (::pthread_create(
          &thread, nullptr, [](void*) -> void* { Work(); }, nullptr) != 0)
    return false;
  ::pthread_detach(thread);
  return true;
}

void* RunAlone(void* task) {
  Prepare();
  RunTask(std::unique_ptr<Task>(static_cast<Task*>(task)));
  return nullptr;
}

}  // namespace

bool PostAlone(std::unique_ptr<Task> task) {
  pthread_t thread;
  if (::pthread_create(&thread, nullptr, RunAlone, task.get()) != 0) return false;
  static_cast<void>(task.release());  // RunAlone has it
  ::pthread_detach(thread);
  return true;
}

void Post(std::unique_ptr<Task> task) {
  Queue& queue = TheQueue();
  const std::lock_guard<std::mutex> guard(queue.lock);
  queue.tasks.push_back(std::move(task));
  if (queue.idle >= queue.tasks.size() || queue.threads == kThreads) {
    queue.wake.notify_one();
  } else if (Start()) {
    queue.threads++;
  }
  // No thread could be made, and there is none: the promise waits for the next call, which tries again.
}

}  // namespace mapdirect::background
