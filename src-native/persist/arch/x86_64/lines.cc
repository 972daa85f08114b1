// clwb, clflushopt, clflush and sfence: Intel SDM vol. 2; ordering: vol. 1, 11.4.4.1 and vol. 3, 9.2.5.

#include <immintrin.h>

#include "persist/arch/x86_64/cpu.h"
#include "persist/cache_lines.h"

namespace mapdirect::cache_lines {
namespace {

template <void (*Instruction)(void*)>
void Each(std::uintptr_t begin, std::uintptr_t end) {
  for (std::uintptr_t line = begin & ~(kLine - 1); line < end; line += kLine) {
    // SAFETY: [begin, end) is mapped, and a line never crosses a page.
    Instruction(reinterpret_cast<void*>(line));
  }
}

// clwb keeps the line in the cache, clflushopt evicts it. Both are unordered among themselves; clflush is ordered, so
// it works line by line.
[[gnu::always_inline]] inline void Clwb(void* line) {
  asm volatile(".byte 0x66; xsaveopt %0"
               : "+m"(*static_cast<volatile char*>(line)));  // clwb, for assemblers that do not know it
}

[[gnu::always_inline]] inline void Clflushopt(void* line) {
  asm volatile(".byte 0x66; clflush %0" : "+m"(*static_cast<volatile char*>(line)));
}

[[gnu::always_inline]] inline void Clflush(void* line) { _mm_clflush(line); }

}  // namespace

Flush With(int instruction) {
  if ((cpu::FlushInstructions() & instruction) == 0) return nullptr;
  switch (instruction) {
    case cpu::kClwb:
      return Each<Clwb>;
    case cpu::kClflushopt:
      return Each<Clflushopt>;
    case cpu::kClflush:
      return Each<Clflush>;
    default:
      return nullptr;
  }
}

void Drain() { _mm_sfence(); }

}  // namespace mapdirect::cache_lines
