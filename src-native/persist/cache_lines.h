// Writes CPU cache lines back to memory. On DAX, where the pages of the file are the memory itself, that is persist().
// Implemented in arch/*/lines.cc.

#ifndef MAPDIRECT_CACHE_LINES_H_
#define MAPDIRECT_CACHE_LINES_H_

#include <cstddef>
#include <cstdint>

namespace mapdirect::cache_lines {

// x86_64. On arm64 it is nearly always 64, and the flush functions there ask the CPU.
constexpr std::size_t kLine = 64;

// Starts writing back every line that [begin, end) touches.
using Flush = void (*)(std::uintptr_t begin, std::uintptr_t end);

// Returns the function for one bit of cpuFlushInstructions(), or nullptr if this CPU does not have the instruction.
[[nodiscard]] Flush With(int instruction);

// Waits for all earlier flushes and non-temporal stores.
void Drain();

}  // namespace mapdirect::cache_lines

#endif  // MAPDIRECT_CACHE_LINES_H_
