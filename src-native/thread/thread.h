// Threads of our own.

#ifndef MAPDIRECT_THREAD_H_
#define MAPDIRECT_THREAD_H_

#include <signal.h>

namespace mapdirect {

// While it lives this thread takes no signal but those of its own faults. Another thread takes what is for the process.
class SignalsHeld final {
 public:
  SignalsHeld();
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_;
};

// A detached thread that no signal of the process interrupts: those are for threads that know them. Not those of a
// fault of its own, which cannot be held back. False: none could be made.
[[nodiscard]] bool StartThread(void* (*run)(void*), void* argument);

}  // namespace mapdirect

#endif  // MAPDIRECT_THREAD_H_
