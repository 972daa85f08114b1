// dc cvap (to the point of persistence), dc cvac (to the point of coherency) and dsb: Arm ARM (DDI 0487), D7.5.9.

#include "persist/arch/aarch64/cpu.h"
#include "persist/cache_lines.h"

namespace mapdirect::cache_lines {
namespace {

// CTR_EL0.DminLine: log2 of the smallest line in 4-byte words.
std::uintptr_t LineSize() {
  std::uint64_t type = 0;
  asm("mrs %0, ctr_el0" : "=r"(type));
  return std::uintptr_t{4} << ((type >> 16) & 0xf);
}

template <void (*Instruction)(std::uintptr_t)>
void Each(std::uintptr_t begin, std::uintptr_t end) {
  static const std::uintptr_t line = LineSize();
  // SAFETY: [begin, end) is mapped, and a line never crosses a page.
  for (std::uintptr_t at = begin & ~(line - 1); at < end; at += line) Instruction(at);
}

[[gnu::always_inline]] inline void Cvac(std::uintptr_t line) { asm volatile("dc cvac, %0" : : "r"(line) : "memory"); }

// "dc cvap" in the form of a system instruction, which every assembler knows.
[[gnu::always_inline]] inline void Cvap(std::uintptr_t line) {
  asm volatile("sys #3, c7, c12, #1, %0" : : "r"(line) : "memory");
}

}  // namespace

Flush With(int instruction) {
  if ((cpu::FlushInstructions() & instruction) == 0) return nullptr;
  switch (instruction) {
    case cpu::kDcCvap:
      return Each<Cvap>;
    case cpu::kDcCvac:
      return Each<Cvac>;
    default:
      return nullptr;
  }
}

// Cache maintenance by address completes at a dsb for loads and stores.
void Drain() { asm volatile("dsb sy" : : : "memory"); }

}  // namespace mapdirect::cache_lines
