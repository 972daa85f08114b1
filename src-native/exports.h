// All exported functions, grouped by the file that defines them. lib/backend/native/addon.ts has the same list with
// types and documentation.

#ifndef MAPDIRECT_EXPORTS_H_
#define MAPDIRECT_EXPORTS_H_

#include <napi.h>

namespace mapdirect {

// memory/map.cc
Napi::Value Map(const Napi::CallbackInfo& info);
Napi::Value Reserve(const Napi::CallbackInfo& info);
Napi::Value MapFixed(const Napi::CallbackInfo& info);
Napi::Value Remap(const Napi::CallbackInfo& info);
Napi::Value Cover(const Napi::CallbackInfo& info);
Napi::Value Close(const Napi::CallbackInfo& info);
Napi::Value Abandon(const Napi::CallbackInfo& info);
Napi::Value Address(const Napi::CallbackInfo& info);
Napi::Value Users(const Napi::CallbackInfo& info);
Napi::Value Pin(const Napi::CallbackInfo& info);
Napi::Value KeptCount(const Napi::CallbackInfo& info);
Napi::Value RangeCount(const Napi::CallbackInfo& info);

// memory/fault_exports.cc
Napi::Value GuardFaults(const Napi::CallbackInfo& info);
Napi::Value LeaveUnguarded(const Napi::CallbackInfo& info);
Napi::Value TakeFault(const Napi::CallbackInfo& info);
Napi::Value AnnounceFaults(const Napi::CallbackInfo& info);

// memory/share.cc
Napi::Value TableId(const Napi::CallbackInfo& info);
Napi::Value ShareRange(const Napi::CallbackInfo& info);
Napi::Value AttachDescriptor(const Napi::CallbackInfo& info);

// memory/shared_windows.cc
Napi::Value MakeSharedWindow(const Napi::CallbackInfo& info);
Napi::Value SharedWindows(const Napi::CallbackInfo& info);

// memory/window_exports.cc
Napi::Value MakeWindow(const Napi::CallbackInfo& info);
Napi::Value HandOutWindow(const Napi::CallbackInfo& info);
Napi::Value DetachWindow(const Napi::CallbackInfo& info);

// memory/advise.cc
Napi::Value Advise(const Napi::CallbackInfo& info);
Napi::Value Residency(const Napi::CallbackInfo& info);
Napi::Value Lock(const Napi::CallbackInfo& info);
Napi::Value Unlock(const Napi::CallbackInfo& info);

// memory/populate.cc
Napi::Value Populate(const Napi::CallbackInfo& info);
Napi::Value PopulateAsync(const Napi::CallbackInfo& info);

// memory/areas.cc
Napi::Value ChargeAreas(const Napi::CallbackInfo& info);

// thread/counts.cc
Napi::Value MakeCounts(const Napi::CallbackInfo& info);
Napi::Value SumCounts(const Napi::CallbackInfo& info);

// persist/flush.cc
Napi::Value ChooseFlush(const Napi::CallbackInfo& info);
napi_value FlushLines(napi_env env, napi_callback_info info);
napi_value DrainLines(napi_env env, napi_callback_info info);
napi_value PersistLines(napi_env env, napi_callback_info info);
napi_value PersistRanges(napi_env env, napi_callback_info info);
Napi::Value PersistLinesAsync(const Napi::CallbackInfo& info);

// persist/store.cc
Napi::Value ChooseStores(const Napi::CallbackInfo& info);
napi_value StoreBytes(napi_env env, napi_callback_info info);
napi_value FillBytes(napi_env env, napi_callback_info info);
napi_value StoreWord(napi_env env, napi_callback_info info);

// persist/sync.cc
Napi::Value Sync(const Napi::CallbackInfo& info);
Napi::Value SyncAsync(const Napi::CallbackInfo& info);
Napi::Value SyncFile(const Napi::CallbackInfo& info);
Napi::Value SyncFileAsync(const Napi::CallbackInfo& info);
Napi::Value SyncFileSystem(const Napi::CallbackInfo& info);
Napi::Value SyncFileSystemAsync(const Napi::CallbackInfo& info);
Napi::Value WriteBack(const Napi::CallbackInfo& info);
Napi::Value WriteBackAsync(const Napi::CallbackInfo& info);
Napi::Value DirtyPages(const Napi::CallbackInfo& info);

// persist/arch/*/cpu.cc
Napi::Value CpuFlushInstructions(const Napi::CallbackInfo& info);

// file/descriptor_exports.cc
Napi::Value OpenFile(const Napi::CallbackInfo& info);
Napi::Value OpenAndWait(const Napi::CallbackInfo& info);
Napi::Value DuplicateDescriptor(const Napi::CallbackInfo& info);
Napi::Value CloseDescriptor(const Napi::CallbackInfo& info);
Napi::Value Access(const Napi::CallbackInfo& info);
Napi::Value StatusFlags(const Napi::CallbackInfo& info);
Napi::Value FileSystem(const Napi::CallbackInfo& info);

// file/status.cc
Napi::Value Stat(const Napi::CallbackInfo& info);
Napi::Value StatPath(const Napi::CallbackInfo& info);

// file/allocate.cc
Napi::Value Allocate(const Napi::CallbackInfo& info);
Napi::Value AllocateAsync(const Napi::CallbackInfo& info);
Napi::Value Truncate(const Napi::CallbackInfo& info);

// file/lock.cc
Napi::Value SetLock(const Napi::CallbackInfo& info);
Napi::Value TestLock(const Napi::CallbackInfo& info);

// file/extents.cc
Napi::Value ReadExtents(const Napi::CallbackInfo& info);
Napi::Value ReadExtentsAsync(const Napi::CallbackInfo& info);
Napi::Value TakeExtents(const Napi::CallbackInfo& info);
Napi::Value InodeFlags(const Napi::CallbackInfo& info);

// file/copy.cc
Napi::Value CopyBytes(const Napi::CallbackInfo& info);
Napi::Value CopyBytesAsync(const Napi::CallbackInfo& info);
Napi::Value CopyRange(const Napi::CallbackInfo& info);
Napi::Value CopyRangeAsync(const Napi::CallbackInfo& info);
Napi::Value Clone(const Napi::CallbackInfo& info);
Napi::Value CloneAsync(const Napi::CallbackInfo& info);
Napi::Value Dedupe(const Napi::CallbackInfo& info);
Napi::Value DedupeAsync(const Napi::CallbackInfo& info);

// file/memfd.cc
Napi::Value MemoryFile(const Napi::CallbackInfo& info);
Napi::Value AddSeals(const Napi::CallbackInfo& info);

// futex/futex_exports.cc
Napi::Value FutexHasWaitAny(const Napi::CallbackInfo& info);
Napi::Value FutexWait(const Napi::CallbackInfo& info);
Napi::Value FutexWaitAsync(const Napi::CallbackInfo& info);
Napi::Value FutexCancel(const Napi::CallbackInfo& info);
Napi::Value FutexWake(const Napi::CallbackInfo& info);

// lease/lease_exports.cc
Napi::Value OnNotices(const Napi::CallbackInfo& info);
Napi::Value TakeLease(const Napi::CallbackInfo& info);
Napi::Value ReleaseLease(const Napi::CallbackInfo& info);
Napi::Value LeaseHeld(const Napi::CallbackInfo& info);
Napi::Value FenceOnLeaseEnd(const Napi::CallbackInfo& info);
Napi::Value RevokeOnLeaseEnd(const Napi::CallbackInfo& info);
Napi::Value IsFenced(const Napi::CallbackInfo& info);
Napi::Value UnregisterFence(const Napi::CallbackInfo& info);
Napi::Value LocksEndWithLease(const Napi::CallbackInfo& info);
Napi::Value FindLease(const Napi::CallbackInfo& info);
Napi::Value LeaseCount(const Napi::CallbackInfo& info);
Napi::Value Watch(const Napi::CallbackInfo& info);
Napi::Value Unwatch(const Napi::CallbackInfo& info);

// registration/registration_exports.cc
Napi::Value RegisterPlain(const Napi::CallbackInfo& info);
Napi::Value Deregister(const Napi::CallbackInfo& info);
Napi::Value Revoke(const Napi::CallbackInfo& info);
Napi::Value RevokeRange(const Napi::CallbackInfo& info);
Napi::Value RevokeRangeAsync(const Napi::CallbackInfo& info);
Napi::Value RegistrationState(const Napi::CallbackInfo& info);
Napi::Value RegistrationCount(const Napi::CallbackInfo& info);

// probe/probe.cc
Napi::Value CountMaps(const Napi::CallbackInfo& info);
Napi::Value ResourceLimit(const Napi::CallbackInfo& info);
Napi::Value TryMap(const Napi::CallbackInfo& info);
Napi::Value TryLease(const Napi::CallbackInfo& info);
Napi::Value TryExtents(const Napi::CallbackInfo& info);

// probe/try_direct.cc
Napi::Value TryDirect(const Napi::CallbackInfo& info);

// probe/constants.cc
Napi::Value Constants(const Napi::CallbackInfo& info);

// rdma/rdma_exports.cc
Napi::Value RdmaLoad(const Napi::CallbackInfo& info);
Napi::Value RdmaQuery(const Napi::CallbackInfo& info);
Napi::Value RdmaOpen(const Napi::CallbackInfo& info);
Napi::Value RdmaClose(const Napi::CallbackInfo& info);
Napi::Value RdmaRegister(const Napi::CallbackInfo& info);
Napi::Value RdmaEndpoint(const Napi::CallbackInfo& info);
Napi::Value RdmaConnect(const Napi::CallbackInfo& info);
Napi::Value RdmaPost(const Napi::CallbackInfo& info);
Napi::Value RdmaReap(const Napi::CallbackInfo& info);
Napi::Value RdmaValue(const Napi::CallbackInfo& info);
Napi::Value RdmaCloseEndpoint(const Napi::CallbackInfo& info);

// uring/uring_exports.cc
Napi::Value UringTry(const Napi::CallbackInfo& info);
Napi::Value UringRegister(const Napi::CallbackInfo& info);
Napi::Value UringSubmit(const Napi::CallbackInfo& info);
Napi::Value UringReap(const Napi::CallbackInfo& info);
Napi::Value UringDrop(const Napi::CallbackInfo& info);

}  // namespace mapdirect

#endif  // MAPDIRECT_EXPORTS_H_
