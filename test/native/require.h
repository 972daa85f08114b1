// What the programs that check src-native/memory share.

#ifndef MAPDIRECT_TEST_REQUIRE_H_
#define MAPDIRECT_TEST_REQUIRE_H_

#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "memory/ranges.h"

namespace mapdirect {

constexpr std::size_t kPage = 4096;
// The table only compares it.
inline const auto* const kOwner = reinterpret_cast<const Environment*>(&kPage);

inline void Require(bool holds, const char* fault) {
  if (holds) return;
  std::printf("%s\n", fault);
  std::exit(1);
}

}  // namespace mapdirect

#endif  // MAPDIRECT_TEST_REQUIRE_H_
