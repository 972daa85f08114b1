// msync of one dirty page after the other; making a page dirty is not timed. Usage: FILE PAGES COUNT.
// Prints the median in nanoseconds.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "measure.h"

enum { PAGE = 4096 };

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const size_t pages = strtoul(argv[2], NULL, 10), count = strtoul(argv[3], NULL, 10);
  const int fd = open(argv[1], O_RDWR | O_CLOEXEC);
  char* const base = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  double* const times = calloc(count, sizeof *times);
  if (fd < 0 || base == MAP_FAILED || times == NULL) {
    perror(argv[1]);
    return 1;
  }
  for (size_t i = 0; i < count; i++) {
    char* const page = base + i % pages * PAGE;
    *(volatile char*)page = (char)i;
    const double start = now();
    if (msync(page, PAGE, MS_SYNC) != 0) {
      perror("error: msync");
      return 1;
    }
    times[i] = now() - start;
  }
  printf("{\"sync\":%.2f}\n", median(times, count));
  return 0;
}
