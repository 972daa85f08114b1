// Copies and fills short ranges: single bytes up to an 8-byte boundary, then aligned words of 8 bytes. memcpy(3) may
// store a word in two halves. The atomic stores keep the compiler from calling it.

#ifndef MAPDIRECT_ATOMIC_WORDS_H_
#define MAPDIRECT_ATOMIC_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mapdirect::atomic_words {

constexpr std::size_t kSize = sizeof(std::uint64_t);

inline bool Aligned(const char* to) { return reinterpret_cast<std::uintptr_t>(to) % kSize == 0; }

inline void StoreByte(char* to, char value) { __atomic_store_n(to, value, __ATOMIC_RELAXED); }

inline void StoreWord(char* to, std::uint64_t value) {
  __atomic_store_n(reinterpret_cast<std::uint64_t*>(to), value, __ATOMIC_RELAXED);
}

// A thread that loads `value` also finds the earlier stores of this one.
inline void Publish(char* to, std::uint64_t value) {
  __atomic_store_n(reinterpret_cast<std::uint64_t*>(to), value, __ATOMIC_RELEASE);
}

inline void Copy(char* to, const char* from, std::size_t length) {
  for (; length > 0 && !Aligned(to); length--) StoreByte(to++, *from++);
  for (; length >= sizeof(std::uint64_t); length -= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof(word));
    StoreWord(to, word);
    to += sizeof(word);
    from += sizeof(word);
  }
  for (; length > 0; length--) StoreByte(to++, *from++);
}

inline void Fill(char* to, unsigned char value, std::size_t length) {
  const std::uint64_t word = value * 0x0101010101010101U;
  for (; length > 0 && !Aligned(to); length--) StoreByte(to++, static_cast<char>(value));
  for (; length >= sizeof(word); length -= sizeof(word)) {
    StoreWord(to, word);
    to += sizeof(word);
  }
  for (; length > 0; length--) StoreByte(to++, static_cast<char>(value));
}

}  // namespace mapdirect::atomic_words

#endif  // MAPDIRECT_ATOMIC_WORDS_H_
