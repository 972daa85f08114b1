#include "memory/placeholder.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>

namespace mapdirect::placeholder {
namespace {

bool IsDataLimited() {
  struct rlimit limit;
  return ::getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

int CoverAs(int sharing, std::uintptr_t base, std::size_t length) {
  // SAFETY: MAP_FIXED replaces only pages inside a range that the caller owns.
  void* const placed = ::mmap(reinterpret_cast<void*>(base), length, PROT_READ | PROT_WRITE,
                              sharing | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, /*fd=*/-1, /*offset=*/0);
  return placed == MAP_FAILED ? -errno : 0;
}

}  // namespace

// The kernel merges neighbouring private placeholders into one mapping, which saves areas of vm.max_map_count. But
// their length counts against RLIMIT_DATA, and V8 aborts when that limit is reached. Under such a limit they are
// shared.
int Cover(std::uintptr_t base, std::size_t length) {
  const int covered = IsDataLimited() ? -ENOMEM : CoverAs(MAP_PRIVATE, base, length);
  return covered == -ENOMEM ? CoverAs(MAP_SHARED, base, length) : covered;
}

}  // namespace mapdirect::placeholder
