// COUNT mappings of one page of one open file, all alive and never touched. Usage: FILE COUNT plain|checked.
// "checked": before each one, what a program must ask that does not know the descriptor: fcntl(F_GETFL) for the access
// mode, statx for the file and its length. Prints nanoseconds per mapping.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "measure.h"

static int is_usable(int fd) {
  struct statx status;
  return (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR && statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) == 0 &&
         status.stx_size >= 4096;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int checked = strcmp(argv[3], "checked") == 0;
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
    if (checked && !is_usable(fd)) return 1;
    mappings[i] = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mappings[i] == MAP_FAILED) {
      perror("mmap");
      return 1;
    }
  }
  printf("{\"nanoseconds\":%.2f}\n", (now() - start) / (double)count);
  return 0;
}
