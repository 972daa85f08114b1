// pmem2 flush of every dirty range, then one drain. Usage: FILE LENGTH:STRIDE:BLOCKS:BATCHES
// Prints the nanoseconds for all ranges together, the median over the batches.
#define _GNU_SOURCE
#include "layout.h"
#include "measure.h"
#include "pmem2_file.h"

struct range {
  size_t offset, length;
};

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  struct pmem2_map* const map = map_file(argv[1]);
  char* const base = pmem2_map_get_address(map);
  const pmem2_flush_fn flush = pmem2_get_flush_fn(map);
  const pmem2_drain_fn drain = pmem2_get_drain_fn(map);
  const struct layout in = parse_layout(argv[2]);
  struct range* const ranges = calloc(in.blocks, sizeof *ranges);
  double* const times = calloc(in.batches, sizeof *times);
  if (ranges == NULL || times == NULL) return 1;
  for (size_t i = 0; i < in.blocks; i++) ranges[i] = (struct range){i * in.stride, in.length};
  for (size_t batch = 0; batch < in.batches; batch++) {
    dirty(base, &in, (char)batch);
    const double start = now();
    for (size_t i = 0; i < in.blocks; i++) flush(base + ranges[i].offset, ranges[i].length);
    drain();
    times[batch] = now() - start;
  }
  printf("{\"nanoseconds\":%.2f}\n", median(times, in.batches));
  return 0;
}
