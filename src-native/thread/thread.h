// Threads of our own.

#ifndef MAPDIRECT_THREAD_H_
#define MAPDIRECT_THREAD_H_

#include <signal.h>

namespace mapdirect {

// Blocks all signals of this thread during its life, except those of its own faults. Another thread receives the
// signals of the process.
class SignalsHeld final {
 public:
  SignalsHeld();
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_;
};

// Creates a detached thread that receives no signal of the process: the other threads handle those. It does receive the
// signals of its own faults. Returns false if no thread could be created.
//
// `name`: a literal of at most 15 characters, which top(1), gdb(1) and /proc show. docs/operators.md lists the names.
[[nodiscard]] bool StartThread(const char* name, void* (*run)(void*), void* argument);

}  // namespace mapdirect

#endif  // MAPDIRECT_THREAD_H_
