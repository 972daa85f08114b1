// The features of this CPU, as the kernel reports them (Documentation/arch/arm64/elf_hwcaps.rst).

#ifndef MAPDIRECT_ARCH_AARCH64_CPU_H_
#define MAPDIRECT_ARCH_AARCH64_CPU_H_

namespace mapdirect::cpu {

constexpr int kDcCvac = 8;
constexpr int kDcCvap = 16;
constexpr int kDcCvadp = 32;

// Returns the instructions that write a cache line back, as bits.
[[nodiscard]] int FlushInstructions();

}  // namespace mapdirect::cpu

#endif  // MAPDIRECT_ARCH_AARCH64_CPU_H_
