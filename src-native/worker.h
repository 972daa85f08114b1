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
    auto* const worker = new Worker(env, range, std::move(call));
    const Napi::Promise promise = worker->deferred_.Promise();
    worker->Queue();
    return promise;
  }

  ~Worker() override {
    if (range_ != nullptr) ranges::DropUser(range_);
  }

 private:
  Worker(Napi::Env env, Range* range, Call call)
      : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), range_(range), call_(std::move(call)) {
    if (range_ != nullptr) ranges::AddUser(range_);
  }

  void Execute() override { result_ = call_(); }
  void OnOK() override { deferred_.Resolve(Napi::Number::New(Env(), static_cast<double>(result_))); }

  const Napi::Promise::Deferred deferred_;
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
