// Copies and shares bytes between files: copy_file_range(2), FICLONE, FIDEDUPERANGE.

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "args.h"
#include "exports.h"
#include "thread/background.h"

namespace mapdirect {
namespace {

constexpr std::size_t kBuffer = 256 * 1024;

// pread(2) and pwrite(2). They never share blocks; copy_file_range(2) may.
std::int64_t CopyBytes(int from, off_t from_offset, int to, off_t to_offset, std::size_t length) {
  const auto buffer = std::make_unique<char[]>(kBuffer);
  std::size_t done = 0;
  while (done < length) {
    const auto at = static_cast<off_t>(done);
    const ssize_t got = ::pread(from, buffer.get(), std::min(kBuffer, length - done), from_offset + at);
    if (got <= 0) return got < 0 && done == 0 ? -errno : static_cast<std::int64_t>(done);
    const ssize_t put = ::pwrite(to, buffer.get(), static_cast<std::size_t>(got), to_offset + at);
    if (put <= 0) return put < 0 && done == 0 ? -errno : static_cast<std::int64_t>(done);
    done += static_cast<std::size_t>(put);
  }
  return static_cast<std::int64_t>(done);
}

struct Copy final {
  int from, to;
  off_t from_offset, to_offset;
  std::size_t length;

  [[nodiscard]] std::int64_t Run() const { return CopyBytes(from, from_offset, to, to_offset, length); }
};

Copy CopyOf(const Napi::CallbackInfo& info) {
  return {DescriptorArg(info, 0), DescriptorArg(info, 2), Int(info, 1), Int(info, 3), Size(info, 4)};
}

// Less than every negative errno: the two ranges differ. kDiffer plus a negative errno: the error of the destination.
constexpr std::int64_t kDiffer = -4096;

struct Deduping final {
  int from, to;
  std::uint64_t from_offset, to_offset, length;

  [[nodiscard]] std::int64_t Run() const {
    alignas(struct file_dedupe_range) char
        memory[sizeof(struct file_dedupe_range) + sizeof(struct file_dedupe_range_info)] = {};
    auto* const request = reinterpret_cast<struct file_dedupe_range*>(memory);
    request->src_offset = from_offset;
    request->src_length = length;
    request->dest_count = 1;
    request->info[0].dest_fd = to;
    request->info[0].dest_offset = to_offset;
    if (::ioctl(from, FIDEDUPERANGE, request) != 0) return -errno;
    const std::int64_t status = request->info[0].status;
    if (status == FILE_DEDUPE_RANGE_DIFFERS) return kDiffer;
    return status < 0 ? kDiffer + status : static_cast<std::int64_t>(request->info[0].bytes_deduped);
  }
};

Deduping DedupingOf(const Napi::CallbackInfo& info) {
  return {DescriptorArg(info, 0), DescriptorArg(info, 3), Size(info, 1), Size(info, 4), Size(info, 2)};
}

}  // namespace

// copyBytes(from, fromOffset, to, toOffset, length) -> bytes copied
Napi::Value CopyBytes(const Napi::CallbackInfo& info) { return Return(info, CopyOf(info).Run()); }

// copyBytesAsync(from, fromOffset, to, toOffset, length) -> Promise of bytes copied
Napi::Value CopyBytesAsync(const Napi::CallbackInfo& info) {
  return QueueWork(info.Env(), {nullptr, {DescriptorArg(info, 0), DescriptorArg(info, 2)}},
                   [copy = CopyOf(info)] { return copy.Run(); });
}

// copyRange(from, fromOffset, to, toOffset, length) -> bytes copied
Napi::Value CopyRange(const Napi::CallbackInfo& info) {
  const Copy copy = CopyOf(info);
  loff_t from = copy.from_offset;
  loff_t to = copy.to_offset;
  return Return(info, Result(::copy_file_range(copy.from, &from, copy.to, &to, copy.length, /*flags=*/0)));
}

// copyRangeAsync(from, fromOffset, to, toOffset, length) -> Promise of bytes copied
Napi::Value CopyRangeAsync(const Napi::CallbackInfo& info) {
  return QueueWork(info.Env(), {nullptr, {DescriptorArg(info, 0), DescriptorArg(info, 2)}}, [copy = CopyOf(info)] {
    loff_t from = copy.from_offset;
    loff_t to = copy.to_offset;
    return Result(::copy_file_range(copy.from, &from, copy.to, &to, copy.length, /*flags=*/0));
  });
}

// clone(to, from) -> 0
Napi::Value Clone(const Napi::CallbackInfo& info) {
  return Return(info, Result(::ioctl(DescriptorArg(info, 0), FICLONE, DescriptorArg(info, 1))));
}

// cloneAsync(to, from) -> Promise of 0
Napi::Value CloneAsync(const Napi::CallbackInfo& info) {
  return QueueWork(
      info.Env(), {nullptr, {DescriptorArg(info, 0), DescriptorArg(info, 1)}},
      [to = DescriptorArg(info, 0), from = DescriptorArg(info, 1)] { return Result(::ioctl(to, FICLONE, from)); });
}

// dedupe(from, fromOffset, length, to, toOffset) -> bytes shared, a negative errno, kDiffer, or kDiffer + a negative
// errno
Napi::Value Dedupe(const Napi::CallbackInfo& info) { return Return(info, DedupingOf(info).Run()); }

// dedupeAsync(from, fromOffset, length, to, toOffset) -> Promise of the same
Napi::Value DedupeAsync(const Napi::CallbackInfo& info) {
  return QueueWork(info.Env(), {nullptr, {DescriptorArg(info, 0), DescriptorArg(info, 3)}},
                   [deduping = DedupingOf(info)] { return deduping.Run(); });
}

}  // namespace mapdirect
