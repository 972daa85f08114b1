// Waiting for a word of shared memory, and waking those that wait for it.

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "futex/futex_syscalls.h"
#include "futex/waiter.h"
#include "futex/waiter_table.h"

namespace mapdirect {
namespace {

// The word that the first two arguments name: slot, offset.
Part WordArg(const Napi::CallbackInfo& info) { return PartArg(info, sizeof(futex::Word)); }

futex::Word* WordOf(const Part& part) { return static_cast<futex::Word*>(part.data); }

// A time span in microseconds; negative: without end.
futex::Time DeadlineArg(const Napi::CallbackInfo& info, std::size_t index) {
  constexpr std::int64_t kNanoseconds = 1000;
  const std::int64_t span = Int(info, index);
  const futex::Time now = futex::Now();
  return span < 0 || span > (futex::kNever - now) / kNanoseconds ? futex::kNever : now + span * kNanoseconds;
}

napi_value PromiseOfWaiter(const Napi::CallbackInfo& info, const Waiter::Request& request,
                           const waiters::Limits& limits) {
  Environment& environment = Environment::Of(info.Env());
  const std::shared_ptr<Mailbox> mailbox = environment.OpenMailbox();
  napi_deferred deferred = nullptr;
  napi_value promise = nullptr;
  // Both fail only if the environment is ending.
  if (mailbox == nullptr || napi_create_promise(info.Env(), &deferred, &promise) != napi_ok) return nullptr;
  const std::int64_t id = waiters::Add(std::make_unique<Waiter>(deferred, mailbox, request), limits);
  environment.SetFloat(0, static_cast<double>(id));
  if (id > 0) {
    mailbox->Expect();
  } else {
    static_cast<void>(napi_resolve_deferred(info.Env(), deferred, Return(info, id)));
  }
  return promise;
}

}  // namespace

// futexHasWaitAny() -> 1 if the kernel has futex_waitv(2)
Napi::Value FutexHasWaitAny(const Napi::CallbackInfo& info) { return Return(info, futex::HasWaitAny() ? 1 : 0); }

// futexWait(slot, offset, expected, microseconds) -> 0
Napi::Value FutexWait(const Napi::CallbackInfo& info) {
  const Part part = WordArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  const auto expected = static_cast<futex::Word>(Int(info, 2));
  return Return(info, futex::Wait(WordOf(part), expected, DeadlineArg(info, 3), futex::Kind::kShared));
}

// futexWaitAsync(slot, offset, expected, microseconds, perThread, threads) -> Promise of 0, the id in register 0;
// perThread: 1, or at most the slots of futex_waitv(2) without the doorbell
Napi::Value FutexWaitAsync(const Napi::CallbackInfo& info) {
  const Part part = WordArg(info);
  const waiters::Limits limits = {Size(info, 4), Size(info, 5)};
  const bool is_possible = limits.per_thread >= 1 && limits.per_thread < futex::kMostSlots;
  if (part.range == nullptr || !is_possible) return Return(info, -EINVAL);
  const Waiter::Request request = {part.range, WordOf(part), static_cast<futex::Word>(Int(info, 2)),
                                   DeadlineArg(info, 3), &Environment::Of(info.Env())};
  const int compared = futex::Compare(request.word, request.expected);
  if (compared < 0) return Return(info, compared);
  return {info.Env(), PromiseOfWaiter(info, request, limits)};
}

// futexCancel(id) -> 1 if the promise will be of -ECANCELED
Napi::Value FutexCancel(const Napi::CallbackInfo& info) { return Return(info, waiters::Cancel(Int(info, 0)) ? 1 : 0); }

// futexWake(slot, offset, count) -> number of waiters that were woken
Napi::Value FutexWake(const Napi::CallbackInfo& info) {
  const Part part = WordArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  return Return(info, waiters::Notify(WordOf(part), Int32(info, 2)));
}

}  // namespace mapdirect
