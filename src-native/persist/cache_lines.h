// Writing CPU cache lines back to memory: what persist() is where the file's pages are the memory itself (DAX).
// Implemented in arch/*/lines.cc.

#ifndef MAPDIRECT_CACHE_LINES_H_
#define MAPDIRECT_CACHE_LINES_H_

#include <cstddef>
#include <cstdint>

namespace mapdirect::cache_lines {

// x86_64; arm64 has 64 nearly everywhere, and its flush asks the CPU.
constexpr std::size_t kLine = 64;

// Starts writing back every line that [begin, end) touches.
using Flush = void (*)(std::uintptr_t begin, std::uintptr_t end);

// The function for one of the instructions that cpuFlushInstructions() tells as bits; nullptr: not on this CPU.
[[nodiscard]] Flush With(int instruction);

// Waits for every flush and every non-temporal store before it.
void Drain();

}  // namespace mapdirect::cache_lines

#endif  // MAPDIRECT_CACHE_LINES_H_
