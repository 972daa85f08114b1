// libibverbs, loaded when a user asks for it. The package has no dependency on it.

#ifndef MAPDIRECT_VERBS_H_
#define MAPDIRECT_VERBS_H_

#include <cerrno>
#include <string>

#include "rdma/verbs_abi.h"

namespace mapdirect::verbs {

// The functions of the library, in their version IBVERBS_1.1 where the library has two.
struct Library final {
  Device** (*get_device_list)(int* count);
  void (*free_device_list)(Device** list);
  const char* (*get_device_name)(Device* device);
  Context* (*open_device)(Device* device);
  int (*close_device)(Context* context);
  int (*query_device)(Context* context, DeviceAttributes* attributes);
  int (*query_port)(Context* context, std::uint8_t port, PortAttributes* attributes);
  ProtectionDomain* (*alloc_pd)(Context* context);
  int (*dealloc_pd)(ProtectionDomain* domain);
  MemoryRegion* (*reg_mr)(ProtectionDomain* domain, void* address, std::size_t length, int access);
  int (*dereg_mr)(MemoryRegion* region);
  CompletionChannel* (*create_comp_channel)(Context* context);
  int (*destroy_comp_channel)(CompletionChannel* channel);
  CompletionQueue* (*create_cq)(Context* context, int entries, void* data, CompletionChannel* channel, int vector);
  int (*destroy_cq)(CompletionQueue* queue);
  int (*get_cq_event)(CompletionChannel* channel, CompletionQueue** queue, void** data);
  void (*ack_cq_events)(CompletionQueue* queue, unsigned count);
  QueuePair* (*create_qp)(ProtectionDomain* domain, PairInit* init);
  int (*modify_qp)(QueuePair* pair, PairAttributes* attributes, int mask);
  int (*destroy_qp)(QueuePair* pair);
  int (*get_async_event)(Context* context, AsyncEvent* event);
  void (*ack_async_event)(AsyncEvent* event);
  ExtendedPair* (*qp_to_qp_ex)(QueuePair* pair);  // nullptr before rdma-core 24
};

// Loads the library at the first call that can. Returns an empty string, or the reason why there is none. Any thread.
[[nodiscard]] std::string Load(const std::string& name);

// Returns nullptr before a successful Load().
[[nodiscard]] const Library* Loaded();

// Returns the extended part of a context, or nullptr: a library of before 2014.
[[nodiscard]] const ExtendedContext* Extended(const Context* context);

// The functions return an errno. Some old ones return -1 and set errno.
[[nodiscard]] inline int Negative(int returned) {
  if (returned == -1) return errno == 0 ? -EIO : -errno;
  return returned > 0 ? -returned : returned;
}

// The errno of a function that has returned nullptr.
[[nodiscard]] inline int NegativeErrno() { return errno == 0 ? -EIO : -errno; }

}  // namespace mapdirect::verbs

#endif  // MAPDIRECT_VERBS_H_
