// What tells us of strangers: leases, which hold them up, and watches, which only see them.

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "lease/lease_table.h"
#include "lease/watches.h"

namespace mapdirect {

// onNotices(listener) -> 0; -EALREADY: this environment has one
Napi::Value OnNotices(const Napi::CallbackInfo& info) {
  return Return(info, Environment::Of(info.Env()).Listen(info[0]));
}

// lease(fd, dev, ino, grace) -> its id; grace in milliseconds
Napi::Value TakeLease(const Napi::CallbackInfo& info) {
  const Environment& environment = Environment::Of(info.Env());
  return Return(info, leases::Take(Int32(info, 0), {Int(info, 1), Int(info, 2)},
                                   std::chrono::milliseconds(Int(info, 3)), &environment, environment.OwnListener()));
}

// releaseLease(id) -> 0; -ENOENT: it is gone
Napi::Value ReleaseLease(const Napi::CallbackInfo& info) { return Return(info, leases::Release(Int(info, 0))); }

// leaseHeld(id) -> 1 or 0
Napi::Value LeaseHeld(const Napi::CallbackInfo& info) { return Return(info, leases::IsHeld(Int(info, 0)) ? 1 : 0); }

// leaseRange(id, slot) -> 0
Napi::Value LeaseRange(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 1);
  return Return(info, range == nullptr ? -EINVAL : leases::AddRange(Int(info, 0), range->index, range->serial.load()));
}

// isCut(slot) -> 1 or 0
Napi::Value IsCut(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  return Return(info, range != nullptr && range->cut.load() ? 1 : 0);
}

// forgetLeaseRange(id, slot) -> 0; the slot may be closed by now
Napi::Value ForgetLeaseRange(const Napi::CallbackInfo& info) {
  return Return(info, leases::RemoveRange(Int(info, 0), static_cast<std::uint32_t>(Int(info, 1))));
}

// leaseYields(id, yields) -> 0
Napi::Value LeaseYields(const Napi::CallbackInfo& info) {
  return Return(info, leases::SetYields(Int(info, 0), Int32(info, 1) != 0));
}

// leased(dev, ino) -> the id or 0
Napi::Value Leased(const Napi::CallbackInfo& info) { return Return(info, leases::Find({Int(info, 0), Int(info, 1)})); }

// leaseCount() -> leases in all threads
Napi::Value LeaseCount(const Napi::CallbackInfo& info) { return Return(info, leases::Count()); }

// watch(fd) -> its id
Napi::Value Watch(const Napi::CallbackInfo& info) {
  const Environment& environment = Environment::Of(info.Env());
  return Return(info, watches::Add(Int32(info, 0), &environment, environment.OwnListener()));
}

// unwatch(id) -> 0
Napi::Value Unwatch(const Napi::CallbackInfo& info) { return Return(info, watches::Remove(Int(info, 0))); }

}  // namespace mapdirect
