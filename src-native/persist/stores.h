// Stores into a mapping: memcpy and memset with what those do not promise. Every aligned 8 bytes are stored at once, so
// nobody (another process, or the memory after a loss of power) sees half of them.
// Implemented in arch/*/stores.cc.

#ifndef MAPDIRECT_STORES_H_
#define MAPDIRECT_STORES_H_

#include <cstddef>

namespace mapdirect::stores {

// Source and destination must not overlap.
using Copy = void (*)(char* to, const char* from, std::size_t length);
using Fill = void (*)(char* to, unsigned char value, std::size_t length);

// `copy` and `fill` leave the bytes in the cache. The streaming ones go around it with non-temporal stores: destination
// and length must be multiples of a line, and the bytes are in memory after cache_lines::Drain() without a flush.
struct Path final {
  Copy copy;
  Fill fill;
  Copy stream_copy;  // nullptr: none on this path
  Fill stream_fill;
};

// Width of the non-temporal stores in bytes: 16, 32, 64; 0: none. nullptr: not on this CPU.
[[nodiscard]] const Path* With(int width);

}  // namespace mapdirect::stores

#endif  // MAPDIRECT_STORES_H_
