#include "memory/ranges.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <mutex>
#include <new>

#include "memory/fault_log.h"
#include "memory/placeholder.h"
#include "memory/unmap_batch.h"

namespace mapdirect::ranges {
namespace {

constexpr std::uint32_t kPerChunk = 1024;
constexpr std::uint32_t kChunks = 16384;  // 16 Mi ranges: far past any vm.max_map_count
constexpr std::uint32_t kNone = UINT32_MAX;

// Chunks are created on demand and never freed or moved, so a signal handler can read them without a lock.
std::atomic<Range*> chunks[kChunks];
std::atomic<std::uint32_t> chunk_count{0};
std::atomic<std::uint32_t> in_use{0};
std::atomic<std::uint32_t> kept{0};

std::mutex lock;  // guards the free list and every field of Range that is not atomic
std::uint32_t first_free = kNone;
std::uint64_t next_serial = 1;
// Ranges without users for which munmap(2) failed; tried again when other ranges end.
std::uint32_t first_unmappable = kNone;
std::uint32_t waiting = 0;  // ranges with Range::waits
UnmapBatch batch;           // placeholders without users; while no range waits it is empty, unless munmap(2) failed

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

// All functions up to the end of the namespace need the lock.

void SetWaits(Range* range, bool waits) {
  if (range->waits == waits) return;
  range->waits = waits;
  waits ? waiting++ : waiting--;
  if (waiting == 0) batch.Flush();
}

void KeepLocked(Range* range) {
  SetWaits(range, false);
  if (!range->kept) kept.fetch_add(1, std::memory_order_relaxed);
  range->kept = true;
}

// Returns 0, or a negative errno; then the memory is unchanged.
int Unmap(const Range* range) {
  void* const base = reinterpret_cast<void*>(range->base.load(std::memory_order_relaxed));
  return ::munmap(base, range->reserved) == 0 ? 0 : -errno;
}

void GiveBack(Range* range) {
  fault_log::Forget(range->serial.load(std::memory_order_relaxed));
  range->fd.store(-1, std::memory_order_relaxed);
  range->length.store(0, std::memory_order_release);
  range->base.store(0, std::memory_order_release);
  range->next_free = first_free;
  first_free = range->index;
  in_use.fetch_sub(1, std::memory_order_relaxed);
}

// At vm.max_map_count munmap(2) fails with ENOMEM if the range is part of a merged mapping. Such a range keeps its slot
// until munmap(2) succeeds. That is likely after the end of another range.
void Retry() {
  if (waiting == 0) batch.Flush();
  while (first_unmappable != kNone) {
    Range* const range = Slot(first_unmappable);
    if (Unmap(range) != 0) return;
    first_unmappable = range->next_free;
    GiveBack(range);
  }
}

// The range is unmapped.
void Free(Range* range) {
  GiveBack(range);
  Retry();
}

// For a range without users. No caller needs the result.
void GiveUp(Range* range) {
  range->fd.store(-1, std::memory_order_relaxed);
  range->length.store(0, std::memory_order_release);
  const bool was_waiting = range->waits;
  SetWaits(range, false);
  if (was_waiting && waiting > 0 && batch.Take(range->base.load(), range->reserved)) return GiveBack(range);
  if (range->kept || Unmap(range) == 0) return Free(range);
  range->next_free = first_unmappable;
  first_unmappable = range->index;
}

void DropUserLocked(Range* range) {
  if (range->users.fetch_sub(1, std::memory_order_acq_rel) == 1) GiveUp(range);
}

// Returns 0, or a negative errno; then nothing has changed.
int CloseLocked(Range* range) {
  const bool is_last = range->users.load(std::memory_order_acquire) == 1;
  const bool is_unmapped = is_last && !range->kept;
  const std::size_t length = range->length.load();
  // Before the addresses can belong to another mapping: see Find(). Under a placeholder they stay ours, and until it is
  // there the fault guard must find the range: another user may touch a lost page at this moment.
  if (is_unmapped) range->length.store(0);
  const int gone = is_unmapped ? Unmap(range) : placeholder::Cover(range->base.load(), range->reserved);
  if (gone != 0) {
    if (is_unmapped && !range->fenced.load())
      range->length.store(length);  // FenceTenant() may have covered it meanwhile
    return gone;
  }
  range->length.store(0);
  range->fd.store(-1, std::memory_order_relaxed);
  range->owner = nullptr;
  SetWaits(range, !is_last && !range->kept);
  range->users.fetch_sub(1, std::memory_order_acq_rel);
  if (is_last) Free(range);
  return 0;
}

}  // namespace

Range* Add(void* base, std::size_t reserved, std::size_t length, Source source, const Environment* owner) {
  const std::lock_guard<std::mutex> guard(lock);
  if (first_free == kNone && !Grow()) return nullptr;
  Range* const range = Slot(first_free);
  first_free = range->next_free;
  range->owner.store(owner, std::memory_order_relaxed);
  range->users.store(1, std::memory_order_relaxed);
  range->fenced.store(false, std::memory_order_relaxed);
  range->pinned = range->kept = false;
  // The order counts, and each store is a release: see Find().
  range->serial.store(next_serial++, std::memory_order_release);
  range->guarded.store(true, std::memory_order_release);
  range->offset.store(source.offset, std::memory_order_release);
  range->dev.store(source.file.dev, std::memory_order_release);
  range->ino.store(source.file.ino, std::memory_order_release);
  range->reserved.store(reserved, std::memory_order_release);
  range->fd.store(source.fd, std::memory_order_release);
  range->length.store(length, std::memory_order_release);
  range->base.store(reinterpret_cast<std::uintptr_t>(base), std::memory_order_release);
  in_use.fetch_add(1, std::memory_order_relaxed);
  return range;
}

Range* At(std::uint32_t index) {
  if (index / kPerChunk >= chunk_count.load(std::memory_order_acquire)) return nullptr;
  Range* const range = Slot(index);
  return range->base.load(std::memory_order_acquire) == 0 ? nullptr : range;
}

namespace {

// Add() stores the serial first. So a reader that sees the length or the descriptor of the next tenant also sees the
// serial of the next tenant.
std::optional<Found> Look(const Range& range) {
  const std::uint64_t serial = range.serial.load(std::memory_order_acquire);
  const Found found = {range.base.load(std::memory_order_acquire),
                       range.length.load(std::memory_order_acquire),
                       range.fd.load(std::memory_order_acquire),
                       range.offset.load(std::memory_order_acquire),
                       {range.dev.load(std::memory_order_acquire), range.ino.load(std::memory_order_acquire)},
                       range.guarded.load(std::memory_order_acquire),
                       serial,
                       range.index};
  const bool is_one = found.base != 0 && found.base == range.base.load(std::memory_order_acquire) &&
                      serial == range.serial.load(std::memory_order_acquire);
  return is_one ? std::optional<Found>(found) : std::nullopt;
}

bool IsWithin(std::uintptr_t address, std::uintptr_t base, std::size_t length) {
  return address >= base && address - base < length;
}

// Calls `look` for each slot until it returns true. Returns whether it did.
template <typename Look>
bool AnySlot(Look look) {
  const std::uint32_t count = chunk_count.load(std::memory_order_acquire);
  for (std::uint32_t c = 0; c < count; c++) {
    const Range* const chunk = chunks[c].load(std::memory_order_acquire);
    for (std::uint32_t i = 0; i < kPerChunk; i++) {
      if (look(chunk[i])) return true;
    }
  }
  return false;
}

}  // namespace

std::optional<Found> Find(std::uintptr_t address) {
  std::optional<Found> found;
  const bool is_found = AnySlot([address, &found](const Range& range) {
    found = Look(range);
    return found && IsWithin(address, found->base, found->length);
  });
  return is_found ? found : std::nullopt;
}

bool IsReserved(std::uintptr_t address) {
  return AnySlot([address](const Range& range) {
    const std::size_t reserved = range.reserved.load(std::memory_order_acquire);
    const std::optional<Found> found = Look(range);
    return found && found->guarded && IsWithin(address, found->base, reserved) &&
           reserved == range.reserved.load(std::memory_order_acquire);
  });
}

void LoseAll(const Found& found, FaultReason reason) {
  Range* const range = Slot(found.index);
  range->lost_reason.store(reason, std::memory_order_relaxed);
  range->lost.store(found.serial, std::memory_order_release);
}

std::optional<Fault> TakeFault(Range* range) {
  const std::uint64_t serial = range->serial.load(std::memory_order_acquire);
  Fault fault;
  if (fault_log::Take(serial, &fault)) return fault;
  std::uint64_t lost = serial;
  if (!range->lost.compare_exchange_strong(lost, 0, std::memory_order_acq_rel)) return std::nullopt;
  return Fault{serial, 0, range->length.load(std::memory_order_acquire),
               range->lost_reason.load(std::memory_order_relaxed)};
}

void AddUser(Range* range) { range->users.fetch_add(1, std::memory_order_acq_rel); }

void DropUser(Range* range) {
  const std::lock_guard<std::mutex> guard(lock);
  DropUserLocked(range);
}

int Close(Range* range) {
  const std::lock_guard<std::mutex> guard(lock);
  return range->owner == nullptr ? -EINVAL : CloseLocked(range);
}

int Abandon(Range* range) {
  const std::lock_guard<std::mutex> guard(lock);
  if (range->owner == nullptr) return -EINVAL;
  // The descriptor will be closed, and its number may be used again for another file.
  range->fd.store(-1, std::memory_order_relaxed);
  range->owner = nullptr;
  DropUserLocked(range);
  return 0;
}

void Keep(Range* range) {
  const std::lock_guard<std::mutex> guard(lock);
  KeepLocked(range);
  if (placeholder::Cover(range->base.load(), range->reserved) != 0) return;  // at the limit: the pages stay as they are
  range->fd.store(-1, std::memory_order_relaxed);
  range->length.store(0, std::memory_order_release);
}

std::uint32_t KeptCount() { return kept.load(std::memory_order_relaxed); }

void SetPinned(Range* range, bool pinned) {
  const std::lock_guard<std::mutex> guard(lock);
  range->pinned = pinned;
}

void CloseAllOf(const Environment* owner) {
  const std::lock_guard<std::mutex> guard(lock);
  const std::uint32_t end = chunk_count.load(std::memory_order_acquire) * kPerChunk;
  for (std::uint32_t i = 0; i < end; i++) {
    Range* const range = Slot(i);
    if (range->base.load(std::memory_order_acquire) == 0 || range->owner != owner) continue;
    if (range->pinned) KeepLocked(range);
    if (CloseLocked(range) == 0) continue;
    // There is no room for a placeholder, so the other users keep the pages. The descriptor will be closed.
    range->fd.store(-1, std::memory_order_relaxed);
    range->owner = nullptr;
    DropUserLocked(range);
  }
}

int Cover(const Range* range, std::size_t offset, std::size_t length) {
  return placeholder::Cover(range->base.load(std::memory_order_acquire) + offset, length);
}

int FenceTenant(std::uint32_t index, std::uint64_t serial) {
  Range* const range = At(index);
  {
    const std::lock_guard<std::mutex> guard(lock);
    if (range == nullptr || range->serial.load(std::memory_order_acquire) != serial ||
        range->users.load(std::memory_order_relaxed) == 0)
      return 0;
    AddUser(range);  // keeps the addresses
  }
  range->fenced.store(true);  // before the pages are replaced: a flush reads it afterwards
  const int covered = placeholder::Cover(range->base.load(std::memory_order_acquire), range->reserved);
  if (covered == 0) {
    range->length.store(0, std::memory_order_release);
  } else {
    range->fenced.store(false);
  }
  DropUser(range);
  return covered;
}

std::uintptr_t Id() { return reinterpret_cast<std::uintptr_t>(&chunks); }

std::uint32_t Count() { return in_use.load(std::memory_order_relaxed); }

int DuplicateDescriptor(std::uint32_t index, std::uint64_t serial) {
  const std::lock_guard<std::mutex> guard(lock);
  const Range* const range = At(index);
  if (range == nullptr || range->serial.load(std::memory_order_acquire) != serial || range->owner == nullptr)
    return -ENOENT;
  const int fd = range->fd.load(std::memory_order_relaxed);
  if (fd < 0) return -ENOENT;
  const int duplicate = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return duplicate < 0 ? -errno : duplicate;
}

}  // namespace mapdirect::ranges
