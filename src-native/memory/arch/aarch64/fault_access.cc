#include <asm/sigcontext.h>
#include <ucontext.h>

#include "memory/fault_reason.h"

namespace mapdirect::fault_reason {
namespace {

// The kernel appends records to the context of a signal; one has the exception syndrome (ESR_ELx).
const esr_context* SyndromeOf(const ucontext_t* context) {
  const auto* record = reinterpret_cast<const _aarch64_ctx*>(context->uc_mcontext.__reserved);
  while (record->magic != 0 && record->size != 0) {
    if (record->magic == ESR_MAGIC) return reinterpret_cast<const esr_context*>(record);
    record = reinterpret_cast<const _aarch64_ctx*>(reinterpret_cast<const char*>(record) + record->size);
  }
  return nullptr;
}

}  // namespace

// WnR, bit 6 of the syndrome of a data abort (Arm ARM, ISS encoding for Data Aborts).
bool WasStore(const void* context) {
  constexpr std::uint64_t kWriteNotRead = 1u << 6;
  const esr_context* const syndrome = SyndromeOf(static_cast<const ucontext_t*>(context));
  return syndrome != nullptr && (syndrome->esr & kWriteNotRead) != 0;
}

}  // namespace mapdirect::fault_reason
