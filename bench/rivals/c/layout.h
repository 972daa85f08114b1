// The places of the ranges of one length in the file; see bench/layout.ts.
#ifndef BENCH_LAYOUT_H_
#define BENCH_LAYOUT_H_

#include <stdio.h>
#include <stdlib.h>

struct layout {
  size_t length, stride, blocks, batches;
};

// Parses "LENGTH:STRIDE:BLOCKS:BATCHES".
static inline struct layout parse_layout(const char* text) {
  struct layout parsed;
  if (sscanf(text, "%zu:%zu:%zu:%zu", &parsed.length, &parsed.stride, &parsed.blocks, &parsed.batches) == 4)
    return parsed;
  fprintf(stderr, "error: %s is not LENGTH:STRIDE:BLOCKS:BATCHES\n", text);
  exit(2);
}

// Stores to each cache line of each block.
static inline void dirty(char* base, const struct layout* in, char value) {
  for (size_t block = 0; block < in->blocks; block++) {
    volatile char* const data = base + block * in->stride;
    for (size_t at = 0; at < in->length; at += 64) data[at] = value;
  }
}

#endif  // BENCH_LAYOUT_H_
