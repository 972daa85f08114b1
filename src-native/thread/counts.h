// Counts of the threads of the process, for stats({ process: true }). Each environment writes its own, in JavaScript
// and without a call; any thread reads them.

#ifndef MAPDIRECT_COUNTS_H_
#define MAPDIRECT_COUNTS_H_

#include <cstddef>

namespace mapdirect {

class Environment;

namespace counts {

// The elements of one block: counts of what is there now, sums since the start, and a maximum since the start. The
// first end with their thread; the others stay. lib/core/counters.ts gives each element its meaning.
constexpr std::size_t kNow = 16;
constexpr std::size_t kSums = 15;
constexpr std::size_t kMaxima = 1;
constexpr std::size_t kCount = kNow + kSums + kMaxima;

// Takes the blocks of an environment back: its end.
void EndAllOf(const Environment* owner);

}  // namespace counts
}  // namespace mapdirect

#endif  // MAPDIRECT_COUNTS_H_
