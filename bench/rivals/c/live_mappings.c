// COUNT mappings of one page of one open file, all alive and never touched. Usage: FILE COUNT.
// Prints nanoseconds per mapping.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "measure.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const long count = atol(argv[2]);
  const int fd = open(argv[1], O_RDWR | O_CLOEXEC);
  void** const mappings = calloc((size_t)count, sizeof *mappings);
  if (fd < 0 || mappings == NULL) {
    perror(argv[1]);
    return 1;
  }
  // Takes the page faults of the array before the clock starts.
  for (long i = 0; i < count; i++) mappings[i] = mappings;
  const double start = now();
  for (long i = 0; i < count; i++) {
    mappings[i] = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mappings[i] == MAP_FAILED) {
      perror("mmap");
      return 1;
    }
  }
  printf("{\"nanoseconds\":%.2f}\n", (now() - start) / (double)count);
  return 0;
}
