#include "memory/fault_reason.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mapdirect::fault_reason {
namespace {

// Of the file behind a range.
struct Place final {
  int fd;
  std::size_t page;          // bytes of a page, or of a huge page
  std::uint64_t first;       // offset of the range in the file
  std::size_t at;            // of the bad page in the range
  std::size_t range_length;  // of the range
};

std::size_t RoundDown(std::uint64_t value, std::size_t unit) { return value - value % unit; }

// The kernel has one page size for all files except on hugetlbfs.
std::size_t PageSizeOf(int fd) {
  struct statfs facts;
  if (fd < 0 || ::fstatfs(fd, &facts) != 0 || facts.f_type != HUGETLBFS_MAGIC) return PageSize();
  return static_cast<std::size_t>(facts.f_bsize);
}

// The start of the part of the range that lies past the end of the file, or nothing if the bad page does not lie there.
// The length of a device is no length of a file.
std::optional<std::size_t> LostTail(const Place& place) {
  struct stat facts;
  if (place.fd < 0 || ::fstat(place.fd, &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  const std::uint64_t end = RoundDown(static_cast<std::uint64_t>(facts.st_size) + place.page - 1, place.page);
  if (place.first + place.at < end) return std::nullopt;
  return end <= place.first ? 0 : end - place.first;
}

bool IsFull(int fd) {
  struct statfs facts;
  return ::fstatfs(fd, &facts) == 0 && facts.f_bavail == 0 && facts.f_type != HUGETLBFS_MAGIC;
}

// A store was refused. The same request by fallocate(2) tells why, and makes the store possible if the space is there
// by now: 0 then, else the reason. A block that exists (copy on write) needs space, too, but no allocation.
std::optional<FaultReason> RefusedStore(const Place& place) {
  int result = 0;
  int tries = 0;
  do {
    result = ::fallocate(place.fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(place.first + place.at),
                         static_cast<off_t>(place.page));
  } while (result != 0 && errno == EINTR && ++tries < 100);
  if (result != 0 && (errno == ENOSPC || errno == EDQUOT || errno == ENOMEM)) return FaultReason::kNoSpace;
  if (IsFull(place.fd)) return FaultReason::kNoSpace;
  return result == 0 ? std::nullopt : std::optional<FaultReason>(FaultReason::kIo);
}

std::optional<Fault> Found(const ranges::Found& range, std::size_t at, std::size_t length, FaultReason reason) {
  return Fault{range.serial, at, std::min(length, range.length - at), reason};
}

}  // namespace

std::size_t PageSize() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

std::optional<Fault> Diagnose(const ranges::Found& range, std::uintptr_t address, const siginfo_t& info,
                              const void* context) {
  const std::size_t page = PageSizeOf(range.fd);
  const Place place = {range.fd, page, range.offset, RoundDown(address - range.base, page), range.length};
  if (info.si_code == BUS_MCEERR_AR || info.si_code == BUS_MCEERR_AO) {
    const std::size_t bytes = std::max(page, std::size_t{1} << info.si_addr_lsb);
    return Found(range, RoundDown(address - range.base, bytes), bytes, FaultReason::kPoison);
  }
  const std::optional<std::size_t> tail = LostTail(place);
  if (tail) return Found(range, *tail, range.length - *tail, FaultReason::kTruncated);
  if (!WasStore(context) || range.fd < 0) return Found(range, place.at, page, FaultReason::kIo);
  const std::optional<FaultReason> refused = RefusedStore(place);
  if (!refused) return std::nullopt;
  return Found(range, place.at, page, *refused);
}

}  // namespace mapdirect::fault_reason
