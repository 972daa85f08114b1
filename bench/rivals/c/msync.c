// msync of one dirty page after the other, then the same on another thread. Making a page dirty is not timed.
// Usage: FILE PAGES COUNT. Prints medians in nanoseconds: of msync, and of handing it to a thread that sleeps.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "measure.h"

enum { PAGE = 4096, WORK = 20000 };

static char* base;
static size_t pages, count;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static char* task;  // under `lock`; NULL: none

static char* dirty_page(size_t i) {
  char* const page = base + i % pages * PAGE;
  *(volatile char*)page = (char)i;
  return page;
}

static void flush(char* page) {
  if (msync(page, PAGE, MS_SYNC) == 0) return;
  perror("error: msync");
  exit(1);
}

static void* work(void* unused) {
  pthread_mutex_lock(&lock);
  for (;;) {
    while (task == NULL) pthread_cond_wait(&wake, &lock);
    pthread_mutex_unlock(&lock);
    flush(task);
    pthread_mutex_lock(&lock);
    task = NULL;
    pthread_cond_signal(&done);
  }
  return unused;
}

static double sync_time(size_t i) {
  char* const page = dirty_page(i);
  const double start = now();
  flush(page);
  return now() - start;
}

static double hand_over_time(size_t i) {
  char* const page = dirty_page(i);
  // Work before the call, as an event loop has it. Else both threads use one CPU in turn, which makes waking cheap.
  for (const double begin = now(); now() - begin < WORK;) continue;
  const double start = now();
  pthread_mutex_lock(&lock);
  task = page;
  pthread_mutex_unlock(&lock);
  pthread_cond_signal(&wake);
  const double time = now() - start;
  pthread_mutex_lock(&lock);
  while (task != NULL) pthread_cond_wait(&done, &lock);
  pthread_mutex_unlock(&lock);
  return time;
}

static double median_of(double (*measure)(size_t), double* times) {
  for (size_t i = 0; i < count; i++) times[i] = measure(i);
  return median(times, count);
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  pages = strtoul(argv[2], NULL, 10);
  count = strtoul(argv[3], NULL, 10);
  const int fd = open(argv[1], O_RDWR | O_CLOEXEC);
  base = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  double* const times = calloc(count, sizeof *times);
  if (fd < 0 || base == MAP_FAILED || times == NULL) {
    perror(argv[1]);
    return 1;
  }
  const double sync = median_of(sync_time, times);  // before there is another thread
  pthread_t thread;
  if (pthread_create(&thread, NULL, work, NULL) != 0) {
    fputs("error: pthread_create\n", stderr);
    return 1;
  }
  const double handOver = median_of(hand_over_time, times);
  printf("{\"sync\":%.2f,\"asyncCall\":%.2f}\n", sync, handOver);
  return 0;
}
