// Runs blocking calls on threads of our own. libuv's pool has four threads for all file-system calls of the process,
// and one stuck disk must not block them. All environments of the process share the threads.

#ifndef MAPDIRECT_BACKGROUND_H_
#define MAPDIRECT_BACKGROUND_H_

#include <napi.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <utility>

#include "environment.h"
#include "memory/ranges.h"

namespace mapdirect::background {

// The number of threads in each of the two pools.
constexpr unsigned kThreads = 4;

// The threads that run a call.
enum class Threads {
  kCalls,    // a pool
  kFlushes,  // another pool: flushes of a stuck disk leave the threads of other calls free
  kOwn,      // a thread of its own, because the call may wait for minutes
};

// One call and the promise of its result. Created and settled on the environment's thread, run on another thread. If
// the environment has ended meanwhile, that other thread destroys the task.
class Task {
 public:
  Task(napi_deferred deferred, std::shared_ptr<Mailbox> mailbox) : deferred_(deferred), mailbox_(std::move(mailbox)) {}
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  void Run() { result_ = Call(); }
  [[nodiscard]] napi_deferred Deferred() const { return deferred_; }
  [[nodiscard]] std::int64_t Result() const { return result_; }
  [[nodiscard]] std::shared_ptr<Mailbox> Home() const { return mailbox_; }

 protected:
  [[nodiscard]] virtual std::int64_t Call() = 0;

 private:
  const napi_deferred deferred_;
  const std::shared_ptr<Mailbox> mailbox_;
  std::int64_t result_{0};
};

// The queue owns the task, then the mailbox. Returns false if no such thread runs and none could be created.
[[nodiscard]] bool Post(std::unique_ptr<Task> task, Threads threads);

// A task that another thread delivers when something has happened.
class Signal final : public Task {
 public:
  using Task::Task;

 private:
  [[nodiscard]] std::int64_t Call() override { return 0; }
};

// A pending call is a user of `range`, if it has one: closing the mapping covers the pages, but the addresses stay. The
// descriptors in `held` stay open if the environment ends meanwhile, but their locks are dropped.
template <typename Function>
class CallTask final : public Task {
 public:
  CallTask(napi_deferred deferred, std::shared_ptr<Mailbox> mailbox, Range* range, HeldDescriptors held, Function call)
      : Task(deferred, std::move(mailbox)), range_(range), held_(std::move(held)), call_(std::move(call)) {
    if (range_ != nullptr) ranges::AddUser(range_);
  }
  ~CallTask() override {
    if (range_ != nullptr) ranges::DropUser(range_);
  }

 private:
  std::int64_t Call() override { return call_(); }

  Range* const range_;
  const HeldDescriptors held_;
  const Function call_;
};

}  // namespace mapdirect::background

namespace mapdirect {

// The range and the descriptors that a call uses: both stay until the call has ended.
struct Uses final {
  Range* range{nullptr};
  std::initializer_list<int> descriptors{};
};

// Returns a promise of the result of `call`: >= 0, or a negative errno; -EAGAIN: no thread could be created. `call`
// runs on another thread and must not use JavaScript.
template <typename Function>
[[nodiscard]] Napi::Value QueueWork(Napi::Env env, Uses uses, Function call,
                                    background::Threads threads = background::Threads::kCalls) {
  Environment& environment = Environment::Of(env);
  std::shared_ptr<Mailbox> mailbox = environment.OpenMailbox();
  napi_deferred deferred = nullptr;
  napi_value promise = nullptr;
  // Both fail only if the environment is ending.
  if (mailbox == nullptr || napi_create_promise(env, &deferred, &promise) != napi_ok) return {};
  auto task = std::make_unique<background::CallTask<Function>>(
      deferred, mailbox, uses.range, environment.OpenDescriptors().Hold(uses.descriptors), std::move(call));
  if (background::Post(std::move(task), threads)) {
    mailbox->Expect();
  } else {
    static_cast<void>(napi_resolve_deferred(env, deferred, Napi::Number::New(env, -EAGAIN)));
  }
  return {env, promise};
}

// Returns a promise of 0. `keep` takes the Signal, and delivers it to its Home() some time.
template <typename Keep>
[[nodiscard]] Napi::Value WaitForSignal(Napi::Env env, Keep keep) {
  const std::shared_ptr<Mailbox> mailbox = Environment::Of(env).OpenMailbox();
  napi_deferred deferred = nullptr;
  napi_value promise = nullptr;
  // Both fail only if the environment is ending.
  if (mailbox == nullptr || napi_create_promise(env, &deferred, &promise) != napi_ok) return {};
  mailbox->Expect();
  keep(std::make_unique<background::Signal>(deferred, mailbox));
  return {env, promise};
}

}  // namespace mapdirect

#endif  // MAPDIRECT_BACKGROUND_H_
