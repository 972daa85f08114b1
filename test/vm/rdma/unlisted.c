// An addon that gives memory to a device behind the back of the package: no ledger knows of it. register(buffer)
// returns { pair, key, gid }; connect(pair, packet, gid) connects to a peer, which may then write.
#include <infiniband/verbs.h>
#include <node_api.h>
#include <stdint.h>
#include <string.h>

enum { PORT = 1, GID = 1, PACKET = 1234, ACCESS = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE };

static struct ibv_qp* pair;

static napi_value fail(napi_env env, const char* what) {
  napi_throw_error(env, NULL, what);
  return NULL;
}

static void set_number(napi_env env, napi_value object, const char* name, uint32_t value) {
  napi_value number;
  napi_create_uint32(env, value, &number);
  napi_set_named_property(env, object, name, number);
}

static napi_value register_memory(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value buffer;
  napi_get_cb_info(env, info, &count, &buffer, NULL, NULL);
  void* memory;
  size_t length;
  if (napi_get_buffer_info(env, buffer, &memory, &length) != napi_ok) return fail(env, "no Buffer");
  struct ibv_device** devices = ibv_get_device_list(NULL);
  if (devices == NULL || devices[0] == NULL) return fail(env, "ibv_get_device_list");
  struct ibv_context* const context = ibv_open_device(devices[0]);
  if (context == NULL) return fail(env, "ibv_open_device");
  struct ibv_pd* const domain = ibv_alloc_pd(context);
  struct ibv_mr* const region = ibv_reg_mr(domain, memory, length, ACCESS);
  if (region == NULL) return fail(env, "ibv_reg_mr");
  struct ibv_cq* const completions = ibv_create_cq(context, 1, NULL, NULL, 0);
  struct ibv_qp_init_attr init = {.send_cq = completions,
                                  .recv_cq = completions,
                                  .cap = {.max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1},
                                  .qp_type = IBV_QPT_RC};
  pair = ibv_create_qp(domain, &init);
  if (pair == NULL) return fail(env, "ibv_create_qp");
  union ibv_gid gid;
  if (ibv_query_gid(context, PORT, GID, &gid) != 0) return fail(env, "ibv_query_gid");

  napi_value result, bytes;
  napi_create_object(env, &result);
  set_number(env, result, "pair", pair->qp_num);
  set_number(env, result, "key", region->rkey);
  set_number(env, result, "packet", PACKET);
  napi_create_buffer_copy(env, sizeof gid, &gid, NULL, &bytes);
  napi_set_named_property(env, result, "gid", bytes);
  return result;
}

static napi_value connect_pair(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value given[3];
  napi_get_cb_info(env, info, &count, given, NULL, NULL);
  uint32_t peer, packet;
  void* gid;
  size_t length;
  if (napi_get_value_uint32(env, given[0], &peer) != napi_ok || napi_get_value_uint32(env, given[1], &packet) != napi_ok ||
      napi_get_buffer_info(env, given[2], &gid, &length) != napi_ok || length != sizeof(union ibv_gid))
    return fail(env, "no peer");
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_INIT, .port_num = PORT, .qp_access_flags = ACCESS};
  if (ibv_modify_qp(pair, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS) != 0)
    return fail(env, "to INIT");
  attr.qp_state = IBV_QPS_RTR;
  attr.path_mtu = IBV_MTU_4096;
  attr.dest_qp_num = peer;
  attr.rq_psn = packet;
  attr.max_dest_rd_atomic = 1;
  attr.min_rnr_timer = 12;
  attr.ah_attr = (struct ibv_ah_attr){
      .is_global = 1, .port_num = PORT, .grh = {.sgid_index = GID, .hop_limit = 1}};
  memcpy(&attr.ah_attr.grh.dgid, gid, sizeof(union ibv_gid));
  if (ibv_modify_qp(pair, &attr,
                    IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                        IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER) != 0)
    return fail(env, "to RTR");
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "register", NAPI_AUTO_LENGTH, register_memory, NULL, &function);
  napi_set_named_property(env, exports, "register", function);
  napi_create_function(env, "connect", NAPI_AUTO_LENGTH, connect_pair, NULL, &function);
  napi_set_named_property(env, exports, "connect", function);
  return exports;
}
