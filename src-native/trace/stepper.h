// Sees each store instruction into memory that is being traced, in program order.
//
// The pages are read-only. A store into one is SIGSEGV: the handler keeps a copy of the page, makes it writable, and
// sets the trap flag, so that the CPU runs this one instruction and then raises SIGTRAP. That handler compares the page
// with its copy, notes the change, and makes the page read-only again. Loads cost nothing.
//
// With a log that has loads, the pages are PROT_NONE, and each load is stepped in the same way. Its address is known,
// and its bytes are not: the log has the instruction.
//
// One thread steps at a time; others wait. A store of another thread into the same page during that one instruction is
// not told from it. A system call that stores into traced memory fails with EFAULT; with loads, each one that uses it.

#ifndef MAPDIRECT_TRACE_STEPPER_H_
#define MAPDIRECT_TRACE_STEPPER_H_

#include <signal.h>

#include <cstddef>
#include <cstdint>

#include "trace/trace_log.h"

namespace mapdirect::trace::stepper {

// Traces one store into a page of its own. Returns 0, or a negative errno: ENOTSUP if the CPU does not trap after one
// instruction (some emulators). Call it before everything else.
[[nodiscard]] int Probe();

// Traces the accesses that the log has of [address, address + length), whole pages that are mapped with PROT_READ |
// PROT_WRITE. `place`: bytes from the start of the memory of `log` to the first of them. Returns 0 or a negative errno:
// ENOSPC if too many ranges are traced.
[[nodiscard]] int Protect(std::uintptr_t address, std::size_t length, std::uint64_t place, TraceLog* log);

// The end of that. Call it before the memory is unmapped. Nothing happens if no range begins at the address.
void Release(std::uintptr_t address);

// The same for every range of the log.
void ReleaseAll(const TraceLog* log);

// No thread steps while this lives.
class Pause final {
 public:
  Pause();
  ~Pause();
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

 private:
  sigset_t mask_;
};

}  // namespace mapdirect::trace::stepper

#endif  // MAPDIRECT_TRACE_STEPPER_H_
