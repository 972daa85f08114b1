// The handlers of SIGBUS that other parts of the process have installed, from the newest to the oldest. They get the
// signals that are not about our ranges, as the kernel would deliver them without our handler. One difference stays:
// they run on the alternate signal stack of the thread if there is one, because our handler does.

#ifndef MAPDIRECT_EARLIER_HANDLERS_H_
#define MAPDIRECT_EARLIER_HANDLERS_H_

#include <signal.h>

namespace mapdirect::earlier_handlers {

// From now on `action` is the newest one. Returns 0. -ENOSPC: it is none of the 64 that are known, and nothing has
// changed. Only one thread at a time.
[[nodiscard]] int PutFirst(const struct sigaction& action);

// Calls the newest handler. If it calls ours in turn (it chains to the handler that it has replaced), the next one is
// called, and the default action after the oldest. Async-signal-safe.
void PassOn(int signal, siginfo_t* info, void* context);

}  // namespace mapdirect::earlier_handlers

#endif  // MAPDIRECT_EARLIER_HANDLERS_H_
