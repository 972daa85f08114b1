// Finds out which pages of a range are bad after a SIGBUS, and why. Async-signal-safe.

#ifndef MAPDIRECT_FAULT_REASON_H_
#define MAPDIRECT_FAULT_REASON_H_

#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "memory/fault_log.h"
#include "memory/ranges.h"

namespace mapdirect::fault_reason {

// Returns the bad pages around `address` (offset and length are whole pages of the range) and the reason. Returns
// nothing if no cause is left, so that the access can be tried again; the caller bounds the number of tries.
[[nodiscard]] std::optional<Fault> Diagnose(const ranges::Found& range, std::uintptr_t address, const siginfo_t& info,
                                            const void* context);

// The fault of a page for which Diagnose() finds no cause, although the access fails again and again.
[[nodiscard]] Fault Unexplained(const ranges::Found& range, std::uintptr_t address, const void* context);

// The access that faulted was a store (memory/arch/).
[[nodiscard]] bool WasStore(const void* context);

}  // namespace mapdirect::fault_reason

#endif  // MAPDIRECT_FAULT_REASON_H_
