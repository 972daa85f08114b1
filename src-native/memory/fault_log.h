// The ranges of pages that the fault guard has replaced, until JavaScript takes the entries. Async-signal-safe: takes
// no lock and allocates nothing.

#ifndef MAPDIRECT_FAULT_LOG_H_
#define MAPDIRECT_FAULT_LOG_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mapdirect {

// lib/backend/native/fault-guard.ts has the same numbers.
enum class FaultReason : std::uint32_t { kTruncated = 1, kNoSpace = 2, kPoison = 3, kIo = 4 };

struct Fault final {
  std::uint64_t serial;  // of the tenant, see ranges.h
  std::size_t offset;    // from the start of the range
  std::size_t length;
  FaultReason reason;
};

namespace fault_log {

// Counts the faults of the process; it wraps. JavaScript reads it after each flush: nothing else is paid while there is
// no fault.
extern std::atomic<std::uint32_t> count;

// Adds an entry. An entry of the same tenant and reason that ends where this one starts is extended. Returns false if
// the log is full.
[[nodiscard]] bool Add(const Fault& fault);

// The length of the entry of the same tenant and reason that ends at the offset of `fault`; 0: there is none.
[[nodiscard]] std::size_t LengthBefore(const Fault& fault);

// Moves one entry of the tenant to `*taken`. Returns false if there is none: then no fault of the tenant had been added
// before the call. Not async-signal-safe.
[[nodiscard]] bool Take(std::uint64_t serial, Fault* taken);

// Deletes the entries of a tenant that has ended. It looks at the log only if there is an entry.
void Forget(std::uint64_t serial);

}  // namespace fault_log
}  // namespace mapdirect

#endif  // MAPDIRECT_FAULT_LOG_H_
