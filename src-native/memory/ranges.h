// The process-wide table of the address ranges that this addon mapped.
//
// One table for all threads of the process, because three readers need it across threads: attach() in a worker, the
// count that guards vm.max_map_count, and a signal handler that must tell our faults from other people's.
//
//   owner (a Mapping in some environment) ──┐
//   windows (one per ArrayBuffer) ───────────┼─► Range.users ──► 0: munmap, slot free
//   running asynchronous operations ─────────┘
//
// The memory is unmapped when the last user is gone, never earlier: a read(2) in flight on the thread pool must not
// find somebody else's pages there. Between the owner's close and that moment an anonymous placeholder lies over it.
//
// An environment that ends covers its ranges and lets go of them. Two kinds of user may go on without ever telling that
// they have ended: the native one of a pin that nobody released, and another thread to which a window's memory was
// moved. The placeholder of such a range is never unmapped. That costs address space and perhaps one mapping of
// vm.max_map_count, no memory and no file.

#ifndef MAPDIRECT_RANGES_H_
#define MAPDIRECT_RANGES_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace mapdirect {

class Environment;

// Owned by the table and never freed, so a pointer stays valid for the life of the process. `base`, `length`, `fd` and
// `cut` may be read without a lock from any thread and from a signal handler, together only through Find(); everything
// else is guarded by the table's lock.
struct alignas(64) Range final {
  std::atomic<std::uintptr_t> base{0};   // 0: the slot is free
  std::atomic<std::size_t> length{0};    // bytes that belong to the file, rounded up to pages; 0 under a placeholder
  std::atomic<int> fd{-1};               // for fstat(2): where does the file end now? -1: nothing to ask
  std::atomic<std::uint32_t> users{0};   // see the picture above
  std::atomic<bool> fenced{false};       // by FenceTenant(); set before the pages go
  std::size_t reserved{0};               // what munmap(2) gets
  const Environment* owner{nullptr};     // nullptr once the Mapping let go
  std::atomic<std::uint64_t> serial{0};  // never reused: tells this tenant of the slot from the next
  bool pinned{false};                    // by pin(): its environment must not unmap it when it ends
  bool kept{false};                      // never unmapped: somebody may use it who will not tell
  std::uint32_t index{0};
  std::uint32_t next_free{0};
};

namespace ranges {

// Takes a slot for [base, base + reserved) with one user, its owner. nullptr when no memory is left for the table.
[[nodiscard]] Range* Add(void* base, std::size_t reserved, std::size_t length, int fd, const Environment* owner);

// The slot at `index` if it is in use, else nullptr.
[[nodiscard]] Range* At(std::uint32_t index);

// A range as it was at one moment.
struct Found final {
  std::uintptr_t base;
  std::size_t length;
  int fd;
};

// The live range that contains `address`. All of it is of one tenant of the slot, which may be gone on return.
// Async-signal-safe: it takes no lock and allocates nothing.
[[nodiscard]] std::optional<Found> Find(std::uintptr_t address);

void AddUser(Range* range);
// The last one out unmaps. Any thread.
void DropUser(Range* range);

// The owner lets go and the file pages must be gone at once: a placeholder covers them if anybody else still uses the
// memory. Returns 0 or a negative errno (then nothing changed): ENOMEM at vm.max_map_count, or where a placeholder
// counts against a limit.
[[nodiscard]] int Close(Range* range);

// The owner was garbage collected: whoever still uses the memory keeps it as it is.
void Abandon(Range* range);

// Somebody may use it who will never tell that they have ended: the file's pages are gone on return, and the addresses
// stay when the slot is free.
void Keep(Range* range);

// How many ranges Keep() has left behind, or will.
[[nodiscard]] std::uint32_t KeptCount();

// A native user works on the memory: an environment that ends keeps it.
void SetPinned(Range* range, bool pinned);

// Closes everything that an ending environment still owns.
void CloseAllOf(const Environment* owner);

// Puts an anonymous placeholder over part of a range: stores into it stay in this process. 0 or a negative errno.
[[nodiscard]] int Cover(const Range* range, std::size_t offset, std::size_t length);

// Covers all of a range, whoever uses it, if the slot still has that tenant. 0 (also when it is gone) or a negative
// errno. Any thread; safe against Close() in another.
[[nodiscard]] int FenceTenant(std::uint32_t index, std::uint64_t serial);

// Tells this table from that of another copy of the addon in the same process.
[[nodiscard]] std::uintptr_t Id();

// How many slots are in use, in all threads.
[[nodiscard]] std::uint32_t Count();

// A duplicate (O_CLOEXEC) of the range's descriptor, if the slot still has that tenant. A negative errno otherwise;
// -ENOENT: the owner closed it. Atomic against Close() in another thread.
[[nodiscard]] int DuplicateDescriptor(std::uint32_t index, std::uint64_t serial);

}  // namespace ranges
}  // namespace mapdirect

#endif  // MAPDIRECT_RANGES_H_
