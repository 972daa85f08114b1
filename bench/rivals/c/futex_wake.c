// From FUTEX_WAKE in one process to the return of FUTEX_WAIT in another. Usage: FILE COUNT.
// Prints the median and the 99th percentile, in nanoseconds.
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

struct shared {
  int word;
  int ready;
  double time;
};

static void wake_all(struct shared* shared, int count) {
  for (int round = 0; round < count; round++) {
    while (__atomic_load_n(&shared->ready, __ATOMIC_ACQUIRE) <= round) usleep(1000);
    usleep(2000);  // until the other process sleeps
    shared->time = now();
    __atomic_store_n(&shared->word, round + 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &shared->word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int count = atoi(argv[2]);
  const int fd = open(argv[1], O_RDWR | O_CLOEXEC);
  struct shared* const shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  double* const times = calloc((size_t)count, sizeof *times);
  if (fd < 0 || shared == MAP_FAILED || times == NULL) {
    perror(argv[1]);
    return 1;
  }
  *shared = (struct shared){0, 0, 0};
  if (fork() == 0) {
    wake_all(shared, count);
    _exit(0);
  }
  for (int round = 0; round < count; round++) {
    __atomic_store_n(&shared->ready, round + 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&shared->word, __ATOMIC_ACQUIRE) == round) {
      syscall(SYS_futex, &shared->word, FUTEX_WAIT, round, NULL, NULL, 0);
    }
    times[round] = now() - shared->time;
  }
  wait(NULL);
  const double middle = median(times, (size_t)count);  // sorts
  printf("{\"p50\":%.0f,\"p99\":%.0f}\n", middle, times[count * 99 / 100]);
  return 0;
}
