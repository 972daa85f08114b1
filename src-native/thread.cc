#include "thread.h"

#include <pthread.h>
#include <signal.h>

#include <initializer_list>

namespace mapdirect {

bool StartThread(void* (*run)(void*), void* argument) {
  sigset_t all, before;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&all, fault);
  pthread_t thread;
  // The new thread inherits the mask: there is no moment at which it could be interrupted.
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  const int created = ::pthread_create(&thread, nullptr, run, argument);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (created != 0) return false;
  ::pthread_detach(thread);
  return true;
}

}  // namespace mapdirect
