#include "thread/thread.h"

#include <pthread.h>

#include <initializer_list>

namespace mapdirect {

SignalsHeld::SignalsHeld() {
  sigset_t all;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&all, fault);
  ::pthread_sigmask(SIG_BLOCK, &all, &before_);
}

SignalsHeld::~SignalsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool StartThread(void* (*run)(void*), void* argument) {
  pthread_t thread;
  // The new thread inherits the mask, so no signal can interrupt it at any moment.
  const SignalsHeld held;
  const int created = ::pthread_create(&thread, nullptr, run, argument);
  if (created != 0) return false;
  ::pthread_detach(thread);
  return true;
}

}  // namespace mapdirect
