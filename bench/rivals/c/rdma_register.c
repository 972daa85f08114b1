// Registers memory with an RDMA device, and ends the registration, again and again: ibv_reg_mr() and ibv_dereg_mr().
// Usage: FILE LENGTH COUNT. Prints nanoseconds of each, medians.
#define _GNU_SOURCE
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "measure.h"

static _Noreturn void fail(const char* what) {
  perror(what);
  exit(1);
}

static struct ibv_pd* open_domain(void) {
  struct ibv_device** devices = ibv_get_device_list(NULL);
  if (devices == NULL || devices[0] == NULL) fail("ibv_get_device_list");
  struct ibv_context* const context = ibv_open_device(devices[0]);
  if (context == NULL) fail("ibv_open_device");
  struct ibv_pd* const domain = ibv_alloc_pd(context);
  if (domain == NULL) fail("ibv_alloc_pd");
  return domain;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const size_t length = strtoul(argv[2], NULL, 10);
  const size_t count = strtoul(argv[3], NULL, 10);
  const int fd = open(argv[1], O_RDWR | O_CLOEXEC);
  void* const memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  double* const registering = calloc(count, sizeof(double));
  double* const ending = calloc(count, sizeof(double));
  if (fd < 0 || memory == MAP_FAILED || registering == NULL || ending == NULL) fail(argv[1]);
  struct ibv_pd* const domain = open_domain();
  for (size_t i = 0; i < count; i++) {
    const double start = now();
    struct ibv_mr* const region = ibv_reg_mr(domain, memory, length, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
    if (region == NULL) fail("ibv_reg_mr");
    const double middle = now();
    if (ibv_dereg_mr(region) != 0) fail("ibv_dereg_mr");
    registering[i] = middle - start;
    ending[i] = now() - middle;
  }
  printf("{\"register\":%.0f,\"deregister\":%.0f}\n", median(registering, count), median(ending, count));
  return 0;
}
