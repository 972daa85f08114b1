// madvise(2) of a kernel before Linux 5.14: it does not know MADV_POPULATE_READ and MADV_POPULATE_WRITE. To be
// preloaded.

#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kPopulateRead = 22, kPopulateWrite = 23 };

int madvise(void *start, size_t length, int advice) {
  if (advice == kPopulateRead || advice == kPopulateWrite) {
    errno = EINVAL;
    return -1;
  }
  return (int)syscall(SYS_madvise, start, length, advice);
}
