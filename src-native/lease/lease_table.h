// The process-wide table of leases. lease_state.h has the states of one lease.
//
// There is one table for all threads of the process, because every thread must be able to ask whether a file is leased
// without opening it: an open would break the lease. A thread holds the table's lock during system calls that do not
// block and while it takes the lock of a listener or of the event thread. No thread holds it while a range is fenced or
// while JavaScript runs.

#ifndef MAPDIRECT_LEASE_TABLE_H_
#define MAPDIRECT_LEASE_TABLE_H_

#include <chrono>
#include <cstdint>
#include <memory>

#include "lease/listener.h"

namespace mapdirect {

class Environment;

namespace lease_table {

using Id = std::int64_t;  // from 1, never used again

// st_dev and st_ino as JavaScript numbers.
struct Inode final {
  std::int64_t device;
  std::int64_t number;
};

// Takes a lease that ends `grace` after a break request. Any thread. Returns the id or a negative errno; -EAGAIN: the
// file is open elsewhere too, or this process has a lease on it.
[[nodiscard]] Id Take(int fd, Inode inode, std::chrono::milliseconds grace, const Environment* owner,
                      std::shared_ptr<Listener> listener);
// Returns 0, or -ENOENT if the lease has ended or is ending.
[[nodiscard]] int Release(Id id);
[[nodiscard]] bool IsHeld(Id id);
// Registers a range that is fenced before the lease ends at its deadline. Returns 0 or -ENOENT.
[[nodiscard]] int AddRange(Id id, std::uint32_t index, std::uint64_t serial);
[[nodiscard]] int RemoveRange(Id id, std::uint32_t index);
// Registers a range whose registrations end before the lease does at its deadline. The pages stay. Returns 0; -ENOENT:
// the lease has ended or is ending, perhaps without a look at the registrations that the range has now.
[[nodiscard]] int RevokeRange(Id id, std::uint32_t index, std::uint64_t serial);
// Decides whether the locks of the description end with the lease at its deadline. Returns 0 or -ENOENT.
[[nodiscard]] int SetLocksEnd(Id id, bool locks_end);
// Returns the id or 0.
[[nodiscard]] Id Find(Inode inode);
[[nodiscard]] std::uint32_t Count();

// Must be called before the descriptor is closed: after close(2) the lease lives on while a mapping or a duplicate
// does.
void ForgetDescriptor(int fd);
// Must be called before the descriptors of an ending environment are closed.
void DropAllOf(const Environment* owner);
// Instead of DropAllOf(), if a registration may still be used: the leases and their descriptors stay.
void DisownAllOf(const Environment* owner);

// For the event thread only. BreakRequested: the kernel's signal names this descriptor. RecheckAll: the signal may be
// for any lease.
void BreakRequested(int fd);
void RecheckAll();
// Does all steps that are due. Returns the milliseconds until the next step, or -1 if there is none.
[[nodiscard]] int RunDue();

}  // namespace lease_table
}  // namespace mapdirect

#endif  // MAPDIRECT_LEASE_TABLE_H_
