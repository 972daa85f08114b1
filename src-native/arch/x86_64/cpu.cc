// The instructions that write a cache line back, as CPUID reports them (Intel SDM vol. 2, CPUID).

#include <cpuid.h>

#include "../../args.h"
#include "../../exports.h"

namespace mapdirect {

// cpuFlushInstructions() -> bits: 1 clflush, 2 clflushopt, 4 clwb
Napi::Value CpuFlushInstructions(const Napi::CallbackInfo& info) {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  std::int64_t found = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1U << 19)) != 0) found |= 1;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0) {
    if ((ebx & (1U << 23)) != 0) found |= 2;
    if ((ebx & (1U << 24)) != 0) found |= 4;
  }
  return Return(info, found);
}

}  // namespace mapdirect
