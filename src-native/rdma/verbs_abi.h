// The part of the binary interface of libibverbs that this package uses: layouts and numbers, as facts of the library.
// There is no build dependency on rdma-core. The names here differ from those of <infiniband/verbs.h>, so that
// test/native/verbs_abi_check.cc can include both and compare each offset and each number.

#ifndef MAPDIRECT_VERBS_ABI_H_
#define MAPDIRECT_VERBS_ABI_H_

#include <pthread.h>

#include <cstddef>
#include <cstdint>

namespace mapdirect::verbs {

constexpr unsigned kLocalWrite = 1;
constexpr unsigned kRemoteWrite = 1 << 1;
constexpr unsigned kRemoteRead = 1 << 2;
constexpr unsigned kRemoteAtomic = 1 << 3;
constexpr unsigned kOnDemand = 1 << 6;
constexpr unsigned kFlushGlobal = 1 << 8;      // rdma-core 45
constexpr unsigned kFlushPersistent = 1 << 9;  // rdma-core 45

struct Device;
struct Context;
struct ProtectionDomain;
struct CompletionQueue;
struct Completion;
struct QueuePair;
struct SendRequest;

struct ContextOps final {
  void* unused_1[7];
  void* memory_windows[3];
  void* unused_2;
  int (*poll_cq)(CompletionQueue* queue, int most, Completion* completions);
  int (*req_notify_cq)(CompletionQueue* queue, int solicited_only);
  void* unused_3[7];
  void* post_srq_recv;
  void* unused_4[4];
  int (*post_send)(QueuePair* pair, SendRequest* first, SendRequest** bad);
  void* post_recv;
  void* unused_5[5];
};

struct Context final {
  Device* device;
  ContextOps ops;
  int cmd_fd;
  int async_fd;
  int num_comp_vectors;
  pthread_mutex_t mutex;
  void* abi_compat;  // kExtended: the context is the last member of an ExtendedContext
};

struct DeviceAttributes final {
  char fw_ver[64];
  std::uint64_t node_guid;
  std::uint64_t sys_image_guid;
  std::uint64_t max_mr_size;
  std::uint64_t page_size_cap;
  std::uint32_t vendor_id;
  std::uint32_t vendor_part_id;
  std::uint32_t hw_ver;
  int max_qp;
  int max_qp_wr;
  unsigned device_cap_flags;
  int max_sge;
  int max_sge_rd;
  int max_cq;
  int max_cqe;
  int max_mr;
  int max_pd;
  int max_qp_rd_atom;
  int max_ee_rd_atom;
  int max_res_rd_atom;
  int max_qp_init_rd_atom;
  int max_ee_init_rd_atom;
  int atomic_cap;  // 0 none, 1 of this device, 2 of every device and the CPU
  int max_ee;
  int max_rdd;
  int max_mw;
  int unused[10];
  int max_srq_sge;
  std::uint16_t max_pkeys;
  std::uint8_t local_ca_ack_delay;
  std::uint8_t phys_port_cnt;
};

// The first members of ibv_device_attr_ex; libibverbs takes the size of the caller's structure.
struct ExtendedAttributes final {
  DeviceAttributes base;
  std::uint32_t comp_mask;
  struct {
    std::uint64_t general;
    std::uint32_t reliable, unreliable, datagram;
  } on_demand;
  std::uint64_t completion_timestamp_mask;
  std::uint64_t hca_core_clock;
  std::uint64_t device_cap_flags_ex;
};

constexpr std::uint64_t kCanFlushGlobal = std::uint64_t{1} << 38;
constexpr std::uint64_t kCanFlushPersistent = std::uint64_t{1} << 39;
constexpr std::uint64_t kCanAtomicWrite = std::uint64_t{1} << 40;
constexpr std::uint64_t kOnDemandSupport = 1;

struct QueueSizes final {
  std::uint32_t max_send_wr;
  std::uint32_t max_recv_wr;
  std::uint32_t max_send_sge;
  std::uint32_t max_recv_sge;
  std::uint32_t max_inline_data;
};

constexpr int kReliableConnection = 2;

struct PairInit final {
  void* qp_context;
  CompletionQueue* send_cq;
  CompletionQueue* recv_cq;
  void* srq;
  QueueSizes cap;
  int qp_type;
  int sq_sig_all;
};

struct ExtendedPairInit final {
  void* qp_context;
  CompletionQueue* send_cq;
  CompletionQueue* recv_cq;
  void* srq;
  QueueSizes cap;
  int qp_type;
  int sq_sig_all;
  std::uint32_t comp_mask;
  ProtectionDomain* pd;
  void* xrcd;
  std::uint32_t create_flags;
  std::uint16_t max_tso_header;
  void* rwq_ind_tbl;
  struct {
    std::uint8_t function;
    std::uint8_t key_length;
    std::uint8_t* key;
    std::uint64_t fields;
  } rx_hash;
  std::uint32_t source_qpn;
  std::uint64_t send_ops_flags;
};

constexpr std::uint32_t kInitHasDomain = 1;
constexpr std::uint32_t kInitHasSendOps = 1 << 6;
constexpr std::uint64_t kOpWrite = 1;
constexpr std::uint64_t kOpRead = 1 << 4;
constexpr std::uint64_t kOpCompareSwap = 1 << 5;
constexpr std::uint64_t kOpFetchAdd = 1 << 6;
constexpr std::uint64_t kOpFlush = 1 << 11;  // rdma-core 45
constexpr std::uint64_t kOpAtomicWrite = 1 << 12;

// The end of verbs_context. New members are added at its front, so all of these have a fixed distance from the end.
struct ExtendedContext final {
  int (*query_device_ex)(Context* context, const void* input, ExtendedAttributes* attributes, std::size_t size);
  void* flow[4];
  void* open_qp;
  QueuePair* (*create_qp_ex)(Context* context, ExtendedPairInit* init);
  void* shared_receive_queues[4];
  std::uint64_t unused;
  std::size_t size;
  Context context;
};

struct PortAttributes final {
  int state;  // 4: active
  int max_mtu;
  int active_mtu;  // 1: 256 bytes ... 5: 4096 bytes
  int gid_tbl_len;
  std::uint32_t port_cap_flags;
  std::uint32_t max_msg_sz;
  std::uint32_t bad_pkey_cntr;
  std::uint32_t qkey_viol_cntr;
  std::uint16_t pkey_tbl_len;
  std::uint16_t lid;
  std::uint16_t sm_lid;
  std::uint8_t lmc;
  std::uint8_t max_vl_num;
  std::uint8_t sm_sl;
  std::uint8_t subnet_timeout;
  std::uint8_t init_type_reply;
  std::uint8_t active_width;
  std::uint8_t active_speed;
  std::uint8_t phys_state;
  std::uint8_t link_layer;  // 1 InfiniBand, 2 Ethernet
  std::uint8_t flags;
  std::uint16_t port_cap_flags2;
};

struct Gid final {
  alignas(8) std::uint8_t raw[16];
};

struct MemoryRegion final {
  Context* context;
  ProtectionDomain* pd;
  void* addr;
  std::size_t length;
  std::uint32_t handle;
  std::uint32_t lkey;
  std::uint32_t rkey;
};

struct CompletionChannel final {
  Context* context;
  int fd;
  int refcnt;
};

// Only its first members.
struct CompletionQueue final {
  Context* context;
  CompletionChannel* channel;
  void* cq_context;
};

struct Completion final {
  std::uint64_t wr_id;
  int status;
  int opcode;
  std::uint32_t vendor_err;
  std::uint32_t byte_len;
  std::uint32_t imm_data;
  std::uint32_t qp_num;
  std::uint32_t src_qp;
  unsigned wc_flags;
  std::uint16_t pkey_index;
  std::uint16_t slid;
  std::uint8_t sl;
  std::uint8_t dlid_path_bits;
};

struct QueuePair final {
  Context* context;
  void* qp_context;
  ProtectionDomain* pd;
  CompletionQueue* send_cq;
  CompletionQueue* recv_cq;
  void* srq;
  std::uint32_t handle;
  std::uint32_t qp_num;
  int state;
  int qp_type;
  pthread_mutex_t mutex;
  pthread_cond_t cond;
  std::uint32_t events_completed;
};

constexpr unsigned kSignaled = 1 << 1;

// Requests that the structure SendRequest cannot express. A queue pair has them only if it was created with them.
struct ExtendedPair final {
  QueuePair base;
  std::uint64_t comp_mask;
  std::uint64_t wr_id;
  unsigned wr_flags;
  void* operations[5];
  void (*wr_rdma_write)(ExtendedPair* pair, std::uint32_t key, std::uint64_t address);
  void* write_with_value;
  void* sends[4];
  void* addresses[2];
  void* inline_data[2];
  void (*wr_set_sge)(ExtendedPair* pair, std::uint32_t local_key, std::uint64_t address, std::uint32_t length);
  void* gather_list;
  void (*wr_start)(ExtendedPair* pair);
  int (*wr_complete)(ExtendedPair* pair);
  void (*wr_abort)(ExtendedPair* pair);
  void (*wr_atomic_write)(ExtendedPair* pair, std::uint32_t key, std::uint64_t address, const void* value);
  // rdma-core 45
  void (*wr_flush)(ExtendedPair* pair, std::uint32_t key, std::uint64_t address, std::size_t length, std::uint8_t type,
                   std::uint8_t level);
};

constexpr std::uint8_t kPlacementVisible = 1;
constexpr std::uint8_t kPlacementPersistent = 2;
constexpr std::uint8_t kFlushRange = 0;

struct GatherElement final {
  std::uint64_t addr;
  std::uint32_t length;
  std::uint32_t lkey;
};

constexpr int kRequestWrite = 0;
constexpr int kRequestRead = 4;
constexpr int kRequestCompareSwap = 5;
constexpr int kRequestFetchAdd = 6;

struct SendRequest final {
  std::uint64_t wr_id;
  SendRequest* next;
  GatherElement* sg_list;
  int num_sge;
  int opcode;
  unsigned send_flags;
  std::uint32_t imm_data;
  union {
    struct {
      std::uint64_t remote_addr;
      std::uint32_t rkey;
    } rdma;
    struct {
      std::uint64_t remote_addr;
      std::uint64_t compare_add;
      std::uint64_t swap;
      std::uint32_t rkey;
    } atomic;
  } wr;
  std::uint64_t unused[7];
};

struct AddressVector final {
  struct {
    Gid dgid;
    std::uint32_t flow_label;
    std::uint8_t sgid_index;
    std::uint8_t hop_limit;
    std::uint8_t traffic_class;
  } grh;
  std::uint16_t dlid;
  std::uint8_t sl;
  std::uint8_t src_path_bits;
  std::uint8_t static_rate;
  std::uint8_t is_global;
  std::uint8_t port_num;
};

constexpr int kStateInit = 1;
constexpr int kStateReadyToReceive = 2;
constexpr int kStateReadyToSend = 3;
constexpr int kStateError = 6;

struct PairAttributes final {
  int qp_state;
  int cur_qp_state;
  int path_mtu;
  int path_mig_state;
  std::uint32_t qkey;
  std::uint32_t rq_psn;
  std::uint32_t sq_psn;
  std::uint32_t dest_qp_num;
  unsigned qp_access_flags;
  QueueSizes cap;
  AddressVector ah_attr;
  AddressVector alt_ah_attr;
  std::uint16_t pkey_index;
  std::uint16_t alt_pkey_index;
  std::uint8_t en_sqd_async_notify;
  std::uint8_t sq_draining;
  std::uint8_t max_rd_atomic;
  std::uint8_t max_dest_rd_atomic;
  std::uint8_t min_rnr_timer;
  std::uint8_t port_num;
  std::uint8_t timeout;
  std::uint8_t retry_cnt;
  std::uint8_t rnr_retry;
  std::uint8_t alt_port_num;
  std::uint8_t alt_timeout;
  std::uint32_t rate_limit;
};

constexpr int kSetState = 1 << 0;
constexpr int kSetAccess = 1 << 3;
constexpr int kSetPkey = 1 << 4;
constexpr int kSetPort = 1 << 5;
constexpr int kSetPath = 1 << 7;
constexpr int kSetMtu = 1 << 8;
constexpr int kSetTimeout = 1 << 9;
constexpr int kSetRetries = 1 << 10;
constexpr int kSetRnrRetries = 1 << 11;
constexpr int kSetReceivePsn = 1 << 12;
constexpr int kSetInitiatorDepth = 1 << 13;
constexpr int kSetRnrTimer = 1 << 15;
constexpr int kSetSendPsn = 1 << 16;
constexpr int kSetResponderDepth = 1 << 17;
constexpr int kSetPeer = 1 << 20;

struct AsyncEvent final {
  union {
    CompletionQueue* cq;
    QueuePair* qp;
    int port_num;
  } element;
  int event_type;
};

constexpr int kEventCqError = 0;
constexpr int kEventPairFatal = 1;
constexpr int kEventPairRequest = 2;
constexpr int kEventPairAccess = 3;
constexpr int kEventDeviceFatal = 8;

}  // namespace mapdirect::verbs

#endif  // MAPDIRECT_VERBS_ABI_H_
