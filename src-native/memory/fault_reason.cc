#include "memory/fault_reason.h"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "memory/page_size.h"

namespace mapdirect::fault_reason {
namespace {

// Of a bad page, and of the file behind its range.
struct Place final {
  int fd;                    // -1: none that can be asked
  FileId file;               // that it names
  std::int64_t file_system;  // f_type of statfs(2); 0: not known
  std::size_t page;          // bytes of a page, or of a huge page
  std::uint64_t first;       // offset of the range in the file
  std::size_t at;            // of the bad page in the range
  std::size_t range_length;  // of the range
};

constexpr int kQuestions = 4;

std::size_t RoundDown(std::uint64_t value, std::size_t unit) { return value - value % unit; }

// fstat(2). Returns false if the descriptor is not that of the file any more: other code has closed it, and its number
// may name a stranger's file by now.
bool Status(int fd, const FileId& file, struct stat* facts) {
  return fd >= 0 && ::fstat(fd, facts) == 0 && static_cast<double>(facts->st_dev) == file.dev &&
         static_cast<double>(facts->st_ino) == file.ino;
}

// The kernel has one page size for all files except on hugetlbfs.
Place PlaceOf(const ranges::Found& range, std::uintptr_t address) {
  struct stat status;
  struct statfs facts;
  const int fd = Status(range.fd, range.file, &status) ? range.fd : -1;
  const bool is_known = fd >= 0 && ::fstatfs(fd, &facts) == 0;
  const std::int64_t file_system = is_known ? facts.f_type : 0;
  const std::size_t page = file_system == HUGETLBFS_MAGIC ? static_cast<std::size_t>(facts.f_bsize) : PageSize();
  return {fd, range.file, file_system, page, range.offset, RoundDown(address - range.base, page), range.length};
}

// The start of the part of the range that lies past the end of the file, or nothing if the bad page does not lie there.
// The length of a device is no length of a file.
std::optional<std::size_t> LostTail(const Place& place) {
  struct stat facts;
  if (!Status(place.fd, place.file, &facts) || !S_ISREG(facts.st_mode)) return std::nullopt;
  const std::uint64_t end = RoundDown(static_cast<std::uint64_t>(facts.st_size) + place.page - 1, place.page);
  if (place.first + place.at < end) return std::nullopt;
  return end <= place.first ? 0 : end - place.first;
}

// Memory without a limit (memfd_create(2), tmpfs with size=0) has no blocks to count.
bool IsFull(const Place& place) {
  struct statfs facts;
  return place.file_system != HUGETLBFS_MAGIC && ::fstatfs(place.fd, &facts) == 0 && facts.f_blocks > 0 &&
         facts.f_bavail == 0;
}

// In these file systems a hole gets its page also when it is read.
bool AllocatesForReads(std::int64_t file_system) {
  return file_system == TMPFS_MAGIC || file_system == HUGETLBFS_MAGIC;
}

// There was no page for the access. The same request by fallocate(2) tells why, and makes the access possible if the
// space is there by now: nothing then, and nothing if the descriptor cannot be asked. A block that exists (copy on
// write) needs space, too, but no allocation.
std::optional<FaultReason> RefusedPage(const Place& place) {
  struct stat facts;
  // As late as possible: fallocate(2) changes the file. What is left is the time between two system calls.
  if (!Status(place.fd, place.file, &facts)) return std::nullopt;
  int result = 0;
  int tries = 0;
  do {
    result = ::fallocate(place.fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(place.first + place.at),
                         static_cast<off_t>(place.page));
  } while (result != 0 && errno == EINTR && ++tries < 100);
  // A private mapping has a read-only descriptor. A store into it needs no space of the file system.
  const bool is_refused = result != 0 && errno == EBADF;
  if (is_refused && !AllocatesForReads(place.file_system)) return std::nullopt;
  if (result != 0 && (errno == ENOSPC || errno == EDQUOT || errno == ENOMEM)) return FaultReason::kNoSpace;
  if (IsFull(place)) return FaultReason::kNoSpace;
  return result == 0 || is_refused ? std::nullopt : std::optional<FaultReason>(FaultReason::kIo);
}

// The bytes from the bad page to the next block of the file, at most `length`. Stores that wait for their block count
// as blocks. 0: the file system does not tell.
std::size_t HoleByExtents(const Place& place, std::size_t length) {
  alignas(struct fiemap) unsigned char bytes[sizeof(struct fiemap) + sizeof(struct fiemap_extent)] = {};
  auto* const map = reinterpret_cast<struct fiemap*>(bytes);
  map->fm_start = place.first + place.at;
  map->fm_length = length;
  map->fm_extent_count = 1;
  if (::ioctl(place.fd, FS_IOC_FIEMAP, map) != 0) return 0;
  if (map->fm_mapped_extents == 0) return length;
  const std::uint64_t next = map->fm_extents[0].fe_logical;
  return next <= map->fm_start ? 0 : RoundDown(next - map->fm_start, place.page);
}

bool NothingIsSwapped() {
  struct sysinfo facts;
  return ::sysinfo(&facts) == 0 && facts.totalswap == facts.freeswap;
}

// Likewise on tmpfs, which has no extents: a page that is neither in memory nor in the swap is a hole.
std::size_t HoleByResidency(const Place& place, std::uintptr_t base, std::size_t length) {
  unsigned char resident[4096];
  if (!NothingIsSwapped()) return 0;
  const std::size_t pages = std::min(length / place.page, sizeof(resident));
  if (::mincore(reinterpret_cast<void*>(base + place.at), pages * place.page, resident) != 0) return 0;
  std::size_t holes = 0;
  while (holes < pages && (resident[holes] & 1) == 0) holes++;
  return holes * place.page;
}

// A full disk refuses each store into a hole. With each store that follows the last one, twice as much of the hole is
// given up: sequential stores into a large hole cost few faults, and scattered stores cost one page each.
std::size_t RefusedLength(const Place& place, const ranges::Found& range) {
  constexpr std::size_t kMost = std::size_t{64} << 20;
  const std::size_t before = fault_log::LengthBefore({range.serial, place.at, place.page, FaultReason::kNoSpace});
  const std::size_t wanted = std::min({before, kMost, place.range_length - place.at});
  if (wanted <= place.page) return place.page;
  const bool is_tmpfs = place.file_system == TMPFS_MAGIC;
  const std::size_t hole = is_tmpfs ? HoleByResidency(place, range.base, wanted) : HoleByExtents(place, wanted);
  return std::max(place.page, hole);
}

// Reads a word of the page. The kernel copies the signal set, and answers EFAULT instead of sending a signal. It
// refuses -1 as the first argument, so nothing changes.
bool IsReadable(std::uintptr_t address) {
  constexpr std::size_t kBytes = 8;
  const std::uintptr_t word = RoundDown(address, kBytes);
  return ::syscall(SYS_rt_sigprocmask, -1, word, nullptr, kBytes) == 0 || errno != EFAULT;
}

std::optional<Fault> Found(const ranges::Found& range, std::size_t at, std::size_t length, FaultReason reason) {
  return Fault{range.serial, at, std::min(length, range.length - at), reason};
}

}  // namespace

std::optional<Fault> Diagnose(const ranges::Found& range, std::uintptr_t address, const siginfo_t& info,
                              const void* context) {
  const Place place = PlaceOf(range, address);
  const std::size_t page = place.page;
  if (info.si_code == BUS_MCEERR_AR || info.si_code == BUS_MCEERR_AO) {
    // The unit is aligned in memory: a huge page need not start at a multiple of its size in the range.
    const std::size_t bytes = std::max(page, std::size_t{1} << info.si_addr_lsb);
    const std::uintptr_t first = std::max<std::uintptr_t>(RoundDown(address, bytes), range.base);
    const std::uintptr_t end = RoundDown(address, bytes) + bytes;
    return Found(range, first - range.base, end - first, FaultReason::kPoison);
  }
  // Between two questions the file may become shorter or longer.
  for (int i = 0; i < kQuestions; i++) {
    const std::optional<std::size_t> tail = LostTail(place);
    if (tail) return Found(range, *tail, range.length - *tail, FaultReason::kTruncated);
    const bool needs_page = WasStore(context) || AllocatesForReads(place.file_system);
    const std::optional<FaultReason> refused = needs_page ? RefusedPage(place) : std::nullopt;
    if (refused) {
      const bool is_full = *refused == FaultReason::kNoSpace;
      return Found(range, place.at, is_full ? RefusedLength(place, range) : page, *refused);
    }
    if (IsReadable(address)) return std::nullopt;
  }
  return Found(range, place.at, page, FaultReason::kIo);
}

// A file system that is nearly full may refuse a page although fallocate(2) gets a block (seen on xfs).
Fault Unexplained(const ranges::Found& range, std::uintptr_t address, const void* context) {
  constexpr unsigned kNearly = 64;
  const Place place = PlaceOf(range, address);
  struct statfs facts;
  const bool needs_page = WasStore(context) || AllocatesForReads(place.file_system);
  const bool is_full = needs_page && ::fstatfs(place.fd, &facts) == 0 && facts.f_bavail < facts.f_blocks / kNearly;
  return {range.serial, place.at, std::min(place.page, range.length - place.at),
          is_full ? FaultReason::kNoSpace : FaultReason::kIo};
}

}  // namespace mapdirect::fault_reason
