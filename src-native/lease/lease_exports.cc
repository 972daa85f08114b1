// The exports for leases, which make other processes wait, and for watches, which only report them.

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "lease/lease_table.h"
#include "lease/watches.h"

namespace mapdirect {

// onNotices(listener) -> 0; -ECANCELED: the environment is ending
Napi::Value OnNotices(const Napi::CallbackInfo& info) {
  return Return(info, Environment::Of(info.Env()).Listen(info[0]));
}

// lease(fd, dev, ino, grace) -> id; grace in milliseconds, shorter than the kernel's lease-break-time
Napi::Value TakeLease(const Napi::CallbackInfo& info) {
  const Environment& environment = Environment::Of(info.Env());
  return Return(info, lease_table::Take(DescriptorArg(info, 0), {Int(info, 1), Int(info, 2)}, Span(info, 3),
                                        &environment, environment.OwnListener()));
}

// releaseLease(id) -> 0; -ENOENT: the lease has ended or is ending
Napi::Value ReleaseLease(const Napi::CallbackInfo& info) { return Return(info, lease_table::Release(Int(info, 0))); }

// leaseHeld(id) -> 1 or 0
Napi::Value LeaseHeld(const Napi::CallbackInfo& info) {
  return Return(info, lease_table::IsHeld(Int(info, 0)) ? 1 : 0);
}

// fenceOnLeaseEnd(id, slot) -> 0
Napi::Value FenceOnLeaseEnd(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 1);
  return Return(info,
                range == nullptr ? -EINVAL : lease_table::AddRange(Int(info, 0), range->index, range->serial.load()));
}

// revokeOnLeaseEnd(id, slot) -> 0; -ENOENT: the lease has ended or is ending
Napi::Value RevokeOnLeaseEnd(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 1);
  if (range == nullptr) return Return(info, -EINVAL);
  return Return(info, lease_table::RevokeRange(Int(info, 0), range->index, range->serial.load()));
}

// isFenced(slot) -> 1 or 0
Napi::Value IsFenced(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  return Return(info, range != nullptr && range->fenced.load() ? 1 : 0);
}

// unregisterFence(id, slot) -> 0; the slot may be closed
Napi::Value UnregisterFence(const Napi::CallbackInfo& info) {
  return Return(info, lease_table::RemoveRange(Int(info, 0), static_cast<std::uint32_t>(Int(info, 1))));
}

// locksEndWithLease(id, whether) -> 0
Napi::Value LocksEndWithLease(const Napi::CallbackInfo& info) {
  return Return(info, lease_table::SetLocksEnd(Int(info, 0), Int32(info, 1) != 0));
}

// findLease(dev, ino) -> id or 0
Napi::Value FindLease(const Napi::CallbackInfo& info) {
  return Return(info, lease_table::Find({Int(info, 0), Int(info, 1)}));
}

// leaseCount() -> number of leases in all threads
Napi::Value LeaseCount(const Napi::CallbackInfo& info) { return Return(info, lease_table::Count()); }

// watch(fd) -> id
Napi::Value Watch(const Napi::CallbackInfo& info) {
  const Environment& environment = Environment::Of(info.Env());
  return Return(info, watches::Add(DescriptorArg(info, 0), &environment, environment.OwnListener()));
}

// unwatch(id) -> 0
Napi::Value Unwatch(const Napi::CallbackInfo& info) { return Return(info, watches::Remove(Int(info, 0))); }

}  // namespace mapdirect
