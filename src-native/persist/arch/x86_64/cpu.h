// What this CPU can do, as CPUID reports it (Intel SDM vol. 2, CPUID).

#ifndef MAPDIRECT_ARCH_X86_64_CPU_H_
#define MAPDIRECT_ARCH_X86_64_CPU_H_

namespace mapdirect::cpu {

constexpr int kClflush = 1;
constexpr int kClflushopt = 2;
constexpr int kClwb = 4;

// The instructions that write a cache line back: bits.
[[nodiscard]] int FlushInstructions();

}  // namespace mapdirect::cpu

#endif  // MAPDIRECT_ARCH_X86_64_CPU_H_
