/* A library that takes a classic record lock (F_SETLK) on the whole of the file in RECORD_LOCK for the process that loads it, and keeps
   the descriptor open: LD_PRELOAD. Node.js itself has no such call. */

#include <fcntl.h>
#include <stdlib.h>

__attribute__((constructor)) static void take(void) {
  const char* path = getenv("RECORD_LOCK");
  if (path == NULL) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  const struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  unsetenv("RECORD_LOCK"); /* not for children */
  if (fd < 0 || fcntl(fd, F_SETLK, &lock) != 0) abort();
}
