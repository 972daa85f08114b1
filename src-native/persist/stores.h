// Copies and fills memory of a mapping. Unlike memcpy(3) and memset(3), they store every aligned word of 8 bytes at
// once, so another process, or the memory after a loss of power, never has half a word. Implemented in
// arch/*/stores.cc.

#ifndef MAPDIRECT_STORES_H_
#define MAPDIRECT_STORES_H_

#include <cstddef>

namespace mapdirect::stores {

// Source and destination must not overlap.
using Copy = void (*)(char* to, const char* from, std::size_t length);
using Fill = void (*)(char* to, unsigned char value, std::size_t length);

// `copy` and `fill` leave the bytes in the cache. `stream_copy` and `stream_fill` go around it with non-temporal
// stores: destination and length must be multiples of a line, and cache_lines::Drain() without a flush brings the bytes
// to memory.
struct Path final {
  Copy copy;
  Fill fill;
  Copy stream_copy;  // nullptr: none on this path
  Fill stream_fill;
};

// `width` of the non-temporal stores in bytes: 16, 32, 64; 0: none. Returns nullptr if this CPU does not have them.
[[nodiscard]] const Path* With(int width);

}  // namespace mapdirect::stores

#endif  // MAPDIRECT_STORES_H_
