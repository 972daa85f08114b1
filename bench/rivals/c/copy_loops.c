// The fastest of several loops that copy to every block of a layout with non-temporal stores, durable on return: stores
// of 16 and 64 bytes, one page after the other or pages side by side, the source fetched ahead or not. For x86_64.
// Usage: FILE LENGTH:STRIDE:BLOCKS:BATCHES. Prints the nanoseconds per copy of the loop with the lowest median.
#define _GNU_SOURCE
#include <immintrin.h>
#include <string.h>

#include "layout.h"
#include "measure.h"
#include "pmem2_file.h"

#define AVX512 __attribute__((target("avx512f")))

enum { LINE = 64, PAGE = 4096 };

typedef void (*copy_loop)(char* to, const char* from, size_t length);

static inline void line_of_16(char* to, const char* from) {
  for (int at = 0; at < LINE; at += 16)
    _mm_stream_si128((__m128i*)(to + at), _mm_loadu_si128((const __m128i*)(from + at)));
}

AVX512 static inline void line_of_64(char* to, const char* from) {
  _mm512_stream_si512((__m512i*)to, _mm512_loadu_si512(from));
}

// The source is fetched `ahead` bytes before its copy, into the cache that `hint` names.
#define AHEAD(name, attribute, line, ahead, hint)                          \
  attribute static void name(char* to, const char* from, size_t length) {  \
    size_t at = 0;                                                         \
    for (; at + (ahead) < length; at += LINE) {                            \
      _mm_prefetch(from + at + (ahead), hint);                             \
      line(to + at, from + at);                                            \
    }                                                                      \
    for (; at < length; at += LINE) line(to + at, from + at);              \
  }

// A line of each of `pages` pages, then the next line of each.
#define SIDE_BY_SIDE(name, attribute, line, pages)                                         \
  attribute static void name(char* to, const char* from, size_t length) {                  \
    size_t at = 0;                                                                         \
    for (; at + (pages) * PAGE <= length; at += (pages) * PAGE)                            \
      for (size_t in = at; in < at + PAGE; in += LINE)                                     \
        for (size_t page = 0; page < (pages); page++) line(to + in + page * PAGE, from + in + page * PAGE); \
    for (; at < length; at += LINE) line(to + at, from + at);                              \
  }

#define LOOPS(width, attribute)                                        \
  SIDE_BY_SIDE(one_##width, attribute, line_of_##width, 1)             \
  SIDE_BY_SIDE(two_##width, attribute, line_of_##width, 2)             \
  SIDE_BY_SIDE(four_##width, attribute, line_of_##width, 4)            \
  SIDE_BY_SIDE(eight_##width, attribute, line_of_##width, 8)           \
  AHEAD(near_1_##width, attribute, line_of_##width, 1024, _MM_HINT_T0) \
  AHEAD(near_4_##width, attribute, line_of_##width, 4096, _MM_HINT_T0) \
  AHEAD(near_8_##width, attribute, line_of_##width, 8192, _MM_HINT_T0) \
  AHEAD(once_2_##width, attribute, line_of_##width, 2048, _MM_HINT_NTA) \
  AHEAD(once_4_##width, attribute, line_of_##width, 4096, _MM_HINT_NTA) \
  AHEAD(once_8_##width, attribute, line_of_##width, 8192, _MM_HINT_NTA)

#define NAMES(width)                                                                                                \
  one_##width, two_##width, four_##width, eight_##width, near_1_##width, near_4_##width, near_8_##width,            \
      once_2_##width, once_4_##width, once_8_##width

LOOPS(16, )
LOOPS(64, AVX512)

static const copy_loop loops[] = {NAMES(16), NAMES(64)};
enum { WITHOUT_AVX512 = 10, ALL = sizeof loops / sizeof *loops };

static double time_batch(char* base, const char* source, const struct layout* in, copy_loop copy) {
  const double start = now();
  for (size_t block = 0; block < in->blocks; block++) {
    copy(base + block * in->stride, source, in->length);
    _mm_sfence();
  }
  return (now() - start) / (double)in->blocks;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  char* const base = pmem2_map_get_address(map_file(argv[1]));
  const struct layout in = parse_layout(argv[2]);
  const size_t count = __builtin_cpu_supports("avx512f") ? ALL : WITHOUT_AVX512;
  double* const times = calloc(in.batches * count, sizeof *times);
  char* const source = malloc(in.length);
  if (times == NULL || source == NULL) return 1;
  memset(source, 1, in.length);  // gives the source its own pages; untouched pages all share the zero page
  for (size_t batch = 0; batch < in.batches; batch++)  // the loops take turns
    for (size_t loop = 0; loop < count; loop++)
      times[loop * in.batches + batch] = time_batch(base, source, &in, loops[loop]);
  double best = 0;
  for (size_t loop = 0; loop < count; loop++) {
    const double time = median(times + loop * in.batches, in.batches);
    if (loop == 0 || time < best) best = time;
  }
  printf("{\"%zu\":%.2f}\n", in.length, best);
  return 0;
}
