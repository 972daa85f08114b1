// The process-wide table of the address ranges that this addon mapped.
//
// There is one table for all threads of the process, because some of its readers need the ranges of other threads:
// attach() in a worker, the count against vm.max_map_count, the thread that fences ranges when a lease ends, and the
// signal handler of the fault guard, which must know whether the address of a fault is ours.
//
//   owner (a Mapping in some environment) ──┐
//   windows (one per ArrayBuffer) ───────────┼─► Range.users ──► 0: munmap, slot free
//   running asynchronous operations ─────────┘
//
// The memory is unmapped when the last user ends, and not earlier: a running read(2) of the thread pool must not find
// pages of another mapping there. From the owner's close to that moment an anonymous placeholder covers the range.
//
// An environment that ends covers its ranges and closes them. Two kinds of user may go on, and their end is never
// reported: native code with a pin that was not released, and another thread to which the memory of a window was moved.
// The placeholder of such a range is never unmapped. It costs address space and perhaps one area of vm.max_map_count,
// but no memory and no file.

#ifndef MAPDIRECT_RANGES_H_
#define MAPDIRECT_RANGES_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "memory/fault_log.h"

namespace mapdirect {

class Environment;

// The numbers of stat(2) that identify a file, as JavaScript has them: rounded past 2^53. Both 0: not known.
struct FileId final {
  double dev{0};
  double ino{0};
};

// Owned by the table and never freed, so a pointer is valid for the life of the process. Any thread and any signal
// handler may read the atomic fields without a lock; only Find() reads them together. The lock of the table guards all
// other fields.
struct alignas(64) Range final {
  std::atomic<std::uintptr_t> base{0};   // 0: the slot is free
  std::atomic<std::size_t> length{0};    // bytes that belong to the file, rounded up to pages; 0 under a placeholder
  std::atomic<std::size_t> reserved{0};  // the length for munmap(2)
  std::atomic<int> fd{-1};               // for fstat(2), to learn where the file ends now; -1: no file
  std::atomic<std::uint64_t> offset{0};  // of the base in the file
  std::atomic<double> dev{0};            // of the file that `fd` names: see FileId
  std::atomic<double> ino{0};
  std::atomic<bool> guarded{true};                 // the fault guard heals the range
  std::atomic<std::uint32_t> users{0};             // see the picture above
  std::atomic<std::uint32_t> shared{0};            // users that are SharedArrayBuffers
  std::atomic<bool> fenced{false};                 // by FenceTenant(); set before the pages are replaced
  std::atomic<const Environment*> owner{nullptr};  // nullptr after the Mapping has closed it
  std::atomic<std::uint64_t> serial{0};            // never used again: names the present tenant of the slot
  std::atomic<std::uint64_t> lost{0};              // the tenant that LoseAll() named
  std::atomic<FaultReason> lost_reason{FaultReason::kIo};
  bool pinned{false};  // by pin(): the end of its environment must not unmap it
  bool kept{false};    // never unmapped: a user may remain whose end is not reported
  bool waits{false};   // closed under a placeholder, and its users will end
  std::uint32_t index{0};
  std::uint32_t next_free{0};
};

namespace ranges {

// The file behind a range.
struct Source final {
  int fd;  // -1: none
  std::uint64_t offset;
  FileId file{};
};

// Takes a slot for [base, base + reserved) with one user, its owner. Returns nullptr if the table cannot grow.
[[nodiscard]] Range* Add(void* base, std::size_t reserved, std::size_t length, Source source, const Environment* owner);

// Returns the slot at `index` if it is in use, else nullptr.
[[nodiscard]] Range* At(std::uint32_t index);

// The state of a range at one moment.
struct Found final {
  std::uintptr_t base;
  std::size_t length;
  int fd;
  std::uint64_t offset;
  FileId file;
  bool guarded;
  std::uint64_t serial;
  std::uint32_t index;
};

// Returns the range that contains `address`. All fields are of one tenant of the slot; the tenant may have ended on
// return. Async-signal-safe: takes no lock and allocates nothing.
[[nodiscard]] std::optional<Found> Find(std::uintptr_t address);

// Returns whether the address lies in a guarded range, also where a placeholder covers it. Async-signal-safe.
[[nodiscard]] bool IsReserved(std::uintptr_t address);

// Notes that all pages of the tenant are lost, for a fault that the fault log cannot hold. Async-signal-safe.
void LoseAll(const Found& found, FaultReason reason);

// Returns a fault of the present tenant, and forgets it: one of the log, or that of LoseAll(). Nothing if there is
// none.
[[nodiscard]] std::optional<Fault> TakeFault(Range* range);

void AddUser(Range* range);
// The last user unmaps the range. Any thread.
void DropUser(Range* range);

// Ends the use by the owner. The pages of the file are gone on return: a placeholder covers them if there are other
// users. Returns 0, or a negative errno; then nothing has changed. -ENOMEM: vm.max_map_count is reached, or a limit
// that placeholders count against. -EINVAL: the owner has ended its use before.
[[nodiscard]] int Close(Range* range);

// Ends the use by an owner that was garbage collected: other users keep the memory as it is. Returns 0, or -EINVAL as
// Close().
[[nodiscard]] int Abandon(Range* range);

// For a range with a user whose end will never be reported: the pages of the file are gone on return, and the addresses
// stay when the slot becomes free.
void Keep(Range* range);

// The number of ranges that Keep() has marked.
[[nodiscard]] std::uint32_t KeptCount();

// `pinned`: native code uses the memory, so the end of the environment keeps the addresses.
void SetPinned(Range* range, bool pinned);

// Closes everything that an ending environment still owns.
void CloseAllOf(const Environment* owner);

// Puts an anonymous placeholder over part of a range: later stores reach no file. Returns 0 or a negative errno.
[[nodiscard]] int Cover(const Range* range, std::size_t offset, std::size_t length);

// Covers all of a range, in spite of its users, if the slot still has this tenant. Returns 0, also if the tenant has
// ended, or a negative errno. Any thread, also during Close() in another thread.
[[nodiscard]] int FenceTenant(std::uint32_t index, std::uint64_t serial);

// Returns a number that differs between two copies of the addon in one process.
[[nodiscard]] std::uintptr_t Id();

// The number of slots in use, in all threads.
[[nodiscard]] std::uint32_t Count();

// Returns a duplicate (O_CLOEXEC) of the range's descriptor if the slot still has this tenant, else a negative errno;
// -ENOENT: the owner has closed it. Atomic with respect to Close() in another thread.
[[nodiscard]] int DuplicateDescriptor(std::uint32_t index, std::uint64_t serial);

}  // namespace ranges
}  // namespace mapdirect

#endif  // MAPDIRECT_RANGES_H_
