#include "persist/arch/aarch64/cpu.h"

#include <sys/auxv.h>

#include "args.h"
#include "exports.h"

namespace mapdirect {
namespace {

constexpr unsigned long kHwcapDcpop = 1UL << 16;   // HWCAP_DCPOP
constexpr unsigned long kHwcap2Dcpodp = 1UL << 0;  // HWCAP2_DCPODP

}  // namespace

int cpu::FlushInstructions() {
  int found = kDcCvac;  // the kernel permits it to every process (SCTLR_EL1.UCI)
  if ((::getauxval(AT_HWCAP) & kHwcapDcpop) != 0) found |= kDcCvap;
  if ((::getauxval(AT_HWCAP2) & kHwcap2Dcpodp) != 0) found |= kDcCvadp;
  return found;
}

// cpuFlushInstructions() -> bits: 8 dc cvac (on every CPU), 16 dc cvap, 32 dc cvadp
Napi::Value CpuFlushInstructions(const Napi::CallbackInfo& info) { return Return(info, cpu::FlushInstructions()); }

}  // namespace mapdirect
