// open, fstat, mmap, with "touch" a read of one byte, munmap, close. Usage: FILE COUNT touch|leave|cover.
// "cover": as "touch", with an anonymous placeholder in place of munmap, as long as another part of the program may
// still use the address; after LATE operations the placeholders are unmapped, one by one. Prints nanoseconds per
// operation; a tenth of COUNT runs before the clock starts.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"

enum { LATE = 200 };

static unsigned sum;
static void* covered[LATE];
static long waiting;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void cover(void* data, size_t length) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
  if (mmap(data, length, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) fail("placeholder");
  covered[waiting++] = data;
  if (waiting < LATE) return;
  while (waiting > 0) munmap(covered[--waiting], length);
}

static void repeat(const char* file, long count, const char* how) {
  const int touch = strcmp(how, "leave") != 0;
  for (long i = 0; i < count; i++) {
    const int fd = open(file, O_RDWR | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) fail(file);
    const size_t length = (size_t)status.st_size;
    volatile unsigned char* const data = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) fail("mmap");
    if (touch) sum += data[0];
    if (strcmp(how, "cover") == 0) {
      cover((void*)data, length);
    } else if (munmap((void*)data, length) != 0) {
      fail("munmap");
    }
    if (close(fd) != 0) fail("close");
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const long count = atol(argv[2]);
  repeat(argv[1], count / 10, argv[3]);
  const double start = now();
  repeat(argv[1], count, argv[3]);
  printf("{\"nanoseconds\":%.2f}\n", (now() - start) / (double)count);
  return strcmp(argv[3], "leave") != 0 && sum == 0;  // the file holds ones, so a sum of 0 is a failure
}
