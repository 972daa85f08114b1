// pmem2 persist of every dirty block of a layout. Usage: FILE LENGTH:STRIDE:BLOCKS:BATCHES...
// Prints the nanoseconds per persist for each layout, the median over its batches.
#define _GNU_SOURCE
#include "layout.h"
#include "measure.h"
#include "pmem2_file.h"

static double time_batch(char* base, const struct layout* in, pmem2_persist_fn persist, size_t batch) {
  dirty(base, in, (char)batch);
  const double start = now();
  for (size_t block = 0; block < in->blocks; block++) persist(base + block * in->stride, in->length);
  return (now() - start) / (double)in->blocks;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  struct pmem2_map* const map = map_file(argv[1]);
  char* const base = pmem2_map_get_address(map);
  const pmem2_persist_fn persist = pmem2_get_persist_fn(map);
  for (int i = 2; i < argc; i++) {
    const struct layout in = parse_layout(argv[i]);
    double* const times = calloc(in.batches, sizeof *times);
    if (times == NULL) return 1;
    for (size_t batch = 0; batch < in.batches / 10; batch++) time_batch(base, &in, persist, batch);
    for (size_t batch = 0; batch < in.batches; batch++) times[batch] = time_batch(base, &in, persist, batch);
    printf("%s\"%zu\":%.2f", i == 2 ? "{" : ",", in.length, median(times, in.batches));
    free(times);
  }
  printf("}\n");
  return 0;
}
