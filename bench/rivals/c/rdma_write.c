// One process writes into the memory of another by RDMA, and measures it: the verbs that an Endpoint uses, in C.
// Usage: FILE LENGTH write|persist alone|handed SIZE:DEPTH:COUNT... FILE is mapped by the owner of the memory, from its
// start. handed: a second thread waits for the device and wakes the first one through an eventfd, as every event loop
// needs it. Prints nanoseconds per operation, the median of the passes, by "SIZE:DEPTH", and compares the bytes at the
// end.
#define _GNU_SOURCE
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

enum { PASSES = 5, GID = 1, PORT = 1, PSN = 1234, TIMEOUT = 14, RETRIES = 7, READS = 16, MOST = 32 };

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
  int loop;  // an epoll descriptor, over `bell`; -1: this thread waits for the device itself
  int bell;
};

// One measurement.
struct work {
  size_t size;
  int depth;
  int count;
};

static _Noreturn void fail(const char* what) {
  perror(what);
  exit(1);
}

static struct side open_side(void* memory, size_t length, int depth, int access, int flushes) {
  struct side side = {.loop = -1, .bell = -1};
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
  attr.max_dest_rd_atomic = READS;
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
  attr.max_rd_atomic = READS;
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

// Waits for one event of the device.
static void hear(const struct side* side) {
  struct ibv_cq* queue;
  void* unused;
  if (ibv_get_cq_event(side->channel, &queue, &unused) != 0) fail("ibv_get_cq_event");
  ibv_ack_cq_events(queue, 1);
}

static void* hand_over(void* data) {
  const struct side* const side = data;
  for (;;) {
    hear(side);
    if (eventfd_write(side->bell, 1) != 0) fail("eventfd_write");
  }
}

static void start_thread(struct side* side) {
  side->loop = epoll_create1(EPOLL_CLOEXEC);
  side->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN};
  pthread_t thread;
  if (epoll_ctl(side->loop, EPOLL_CTL_ADD, side->bell, &event) != 0) fail("epoll_ctl");
  if (pthread_create(&thread, NULL, hand_over, side) != 0) fail("pthread_create");
}

static void sleep_until_event(const struct side* side) {
  if (side->loop < 0) {
    hear(side);
    return;
  }
  struct epoll_event event;
  eventfd_t count;
  if (epoll_wait(side->loop, &event, 1, -1) != 1 || eventfd_read(side->bell, &count) != 0) fail("the event");
}

// Sleeps until there are completions, and counts them.
static int await(const struct side* side) {
  struct ibv_wc done[MOST];
  int count = ibv_poll_cq(side->completions, MOST, done);
  if (count == 0) {
    if (ibv_req_notify_cq(side->completions, 0) != 0) fail("ibv_req_notify_cq");
    count = ibv_poll_cq(side->completions, MOST, done);
    if (count == 0) sleep_until_event(side);
  }
  for (int i = 0; i < count; i++) {
    if (done[i].status == IBV_WC_SUCCESS) continue;
    fprintf(stderr, "completion: %s\n", ibv_wc_status_str(done[i].status));
    exit(1);
  }
  return count;
}

static double measure(const struct side* side, const struct card* peer, size_t length, struct work work, int flushes) {
  double times[PASSES];
  for (int pass = 0; pass < PASSES; pass++) {
    const double start = now();
    int posted = 0;
    for (int done = 0; done < work.count; done += await(side)) {
      for (; posted < work.count && posted - done < work.depth; posted++)
        post(side, peer, (size_t)posted * work.size % length, work.size, flushes);
    }
    times[pass] = (now() - start) / work.count;
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

static struct work parse(const char* text) {
  struct work work;
  if (sscanf(text, "%zu:%d:%d", &work.size, &work.depth, &work.count) == 3 && work.depth <= MOST) return work;
  fprintf(stderr, "%s is not SIZE:DEPTH:COUNT\n", text);
  exit(2);
}

static int access_of(int flushes) {
  int access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE;
#ifdef WITH_FLUSH
  if (flushes) access |= IBV_ACCESS_FLUSH_PERSISTENT | IBV_ACCESS_FLUSH_GLOBAL;
#else
  (void)flushes;
#endif
  return access;
}

int main(int argc, char** argv) {
  if (argc < 6) return 2;
  const size_t length = strtoul(argv[2], NULL, 10);
  const int flushes = strcmp(argv[3], "persist") == 0;
  const int fd = open(argv[1], O_RDWR | O_CLOEXEC);
  char* const memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd < 0 || memory == MAP_FAILED) fail(argv[1]);
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) fail("socketpair");
  if (fork() == 0) {
    close(sockets[0]);
    return own(sockets[1], memory, length, access_of(flushes), flushes);
  }
  close(sockets[1]);

  char* const source = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (size_t i = 0; i < length; i++) source[i] = (char)(i % 251);
  struct side side = open_side(source, length, MOST, IBV_ACCESS_LOCAL_WRITE, flushes);
  const struct card mine = card_of(&side);
  struct card theirs;
  exchange(sockets[0], &mine, &theirs);
  connect_to(&side, &theirs, 0);
  char word = 0;
  if (read(sockets[0], &word, 1) != 1) fail("the owner");
  if (strcmp(argv[4], "handed") == 0) start_thread(&side);
  size_t written = 0;
  for (int i = 5; i < argc; i++) {
    const struct work work = parse(argv[i]);
    const double time = measure(&side, &theirs, length, work, flushes);
    printf("%s\"%zu:%d\":%.0f", i == 5 ? "{" : ",", work.size, work.depth, time);
    const size_t end = (size_t)work.count * work.size;
    if (end > written) written = end < length ? end : length;
  }
  puts("}");
  const int is_equal = memcmp(memory, source, written) == 0;
  if (write(sockets[0], &word, 1) != 1) fail("the owner");
  wait(NULL);
  if (!is_equal) fputs("the bytes differ\n", stderr);
  return is_equal ? 0 : 1;
}
