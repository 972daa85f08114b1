// The export table, and nothing else. One Environment per thread that loads the addon.

#include <napi.h>

#include "environment.h"
#include "exports.h"

namespace mapdirect {
namespace {

using Function = Napi::Value (*)(const Napi::CallbackInfo& info);

struct Export final {
  const char* name;
  Function function;
};

constexpr Export kExports[] = {
    {"map", Map},
    {"reserve", Reserve},
    {"place", Place},
    {"cover", Cover},
    {"close", Close},
    {"abandon", Abandon},
    {"address", Address},
    {"users", Users},
    {"rangeCount", RangeCount},
    {"window", Window},
    {"detach", Detach},
    {"open", OpenFile},
    {"knock", Knock},
    {"duplicate", DuplicateDescriptor},
    {"closeDescriptor", CloseDescriptor},
    {"stat", Stat},
    {"statPath", StatPath},
    {"access", Access},
    {"statusFlags", StatusFlags},
    {"fileSystem", FileSystem},
    {"tableId", TableId},
    {"shareRange", ShareRange},
    {"attachDescriptor", AttachDescriptor},
    {"sync", Sync},
    {"syncAsync", SyncAsync},
    {"syncFile", SyncFile},
    {"syncFileAsync", SyncFileAsync},
    {"syncFileSystem", SyncFileSystem},
    {"syncFileSystemAsync", SyncFileSystemAsync},
    {"writeBack", WriteBack},
    {"writeBackAsync", WriteBackAsync},
    {"dirtyPages", DirtyPages},
    {"chooseFlush", ChooseFlush},
    {"persistLinesAsync", PersistLinesAsync},
    {"chooseStores", ChooseStores},
    {"advise", Advise},
    {"residency", Residency},
    {"lock", Lock},
    {"unlock", Unlock},
    {"populate", Populate},
    {"populateAsync", PopulateAsync},
    {"allocate", Allocate},
    {"allocateAsync", AllocateAsync},
    {"truncate", Truncate},
    {"setLock", SetLock},
    {"testLock", TestLock},
    {"readExtents", ReadExtents},
    {"readExtentsAsync", ReadExtentsAsync},
    {"takeExtents", TakeExtents},
    {"inodeFlags", InodeFlags},
    {"copyBytes", CopyBytes},
    {"copyBytesAsync", CopyBytesAsync},
    {"copyRange", CopyRange},
    {"copyRangeAsync", CopyRangeAsync},
    {"clone", Clone},
    {"cloneAsync", CloneAsync},
    {"dedupe", Dedupe},
    {"dedupeAsync", DedupeAsync},
    {"onNotices", OnNotices},
    {"lease", TakeLease},
    {"releaseLease", ReleaseLease},
    {"leaseHeld", LeaseHeld},
    {"leaseRange", LeaseRange},
    {"isCut", IsCut},
    {"forgetLeaseRange", ForgetLeaseRange},
    {"leaseYields", LeaseYields},
    {"leased", Leased},
    {"leaseCount", LeaseCount},
    {"watch", Watch},
    {"unwatch", Unwatch},
    {"memoryFile", MemoryFile},
    {"addSeals", AddSeals},
    {"getSeals", GetSeals},
    {"countMaps", CountMaps},
    {"chargeAreas", ChargeAreas},
    {"resourceLimit", ResourceLimit},
    {"attributes", Attributes},
    {"tryMap", TryMap},
    {"tryLease", TryLease},
    {"tryExtents", TryExtents},
    {"tryDirect", TryDirect},
    {"constants", Constants},
    {"cpuFlushInstructions", CpuFlushInstructions},
};

struct HotExport final {
  const char* name;
  napi_callback function;
};

constexpr HotExport kHotExports[] = {
    {"flushLines", FlushLines},       {"drainLines", DrainLines}, {"persistLines", PersistLines},
    {"persistRanges", PersistRanges}, {"storeBytes", StoreBytes}, {"fillBytes", FillBytes},
};

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto* const environment = new Environment(env);
  env.SetInstanceData<Environment>(environment);
  static_cast<void>(exports.Set("registers", environment->Registers()));
  for (const Export& entry : kExports) {
    static_cast<void>(exports.Set(entry.name, Napi::Function::New(env, entry.function, entry.name)));
  }
  for (const HotExport& entry : kHotExports) {
    napi_value function = nullptr;
    napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.function, environment, &function);
    napi_set_named_property(env, exports, entry.name, function);
  }
  return exports;
}

}  // namespace

NODE_API_MODULE(mapdirect, Init)

}  // namespace mapdirect
