// One process writes into the memory of another by RDMA, and measures it: the verbs that an Endpoint uses, in C.
// Usage: FILE LENGTH write|persist SIZE DEPTH COUNT. FILE is mapped by the owner of the memory, from its start. Prints
// nanoseconds per operation, the median of the passes, and compares the bytes at the end.
#define _GNU_SOURCE
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

enum { PASSES = 5, GID = 1, PORT = 1, PSN = 1234, TIMEOUT = 14, RETRIES = 7 };

// What each side tells the other.
struct card {
  uint32_t pair;
  uint32_t key;
  uint64_t address;
  union ibv_gid gid;
};

struct side {
  struct ibv_context* context;
  struct ibv_pd* domain;
  struct ibv_comp_channel* channel;
  struct ibv_cq* completions;
  struct ibv_qp* pair;
  struct ibv_mr* region;
};

static _Noreturn void fail(const char* what) {
  perror(what);
  exit(1);
}

static struct side open_side(void* memory, size_t length, int depth, int access, int flushes) {
  struct side side;
  struct ibv_device** devices = ibv_get_device_list(NULL);
  if (devices == NULL || devices[0] == NULL) fail("ibv_get_device_list");
  side.context = ibv_open_device(devices[0]);
  if (side.context == NULL) fail("ibv_open_device");
  side.domain = ibv_alloc_pd(side.context);
  side.channel = ibv_create_comp_channel(side.context);
  side.completions = ibv_create_cq(side.context, 2 * depth, NULL, side.channel, 0);
  side.region = ibv_reg_mr(side.domain, memory, length, access);
  if (side.region == NULL) fail("ibv_reg_mr");
  struct ibv_qp_init_attr_ex init = {
      .send_cq = side.completions,
      .recv_cq = side.completions,
      .cap = {.max_send_wr = (uint32_t)(2 * depth), .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1},
      .qp_type = IBV_QPT_RC,
      .comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
      .pd = side.domain,
      .send_ops_flags = IBV_QP_EX_WITH_RDMA_WRITE,
  };
#ifdef WITH_FLUSH
  if (flushes) init.send_ops_flags |= IBV_QP_EX_WITH_FLUSH;
#else
  if (flushes) {
    fputs("compiled without RDMA FLUSH\n", stderr);
    exit(2);
  }
#endif
  side.pair = ibv_create_qp_ex(side.context, &init);
  if (side.pair == NULL) fail("ibv_create_qp_ex");
  return side;
}

static struct card card_of(const struct side* side) {
  struct card card = {side->pair->qp_num, side->region->rkey, (uintptr_t)side->region->addr, {{0}}};
  if (ibv_query_gid(side->context, PORT, GID, &card.gid) != 0) fail("ibv_query_gid");
  return card;
}

static void connect_to(const struct side* side, const struct card* peer, int access) {
  struct ibv_qp_attr attr = {.qp_state = IBV_QPS_INIT, .port_num = PORT, .qp_access_flags = (unsigned)access};
  if (ibv_modify_qp(side->pair, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS) != 0)
    fail("to INIT");
  attr.qp_state = IBV_QPS_RTR;
  attr.path_mtu = IBV_MTU_4096;
  attr.dest_qp_num = peer->pair;
  attr.rq_psn = PSN;
  attr.max_dest_rd_atomic = 1;
  attr.min_rnr_timer = 12;
  attr.ah_attr = (struct ibv_ah_attr){
      .is_global = 1, .port_num = PORT, .grh = {.dgid = peer->gid, .sgid_index = GID, .hop_limit = 1}};
  if (ibv_modify_qp(side->pair, &attr,
                    IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                        IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER) != 0)
    fail("to RTR");
  attr.qp_state = IBV_QPS_RTS;
  attr.sq_psn = PSN;
  attr.timeout = TIMEOUT;
  attr.retry_cnt = RETRIES;
  attr.rnr_retry = RETRIES;
  attr.max_rd_atomic = 1;
  if (ibv_modify_qp(side->pair, &attr,
                    IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
                        IBV_QP_MAX_QP_RD_ATOMIC) != 0)
    fail("to RTS");
}

static void exchange(int socket, const struct card* mine, struct card* theirs) {
  if (write(socket, mine, sizeof *mine) != sizeof *mine || read(socket, theirs, sizeof *theirs) != sizeof *theirs)
    fail("the exchange");
}

// A write; and, in one request with it, a flush of the same bytes.
static void post(const struct side* side, const struct card* peer, size_t at, size_t size, int flushes) {
  struct ibv_qp_ex* const pair = ibv_qp_to_qp_ex(side->pair);
  ibv_wr_start(pair);
  pair->wr_id = 1;
  pair->wr_flags = flushes ? 0 : IBV_SEND_SIGNALED;
  ibv_wr_rdma_write(pair, peer->key, peer->address + at);
  ibv_wr_set_sge(pair, side->region->lkey, (uintptr_t)side->region->addr + at, (uint32_t)size);
#ifdef WITH_FLUSH
  if (flushes) {
    pair->wr_flags = IBV_SEND_SIGNALED;
    ibv_wr_flush(pair, peer->key, peer->address + at, size, IBV_FLUSH_PERSISTENT, IBV_FLUSH_RANGE);
  }
#endif
  if (ibv_wr_complete(pair) != 0) fail("ibv_wr_complete");
}

// Sleeps until there are completions, and counts them.
static int await(const struct side* side) {
  struct ibv_wc done[16];
  int count = ibv_poll_cq(side->completions, 16, done);
  if (count == 0) {
    if (ibv_req_notify_cq(side->completions, 0) != 0) fail("ibv_req_notify_cq");
    count = ibv_poll_cq(side->completions, 16, done);
    if (count == 0) {
      struct ibv_cq* queue;
      void* unused;
      if (ibv_get_cq_event(side->channel, &queue, &unused) != 0) fail("ibv_get_cq_event");
      ibv_ack_cq_events(queue, 1);
      return 0;
    }
  }
  for (int i = 0; i < count; i++) {
    if (done[i].status == IBV_WC_SUCCESS) continue;
    fprintf(stderr, "completion: %s\n", ibv_wc_status_str(done[i].status));
    exit(1);
  }
  return count;
}

static double measure(const struct side* side, const struct card* peer, size_t length, size_t size, int depth,
                      int count, int flushes) {
  double times[PASSES];
  for (int pass = 0; pass < PASSES; pass++) {
    const double start = now();
    int posted = 0;
    for (int done = 0; done < count; done += await(side)) {
      for (; posted < count && posted - done < depth; posted++)
        post(side, peer, (size_t)posted * size % length, size, flushes);
    }
    times[pass] = (now() - start) / count;
  }
  return median(times, PASSES);
}

static int own(int socket, void* memory, size_t length, int access, int flushes) {
  const struct side side = open_side(memory, length, 1, access, flushes);
  const struct card mine = card_of(&side);
  struct card theirs;
  exchange(socket, &mine, &theirs);
  connect_to(&side, &theirs, access);
  char word = 0;
  return write(socket, &word, 1) == 1 && read(socket, &word, 1) == 1 ? 0 : 1;  // until the writer is done
}

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const size_t length = strtoul(argv[2], NULL, 10);
  const int flushes = strcmp(argv[3], "persist") == 0;
  const size_t size = strtoul(argv[4], NULL, 10);
  const int depth = atoi(argv[5]);
  const int count = atoi(argv[6]);
  const int fd = open(argv[1], O_RDWR | O_CLOEXEC);
  char* const memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd < 0 || memory == MAP_FAILED) fail(argv[1]);
  int access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE;
#ifdef WITH_FLUSH
  if (flushes) access |= IBV_ACCESS_FLUSH_PERSISTENT | IBV_ACCESS_FLUSH_GLOBAL;
#endif
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) fail("socketpair");
  if (fork() == 0) {
    close(sockets[0]);
    return own(sockets[1], memory, length, access, flushes);
  }
  close(sockets[1]);

  char* const source = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (size_t i = 0; i < length; i++) source[i] = (char)(i % 251);
  const struct side side = open_side(source, length, depth, IBV_ACCESS_LOCAL_WRITE, flushes);
  const struct card mine = card_of(&side);
  struct card theirs;
  exchange(sockets[0], &mine, &theirs);
  connect_to(&side, &theirs, 0);
  char word = 0;
  if (read(sockets[0], &word, 1) != 1) fail("the owner");
  const double time = measure(&side, &theirs, length, size, depth, count, flushes);
  const size_t written = (size_t)count * size < length ? (size_t)count * size : length;
  const int is_equal = memcmp(memory, source, written) == 0;
  if (write(sockets[0], &word, 1) != 1) fail("the owner");
  wait(NULL);
  if (!is_equal) fputs("the bytes differ\n", stderr);
  printf("{\"ns\":%.0f}\n", time);
  return is_equal ? 0 : 1;
}
