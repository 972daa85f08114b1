// A clock, and the median of its times.
#ifndef BENCH_MEASURE_H_
#define BENCH_MEASURE_H_

#include <stdlib.h>
#include <time.h>

// The time in nanoseconds.
static inline double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static inline int by_value(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

// The median. Sorts the values.
static inline double median(double* values, size_t count) {
  qsort(values, count, sizeof *values, by_value);
  return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

#endif  // BENCH_MEASURE_H_
