#include "persist/arch/x86_64/cpu.h"

#include <cpuid.h>

#include "args.h"
#include "exports.h"

namespace mapdirect {

int cpu::FlushInstructions() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  int found = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1U << 19)) != 0) found |= kClflush;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0) {
    if ((ebx & (1U << 23)) != 0) found |= kClflushopt;
    if ((ebx & (1U << 24)) != 0) found |= kClwb;
  }
  return found;
}

// cpuFlushInstructions() -> bits: 1 clflush, 2 clflushopt, 4 clwb
Napi::Value CpuFlushInstructions(const Napi::CallbackInfo& info) { return Return(info, cpu::FlushInstructions()); }

}  // namespace mapdirect
