// Maps a whole file with libpmem2, with cache-line granularity.
#ifndef BENCH_PMEM2_FILE_H_
#define BENCH_PMEM2_FILE_H_

#include <fcntl.h>
#include <libpmem2.h>
#include <stdio.h>
#include <stdlib.h>

static inline struct pmem2_map* map_file(const char* path) {
  struct pmem2_config* config;
  struct pmem2_source* source;
  struct pmem2_map* map;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    perror(path);
    exit(1);
  }
  if (pmem2_config_new(&config) != 0 || pmem2_source_from_fd(&source, fd) != 0 ||
      pmem2_config_set_required_store_granularity(config, PMEM2_GRANULARITY_CACHE_LINE) != 0 ||
      pmem2_map_new(&map, config, source) != 0) {
    pmem2_perror("error: libpmem2: %s", path);
    exit(1);
  }
  // With byte granularity there would be no flush to compare with.
  if (pmem2_map_get_store_granularity(map) != PMEM2_GRANULARITY_CACHE_LINE) {
    fprintf(stderr, "error: PMEM2_FORCE_GRANULARITY is not CACHE_LINE\n");
    exit(1);
  }
  return map;
}

#endif  // BENCH_PMEM2_FILE_H_
