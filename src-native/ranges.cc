#include "ranges.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <mutex>
#include <new>

namespace mapdirect::ranges {
namespace {

constexpr std::uint32_t kPerChunk = 1024;
constexpr std::uint32_t kChunks = 16384;  // 16 Mi ranges: far past any vm.max_map_count
constexpr std::uint32_t kNone = UINT32_MAX;

// Chunks are made on demand and never freed or moved: that is what lets a signal handler walk them without a lock.
std::atomic<Range*> chunks[kChunks];
std::atomic<std::uint32_t> chunk_count{0};
std::atomic<std::uint32_t> in_use{0};

std::mutex lock;  // guards the free list and every field of Range that is not atomic
std::uint32_t first_free = kNone;
std::uint64_t next_serial = 1;

Range* Slot(std::uint32_t index) {
  return &chunks[index / kPerChunk].load(std::memory_order_acquire)[index % kPerChunk];
}

bool Grow() {
  const std::uint32_t count = chunk_count.load(std::memory_order_relaxed);
  if (count == kChunks) return false;
  Range* const chunk = new (std::nothrow) Range[kPerChunk];
  if (chunk == nullptr) return false;
  for (std::uint32_t i = kPerChunk; i-- > 0;) {
    chunk[i].index = count * kPerChunk + i;
    chunk[i].next_free = first_free;
    first_free = chunk[i].index;
  }
  chunks[count].store(chunk, std::memory_order_release);
  chunk_count.store(count + 1, std::memory_order_release);
  return true;
}

int CoverAddress(std::uintptr_t base, std::size_t length) {
  // SAFETY: MAP_FIXED replaces only pages inside a range that this table owns.
  void* const placed = ::mmap(reinterpret_cast<void*>(base), length, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, /*fd=*/-1, /*offset=*/0);
  return placed == MAP_FAILED ? -errno : 0;
}

// Called with the lock held and no user left.
void Free(Range* range) {
  const std::uintptr_t base = range->base.load(std::memory_order_relaxed);
  range->fd.store(-1, std::memory_order_relaxed);
  range->length.store(0, std::memory_order_relaxed);
  range->base.store(0, std::memory_order_release);
  // At vm.max_map_count munmap(2) of a part of a merged placeholder fails with ENOMEM. The address space is then
  // given up (its pages are not: the placeholder is clean or dropped), which is harmless; the slot is free either way.
  if (::munmap(reinterpret_cast<void*>(base), range->reserved) != 0) {
    ::madvise(reinterpret_cast<void*>(base), range->reserved, MADV_DONTNEED);
  }
  range->next_free = first_free;
  first_free = range->index;
  in_use.fetch_sub(1, std::memory_order_relaxed);
}

void DropUserLocked(Range* range) {
  if (range->users.fetch_sub(1, std::memory_order_acq_rel) == 1) Free(range);
}

int CloseLocked(Range* range) {
  if (range->users.load(std::memory_order_acquire) > 1) {
    const int covered = CoverAddress(range->base.load(std::memory_order_relaxed), range->reserved);
    if (covered != 0) return covered;
  }
  range->fd.store(-1, std::memory_order_relaxed);
  range->length.store(0, std::memory_order_release);
  range->owner = nullptr;
  DropUserLocked(range);
  return 0;
}

}  // namespace

Range* Add(void* base, std::size_t reserved, std::size_t length, int fd, const Environment* owner) {
  const std::lock_guard<std::mutex> guard(lock);
  if (first_free == kNone && !Grow()) return nullptr;
  Range* const range = Slot(first_free);
  first_free = range->next_free;
  range->reserved = reserved;
  range->owner = owner;
  range->serial = next_serial++;
  range->users.store(1, std::memory_order_relaxed);
  range->cut.store(false, std::memory_order_relaxed);
  range->fd.store(fd, std::memory_order_relaxed);
  range->length.store(length, std::memory_order_relaxed);
  range->base.store(reinterpret_cast<std::uintptr_t>(base), std::memory_order_release);
  in_use.fetch_add(1, std::memory_order_relaxed);
  return range;
}

Range* At(std::uint32_t index) {
  if (index / kPerChunk >= chunk_count.load(std::memory_order_acquire)) return nullptr;
  Range* const range = Slot(index);
  return range->base.load(std::memory_order_acquire) == 0 ? nullptr : range;
}

const Range* Find(std::uintptr_t address) {
  const std::uint32_t count = chunk_count.load(std::memory_order_acquire);
  for (std::uint32_t c = 0; c < count; c++) {
    const Range* const chunk = chunks[c].load(std::memory_order_acquire);
    for (std::uint32_t i = 0; i < kPerChunk; i++) {
      const std::uintptr_t base = chunk[i].base.load(std::memory_order_acquire);
      if (base != 0 && address >= base && address - base < chunk[i].length.load(std::memory_order_acquire)) {
        return &chunk[i];
      }
    }
  }
  return nullptr;
}

void AddUser(Range* range) { range->users.fetch_add(1, std::memory_order_acq_rel); }

void DropUser(Range* range) {
  const std::lock_guard<std::mutex> guard(lock);
  DropUserLocked(range);
}

int Close(Range* range) {
  const std::lock_guard<std::mutex> guard(lock);
  return CloseLocked(range);
}

void Abandon(Range* range) {
  const std::lock_guard<std::mutex> guard(lock);
  // Its descriptor is about to be closed, and the number may be somebody else's next.
  range->fd.store(-1, std::memory_order_relaxed);
  range->owner = nullptr;
  DropUserLocked(range);
}

void CloseAllOf(const Environment* owner) {
  const std::lock_guard<std::mutex> guard(lock);
  const std::uint32_t end = chunk_count.load(std::memory_order_acquire) * kPerChunk;
  for (std::uint32_t i = 0; i < end; i++) {
    Range* const range = Slot(i);
    if (range->base.load(std::memory_order_acquire) == 0 || range->owner != owner) continue;
    if (CloseLocked(range) == 0) continue;
    range->owner = nullptr;  // no room for a placeholder: leave the pages to those who use them
    DropUserLocked(range);
  }
}

int Cover(const Range* range, std::size_t offset, std::size_t length) {
  return CoverAddress(range->base.load(std::memory_order_acquire) + offset, length);
}

int CoverTenant(std::uint32_t index, std::uint64_t serial) {
  Range* const range = At(index);
  {
    const std::lock_guard<std::mutex> guard(lock);
    if (range == nullptr || range->serial != serial || range->users.load(std::memory_order_relaxed) == 0) return 0;
    AddUser(range);  // its addresses stay ours
  }
  range->cut.store(true);  // before it is: who has flushed looks at it afterwards
  const int covered = CoverAddress(range->base.load(std::memory_order_acquire), range->reserved);
  if (covered == 0) {
    range->length.store(0, std::memory_order_release);
  } else {
    range->cut.store(false);
  }
  DropUser(range);
  return covered;
}

std::uintptr_t Id() { return reinterpret_cast<std::uintptr_t>(&chunks); }

std::uint32_t Count() { return in_use.load(std::memory_order_relaxed); }

int DuplicateDescriptor(std::uint32_t index, std::uint64_t serial) {
  const std::lock_guard<std::mutex> guard(lock);
  const Range* const range = At(index);
  if (range == nullptr || range->serial != serial || range->owner == nullptr) return -ENOENT;
  const int fd = range->fd.load(std::memory_order_relaxed);
  if (fd < 0) return -ENOENT;
  const int duplicate = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return duplicate < 0 ? -errno : duplicate;
}

}  // namespace mapdirect::ranges
