#include <ucontext.h>

#include "memory/fault_reason.h"

namespace mapdirect::fault_reason {

// Bit 1 of the error code of a page fault (Intel SDM volume 3, 4.7).
bool WasStore(const void* context) {
  constexpr greg_t kWrite = 2;
  return (static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR] & kWrite) != 0;
}

}  // namespace mapdirect::fault_reason
