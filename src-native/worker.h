// One blocking system call on libuv's thread pool, as a Promise of its result (>= 0 or a negative errno).

#ifndef MAPDIRECT_WORKER_H_
#define MAPDIRECT_WORKER_H_

#include <napi.h>

#include <cstdint>
#include <utility>

#include "ranges.h"

namespace mapdirect {

// `Call` runs on a pool thread and must not touch JavaScript. While it is pending, `range` (if any) keeps its memory:
// closing the mapping covers the pages but leaves the addresses to us. Deletes itself when done.
template <typename Call>
class Worker final : public Napi::AsyncWorker {
 public:
  [[nodiscard]] static Napi::Value Start(Napi::Env env, Range* range, Call call) {
    napi_deferred deferred = nullptr;
    napi_value promise = nullptr;
    // Fails only in an environment that is ending.
    if (napi_create_promise(env, &deferred, &promise) != napi_ok) return {};
    (new Worker(env, deferred, range, std::move(call)))->Queue();
    return {env, promise};
  }

  ~Worker() override {
    if (range_ != nullptr) ranges::DropUser(range_);
  }

 private:
  Worker(Napi::Env env, napi_deferred deferred, Range* range, Call call)
      : Napi::AsyncWorker(env), deferred_(deferred), range_(range), call_(std::move(call)) {
    if (range_ != nullptr) ranges::AddUser(range_);
  }

  void Execute() override { result_ = call_(); }

  // Also called while the environment ends (worker.terminate()), where nothing of JavaScript works any more and nobody
  // waits. So raw calls, failures ignored: Napi::Promise::Deferred would throw, and that aborts the process there.
  void OnOK() override {
    napi_value result = nullptr;
    if (napi_create_double(Env(), static_cast<double>(result_), &result) != napi_ok) return;
    static_cast<void>(napi_resolve_deferred(Env(), deferred_, result));
  }

  const napi_deferred deferred_;
  Range* const range_;
  const Call call_;
  std::int64_t result_{0};
};

template <typename Call>
[[nodiscard]] Napi::Value QueueWork(Napi::Env env, Range* range, Call call) {
  return Worker<Call>::Start(env, range, std::move(call));
}

}  // namespace mapdirect

#endif  // MAPDIRECT_WORKER_H_
