// Appends of 256 B records to a mapped file, each durable before the next: a store and msync; or pwritev2 with
// RWF_DSYNC into the page that is mapped, which spares the page fault of the store. Usage: FILE msync|dsync RECORDS.
// Prints nanoseconds per record: the median over batches of 20, after a tenth of the records.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "measure.h"

enum { RECORD = 256, PAGE = 4096, BATCH = 20 };

static int fd;
static char* base;
static uint32_t record[RECORD / sizeof(uint32_t)];

static int append_msync(size_t at) {
  memcpy(base + at, record, RECORD);
  return msync(base + at / PAGE * PAGE, at % PAGE + RECORD, MS_SYNC);
}

static int append_dsync(size_t at) {
  const struct iovec part = {record, RECORD};
  const ssize_t written = pwritev2(fd, &part, 1, (off_t)at, RWF_DSYNC);
  return written == RECORD && memcmp(base + at, record, RECORD) == 0 ? 0 : -1;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  int (*const append)(size_t) = strcmp(argv[2], "dsync") == 0 ? append_dsync : append_msync;
  const size_t count = strtoul(argv[3], NULL, 10), warm_up = (count + 9) / 10, batches = count / BATCH;
  struct stat status;
  fd = open(argv[1], O_RDWR | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0) {
    perror(argv[1]);
    return 1;
  }
  base = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  double* const times = calloc(batches + 1, sizeof *times);
  if (base == MAP_FAILED || times == NULL) return 1;
  memset(record, 0x5a, sizeof record);
  double start = now();
  for (size_t i = 0; i < warm_up + batches * BATCH; i++) {
    record[0] = (uint32_t)i;
    if (append(i * RECORD) != 0) {
      perror("error: append");
      return 1;
    }
    if (i < warm_up) {
      start = now();
    } else if ((i - warm_up) % BATCH == BATCH - 1) {
      times[(i - warm_up) / BATCH] = now() - start;
      start = now();
    }
  }
  printf("{\"single\":%.2f}\n", median(times, batches) / BATCH);
  return 0;
}
