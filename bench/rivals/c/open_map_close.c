// open, fstat, mmap, with "touch" a read of one byte, munmap, close. Usage: FILE COUNT touch|leave.
// Prints nanoseconds per operation; a tenth of COUNT runs before the clock starts.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"

static unsigned sum;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void repeat(const char* file, long count, int touch) {
  for (long i = 0; i < count; i++) {
    const int fd = open(file, O_RDWR | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) fail(file);
    const size_t length = (size_t)status.st_size;
    volatile unsigned char* const data = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) fail("mmap");
    if (touch) sum += data[0];
    if (munmap((void*)data, length) != 0) fail("munmap");
    if (close(fd) != 0) fail("close");
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const long count = atol(argv[2]);
  const int touch = strcmp(argv[3], "touch") == 0;
  repeat(argv[1], count / 10, touch);
  const double start = now();
  repeat(argv[1], count, touch);
  printf("{\"nanoseconds\":%.2f}\n", (now() - start) / (double)count);
  return touch && sum == 0;  // the file holds ones, so a sum of 0 is a failure
}
