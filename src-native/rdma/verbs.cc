#include "rdma/verbs.h"

#include <dlfcn.h>

#include <atomic>
#include <mutex>

namespace mapdirect::verbs {
namespace {

std::atomic<const Library*> loaded{nullptr};

using FindVersion = void* (*)(void* handle, const char* name, const char* version);

// musl has no dlvsym(3), and its linker takes the default version of a name: the newest, which is the one we ask for.
void* FindSymbol(void* handle, const char* name, const char* version) {
  static const auto find_version = reinterpret_cast<FindVersion>(::dlsym(RTLD_DEFAULT, "dlvsym"));
  return find_version != nullptr ? find_version(handle, name, version) : ::dlsym(handle, name);
}

template <typename Function>
bool Find(void* handle, const char* name, const char* version, Function* function) {
  void* const found = FindSymbol(handle, name, version);
  *function = reinterpret_cast<Function>(found);
  return found != nullptr;
}

bool FindDeviceCalls(void* handle, Library& library) {
  constexpr const char* kVersion = "IBVERBS_1.1";
  return Find(handle, "ibv_get_device_list", kVersion, &library.get_device_list) &&
         Find(handle, "ibv_free_device_list", kVersion, &library.free_device_list) &&
         Find(handle, "ibv_get_device_name", kVersion, &library.get_device_name) &&
         Find(handle, "ibv_open_device", kVersion, &library.open_device) &&
         Find(handle, "ibv_close_device", kVersion, &library.close_device) &&
         Find(handle, "ibv_query_device", kVersion, &library.query_device) &&
         Find(handle, "ibv_query_port", kVersion, &library.query_port) &&
         Find(handle, "ibv_get_async_event", kVersion, &library.get_async_event) &&
         Find(handle, "ibv_ack_async_event", kVersion, &library.ack_async_event);
}

bool FindMemoryCalls(void* handle, Library& library) {
  constexpr const char* kVersion = "IBVERBS_1.1";
  return Find(handle, "ibv_alloc_pd", kVersion, &library.alloc_pd) &&
         Find(handle, "ibv_dealloc_pd", kVersion, &library.dealloc_pd) &&
         Find(handle, "ibv_reg_mr", kVersion, &library.reg_mr) &&
         Find(handle, "ibv_dereg_mr", kVersion, &library.dereg_mr);
}

bool FindQueueCalls(void* handle, Library& library) {
  constexpr const char* kVersion = "IBVERBS_1.1";
  return Find(handle, "ibv_create_comp_channel", "IBVERBS_1.0", &library.create_comp_channel) &&
         Find(handle, "ibv_destroy_comp_channel", "IBVERBS_1.0", &library.destroy_comp_channel) &&
         Find(handle, "ibv_create_cq", kVersion, &library.create_cq) &&
         Find(handle, "ibv_destroy_cq", kVersion, &library.destroy_cq) &&
         Find(handle, "ibv_get_cq_event", kVersion, &library.get_cq_event) &&
         Find(handle, "ibv_ack_cq_events", kVersion, &library.ack_cq_events) &&
         Find(handle, "ibv_create_qp", kVersion, &library.create_qp) &&
         Find(handle, "ibv_modify_qp", kVersion, &library.modify_qp) &&
         Find(handle, "ibv_destroy_qp", kVersion, &library.destroy_qp);
}

std::string LastError() {
  const char* const message = ::dlerror();
  return message == nullptr ? "unknown" : message;
}

}  // namespace

// The library is never closed: its provider libraries and our thread may still use it.
std::string Load(const std::string& name) {
  static std::mutex lock;
  static Library library;
  const std::lock_guard<std::mutex> guard(lock);
  if (loaded.load() != nullptr) return {};
  void* const handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return LastError();
  if (!FindDeviceCalls(handle, library) || !FindMemoryCalls(handle, library) || !FindQueueCalls(handle, library)) {
    return LastError();
  }
  Find(handle, "ibv_qp_to_qp_ex", "IBVERBS_1.6", &library.qp_to_qp_ex);
  loaded.store(&library);
  return {};
}

const Library* Loaded() { return loaded.load(); }

const ExtendedContext* Extended(const Context* context) {
  if (context->abi_compat != reinterpret_cast<void*>(UINTPTR_MAX)) return nullptr;
  const auto* const start = reinterpret_cast<const char*>(context) - offsetof(ExtendedContext, context);
  const auto* const extended = reinterpret_cast<const ExtendedContext*>(start);
  // `size` counts from the first member that the library has to the end.
  return extended->size >= sizeof(ExtendedContext) ? extended : nullptr;
}

}  // namespace mapdirect::verbs
