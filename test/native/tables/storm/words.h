// Words of the plain files, which actors wait for and other threads change.

#ifndef MAPDIRECT_TEST_WORDS_H_
#define MAPDIRECT_TEST_WORDS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "world.h"

namespace storm {

constexpr std::size_t kWords = 4;  // of each plain file

// No other act uses these bytes.
constexpr std::size_t OffsetOfWord(std::size_t word) { return 64 + word * sizeof(std::uint32_t); }

// Must be called first: maps the words once more, at addresses that no environment knows.
void PrepareWords(const World& world);

using Word = std::atomic<std::uint32_t>;
static_assert(sizeof(Word) == sizeof(std::uint32_t) && Word::is_always_lock_free);
[[nodiscard]] Word& WordOf(std::size_t file, std::size_t word);

// Changes the word and wakes all that wait for it, like another process: the table of waiters does not know of it.
void ChangeAndWake(Word& word);

// Changes words and notifies as a thread of this process.
void NotifyWords(World& world);

}  // namespace storm

#endif  // MAPDIRECT_TEST_WORDS_H_
