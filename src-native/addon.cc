// The table of exports. Each thread that loads the addon has one Environment.

#include <napi.h>

#include "environment.h"
#include "exports.h"

namespace mapdirect {
namespace {

// This file uses raw Node-API and checks every status. In a worker that is being stopped each of these calls may fail,
// and then the wrappers of napi.h would end the process.
template <Napi::Value (*function)(const Napi::CallbackInfo& info)>
napi_value Call(napi_env env, napi_callback_info info) {
  return function(Napi::CallbackInfo(env, info));
}

struct Export final {
  const char* name;
  napi_callback function;
};

constexpr Export kExports[] = {
    {"map", Call<Map>},
    {"reserve", Call<Reserve>},
    {"mapFixed", Call<MapFixed>},
    {"remap", Call<Remap>},
    {"cover", Call<Cover>},
    {"close", Call<Close>},
    {"abandon", Call<Abandon>},
    {"address", Call<Address>},
    {"users", Call<Users>},
    {"pin", Call<Pin>},
    {"keptCount", Call<KeptCount>},
    {"rangeCount", Call<RangeCount>},
    {"guardFaults", Call<GuardFaults>},
    {"leaveUnguarded", Call<LeaveUnguarded>},
    {"takeFault", Call<TakeFault>},
    {"announceFaults", Call<AnnounceFaults>},
    {"tableId", Call<TableId>},
    {"shareRange", Call<ShareRange>},
    {"attachDescriptor", Call<AttachDescriptor>},
    {"sharedWindow", Call<MakeSharedWindow>},
    {"sharedWindows", Call<SharedWindows>},
    {"window", Call<MakeWindow>},
    {"handOut", Call<HandOutWindow>},
    {"detach", Call<DetachWindow>},
    {"advise", Call<Advise>},
    {"residency", Call<Residency>},
    {"lock", Call<Lock>},
    {"unlock", Call<Unlock>},
    {"populate", Call<Populate>},
    {"populateAsync", Call<PopulateAsync>},
    {"chargeAreas", Call<ChargeAreas>},
    {"makeCounts", Call<MakeCounts>},
    {"sumCounts", Call<SumCounts>},
    {"chooseFlush", Call<ChooseFlush>},
    {"flushLines", FlushLines},
    {"drainLines", DrainLines},
    {"persistLines", PersistLines},
    {"persistRanges", PersistRanges},
    {"persistLinesAsync", Call<PersistLinesAsync>},
    {"chooseStores", Call<ChooseStores>},
    {"storeBytes", StoreBytes},
    {"fillBytes", FillBytes},
    {"storeWord", StoreWord},
    {"sync", Call<Sync>},
    {"syncAsync", Call<SyncAsync>},
    {"syncFile", Call<SyncFile>},
    {"syncFileAsync", Call<SyncFileAsync>},
    {"syncFileSystem", Call<SyncFileSystem>},
    {"syncFileSystemAsync", Call<SyncFileSystemAsync>},
    {"writeBack", Call<WriteBack>},
    {"writeBackAsync", Call<WriteBackAsync>},
    {"dirtyPages", Call<DirtyPages>},
    {"cpuFlushInstructions", Call<CpuFlushInstructions>},
    {"open", Call<OpenFile>},
    {"openAndWait", Call<OpenAndWait>},
    {"duplicate", Call<DuplicateDescriptor>},
    {"closeDescriptor", Call<CloseDescriptor>},
    {"access", Call<Access>},
    {"statusFlags", Call<StatusFlags>},
    {"fileSystem", Call<FileSystem>},
    {"stat", Call<Stat>},
    {"statPath", Call<StatPath>},
    {"allocate", Call<Allocate>},
    {"allocateAsync", Call<AllocateAsync>},
    {"truncate", Call<Truncate>},
    {"setLock", Call<SetLock>},
    {"testLock", Call<TestLock>},
    {"readExtents", Call<ReadExtents>},
    {"readExtentsAsync", Call<ReadExtentsAsync>},
    {"takeExtents", Call<TakeExtents>},
    {"inodeFlags", Call<InodeFlags>},
    {"copyBytes", Call<CopyBytes>},
    {"copyBytesAsync", Call<CopyBytesAsync>},
    {"copyRange", Call<CopyRange>},
    {"copyRangeAsync", Call<CopyRangeAsync>},
    {"clone", Call<Clone>},
    {"cloneAsync", Call<CloneAsync>},
    {"dedupe", Call<Dedupe>},
    {"dedupeAsync", Call<DedupeAsync>},
    {"memoryFile", Call<MemoryFile>},
    {"addSeals", Call<AddSeals>},
    {"futexHasWaitAny", Call<FutexHasWaitAny>},
    {"futexWait", Call<FutexWait>},
    {"futexWaitAsync", Call<FutexWaitAsync>},
    {"futexCancel", Call<FutexCancel>},
    {"futexWake", Call<FutexWake>},
    {"onNotices", Call<OnNotices>},
    {"lease", Call<TakeLease>},
    {"releaseLease", Call<ReleaseLease>},
    {"leaseHeld", Call<LeaseHeld>},
    {"fenceOnLeaseEnd", Call<FenceOnLeaseEnd>},
    {"revokeOnLeaseEnd", Call<RevokeOnLeaseEnd>},
    {"isFenced", Call<IsFenced>},
    {"unregisterFence", Call<UnregisterFence>},
    {"locksEndWithLease", Call<LocksEndWithLease>},
    {"findLease", Call<FindLease>},
    {"leaseCount", Call<LeaseCount>},
    {"watch", Call<Watch>},
    {"unwatch", Call<Unwatch>},
    {"registerPlain", Call<RegisterPlain>},
    {"deregister", Call<Deregister>},
    {"revoke", Call<Revoke>},
    {"revokeRange", Call<RevokeRange>},
    {"revokeRangeAsync", Call<RevokeRangeAsync>},
    {"registrationState", Call<RegistrationState>},
    {"registrationCount", Call<RegistrationCount>},
    {"countMaps", Call<CountMaps>},
    {"resourceLimit", Call<ResourceLimit>},
    {"tryMap", Call<TryMap>},
    {"tryLease", Call<TryLease>},
    {"tryExtents", Call<TryExtents>},
    {"tryDirect", Call<TryDirect>},
    {"constants", Call<Constants>},
    {"rdmaLoad", Call<RdmaLoad>},
    {"rdmaQuery", Call<RdmaQuery>},
    {"rdmaOpen", Call<RdmaOpen>},
    {"rdmaClose", Call<RdmaClose>},
    {"rdmaRegister", Call<RdmaRegister>},
    {"rdmaEndpoint", Call<RdmaEndpoint>},
    {"rdmaConnect", Call<RdmaConnect>},
    {"rdmaPost", Call<RdmaPost>},
    {"rdmaReap", Call<RdmaReap>},
    {"rdmaValue", Call<RdmaValue>},
    {"rdmaCloseEndpoint", Call<RdmaCloseEndpoint>},
    {"uringTry", Call<UringTry>},
    {"uringRegister", Call<UringRegister>},
    {"uringSubmit", Call<UringSubmit>},
    {"uringReap", Call<UringReap>},
    {"uringDrop", Call<UringDrop>},
};

bool Put(napi_env env, napi_value exports, const Export& entry, Environment* environment) {
  napi_value function = nullptr;
  return napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.function, environment, &function) == napi_ok &&
         napi_set_named_property(env, exports, entry.name, function) == napi_ok;
}

// Returns false if the environment is ending. Objects that were created until then end with it.
bool Fill(napi_env env, napi_value exports) {
  napi_value registers = nullptr;
  Environment* const environment = Environment::Open(env, &registers);
  if (environment == nullptr || napi_set_named_property(env, exports, "registers", registers) != napi_ok) return false;
  napi_value faults = environment->FaultCount();
  if (faults == nullptr || napi_set_named_property(env, exports, "faultCount", faults) != napi_ok) return false;
  for (const Export& entry : kExports) {
    if (!Put(env, exports, entry, environment)) return false;
  }
  return true;
}

}  // namespace
}  // namespace mapdirect

NAPI_MODULE_INIT() {
  if (mapdirect::Fill(env, exports)) return exports;
  // require() throws this error, except in a worker that is being stopped.
  static_cast<void>(napi_throw_error(env, nullptr, "the exports of the addon could not be made"));
  return nullptr;
}
