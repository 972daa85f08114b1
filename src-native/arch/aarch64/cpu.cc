// The instructions that write a cache line back, as the kernel announces them
// (Documentation/arch/arm64/elf_hwcaps.rst).

#include <sys/auxv.h>

#include "../../args.h"
#include "../../exports.h"

#ifndef HWCAP_DCPOP
#define HWCAP_DCPOP (1 << 16)
#endif
#ifndef HWCAP2_DCPODP
#define HWCAP2_DCPODP (1 << 0)
#endif

namespace mapdirect {

// cpuFlushInstructions() -> bits: 8 dc cvac (always there), 16 dc cvap, 32 dc cvadp
Napi::Value CpuFlushInstructions(const Napi::CallbackInfo& info) {
  std::int64_t found = 8;
  if ((::getauxval(AT_HWCAP) & HWCAP_DCPOP) != 0) found |= 16;
  if ((::getauxval(AT_HWCAP2) & HWCAP2_DCPODP) != 0) found |= 32;
  return Return(info, found);
}

}  // namespace mapdirect
