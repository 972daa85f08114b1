// pmem2 memcpy (flags 0: durable on return) to every block of a layout. Usage: FILE LENGTH:STRIDE:BLOCKS:BATCHES...
// Prints the nanoseconds per copy for each layout, the median over its batches.
#define _GNU_SOURCE
#include <string.h>

#include "layout.h"
#include "measure.h"
#include "pmem2_file.h"

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  struct pmem2_map* const map = map_file(argv[1]);
  char* const base = pmem2_map_get_address(map);
  const pmem2_memcpy_fn copy = pmem2_get_memcpy_fn(map);
  for (int i = 2; i < argc; i++) {
    const struct layout in = parse_layout(argv[i]);
    double* const times = calloc(in.batches, sizeof *times);
    char* const source = malloc(in.length);
    if (times == NULL || source == NULL) return 1;
    memset(source, i, in.length);  // gives the source its own pages; untouched pages all share the zero page
    for (size_t batch = 0; batch < in.batches; batch++) {
      const double start = now();
      for (size_t block = 0; block < in.blocks; block++) copy(base + block * in.stride, source, in.length, 0);
      times[batch] = (now() - start) / (double)in.blocks;
    }
    printf("%s\"%zu\":%.2f", i == 2 ? "{" : ",", in.length, median(times, in.batches));
    free(source);
    free(times);
  }
  printf("}\n");
  return 0;
}
