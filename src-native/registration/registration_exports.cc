// The exports for registrations that need no device, and for the ledger.

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "registration/ledger.h"
#include "registration/plain.h"
#include "thread/background.h"

namespace mapdirect {

// registerPlain(slot, offset, length, delay, failures) -> id
Napi::Value RegisterPlain(const Napi::CallbackInfo& info) {
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  const Environment& environment = Environment::Of(info.Env());
  auto plain = std::make_unique<Plain>(std::chrono::milliseconds(Int(info, 3)), Int(info, 4));
  return Return(info, ledger::Add(part.range, {Size(info, 1), part.length}, &environment, environment.OwnListener(),
                                  std::move(plain)));
}

// deregister(id) -> 0
Napi::Value Deregister(const Napi::CallbackInfo& info) { return Return(info, ledger::Deregister(Int(info, 0))); }

// revokeRange(slot) -> 0
Napi::Value RevokeRange(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  return Return(info, range == nullptr ? 0 : ledger::RevokeTenants({{range->index, range->serial.load()}}));
}

// revokeRangeAsync(slot) -> Promise of 0; -EAGAIN: no thread could be created
Napi::Value RevokeRangeAsync(const Napi::CallbackInfo& info) {
  Range* const range = RangeArg(info, 0);
  ledger::Tenants tenants;
  if (range != nullptr) tenants.emplace(range->index, range->serial.load());
  return QueueWork(
      info.Env(), {range}, [tenants] { return std::int64_t{ledger::RevokeTenants(tenants)}; },
      background::Threads::kOwn);
}

// revoke(id) -> 0
Napi::Value Revoke(const Napi::CallbackInfo& info) { return Return(info, ledger::Revoke(Int(info, 0))); }

// registrationState(id) -> a ledger::State
Napi::Value RegistrationState(const Napi::CallbackInfo& info) {
  return Return(info, static_cast<int>(ledger::StateOf(Int(info, 0))));
}

// registrationCount() -> number of registrations in all threads whose end is not confirmed
Napi::Value RegistrationCount(const Napi::CallbackInfo& info) { return Return(info, ledger::Count()); }

}  // namespace mapdirect
