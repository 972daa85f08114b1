// The features of this CPU, as CPUID reports them (Intel SDM vol. 2, CPUID).

#ifndef MAPDIRECT_ARCH_X86_64_CPU_H_
#define MAPDIRECT_ARCH_X86_64_CPU_H_

namespace mapdirect::cpu {

constexpr int kClflush = 1;
constexpr int kClflushopt = 2;
constexpr int kClwb = 4;

// Returns the instructions that write a cache line back, as bits.
[[nodiscard]] int FlushInstructions();

}  // namespace mapdirect::cpu

#endif  // MAPDIRECT_ARCH_X86_64_CPU_H_
