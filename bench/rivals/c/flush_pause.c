// The longest pause between two turns of a loop while another thread calls msync for a whole dirty file, and then for
// the same time without it. Usage: FILE. Prints nanoseconds.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "measure.h"

enum { PAGE = 4096 };

static char* base;
static size_t length;
static atomic_bool done;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void* flush(void* unused) {
  if (msync(base, length, MS_SYNC) != 0) fail("error: msync");
  done = true;
  return unused;
}

// Turns until `done`, or for `span` nanoseconds if that is not 0. Returns the longest pause; `span` is the time then.
static double longest_pause(int poll, double* span) {
  const double start = now(), limit = *span;
  double last = start, longest = 0;
  while (limit == 0 ? !done : last - start < limit) {
    struct epoll_event event;
    epoll_wait(poll, &event, 1, 0);
    const double time = now();
    if (time - last > longest) longest = time - last;
    last = time;
  }
  *span = last - start;
  return longest;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int fd = open(argv[1], O_RDWR | O_CLOEXEC), poll = epoll_create1(EPOLL_CLOEXEC);
  struct stat facts;
  if (fd < 0 || poll < 0 || fstat(fd, &facts) != 0) fail(argv[1]);
  length = (size_t)facts.st_size;
  base = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) fail("error: mmap");
  for (size_t at = 0; at < length; at += PAGE) base[at]++;
  pthread_t thread;
  if (pthread_create(&thread, NULL, flush, NULL) != 0) fail("error: pthread_create");
  double span = 0;
  const double during = longest_pause(poll, &span), flushed = span;
  const double alone = longest_pause(poll, &span);
  printf("{\"pause\":%.0f,\"pauseAlone\":%.0f,\"flush\":%.0f}\n", during, alone, flushed);
  return 0;
}
