// The handler of SIGBUS. An access to a mapped page that has no file behind it (a truncated file, a full disk, a broken
// medium) is SIGBUS, and would end the process. The handler puts anonymous pages over the bad part, notes the part in
// the fault log, and lets the thread go on. JavaScript reads the log after each flush.
//
// A signal that is not about a guarded range goes to the handler that was there before, or has its default effect.

#ifndef MAPDIRECT_FAULT_GUARD_H_
#define MAPDIRECT_FAULT_GUARD_H_

namespace mapdirect::fault_guard {

// Returns whether another library may have installed its handler since the last call: false within one tick of the
// kernel's clock (1 to 10 ms), because a question to the kernel for each of many mappings would be 2 % of their time.
// Any thread.
[[nodiscard]] bool MayBeSecond();

// Makes our handler the first one. Call it often: another library may have installed its own handler meanwhile, which
// then gets the signals that are not ours. Returns 0 or a negative errno. Any thread.
[[nodiscard]] int Install();

// From now on each fault is announced by a write to this eventfd(2). Async-signal-safe readers.
void AnnounceTo(int fd);

}  // namespace mapdirect::fault_guard

#endif  // MAPDIRECT_FAULT_GUARD_H_
