// Non-temporal stores (movntdq): Intel SDM vol. 1, 10.4.6.2. They are weakly ordered before an sfence.

#include "persist/stores.h"

#include <immintrin.h>

#include <cstdint>

#include "persist/atomic_words.h"
#include "persist/cache_lines.h"

namespace mapdirect::stores {
namespace {

using cache_lines::kLine;
// From this length on, the source is likely in no cache, and its lines are asked for ahead. The CPU does that itself,
// but only up to the end of a page.
constexpr std::size_t kFetchFrom = std::size_t{24} << 20;
constexpr std::size_t kFetchAhead = 4096;

std::size_t ToBoundary(const char* to, std::size_t unit) { return -reinterpret_cast<std::uintptr_t>(to) & (unit - 1); }

// A line is copied by four, two or one non-temporal store, depending on the width.
struct Sse2 final {
  [[gnu::always_inline]] static void CopyLine(char* to, const char* from) {
    auto* const d = reinterpret_cast<__m128i*>(to);
    const auto* const s = reinterpret_cast<const __m128i*>(from);
    const __m128i a = _mm_loadu_si128(s), b = _mm_loadu_si128(s + 1);
    const __m128i c = _mm_loadu_si128(s + 2), e = _mm_loadu_si128(s + 3);
    _mm_stream_si128(d, a);
    _mm_stream_si128(d + 1, b);
    _mm_stream_si128(d + 2, c);
    _mm_stream_si128(d + 3, e);
  }
  [[gnu::always_inline]] static void FillLine(char* to, unsigned char value) {
    auto* const d = reinterpret_cast<__m128i*>(to);
    const __m128i v = _mm_set1_epi8(static_cast<char>(value));
    _mm_stream_si128(d, v);
    _mm_stream_si128(d + 1, v);
    _mm_stream_si128(d + 2, v);
    _mm_stream_si128(d + 3, v);
  }
};

struct Avx final {
  [[gnu::always_inline, gnu::target("avx")]] static void CopyLine(char* to, const char* from) {
    auto* const d = reinterpret_cast<__m256i*>(to);
    const auto* const s = reinterpret_cast<const __m256i*>(from);
    const __m256i a = _mm256_loadu_si256(s), b = _mm256_loadu_si256(s + 1);
    _mm256_stream_si256(d, a);
    _mm256_stream_si256(d + 1, b);
  }
  [[gnu::always_inline, gnu::target("avx")]] static void FillLine(char* to, unsigned char value) {
    auto* const d = reinterpret_cast<__m256i*>(to);
    const __m256i v = _mm256_set1_epi8(static_cast<char>(value));
    _mm256_stream_si256(d, v);
    _mm256_stream_si256(d + 1, v);
  }
};

struct Avx512 final {
  [[gnu::always_inline, gnu::target("avx512f")]] static void CopyLine(char* to, const char* from) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to), _mm512_loadu_si512(from));
  }
  [[gnu::always_inline, gnu::target("avx512f")]] static void FillLine(char* to, unsigned char value) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to), _mm512_set1_epi8(static_cast<char>(value)));
  }
};

// The two loops, once per width. GCC inlines a target("avx") function only into a function with the same target, so
// each width needs its own instance with its own attribute.
#define MAPDIRECT_STREAM_LOOPS(Width, attribute)                                        \
  attribute void StreamCopy##Width(char* to, const char* from, std::size_t length) {    \
    std::size_t at = 0;                                                                 \
    for (; length >= kFetchFrom && at < length - kFetchAhead; at += kLine) {            \
      _mm_prefetch(from + at + kFetchAhead, _MM_HINT_NTA);                              \
      Width::CopyLine(to + at, from + at);                                              \
    }                                                                                   \
    for (; at < length; at += kLine) Width::CopyLine(to + at, from + at);               \
  }                                                                                     \
  attribute void StreamFill##Width(char* to, unsigned char value, std::size_t length) { \
    for (std::size_t at = 0; at < length; at += kLine) Width::FillLine(to + at, value); \
  }

MAPDIRECT_STREAM_LOOPS(Sse2, )
MAPDIRECT_STREAM_LOOPS(Avx, [[gnu::target("avx")]])
MAPDIRECT_STREAM_LOOPS(Avx512, [[gnu::target("avx512f")]])

// Copies into the cache, line by line. Aligned stores of 16 bytes never split a word.
void CopyCached(char* to, const char* from, std::size_t length) {
  const std::size_t head = ToBoundary(to, sizeof(__m128i));
  if (length < head + kLine) return atomic_words::Copy(to, from, length);
  atomic_words::Copy(to, from, head);
  std::size_t at = head;
  for (; length - at >= kLine; at += kLine) {
    auto* const d = reinterpret_cast<__m128i*>(to + at);
    const auto* const s = reinterpret_cast<const __m128i*>(from + at);
    const __m128i a = _mm_loadu_si128(s), b = _mm_loadu_si128(s + 1);
    const __m128i c = _mm_loadu_si128(s + 2), e = _mm_loadu_si128(s + 3);
    _mm_store_si128(d, a);
    _mm_store_si128(d + 1, b);
    _mm_store_si128(d + 2, c);
    _mm_store_si128(d + 3, e);
    asm volatile("" ::: "memory");  // keeps the compiler from calling memcpy(3)
  }
  atomic_words::Copy(to + at, from + at, length - at);
}

void FillCached(char* to, unsigned char value, std::size_t length) {
  const std::size_t head = ToBoundary(to, sizeof(__m128i));
  if (length < head + kLine) return atomic_words::Fill(to, value, length);
  atomic_words::Fill(to, value, head);
  const __m128i v = _mm_set1_epi8(static_cast<char>(value));
  std::size_t at = head;
  for (; length - at >= sizeof(v); at += sizeof(v)) {
    _mm_store_si128(reinterpret_cast<__m128i*>(to + at), v);
    asm volatile("" ::: "memory");
  }
  atomic_words::Fill(to + at, value, length - at);
}

constexpr Path kNone{CopyCached, FillCached, nullptr, nullptr};
constexpr Path kSse2{CopyCached, FillCached, StreamCopySse2, StreamFillSse2};
constexpr Path kAvx{CopyCached, FillCached, StreamCopyAvx, StreamFillAvx};
constexpr Path kAvx512{CopyCached, FillCached, StreamCopyAvx512, StreamFillAvx512};

}  // namespace

const Path* With(int width) {
  switch (width) {
    case 0:
      return &kNone;
    case 16:
      return &kSse2;
    case 32:
      return __builtin_cpu_supports("avx") ? &kAvx : nullptr;
    case 64:
      return __builtin_cpu_supports("avx512f") ? &kAvx512 : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace mapdirect::stores
