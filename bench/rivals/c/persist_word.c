// Stores a word of 8 bytes and makes it durable with pmem2 persist, for every block of a layout.
// Usage: FILE LENGTH:STRIDE:BLOCKS:BATCHES. Prints the nanoseconds per word, the median over the batches.
#define _GNU_SOURCE
#include <stdint.h>

#include "layout.h"
#include "measure.h"
#include "pmem2_file.h"

static double time_batch(char* base, const struct layout* in, pmem2_persist_fn persist) {
  const double start = now();
  for (size_t block = 0; block < in->blocks; block++) {
    volatile uint64_t* const word = (uint64_t*)(base + block * in->stride);
    *word = block;
    persist((const void*)word, sizeof *word);
  }
  return (now() - start) / (double)in->blocks;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  struct pmem2_map* const map = map_file(argv[1]);
  const pmem2_persist_fn persist = pmem2_get_persist_fn(map);
  const struct layout in = parse_layout(argv[2]);
  double* const times = calloc(in.batches, sizeof *times);
  if (times == NULL) return 1;
  char* const base = pmem2_map_get_address(map);
  for (size_t batch = 0; batch < in.batches; batch++) times[batch] = time_batch(base, &in, persist);
  printf("{\"word\":%.2f}\n", median(times, in.batches));
  free(times);
  return 0;
}
