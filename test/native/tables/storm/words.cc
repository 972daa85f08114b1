#include "words.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <climits>
#include <thread>

#include "../runtime/runtime.h"
#include "futex/futex_syscalls.h"
#include "futex/waiter_table.h"

namespace futex = mapdirect::futex;

namespace storm {
namespace {

constexpr std::size_t kPage = 4096;

std::array<char*, kPlainFiles> pages;

futex::Word* AddressOf(Word& word) { return reinterpret_cast<futex::Word*>(&word); }

}  // namespace

void PrepareWords(const World& world) {
  for (std::size_t file = 0; file < kPlainFiles; file++) {
    const int fd = ::open(world.PlainFile(file).c_str(), O_RDWR | O_CLOEXEC);
    void* const page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) runtime::Die("mmap of %s", world.PlainFile(file).c_str());
    ::close(fd);
    pages[file] = static_cast<char*>(page);
  }
}

Word& WordOf(std::size_t file, std::size_t word) { return *reinterpret_cast<Word*>(pages[file] + OffsetOfWord(word)); }

void ChangeAndWake(Word& word) {
  word.fetch_add(1);
  if (futex::Wake(AddressOf(word), INT_MAX, futex::Kind::kShared) < 0) runtime::Die("Wake()");
}

void NotifyWords(World& world) {
  Random random = world.Stream();
  while (!world.IsOver()) {
    Word& word = WordOf(random.Below(kPlainFiles), random.Below(kWords));
    word.fetch_add(1);
    const int count = random.Below(2) == 0 ? 1 : INT_MAX;
    if (mapdirect::waiters::Notify(AddressOf(word), count) < 0) runtime::Die("Notify()");
    std::this_thread::sleep_for(std::chrono::microseconds(random.Below(2000)));
  }
}

}  // namespace storm
