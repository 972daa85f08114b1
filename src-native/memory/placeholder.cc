#include "memory/placeholder.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "memory/tick.h"

namespace mapdirect::placeholder {
namespace {

// Asked once in a tick, because the question costs a fifth of a placeholder. A limit that is younger is missed, and
// counts the placeholders of this tick.
bool IsDataLimited() {
  static Tick last;
  static std::atomic<bool> is_limited{true};
  struct rlimit limit;
  if (last.IsNew()) is_limited = ::getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return is_limited;
}

int CoverAs(int sharing, std::uintptr_t base, std::size_t length) {
  // SAFETY: MAP_FIXED replaces only pages inside a range that the caller owns.
  void* const placed = ::mmap(reinterpret_cast<void*>(base), length, PROT_READ | PROT_WRITE,
                              sharing | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, /*fd=*/-1, /*offset=*/0);
  return placed == MAP_FAILED ? -errno : 0;
}

// Pages of a file in memory: their memory is promised when they are used.
int CoverWithFile(std::uintptr_t base, std::size_t length) {
  const int fd = ::memfd_create("mapdirect-placeholder", MFD_CLOEXEC);
  if (fd < 0) return -ENOMEM;
  void* placed = MAP_FAILED;
  if (::ftruncate(fd, static_cast<off_t>(length)) == 0) {
    // SAFETY: as in CoverAs().
    placed = ::mmap(reinterpret_cast<void*>(base), length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
                    /*offset=*/0);
  }
  ::close(fd);
  return placed == MAP_FAILED ? -ENOMEM : 0;
}

}  // namespace

// The kernel merges neighbouring private placeholders into one mapping, which saves areas of vm.max_map_count. But
// their length counts against RLIMIT_DATA, and V8 aborts when that limit is reached. Under such a limit they are
// shared. With vm.overcommit_memory=2 the kernel has to promise memory for both, also with MAP_NORESERVE.
int Cover(std::uintptr_t base, std::size_t length) {
  int covered = IsDataLimited() ? -ENOMEM : CoverAs(MAP_PRIVATE, base, length);
  if (covered == -ENOMEM) covered = CoverAs(MAP_SHARED, base, length);
  return covered == -ENOMEM ? CoverWithFile(base, length) : covered;
}

}  // namespace mapdirect::placeholder
