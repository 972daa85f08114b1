#include "thread/thread.h"

#include <pthread.h>
#include <sys/prctl.h>

#include <initializer_list>
#include <memory>

namespace mapdirect {
namespace {

struct Beginning final {
  const char* name;
  void* (*run)(void*);
  void* argument;
};

// By the thread itself: prctl(2) needs no /proc, and the thread has the name before it does anything.
void* Begin(void* data) {
  std::unique_ptr<const Beginning> owned(static_cast<const Beginning*>(data));
  const Beginning beginning = *owned;
  owned.reset();  // some threads never return
  ::prctl(PR_SET_NAME, beginning.name);
  return beginning.run(beginning.argument);
}

}  // namespace

SignalsHeld::SignalsHeld() {
  sigset_t all;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&all, fault);
  ::pthread_sigmask(SIG_BLOCK, &all, &before_);
}

SignalsHeld::~SignalsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool StartThread(const char* name, void* (*run)(void*), void* argument) {
  pthread_t thread;
  auto beginning = std::make_unique<const Beginning>(Beginning{name, run, argument});
  // The new thread inherits the mask, so no signal can interrupt it at any moment.
  const SignalsHeld held;
  const int created = ::pthread_create(&thread, nullptr, Begin, const_cast<Beginning*>(beginning.get()));
  if (created != 0) return false;
  static_cast<void>(beginning.release());  // Begin owns it
  ::pthread_detach(thread);
  return true;
}

}  // namespace mapdirect
