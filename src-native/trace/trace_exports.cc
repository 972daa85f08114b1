// The tracer of `mapdirect/testing`: an addon of its own, which only `trace: 'exact'` loads. lib/testing/tracer.ts has
// the same list of functions with types and documentation.

#include <napi.h>

#include <cerrno>
#include <cstring>

#include "args.h"
#include "trace/stepper.h"
#include "trace/trace_log.h"

namespace mapdirect::trace {
namespace {

constexpr int kMostLogs = 128;
TraceLog logs[kMostLogs];
napi_env owners[kMostLogs];  // of each log: the thread that has opened it

TraceLog* LogArg(const Napi::CallbackInfo& info) {
  const std::int64_t id = Handle(info, 0, 0, kMostLogs - 1);
  return id < 0 || !logs[id].IsOpen() ? nullptr : &logs[id];
}

napi_value Number(napi_env env, std::int64_t number) {
  napi_value value = nullptr;
  napi_create_int64(env, number, &value);
  return value;
}

std::uintptr_t AddressArg(const Napi::CallbackInfo& info, std::size_t index) {
  constexpr double kMost = 9007199254740991;
  const std::int64_t address = Handle(info, index, 0, kMost);
  return address < 0 ? 0 : static_cast<std::uintptr_t>(address);
}

std::int64_t OpenLog(napi_env env, bool loads) {
  const stepper::Pause pause;
  for (int id = 0; id < kMostLogs; id++) {
    if (logs[id].IsOpen()) continue;
    owners[id] = env;
    const int failed = logs[id].Open(loads);
    return failed != 0 ? failed : id;
  }
  return -ENOSPC;
}

void CloseLog(TraceLog* log) {
  stepper::ReleaseAll(log);
  const stepper::Pause pause;
  log->Close();
}

// The hooks of an environment run from the newest to the oldest: the ranges are still mapped, because the addon that
// maps them was loaded before this one.
void OnEnvironmentEnd(void* env) {
  for (int id = 0; id < kMostLogs; id++) {
    if (logs[id].IsOpen() && owners[id] == env) CloseLog(&logs[id]);
  }
}

// probe() -> 0, or the reason why nothing can be traced here
napi_value Probe(napi_env env, napi_callback_info /*info*/) { return Number(env, stepper::Probe()); }

// open(loads) -> the number of a log; 1: it has the loads, too
napi_value Open(napi_env env, napi_callback_info raw) {
  return Number(env, OpenLog(env, Int(Napi::CallbackInfo(env, raw), 0) != 0));
}

// protect(log, address, length, place)
napi_value Protect(napi_env env, napi_callback_info raw) {
  const Napi::CallbackInfo info(env, raw);
  TraceLog* const log = LogArg(info);
  const std::uintptr_t address = AddressArg(info, 1);
  if (log == nullptr || address == 0) return Number(env, -EINVAL);
  return Number(env, stepper::Protect(address, Size(info, 2), static_cast<std::uint64_t>(Int(info, 3)), log));
}

// release(address)
napi_value Release(napi_env env, napi_callback_info raw) {
  stepper::Release(AddressArg(Napi::CallbackInfo(env, raw), 0));
  return Number(env, 0);
}

// take(log) -> ArrayBuffer with the accesses since the last call; -ENOBUFS: there were more than the log holds
napi_value Take(napi_env env, napi_callback_info raw) {
  TraceLog* const log = LogArg(Napi::CallbackInfo(env, raw));
  if (log == nullptr) return Number(env, -EINVAL);
  void* bytes = nullptr;
  napi_value taken = nullptr;
  const stepper::Pause pause;
  if (!log->IsComplete()) {
    log->Clear();
    return Number(env, -ENOBUFS);
  }
  if (napi_create_arraybuffer(env, log->Length(), &bytes, &taken) != napi_ok) return nullptr;
  std::memcpy(bytes, log->Bytes(), log->Length());
  log->Clear();
  return taken;
}

// close(log): its ranges are no longer traced
napi_value Close(napi_env env, napi_callback_info raw) {
  TraceLog* const log = LogArg(Napi::CallbackInfo(env, raw));
  if (log == nullptr) return Number(env, -EINVAL);
  CloseLog(log);
  return Number(env, 0);
}

struct Export final {
  const char* name;
  napi_callback function;
};

constexpr Export kExports[] = {
    {"probe", Probe}, {"open", Open}, {"protect", Protect}, {"release", Release}, {"take", Take}, {"close", Close},
};

}  // namespace

napi_value Init(napi_env env, napi_value exports) {
  for (const Export& each : kExports) {
    napi_value function = nullptr;
    if (napi_create_function(env, each.name, NAPI_AUTO_LENGTH, each.function, /*data=*/nullptr, &function) != napi_ok)
      return nullptr;
    if (napi_set_named_property(env, exports, each.name, function) != napi_ok) return nullptr;
  }
  return napi_add_env_cleanup_hook(env, OnEnvironmentEnd, env) == napi_ok ? exports : nullptr;
}

}  // namespace mapdirect::trace

NAPI_MODULE_INIT() { return mapdirect::trace::Init(env, exports); }
