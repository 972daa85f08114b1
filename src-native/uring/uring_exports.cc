// The provider 'io_uring' for JavaScript. Numbers pass through the registers.

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "registration/ledger.h"
#include "thread/background.h"
#include "uring/ring.h"
#include "uring/uring_syscalls.h"

namespace mapdirect {

// uringTry() -> 0: io_uring can be used
Napi::Value UringTry(const Napi::CallbackInfo& info) {
  io_uring_params params = {};
  const int ring = uring::Setup(/*entries=*/1, &params);
  if (ring >= 0) ::close(ring);
  return Return(info, std::min(ring, 0));
}

// uringRegister(slot, offset, length, lockFd) -> id of the ledger. Register 0: id of the ring
Napi::Value UringRegister(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info.Env());
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  int error = 0;
  const std::shared_ptr<uring::Ring> ring =
      uring::Ring::Make(&environment, part.data, part.length, DescriptorArg(info, 3), &error);
  if (ring == nullptr) return Return(info, error);
  environment.SetFloat(0, static_cast<double>(ring->id));
  const ledger::Id id = ledger::Add(part.range, {Size(info, 1), part.length}, &environment, environment.OwnListener(),
                                    std::make_unique<uring::Buffer>(ring));
  if (id < 0) uring::rings::Drop(ring->id);
  return Return(info, id);
}

// uringSubmit(ring, operation, slot, fd) -> 0. Registers: 0 position in the file, 1 offset in the buffer, 2 length
Napi::Value UringSubmit(const Napi::CallbackInfo& info) {
  const Environment& environment = Environment::Of(info.Env());
  const std::shared_ptr<uring::Ring> ring = uring::rings::Find(Int(info, 0));
  if (ring == nullptr) return Return(info, -ECANCELED);
  const auto operation = Int(info, 1) == 0 ? uring::Operation::kRead : uring::Operation::kWrite;
  const uring::Request request = {operation,
                                  static_cast<std::uint32_t>(Int(info, 2)),
                                  DescriptorArg(info, 3),
                                  environment.Size(0),
                                  environment.Size(1),
                                  static_cast<std::uint32_t>(std::min<std::size_t>(environment.Size(2), INT32_MAX))};
  return Return(info, ring->Submit(request));
}

// uringReap(ring, into) -> number of completions, or a promise of 0: there may be one
Napi::Value UringReap(const Napi::CallbackInfo& info) {
  constexpr std::size_t kValues = 2;  // slot, result
  const std::shared_ptr<uring::Ring> ring = uring::rings::Find(Int(info, 0));
  if (ring == nullptr) return Return(info, -ENOENT);
  const Bytes into = BytesArg(info, 1);
  uring::Completion completions[uring::kDepth];
  const std::size_t room = std::min<std::size_t>(uring::kDepth, into.length / (kValues * sizeof(double)));
  const int count = ring->Reap(completions, static_cast<int>(room));
  if (count == 0) return WaitForSignal(info.Env(), [&ring](auto task) { ring->Wait(std::move(task)); });
  for (int i = 0; i < count; i++) {
    const double values[kValues] = {static_cast<double>(completions[i].slot),
                                    static_cast<double>(completions[i].result)};
    std::memcpy(into.data + static_cast<std::size_t>(i) * sizeof(values), values, sizeof(values));
  }
  return Return(info, count);
}

// uringDrop(ring) -> 0. The results that were not taken are lost.
Napi::Value UringDrop(const Napi::CallbackInfo& info) {
  uring::rings::Drop(Int(info, 0));
  return Return(info, 0);
}

}  // namespace mapdirect
