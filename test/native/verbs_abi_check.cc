// Compares src-native/rdma/verbs_abi.h with <infiniband/verbs.h>: each offset, each size, each number. Compiling it is
// the test. test/native/verbs-abi.test.ts does that.

#include <infiniband/verbs.h>

#include "rdma/verbs_abi.h"

using namespace mapdirect::verbs;

#define SAME_OFFSET(Ours, our, Theirs, their) \
  static_assert(offsetof(Ours, our) == offsetof(Theirs, their), #Ours "::" #our)
#define SAME_VALUE(ours, theirs) \
  static_assert(static_cast<unsigned long long>(ours) == static_cast<unsigned long long>(theirs), #ours)

#define SAME_SIZE(Ours, Theirs) static_assert(sizeof(Ours) == sizeof(Theirs), #Ours)

SAME_SIZE(ContextOps, ibv_context_ops);
SAME_OFFSET(ContextOps, poll_cq, ibv_context_ops, poll_cq);
SAME_OFFSET(ContextOps, req_notify_cq, ibv_context_ops, req_notify_cq);
SAME_OFFSET(ContextOps, post_send, ibv_context_ops, post_send);
SAME_SIZE(Context, ibv_context);
SAME_OFFSET(Context, cmd_fd, ibv_context, cmd_fd);
SAME_OFFSET(Context, async_fd, ibv_context, async_fd);
SAME_OFFSET(Context, abi_compat, ibv_context, abi_compat);

// Members are added at the front of verbs_context: the distance to its end is what counts.
#define SAME_FROM_END(our, their)                                                        \
  static_assert(offsetof(ExtendedContext, context) - offsetof(ExtendedContext, our) ==   \
                    offsetof(verbs_context, context) - offsetof(verbs_context, their), \
                #our)
SAME_FROM_END(query_device_ex, query_device_ex);
SAME_FROM_END(create_qp_ex, create_qp_ex);
SAME_FROM_END(size, sz);

SAME_SIZE(DeviceAttributes, ibv_device_attr);
SAME_OFFSET(DeviceAttributes, vendor_id, ibv_device_attr, vendor_id);
SAME_OFFSET(DeviceAttributes, max_qp_wr, ibv_device_attr, max_qp_wr);
SAME_OFFSET(DeviceAttributes, max_cqe, ibv_device_attr, max_cqe);
SAME_OFFSET(DeviceAttributes, max_mr_size, ibv_device_attr, max_mr_size);
SAME_OFFSET(DeviceAttributes, max_qp_rd_atom, ibv_device_attr, max_qp_rd_atom);
SAME_OFFSET(DeviceAttributes, max_qp_init_rd_atom, ibv_device_attr, max_qp_init_rd_atom);
SAME_OFFSET(DeviceAttributes, atomic_cap, ibv_device_attr, atomic_cap);
SAME_OFFSET(DeviceAttributes, max_mw, ibv_device_attr, max_mw);
SAME_OFFSET(DeviceAttributes, phys_port_cnt, ibv_device_attr, phys_port_cnt);
SAME_OFFSET(ExtendedAttributes, on_demand, ibv_device_attr_ex, odp_caps);
SAME_OFFSET(ExtendedAttributes, on_demand.reliable, ibv_device_attr_ex, odp_caps.per_transport_caps.rc_odp_caps);
SAME_OFFSET(ExtendedAttributes, device_cap_flags_ex, ibv_device_attr_ex, device_cap_flags_ex);
SAME_VALUE(kOnDemandSupport, IBV_ODP_SUPPORT);

// The structure has grown since; ibv_query_port() of the library fills these members.
SAME_OFFSET(PortAttributes, active_mtu, ibv_port_attr, active_mtu);
SAME_OFFSET(PortAttributes, max_msg_sz, ibv_port_attr, max_msg_sz);
SAME_OFFSET(PortAttributes, lid, ibv_port_attr, lid);
SAME_OFFSET(PortAttributes, link_layer, ibv_port_attr, link_layer);
SAME_SIZE(Gid, ibv_gid);

SAME_SIZE(QueueSizes, ibv_qp_cap);
SAME_SIZE(PairInit, ibv_qp_init_attr);
SAME_OFFSET(PairInit, qp_type, ibv_qp_init_attr, qp_type);
SAME_SIZE(ExtendedPairInit, ibv_qp_init_attr_ex);
SAME_OFFSET(ExtendedPairInit, comp_mask, ibv_qp_init_attr_ex, comp_mask);
SAME_OFFSET(ExtendedPairInit, pd, ibv_qp_init_attr_ex, pd);
SAME_OFFSET(ExtendedPairInit, send_ops_flags, ibv_qp_init_attr_ex, send_ops_flags);
SAME_VALUE(kInitHasDomain, IBV_QP_INIT_ATTR_PD);
SAME_VALUE(kInitHasSendOps, IBV_QP_INIT_ATTR_SEND_OPS_FLAGS);
SAME_VALUE(kReliableConnection, IBV_QPT_RC);
SAME_VALUE(kOpWrite, IBV_QP_EX_WITH_RDMA_WRITE);
SAME_VALUE(kOpRead, IBV_QP_EX_WITH_RDMA_READ);
SAME_VALUE(kOpCompareSwap, IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP);
SAME_VALUE(kOpFetchAdd, IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD);
SAME_VALUE(kOpAtomicWrite, IBV_QP_EX_WITH_ATOMIC_WRITE);

SAME_SIZE(MemoryRegion, ibv_mr);
SAME_OFFSET(MemoryRegion, lkey, ibv_mr, lkey);
SAME_OFFSET(MemoryRegion, rkey, ibv_mr, rkey);
SAME_OFFSET(CompletionChannel, fd, ibv_comp_channel, fd);
SAME_OFFSET(CompletionQueue, cq_context, ibv_cq, cq_context);
SAME_SIZE(Completion, ibv_wc);
SAME_OFFSET(Completion, status, ibv_wc, status);
SAME_OFFSET(Completion, vendor_err, ibv_wc, vendor_err);
SAME_SIZE(QueuePair, ibv_qp);
SAME_OFFSET(QueuePair, qp_context, ibv_qp, qp_context);
SAME_OFFSET(QueuePair, qp_num, ibv_qp, qp_num);
SAME_OFFSET(ExtendedPair, wr_id, ibv_qp_ex, wr_id);
SAME_OFFSET(ExtendedPair, wr_flags, ibv_qp_ex, wr_flags);
SAME_OFFSET(ExtendedPair, wr_rdma_write, ibv_qp_ex, wr_rdma_write);
SAME_OFFSET(ExtendedPair, wr_set_sge, ibv_qp_ex, wr_set_sge);
SAME_OFFSET(ExtendedPair, wr_start, ibv_qp_ex, wr_start);
SAME_OFFSET(ExtendedPair, wr_complete, ibv_qp_ex, wr_complete);
SAME_OFFSET(ExtendedPair, wr_atomic_write, ibv_qp_ex, wr_atomic_write);

SAME_SIZE(GatherElement, ibv_sge);
SAME_SIZE(SendRequest, ibv_send_wr);
SAME_OFFSET(SendRequest, sg_list, ibv_send_wr, sg_list);
SAME_OFFSET(SendRequest, send_flags, ibv_send_wr, send_flags);
SAME_OFFSET(SendRequest, wr.rdma.rkey, ibv_send_wr, wr.rdma.rkey);
SAME_OFFSET(SendRequest, wr.atomic.compare_add, ibv_send_wr, wr.atomic.compare_add);
SAME_OFFSET(SendRequest, wr.atomic.rkey, ibv_send_wr, wr.atomic.rkey);
SAME_VALUE(kRequestWrite, IBV_WR_RDMA_WRITE);
SAME_VALUE(kRequestRead, IBV_WR_RDMA_READ);
SAME_VALUE(kRequestCompareSwap, IBV_WR_ATOMIC_CMP_AND_SWP);
SAME_VALUE(kRequestFetchAdd, IBV_WR_ATOMIC_FETCH_AND_ADD);
SAME_VALUE(kSignaled, IBV_SEND_SIGNALED);

SAME_SIZE(AddressVector, ibv_ah_attr);
SAME_OFFSET(AddressVector, grh.sgid_index, ibv_ah_attr, grh.sgid_index);
SAME_OFFSET(AddressVector, is_global, ibv_ah_attr, is_global);
SAME_OFFSET(AddressVector, port_num, ibv_ah_attr, port_num);
SAME_SIZE(PairAttributes, ibv_qp_attr);
SAME_OFFSET(PairAttributes, qp_access_flags, ibv_qp_attr, qp_access_flags);
SAME_OFFSET(PairAttributes, ah_attr, ibv_qp_attr, ah_attr);
SAME_OFFSET(PairAttributes, max_rd_atomic, ibv_qp_attr, max_rd_atomic);
SAME_OFFSET(PairAttributes, port_num, ibv_qp_attr, port_num);
SAME_OFFSET(PairAttributes, timeout, ibv_qp_attr, timeout);
SAME_OFFSET(PairAttributes, rnr_retry, ibv_qp_attr, rnr_retry);
SAME_VALUE(kSetState, IBV_QP_STATE);
SAME_VALUE(kSetAccess, IBV_QP_ACCESS_FLAGS);
SAME_VALUE(kSetPkey, IBV_QP_PKEY_INDEX);
SAME_VALUE(kSetPort, IBV_QP_PORT);
SAME_VALUE(kSetPath, IBV_QP_AV);
SAME_VALUE(kSetMtu, IBV_QP_PATH_MTU);
SAME_VALUE(kSetTimeout, IBV_QP_TIMEOUT);
SAME_VALUE(kSetRetries, IBV_QP_RETRY_CNT);
SAME_VALUE(kSetRnrRetries, IBV_QP_RNR_RETRY);
SAME_VALUE(kSetReceivePsn, IBV_QP_RQ_PSN);
SAME_VALUE(kSetInitiatorDepth, IBV_QP_MAX_QP_RD_ATOMIC);
SAME_VALUE(kSetRnrTimer, IBV_QP_MIN_RNR_TIMER);
SAME_VALUE(kSetSendPsn, IBV_QP_SQ_PSN);
SAME_VALUE(kSetResponderDepth, IBV_QP_MAX_DEST_RD_ATOMIC);
SAME_VALUE(kSetPeer, IBV_QP_DEST_QPN);
SAME_VALUE(kStateInit, IBV_QPS_INIT);
SAME_VALUE(kStateReadyToReceive, IBV_QPS_RTR);
SAME_VALUE(kStateReadyToSend, IBV_QPS_RTS);
SAME_VALUE(kStateError, IBV_QPS_ERR);

SAME_VALUE(kLocalWrite, IBV_ACCESS_LOCAL_WRITE);
SAME_VALUE(kRemoteWrite, IBV_ACCESS_REMOTE_WRITE);
SAME_VALUE(kRemoteRead, IBV_ACCESS_REMOTE_READ);
SAME_VALUE(kRemoteAtomic, IBV_ACCESS_REMOTE_ATOMIC);
SAME_VALUE(kOnDemand, IBV_ACCESS_ON_DEMAND);

SAME_OFFSET(AsyncEvent, event_type, ibv_async_event, event_type);
SAME_VALUE(kEventCqError, IBV_EVENT_CQ_ERR);
SAME_VALUE(kEventPairFatal, IBV_EVENT_QP_FATAL);
SAME_VALUE(kEventPairRequest, IBV_EVENT_QP_REQ_ERR);
SAME_VALUE(kEventPairAccess, IBV_EVENT_QP_ACCESS_ERR);
SAME_VALUE(kEventDeviceFatal, IBV_EVENT_DEVICE_FATAL);

// Since rdma-core 45; the test defines WITH_FLUSH where the header has it.
#ifdef WITH_FLUSH
SAME_OFFSET(ExtendedPair, wr_flush, ibv_qp_ex, wr_flush);
SAME_VALUE(kOpFlush, IBV_QP_EX_WITH_FLUSH);
SAME_VALUE(kFlushGlobal, IBV_ACCESS_FLUSH_GLOBAL);
SAME_VALUE(kFlushPersistent, IBV_ACCESS_FLUSH_PERSISTENT);
SAME_VALUE(kPlacementVisible, IBV_FLUSH_GLOBAL);
SAME_VALUE(kPlacementPersistent, IBV_FLUSH_PERSISTENT);
SAME_VALUE(kFlushRange, IBV_FLUSH_RANGE);
#endif
