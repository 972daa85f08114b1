#include "trace/trace_log.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace mapdirect::trace {
namespace {

// Address space, which costs nothing until it is used: 16 million stores of a word.
constexpr std::size_t kRoom = std::size_t{1} << 30;
constexpr std::size_t kWord = 8;
constexpr std::size_t kKept = std::size_t{1} << 20;

}  // namespace

int TraceLog::Open(bool loads) {
  void* const room = ::mmap(nullptr, kRoom, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return -errno;
  bytes_ = static_cast<unsigned char*>(room);
  used_ = 0;
  is_complete_ = true;
  loads_ = loads;
  return 0;
}

void TraceLog::Close() {
  ::munmap(bytes_, kRoom);
  bytes_ = nullptr;
}

void TraceLog::Add(const Access& access, std::uint64_t start, const unsigned char* before, const unsigned char* after,
                   std::size_t length) {
  std::size_t first = 0;
  while (first < length && before[first] == after[first]) first++;
  std::size_t end = length;
  while (end > first && before[end - 1] == after[end - 1]) end--;
  const std::size_t first_word = first / kWord;
  const std::size_t words = end == first ? 0 : (end - 1) / kWord + 1 - first_word;
  AccessHead head{};
  head.place = words == 0 ? access.place : start + first;
  head.access = access.place;
  head.length = static_cast<std::uint32_t>(end - first);
  head.words = static_cast<std::uint32_t>(words);
  head.flags = access.flags;
  head.code_length = static_cast<std::uint32_t>(access.code_length);
  std::memcpy(head.code, access.code, access.code_length);
  const std::size_t size = sizeof(head) + words * sizeof(Word);
  if (!is_complete_ || size > kRoom - used_) {
    is_complete_ = false;
    return;
  }
  std::memcpy(bytes_ + used_, &head, sizeof(head));
  for (std::size_t i = 0; i < words; i++) {
    Word word;
    std::memcpy(&word.before, before + (first_word + i) * kWord, kWord);
    std::memcpy(&word.after, after + (first_word + i) * kWord, kWord);
    std::memcpy(bytes_ + used_ + sizeof(head) + i * sizeof(word), &word, sizeof(word));
  }
  used_ += size;
}

void TraceLog::Clear() {
  if (used_ > kKept) ::madvise(bytes_, kRoom, MADV_DONTNEED);
  used_ = 0;
  is_complete_ = true;
}

}  // namespace mapdirect::trace
