// SPDX-License-Identifier: GPL-2.0-only
// Checks the MAP_DIRECT of a patched kernel alone, without the package. Prints "passed WHAT" or "failed WHAT: WHY" per
// line.
//
//   check xfs|ext4 DIRECTORY   on a file system with dax=always
//   check inode DIRECTORY      on ext4 with dax=inode: files with and without DAX side by side
//   check stress DIRECTORY     does a block map ever move under a seal? For STRESS_SECONDS.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  kDirect = 0x1000000,  // the bit of the patch
  kUnused = 0x2000000,
  kPage = 4096,
  kSize = 64 * kPage,
  kExtents = 256,
  kStressSeconds = 8,
};

static const int kSealing = MAP_SHARED_VALIDATE | MAP_SYNC | kDirect;
static const char* directory;
static bool onXfs;
static char why[512];  // what is wrong with the running check; empty: nothing

static void Complain(int line, const char* format, ...) {
  if (why[0] != 0) return;  // the first reason counts
  const int length = snprintf(why, sizeof why, "line %d: ", line);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(why + length, sizeof why - length, format, arguments);
  va_end(arguments);
}

#define TRUE(condition) ((condition) ? (void)0 : Complain(__LINE__, "%s", #condition))

// A call that must succeed, and one that must fail with that error.
#define ALLOWED(call) ((long)(call) != -1 ? (void)0 : Complain(__LINE__, "%s: %s", #call, strerror(errno)))
#define REFUSED(error, call)                                                         \
  do {                                                                               \
    errno = 0;                                                                       \
    if ((long)(call) != -1)                                                          \
      Complain(__LINE__, "%s succeeded", #call);                                     \
    else if (errno != (error))                                                       \
      Complain(__LINE__, "%s: %s, not %s", #call, strerror(errno), strerror(error)); \
  } while (0)

// The file behind a descriptor is sealed, or is not: truncation to the size that it has tells, and changes nothing.
#define SEALED(fd) REFUSED(ETXTBSY, ftruncate(fd, SizeOf(fd)))
#define UNSEALED(fd) ALLOWED(ftruncate(fd, SizeOf(fd)))

static off_t SizeOf(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 ? status.st_size : -2;
}

static const char* PathOf(const char* name) {
  static char path[4][512];
  static int turn;
  char* const mine = path[turn++ % 4];
  snprintf(mine, sizeof path[0], "%s/%s", directory, name);
  return mine;
}

static int Open(const char* name, int flags) { return open(PathOf(name), flags, 0600); }

// A new file of which every block is written.
static int Written(const char* name, off_t size) {
  char page[kPage];
  unlink(PathOf(name));
  const int fd = Open(name, O_RDWR | O_CREAT | O_EXCL);
  for (off_t at = 0; at < size; at += kPage) {
    memset(page, (int)(at / kPage) + 1, kPage);
    ALLOWED(pwrite(fd, page, kPage, at));
  }
  ALLOWED(fsync(fd));
  return fd;
}

static char* Map(int fd, size_t length, off_t offset) {
  return mmap(NULL, length, PROT_READ | PROT_WRITE, kSealing, fd, offset);
}

// With a mapping that the check itself takes for granted.
static char* Direct(int fd, size_t length) {
  char* const base = Map(fd, length, 0);
  ALLOWED(base);
  return base;
}

static bool Reads(int fd, off_t at, int expected) {
  unsigned char byte;
  return pread(fd, &byte, 1, at) == 1 && byte == expected;
}

// ---- where the blocks are ----

struct BlockMap {
  struct fiemap head;
  struct fiemap_extent extents[kExtents];
};

static void ReadMap(int fd, struct BlockMap* map) {
  memset(map, 0, sizeof *map);
  map->head.fm_length = FIEMAP_MAX_OFFSET;
  map->head.fm_extent_count = kExtents;
  ALLOWED(ioctl(fd, FS_IOC_FIEMAP, &map->head));
}

// Where a byte is; 0: nowhere. Written or not does not matter here.
static uint64_t Where(const struct BlockMap* map, uint64_t offset) {
  for (unsigned i = 0; i < map->head.fm_mapped_extents; i++) {
    const struct fiemap_extent* extent = &map->extents[i];
    if (offset - extent->fe_logical < extent->fe_length) return extent->fe_physical + offset - extent->fe_logical;
  }
  return 0;
}

// The first page that is not in the same place in both; -1: there is none. Not by extents: how a run of blocks is cut
// into them depends on what the file system has in its cache.
static int FirstMoved(const struct BlockMap* a, const struct BlockMap* b) {
  for (int page = 0; page < 2 * kSize / kPage; page++) {
    const uint64_t offset = (uint64_t)page * kPage;
    if (Where(a, offset) != Where(b, offset)) return page;
  }
  return -1;
}

static bool SameMap(const struct BlockMap* a, const struct BlockMap* b) { return FirstMoved(a, b) == -1; }

static bool AnyShared(const struct BlockMap* map) {
  for (unsigned i = 0; i < map->head.fm_mapped_extents; i++) {
    if ((map->extents[i].fe_flags & FIEMAP_EXTENT_SHARED) != 0) return true;
  }
  return false;
}

static uint64_t BlockAt(int fd, off_t offset) {
  struct BlockMap map;
  ReadMap(fd, &map);
  return Where(&map, (uint64_t)offset);
}

// ---- processes ----

static pid_t Child(void (*body)(int), int fd) {
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    body(fd);
    _exit(0);
  }
  return pid;
}

static int Await(pid_t pid) {
  int status = -1;
  waitpid(pid, &status, 0);
  return status;
}

// ---- mapping ----

static void Flags(void) {
  const int fd = Written("flags", kSize);
  const int readOnly = Open("flags", O_RDONLY);
  const int elsewhere = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
  ALLOWED(ftruncate(elsewhere, kSize));
  const int both = PROT_READ | PROT_WRITE;
  REFUSED(EINVAL, mmap(NULL, kSize, both, MAP_PRIVATE | kDirect, fd, 0));
  REFUSED(EINVAL, mmap(NULL, kSize, both, MAP_SHARED | MAP_ANONYMOUS | kDirect, -1, 0));
  REFUSED(EINVAL, mmap(NULL, 0, both, kSealing, fd, 0));
  REFUSED(EINVAL, mmap(NULL, kPage, both, kSealing, fd, 1));
  REFUSED(EACCES, mmap(NULL, kSize, PROT_READ, kSealing, fd, 0));
  REFUSED(EACCES, mmap(NULL, kSize, both, kSealing, readOnly, 0));
  REFUSED(EACCES, mmap(NULL, kSize, PROT_READ, kSealing, readOnly, 0));
  REFUSED(EOPNOTSUPP, mmap(NULL, kSize, both, kSealing | kUnused, fd, 0));
  REFUSED(EOPNOTSUPP, mmap(NULL, kSize, both, MAP_SHARED_VALIDATE | kDirect, elsewhere, 0));
  UNSEALED(fd);  // what was refused has left no seal
  close(elsewhere);
  close(readOnly);
  close(fd);
}

static void WithoutValidate(void) {
  const int fd = Written("without-validate", kSize);
  char* const base = mmap(NULL, kSize, PROT_READ | PROT_WRITE, MAP_SHARED | kDirect, fd, 0);
  ALLOWED(base);
  UNSEALED(fd);
  munmap(base, kSize);
  close(fd);
}

static void WithoutSync(void) {
  const int fd = Written("without-sync", kSize);
  char* const base = mmap(NULL, kSize, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | kDirect, fd, 0);
  ALLOWED(base);
  SEALED(fd);
  munmap(base, kSize);
  UNSEALED(fd);
  close(fd);
}

// "md" among the flags of /proc/self/smaps.
static void Shown(void) {
  const int fd = Written("shown", kSize);
  char* const base = Direct(fd, kSize);
  FILE* const maps = fopen("/proc/self/smaps", "r");
  char line[512];
  bool here = false, found = false;
  while (fgets(line, sizeof line, maps) != NULL) {
    if (strstr(line, "/shown") != NULL)
      here = true;
    else if (here && strncmp(line, "VmFlags:", 8) == 0) {
      found = strstr(line, " md") != NULL;
      break;
    }
  }
  fclose(maps);
  TRUE(found);
  munmap(base, kSize);
  close(fd);
}

// ---- while sealed ----

static void Truncation(void) {
  const int fd = Written("truncation", kSize);
  char* const base = Direct(fd, kPage);  // a part seals the whole inode
  REFUSED(ETXTBSY, ftruncate(fd, kSize - kPage));
  REFUSED(ETXTBSY, ftruncate(fd, kSize + kPage));
  REFUSED(ETXTBSY, ftruncate(fd, kSize));
  REFUSED(ETXTBSY, truncate(PathOf("truncation"), kPage));
  REFUSED(EINVAL, ftruncate(fd, -1));
  REFUSED(ETXTBSY, Open("truncation", O_WRONLY | O_TRUNC));
  TRUE(SizeOf(fd) == kSize && Reads(fd, kSize - 1, kSize / kPage));
  munmap(base, kPage);
  ALLOWED(ftruncate(fd, kSize - kPage));
  ALLOWED(ftruncate(fd, kSize));
  ALLOWED(close(Open("truncation", O_WRONLY | O_TRUNC)));
  TRUE(SizeOf(fd) == 0);
  close(fd);
}

static void Fallocate(void) {
  const int fd = Written("fallocate", kSize);
  const int readOnly = Open("fallocate", O_RDONLY);
  char* const base = Direct(fd, kPage);
  struct BlockMap before, after;
  ReadMap(fd, &before);
  static const int modes[] = {
      0,
      FALLOC_FL_KEEP_SIZE,
      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
      FALLOC_FL_ZERO_RANGE,
      FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
      FALLOC_FL_COLLAPSE_RANGE,
      FALLOC_FL_INSERT_RANGE,
      FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE,
  };
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    REFUSED(ETXTBSY, fallocate(fd, modes[i], 2 * kPage, kPage));
    REFUSED(ETXTBSY, fallocate(fd, modes[i], 0, kPage));
  }
  REFUSED(ETXTBSY, fallocate(fd, 0, kSize, kPage));
  REFUSED(ETXTBSY, fallocate(fd, FALLOC_FL_KEEP_SIZE, kSize, kPage));
  REFUSED(EBADF, fallocate(readOnly, 0, 0, kPage));
  REFUSED(EINVAL, fallocate(fd, 0, 0, 0));
  REFUSED(EOPNOTSUPP, fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, kPage));
  ReadMap(fd, &after);
  TRUE(SameMap(&before, &after) && SizeOf(fd) == kSize);
  munmap(base, kPage);
  ALLOWED(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2 * kPage, kPage));
  ALLOWED(fallocate(fd, FALLOC_FL_INSERT_RANGE, 2 * kPage, kPage));
  close(readOnly);
  close(fd);
}

static void Writes(void) {
  const int fd = Written("writes", kSize);
  const int append = Open("writes", O_WRONLY | O_APPEND);
  char* const base = Direct(fd, kPage);
  char bytes[2 * kPage];
  memset(bytes, 0xee, sizeof bytes);
  REFUSED(ETXTBSY, pwrite(fd, bytes, 2, kSize - 1));
  REFUSED(ETXTBSY, pwrite(fd, bytes, 2 * kPage, kSize - kPage));
  REFUSED(ETXTBSY, pwrite(fd, bytes, 1, kSize + kPage));
  REFUSED(ETXTBSY, write(append, bytes, 1));
  TRUE(SizeOf(fd) == kSize && Reads(fd, kSize - 1, kSize / kPage) && Reads(fd, kSize - kPage, kSize / kPage));
  TRUE(write(append, bytes, 0) == 0);
  TRUE(pwrite(fd, bytes, kPage, kSize - kPage) == kPage);
  TRUE(pwrite(fd, bytes, 1, 3) == 1);
  TRUE(Reads(fd, kSize - 1, 0xee) && base[3] == (char)0xee);
  munmap(base, kPage);
  ALLOWED(write(append, bytes, 1));
  close(append);
  close(fd);
}

static void StoreIntoHole(int fd) {
  char* const base = Map(fd, kSize, 0);
  base[8 * kPage] = 1;
}

// Allocation and conversion are changes too: the library prepares files so that none is due.
static void Unprepared(void) {
  const int fd = Written("unprepared", kSize);
  ALLOWED(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8 * kPage, 2 * kPage));
  ALLOWED(fallocate(fd, FALLOC_FL_ZERO_RANGE, 16 * kPage, 2 * kPage));
  char* const base = Direct(fd, kSize);
  char bytes[2 * kPage];
  memset(bytes, 1, sizeof bytes);
  struct BlockMap before, after;
  ReadMap(fd, &before);
  REFUSED(ETXTBSY, pwrite(fd, bytes, kPage, 8 * kPage));
  REFUSED(ETXTBSY, pwrite(fd, bytes, kPage, 16 * kPage));
  const ssize_t across = pwrite(fd, bytes, sizeof bytes, 7 * kPage);
  TRUE(across == kPage || (across == -1 && errno == ETXTBSY));
  const int status = Await(Child(StoreIntoHole, fd));
  TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
  ReadMap(fd, &after);
  TRUE(SameMap(&before, &after));
  munmap(base, kSize);
  ALLOWED(pwrite(fd, bytes, kPage, 8 * kPage));
  close(fd);
}

static void Harmless(void) {
  const int fd = Written("harmless", kSize);
  char* const base = Direct(fd, kSize);
  char byte;
  ALLOWED(pread(fd, &byte, 1, 0));
  ALLOWED(fsync(fd));
  ALLOWED(msync(base, kSize, MS_SYNC));
  ALLOWED(fchmod(fd, 0640));
  ALLOWED(futimens(fd, NULL));
  ALLOWED(link(PathOf("harmless"), PathOf("second-name")));
  ALLOWED(rename(PathOf("harmless"), PathOf("third-name")));
  REFUSED(ETXTBSY, truncate(PathOf("second-name"), kPage));
  ALLOWED(unlink(PathOf("third-name")));
  REFUSED(ETXTBSY, truncate(PathOf("second-name"), kPage));
  munmap(base, kSize);
  ALLOWED(truncate(PathOf("second-name"), kPage));
  close(fd);
}

// ---- blocks of two files (xfs) ----

static long Dedupe(int from, int to) {
  struct {
    struct file_dedupe_range head;
    struct file_dedupe_range_info info;
  } request = {.head = {.src_length = kPage, .dest_count = 1}, .info = {.dest_fd = to}};
  if (ioctl(from, FIDEDUPERANGE, &request) != 0) return -1;
  if (request.info.status >= 0) return request.info.status;
  errno = -request.info.status;
  return -1;
}

static void Clone(void) {
  const int sealed = Written("clone-sealed", kSize), other = Written("clone-other", kSize);
  const struct file_clone_range part = {.src_fd = sealed, .src_length = kPage};
  char* const base = Direct(sealed, kPage);
  struct BlockMap map;
  REFUSED(ETXTBSY, ioctl(other, FICLONE, sealed));
  REFUSED(ETXTBSY, ioctl(sealed, FICLONE, other));
  REFUSED(ETXTBSY, ioctl(other, FICLONERANGE, &part));
  REFUSED(ETXTBSY, Dedupe(sealed, other));
  REFUSED(ETXTBSY, Dedupe(other, sealed));
  off_t from = 0, to = kSize;
  TRUE(copy_file_range(sealed, &from, other, &to, kSize, 0) == kSize);
  ReadMap(sealed, &map);
  TRUE(!AnyShared(&map));
  munmap(base, kPage);
  ALLOWED(ioctl(other, FICLONE, sealed));
  ReadMap(sealed, &map);
  TRUE(AnyShared(&map));
  close(other);
  close(sealed);
}

static int CopyOfWhichOneBlockWasWritten(const char* name) {
  const int original = Written("cow-original", kSize);
  unlink(PathOf(name));
  const int fd = Open(name, O_RDWR | O_CREAT | O_EXCL);
  ALLOWED(ioctl(fd, FICLONE, original));
  ALLOWED(pwrite(fd, "x", 1, 0));  // sets blocks aside for what follows
  ALLOWED(fsync(fd));
  close(original);
  return fd;
}

// A store into a shared block, when blocks for copy on write have been set aside before the file was sealed.
static void CopyOnWrite(void) {
  const int control = CopyOfWhichOneBlockWasWritten("cow-control");
  const uint64_t was = BlockAt(control, kPage);
  ALLOWED(pwrite(control, "x", 1, kPage));
  TRUE(BlockAt(control, kPage) != was);
  const int fd = CopyOfWhichOneBlockWasWritten("cow");
  char* const base = Direct(fd, kSize);
  struct BlockMap before, after;
  ReadMap(fd, &before);
  REFUSED(ETXTBSY, pwrite(fd, "x", 1, kPage));
  ReadMap(fd, &after);
  TRUE(SameMap(&before, &after));
  munmap(base, kSize);
  close(fd);
  close(control);
}

// ---- how long it lasts ----

static void Counted(void) {
  const int fd = Written("counted", kSize);
  char* const one = Direct(fd, kSize);
  char* const other = Direct(fd, kPage);
  munmap(one, kSize);
  SEALED(fd);
  munmap(other, kPage);
  UNSEALED(fd);
  munmap(other, kPage);
  UNSEALED(fd);
  close(fd);
}

static void Partial(void) {
  const int fd = Written("partial", kSize);
  char* const base = Direct(fd, 8 * kPage);
  munmap(base + 2 * kPage, kPage);
  SEALED(fd);
  munmap(base, 2 * kPage);
  SEALED(fd);
  munmap(base + 3 * kPage, 5 * kPage);
  UNSEALED(fd);
  close(fd);
}

// Windows of a file that lie beside each other in memory as in the file: the kernel would like to make one of them.
static void Adjacent(void) {
  const int fd = Written("adjacent", kSize);
  char* const room = mmap(NULL, 8 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const int fixed = kSealing | MAP_FIXED, both = PROT_READ | PROT_WRITE;
  ALLOWED(mmap(room, 2 * kPage, both, fixed, fd, 0));
  ALLOWED(mmap(room + 4 * kPage, 2 * kPage, both, fixed, fd, 4 * kPage));
  ALLOWED(mmap(room + 2 * kPage, 2 * kPage, both, fixed, fd, 2 * kPage));
  munmap(room, 4 * kPage);
  SEALED(fd);
  munmap(room + 4 * kPage, 4 * kPage);
  UNSEALED(fd);
  close(fd);
}

static void Moved(void) {
  const int fd = Written("moved", kSize);
  char* base = Direct(fd, 2 * kPage);
  base = mremap(base, 2 * kPage, 8 * kPage, MREMAP_MAYMOVE);
  ALLOWED(base);
  SEALED(fd);
  char* const twin = mremap(base, 0, 8 * kPage, MREMAP_MAYMOVE);  // a second mapping of the same
  ALLOWED(twin);
  munmap(base, 8 * kPage);
  SEALED(fd);
  munmap(twin, 8 * kPage);
  UNSEALED(fd);
  close(fd);
}

static void Protected(void) {
  const int fd = Written("protected", kSize);
  char* const base = Direct(fd, 8 * kPage);
  ALLOWED(mprotect(base + 2 * kPage, kPage, PROT_READ));
  ALLOWED(mprotect(base + 2 * kPage, kPage, PROT_READ | PROT_WRITE));
  ALLOWED(mprotect(base, 8 * kPage, PROT_NONE));
  SEALED(fd);
  munmap(base, 8 * kPage);
  UNSEALED(fd);
  close(fd);
}

static void Covered(void) {
  const int fd = Written("covered", kSize);
  char* const base = Direct(fd, 8 * kPage);
  ALLOWED(mmap(base, 8 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  UNSEALED(fd);
  munmap(base, 8 * kPage);
  close(fd);
}

static void Descriptors(void) {
  const int fd = Written("descriptors", kSize);
  char* const base = Direct(fd, kSize);
  close(fd);
  REFUSED(ETXTBSY, truncate(PathOf("descriptors"), 0));
  munmap(base, kSize);
  ALLOWED(truncate(PathOf("descriptors"), 0));
}

static int gate[2];

static void WaitAtGate(int fd) {
  char byte;
  (void)fd;
  close(gate[1]);
  if (read(gate[0], &byte, 1) < 0) _exit(1);
}

static void Forked(void) {
  const int fd = Written("forked", kSize);
  char* const base = Direct(fd, kSize);
  ALLOWED(pipe(gate));
  const pid_t pid = Child(WaitAtGate, fd);
  munmap(base, kSize);
  SEALED(fd);
  close(gate[1]);  // lets it end
  close(gate[0]);
  TRUE(Await(pid) == 0);
  UNSEALED(fd);
  close(fd);
}

static void SealAndTell(int fd) {
  if (Map(fd, kSize, 0) != MAP_FAILED && write(gate[1], "", 1) == 1) pause();
}

static void Killed(void) {
  const int fd = Written("killed", kSize);
  char byte;
  ALLOWED(pipe(gate));
  const pid_t pid = Child(SealAndTell, fd);
  close(gate[1]);
  TRUE(read(gate[0], &byte, 1) == 1);
  close(gate[0]);
  SEALED(fd);
  kill(pid, SIGKILL);
  Await(pid);
  UNSEALED(fd);
  close(fd);
}

// ---- ext4 with dax=inode ----

struct MoveExtent {  // fs/ext4/ext4.h
  uint32_t reserved, donor;
  uint64_t from, to, length, moved;
};

static void DaxFromNowOn(int fd) {
  struct fsxattr attributes;
  ALLOWED(ioctl(fd, FS_IOC_FSGETXATTR, &attributes));
  attributes.fsx_xflags |= FS_XFLAG_DAX;
  ALLOWED(ioctl(fd, FS_IOC_FSSETXATTR, &attributes));
}

// ext4 does not defragment a file with DAX, but takes one as the donor of another.
static void Donor(void) {
  const int plain = Written("move-plain", kSize);
  const int folder = open(directory, O_RDONLY | O_DIRECTORY);
  DaxFromNowOn(folder);
  const int donor = Written("move-donor", kSize);
  struct MoveExtent move = {.donor = donor, .length = kSize / kPage};
  const unsigned long request = _IOWR('f', 15, struct MoveExtent);
  char* const base = Direct(donor, kSize);
  struct BlockMap before, after;
  ReadMap(donor, &before);
  REFUSED(EOPNOTSUPP, mmap(NULL, kSize, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | kDirect, plain, 0));
  UNSEALED(plain);
  REFUSED(EINVAL, ioctl(plain, request, &move));
  ReadMap(donor, &after);
  TRUE(SameMap(&before, &after));
  munmap(base, kSize);
  ALLOWED(ioctl(plain, request, &move));
  close(donor);
  close(folder);
  close(plain);
}

// ---- stress ----

static void MoveBlocks(int fd) {
  for (;;) {
    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4 * kPage, 4 * kPage);
    fallocate(fd, 0, 4 * kPage, 4 * kPage);
    fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 8 * kPage, kPage);
    fallocate(fd, FALLOC_FL_INSERT_RANGE, 8 * kPage, kPage);
  }
}

static void TruncateAndExtend(int fd) {
  for (;;) {
    if (ftruncate(fd, kSize / 2) == 0 && fallocate(fd, 0, 0, kSize) != 0) continue;
  }
}

static double Seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Seals again and again while others move the blocks; within one seal the map must stay as it is.
static void Stress(void) {
  const int fd = Written("stress", kSize);
  struct BlockMap before, after, last;
  int periods = 0, violations = 0, changes = 0;
  pid_t others[3];
  for (int i = 0; i < 3; i++) others[i] = Child(i < 2 ? MoveBlocks : TruncateAndExtend, fd);
  for (const double end = Seconds() + kStressSeconds; Seconds() < end; periods++) {
    char* const base = Direct(fd, kPage);
    ReadMap(fd, &before);
    if (periods > 0 && !SameMap(&last, &before)) changes++;
    usleep(2000);
    ReadMap(fd, &after);
    if (!SameMap(&before, &after)) {
      const int page = FirstMoved(&before, &after);
      violations++;
      printf("note page %d was at %#llx and is at %#llx\n", page,
             (unsigned long long)Where(&before, (uint64_t)page * kPage),
             (unsigned long long)Where(&after, (uint64_t)page * kPage));
    }
    last = after;
    munmap(base, kPage);
    usleep(1000);
  }
  for (int i = 0; i < 3; i++) kill(others[i], SIGKILL);
  for (int i = 0; i < 3; i++) Await(others[i]);
  printf("note %d periods, between them %d changes, %d violations\n", periods, changes, violations);
  if (violations > 0) Complain(__LINE__, "%d violations in %d periods", violations, periods);
  TRUE(changes > 0);  // else nobody has tried
  UNSEALED(fd);
  close(fd);
}

// The patch says with WARN_ON what must never be: a count below zero, a seal without a provisional one.
static void Log(void) {
  static char text[1 << 20];
  enum { kReadAll = 3 };
  const int length = klogctl(kReadAll, text, sizeof text - 1);
  ALLOWED(length);
  const char* const warning = strstr(text, "WARNING:");
  if (warning != NULL) Complain(__LINE__, "%.100s", warning);
  TRUE(strstr(text, "BUG:") == NULL);
}

enum Scope { kEverywhere, kXfs, kInode, kStress };

static const struct {
  const char* name;
  void (*body)(void);
  enum Scope scope;
} checks[] = {
    {"flags that are refused, and leave no seal", Flags, kEverywhere},
    {"MAP_SHARED ignores the bit", WithoutValidate, kEverywhere},
    {"without MAP_SYNC it seals too", WithoutSync, kEverywhere},
    {"smaps shows it", Shown, kEverywhere},
    {"truncation to a smaller, larger and equal size, O_TRUNC", Truncation, kEverywhere},
    {"fallocate in every mode", Fallocate, kEverywhere},
    {"writes past the end, appends; writes inside", Writes, kEverywhere},
    {"holes and unwritten blocks stay so", Unprepared, kEverywhere},
    {"what changes no block is allowed; the inode is sealed, not the name", Harmless, kEverywhere},
    {"clone, dedupe, copy", Clone, kXfs},
    {"blocks set aside for copy on write", CopyOnWrite, kXfs},
    {"two mappings, one unmapped", Counted, kEverywhere},
    {"unmapped in parts", Partial, kEverywhere},
    {"adjacent windows", Adjacent, kEverywhere},
    {"mremap", Moved, kEverywhere},
    {"mprotect", Protected, kEverywhere},
    {"another mapping over it", Covered, kEverywhere},
    {"every descriptor closed", Descriptors, kEverywhere},
    {"fork and exit", Forked, kEverywhere},
    {"SIGKILL", Killed, kEverywhere},
    {"a sealed donor of blocks (MOVE_EXT)", Donor, kInode},
    {"no block moves under a seal, whoever tries", Stress, kStress},
    {"the kernel has nothing to warn of", Log, kEverywhere},
};

static bool RunsIn(enum Scope scope, const char* mode) {
  if (strcmp(mode, "inode") == 0) return scope == kInode;
  if (strcmp(mode, "stress") == 0) return scope == kStress;
  return scope == kEverywhere || (scope == kXfs && onXfs);
}

// In a process of its own: where the kernel does not seal, a check may well die of it.
static bool Passes(size_t number) {
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    checks[number].body();
    if (why[0] == 0)
      printf("passed %s\n", checks[number].name);
    else
      printf("failed %s: %s\n", checks[number].name, why);
    fflush(stdout);
    _exit(why[0] == 0 ? 0 : 1);
  }
  const int status = Await(pid);
  if (WIFSIGNALED(status)) printf("failed %s: killed by signal %d\n", checks[number].name, WTERMSIG(status));
  return status == 0;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "Usage: check xfs|ext4|inode|stress DIRECTORY\n");
    return 2;
  }
  onXfs = strcmp(argv[1], "xfs") == 0;
  directory = argv[2];
  bool good = true;
  for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
    if (RunsIn(checks[i].scope, argv[1]) && !Passes(i)) good = false;
  }
  return good ? 0 : 1;
}
