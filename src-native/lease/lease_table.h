// The process-wide table of leases, and what becomes of one that somebody wants broken.
//
//   kHeld ──signal──► kUnconfirmed ──nobody waits: it was a probe──► kHeld, taken anew
//     ▲                  │
//    Take()              ├──somebody waits: kBreak──► kBreaking ──Release()──► gone from the table
//                        │                             │    │
//                        │                  he gave up │    │ deadline
//                        │       kHeld, taken anew: kIntact  │
//                        └──cannot be taken anew──► kLettingGo: ranges covered, lease dropped, kGone
//
// One table for all threads of the process: any of them must be able to ask whether a file is leased without opening
// it, which would ring the bell. Its lock is held over system calls that do not block and while the lock of a listener
// or of the bell is taken; never while a range is covered, nor while JavaScript runs.

#ifndef MAPDIRECT_LEASE_TABLE_H_
#define MAPDIRECT_LEASE_TABLE_H_

#include <chrono>
#include <cstdint>
#include <memory>

#include "lease/listener.h"

namespace mapdirect {

class Environment;

namespace lease_table {

using Id = std::int64_t;  // from 1, never reused

// st_dev and st_ino, as JavaScript's numbers have them.
struct Inode final {
  std::int64_t device;
  std::int64_t number;
};

// Any thread. 0 or less: a negative errno; -EAGAIN: the file is open elsewhere too, or leased by this process.
[[nodiscard]] Id Take(int fd, Inode inode, std::chrono::milliseconds grace, const Environment* owner,
                      std::shared_ptr<Listener> listener);
// 0, or -ENOENT when it is gone, or is just being let go.
[[nodiscard]] int Release(Id id);
[[nodiscard]] bool IsHeld(Id id);
// Covered right before the lease is let go without its owner's doing. 0 or -ENOENT.
[[nodiscard]] int AddRange(Id id, std::uint32_t index, std::uint64_t serial);
[[nodiscard]] int RemoveRange(Id id, std::uint32_t index);
// The locks of its description are dropped with it, when it is let go so. 0 or -ENOENT.
[[nodiscard]] int SetYields(Id id, bool yields);
// The id or 0.
[[nodiscard]] Id Find(Inode inode);
[[nodiscard]] std::uint32_t Count();

// Before a descriptor is closed: close(2) keeps the lease as long as a mapping or a duplicate is there.
void ForgetDescriptor(int fd);
// Before the descriptors of an ending environment are closed.
void DropAllOf(const Environment* owner);

// The bell thread only. Ring: the kernel's signal names this descriptor. RingAll: it may have meant any.
void BreakRequested(int fd);
void RecheckAll();
// Does what is due. Milliseconds until the next is; -1: nothing will be.
[[nodiscard]] int RunDue();

}  // namespace lease_table
}  // namespace mapdirect

#endif  // MAPDIRECT_LEASE_TABLE_H_
