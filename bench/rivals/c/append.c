// Appends of 256 B records with libpmem2, in three ways: each record durable before the next; each record, and then the
// 8 bytes with the end of the log, durable; 64 records durable at a time. Once with memcpy and persist, and once with
// pmem2 memcpy. Usage: FILE RECORDS. Prints nanoseconds per record for each way, the median over the passes.
#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>

#include "measure.h"
#include "pmem2_file.h"

enum { RECORD = 256, HEADER = 4096, GROUP = 64, PASSES = 5 };

static char* base;
static size_t count;
static pmem2_persist_fn persist;
static pmem2_drain_fn drain;
static pmem2_memcpy_fn copy;
static uint32_t record[RECORD / sizeof(uint32_t)];

static char* place(size_t i) {
  record[0] = (uint32_t)i;
  return base + HEADER + i * RECORD;
}

static void persist_end(size_t i) {
  *(volatile double*)base = (double)(HEADER + (i + 1) * RECORD);
  persist(base, sizeof(double));
}

static void single(void) {
  for (size_t i = 0; i < count; i++) persist(memcpy(place(i), record, RECORD), RECORD);
}

static void ordered(void) {
  for (size_t i = 0; i < count; i++) {
    persist(memcpy(place(i), record, RECORD), RECORD);
    persist_end(i);
  }
}

static void grouped(void) {
  for (size_t i = 0; i < count; i += GROUP) {
    for (size_t j = i; j < i + GROUP; j++) memcpy(place(j), record, RECORD);
    persist(place(i), GROUP * RECORD);
  }
}

static void single_copy(void) {
  for (size_t i = 0; i < count; i++) copy(place(i), record, RECORD, 0);
}

static void ordered_copy(void) {
  for (size_t i = 0; i < count; i++) {
    copy(place(i), record, RECORD, 0);
    persist_end(i);
  }
}

static void grouped_copy(void) {
  for (size_t i = 0; i < count; i += GROUP) {
    for (size_t j = i; j < i + GROUP; j++) copy(place(j), record, RECORD, PMEM2_F_MEM_NODRAIN);
    drain();
  }
}

static const struct {
  const char* name;
  void (*append)(void);
} ways[] = {
    {"single", single},          {"ordered", ordered},          {"grouped", grouped},
    {"singleCopy", single_copy}, {"orderedCopy", ordered_copy}, {"groupedCopy", grouped_copy},
};

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  struct pmem2_map* const map = map_file(argv[1]);
  base = pmem2_map_get_address(map);
  persist = pmem2_get_persist_fn(map);
  drain = pmem2_get_drain_fn(map);
  copy = pmem2_get_memcpy_fn(map);
  count = strtoul(argv[2], NULL, 10);
  single();  // takes the page faults
  for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
    double times[PASSES];
    for (int pass = 0; pass < PASSES; pass++) {
      const double start = now();
      ways[way].append();
      times[pass] = (now() - start) / (double)count;
    }
    printf("%s\"%s\":%.2f", way == 0 ? "{" : ",", ways[way].name, median(times, PASSES));
  }
  printf("}\n");
  return 0;
}
