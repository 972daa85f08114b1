// The exports of the fault guard.

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "lease/fault_notices.h"
#include "memory/fault_guard.h"

namespace mapdirect {

// guardFaults(now) -> 0; our handler of SIGBUS is the first one. now 0: or was so within this tick of the clock
Napi::Value GuardFaults(const Napi::CallbackInfo& info) {
  const bool may_be_second = fault_guard::MayBeSecond();
  return Return(info, may_be_second || Int32(info, 0) != 0 ? fault_guard::Install() : 0);
}

// leaveUnguarded(slot) -> 0; a SIGBUS in the range ends the process
Napi::Value LeaveUnguarded(const Napi::CallbackInfo& info) {
  Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  range->guarded.store(false, std::memory_order_release);
  return Return(info, 0);
}

// takeFault(slot) -> the reason of one fault of the range, its offset and length in registers 0 and 1; 0: there is none
Napi::Value TakeFault(const Napi::CallbackInfo& info) {
  Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  const std::optional<Fault> fault = ranges::TakeFault(range);
  if (!fault) return Return(info, 0);
  Environment& environment = Environment::Of(info.Env());
  environment.SetFloat(0, static_cast<double>(fault->offset));
  environment.SetFloat(1, static_cast<double>(fault->length));
  return Return(info, static_cast<std::int64_t>(fault->reason));
}

// announceFaults() -> 0; from now on each fault of the process is a notice, see onNotices()
Napi::Value AnnounceFaults(const Napi::CallbackInfo& info) {
  return Return(info, fault_notices::SendTo(Environment::Of(info.Env()).OwnListener()));
}

}  // namespace mapdirect
