// The RDMA devices of this machine, as JSON on one line: what libibverbs says to a program in C.
#include <infiniband/verbs.h>
#include <inttypes.h>
#include <stdio.h>

// The library adds values at the end of this enum; libibverbs 44 has no names for them (rdma-core 45: verbs.h).
enum { FLUSH_GLOBAL = 38, FLUSH_PERSISTENT = 39, ATOMIC_WRITE = 40 };

static const char* BoolOf(uint64_t flags, int bit) { return (flags >> bit & 1) != 0 ? "true" : "false"; }

static void PrintGid(const union ibv_gid* gid) {
  putchar('"');
  for (int i = 0; i < 16; i++) printf("%02x", gid->raw[i]);
  putchar('"');
}

static int PrintPort(struct ibv_context* context, int number) {
  struct ibv_port_attr port;
  if (ibv_query_port(context, (uint8_t)number, &port) != 0) return 1;
  printf("{\"number\":%d,\"active\":%s,\"mtu\":%d,\"gids\":[", number, port.state == IBV_PORT_ACTIVE ? "true" : "false",
         128 << port.active_mtu);
  for (int i = 0; i < port.gid_tbl_len; i++) {
    union ibv_gid gid;
    if (ibv_query_gid(context, (uint8_t)number, i, &gid) != 0) break;
    if (gid.global.subnet_prefix == 0 && gid.global.interface_id == 0) break;
    if (i > 0) putchar(',');
    PrintGid(&gid);
  }
  printf("]}");
  return 0;
}

static int PrintDevice(struct ibv_device* device) {
  struct ibv_context* context = ibv_open_device(device);
  if (context == NULL) return 1;
  struct ibv_device_attr_ex attr = {0};
  if (ibv_query_device_ex(context, NULL, &attr) != 0) return 1;
  const uint64_t flags = attr.device_cap_flags_ex;
  printf("{\"name\":\"%s\",\"flushGlobal\":%s,\"flushPersistent\":%s,\"atomicWrite\":%s,\"onDemand\":%s,"
         "\"onDemandRc\":%" PRIu32 ",\"memoryWindows\":%s,\"fork\":%d,\"ports\":[",
         ibv_get_device_name(device), BoolOf(flags, FLUSH_GLOBAL), BoolOf(flags, FLUSH_PERSISTENT),
         BoolOf(flags, ATOMIC_WRITE), (attr.odp_caps.general_caps & IBV_ODP_SUPPORT) != 0 ? "true" : "false",
         attr.odp_caps.per_transport_caps.rc_odp_caps,
         (flags & IBV_DEVICE_MEM_WINDOW_TYPE_2B) != 0 ? "true" : "false", (int)ibv_is_fork_initialized());
  for (int number = 1; number <= attr.orig_attr.phys_port_cnt; number++) {
    if (number > 1) putchar(',');
    if (PrintPort(context, number) != 0) return 1;
  }
  printf("]}");
  return ibv_close_device(context);
}

int main(void) {
  int count = 0;
  struct ibv_device** devices = ibv_get_device_list(&count);
  if (devices == NULL) {
    perror("ibv_get_device_list");
    return 1;
  }
  putchar('[');
  for (int i = 0; i < count; i++) {
    if (i > 0) putchar(',');
    if (PrintDevice(devices[i]) != 0) {
      perror(ibv_get_device_name(devices[i]));
      return 1;
    }
  }
  puts("]");
  ibv_free_device_list(devices);
  return 0;
}
