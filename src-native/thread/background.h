// Blocking calls off the main thread, on threads of our own: libuv's pool has four threads for everybody's file-system
// calls, and one stuck disk must not take them. At most kThreads run in the whole process, workers included.

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

constexpr unsigned kThreads = 4;

// One call and the promise of its result. Made and settled on the environment's thread, run and perhaps destroyed on
// another: when the environment has ended meanwhile, nobody waits for the promise any more.
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

// Owned by the queue, then by the mailbox. False: there is no thread, and none could be made.
[[nodiscard]] bool Post(std::unique_ptr<Task> task);

// On a thread of its own, for what may wait for minutes and must not take one of the few. False: as Post().
[[nodiscard]] bool PostAlone(std::unique_ptr<Task> task);

// `range` (if any) keeps its memory while the call is pending: closing the mapping covers the pages but leaves the
// addresses to us. `held` stay open, but not locked, when the environment ends meanwhile.
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

// What a call under way uses, and what must stay as long as it does.
struct Uses final {
  Range* range{nullptr};
  std::initializer_list<int> descriptors{};
};

// A promise of what `call` returns (>= 0 or a negative errno; -EAGAIN: no thread could be made for it). It runs on
// another thread and must not touch JavaScript.
template <typename Function>
[[nodiscard]] Napi::Value QueueWork(Napi::Env env, Uses uses, Function call, bool alone = false) {
  Environment& environment = Environment::Of(env);
  std::shared_ptr<Mailbox> mailbox = environment.OpenMailbox();
  napi_deferred deferred = nullptr;
  napi_value promise = nullptr;
  // Both fail only in an environment that is ending.
  if (mailbox == nullptr || napi_create_promise(env, &deferred, &promise) != napi_ok) return {};
  auto task = std::make_unique<background::CallTask<Function>>(
      deferred, mailbox, uses.range, environment.OpenDescriptors().Hold(uses.descriptors), std::move(call));
  const bool is_posted = alone ? background::PostAlone(std::move(task)) : background::Post(std::move(task));
  if (is_posted) {
    mailbox->Expect();
  } else {
    static_cast<void>(napi_resolve_deferred(env, deferred, Napi::Number::New(env, -EAGAIN)));
  }
  return {env, promise};
}

}  // namespace mapdirect

#endif  // MAPDIRECT_BACKGROUND_H_
