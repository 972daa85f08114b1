// Stores and loads like those of JavaScript. The sanitizers ignore them, because nothing orders them with a
// placeholder.

#ifndef MAPDIRECT_TEST_MEMORY_H_
#define MAPDIRECT_TEST_MEMORY_H_

#include <cstdint>

namespace storm {

#define MAPDIRECT_UNSEEN __attribute__((noinline, no_sanitize("thread"), no_sanitize("address")))

MAPDIRECT_UNSEEN inline void Store(std::uintptr_t address, unsigned char value) {
  *reinterpret_cast<volatile unsigned char*>(address) = value;
}

MAPDIRECT_UNSEEN inline unsigned char Load(std::uintptr_t address) {
  return *reinterpret_cast<volatile unsigned char*>(address);
}

#undef MAPDIRECT_UNSEEN

}  // namespace storm

#endif  // MAPDIRECT_TEST_MEMORY_H_
