// Placeholders that nobody uses any more. Garbage collection ends windows by the thousand, and to cut a piece out of
// the one area that all placeholders are costs the kernel as much as to map it did. So they are unmapped together:
// neighbours by one munmap(2).

#ifndef MAPDIRECT_UNMAP_BATCH_H_
#define MAPDIRECT_UNMAP_BATCH_H_

#include <cstddef>
#include <cstdint>

namespace mapdirect {

// Used under the lock of the table of ranges.
class UnmapBatch final {
 public:
  // Takes over [base, base + length). Returns false if the caller must unmap it: it is long, or there is no room
  // because munmap(2) fails.
  [[nodiscard]] bool Take(std::uintptr_t base, std::size_t length);

  // Unmaps all that was taken. What cannot be unmapped, at vm.max_map_count, stays for the next call.
  void Flush();

 private:
  struct Piece final {
    std::uintptr_t base;
    std::size_t length;
  };

  static constexpr std::size_t kPieces = 1024;
  static constexpr std::size_t kBytes = std::size_t{1} << 22;  // address space that waits at most

  Piece pieces_[kPieces];
  std::size_t count_{0};
  std::size_t bytes_{0};
};

}  // namespace mapdirect

#endif  // MAPDIRECT_UNMAP_BATCH_H_
