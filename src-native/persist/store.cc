// Copies or fills bytes of a range, and makes them durable on request. Registers: 0 slot, 1 offset, 2 length, 3 how
// (see below), 4 value of a fill, or a word.

#include <algorithm>
#include <cstring>

#include "args.h"
#include "exports.h"
#include "persist/atomic_words.h"
#include "persist/cache_lines.h"
#include "persist/register_calls.h"
#include "persist/stores.h"

namespace mapdirect {
namespace {

// The bits of register 3: see lib/backend/native/register-calls.ts.
constexpr unsigned kFlush = 1;
constexpr unsigned kDrain = 2;

// From this length on, stores around the cache are faster; libpmem2 has the same limit. Shorter data stays in the
// cache, where it may be read next.
constexpr std::size_t kStreamFrom = 256;

struct Parts final {
  std::size_t head, middle;  // bytes up to a line boundary, then whole lines; the tail is the rest
};

Parts Split(const char* to, std::size_t length) {
  const std::size_t head = -reinterpret_cast<std::uintptr_t>(to) & (cache_lines::kLine - 1);
  return {head, (length - head) & ~(cache_lines::kLine - 1)};
}

void FlushBytes(const Environment& environment, const char* to, std::size_t length) {
  const auto begin = reinterpret_cast<std::uintptr_t>(to);
  environment.Flush()(begin, begin + length);
}

// Flushes the bytes that a streamed store has put into the cache: all except the whole lines.
void FlushEnds(const Environment& environment, const char* to, std::size_t length, Parts parts) {
  const std::size_t streamed = parts.head + parts.middle;
  FlushBytes(environment, to, parts.head);
  FlushBytes(environment, to + streamed, length - streamed);
}

bool Streams(const Environment& environment, unsigned how, std::size_t length) {
  return (how & kFlush) != 0 && length >= kStreamFrom && environment.Stores().stream_copy != nullptr;
}

void Copy(const Environment& environment, char* to, const char* from, std::size_t length, unsigned how) {
  const stores::Path& path = environment.Stores();
  if (to < from + length && from < to + length) {
    std::memmove(to, from, length);
  } else if (Streams(environment, how, length)) {
    const Parts parts = Split(to, length);
    const std::size_t streamed = parts.head + parts.middle;
    path.copy(to, from, parts.head);
    path.stream_copy(to + parts.head, from + parts.head, parts.middle);
    path.copy(to + streamed, from + streamed, length - streamed);
    FlushEnds(environment, to, length, parts);
    return;
  } else {
    path.copy(to, from, length);
  }
  if ((how & kFlush) != 0) FlushBytes(environment, to, length);
}

void Fill(const Environment& environment, char* to, unsigned char value, std::size_t length, unsigned how) {
  const stores::Path& path = environment.Stores();
  if (Streams(environment, how, length)) {
    const Parts parts = Split(to, length);
    const std::size_t streamed = parts.head + parts.middle;
    path.fill(to, value, parts.head);
    path.stream_fill(to + parts.head, value, parts.middle);
    path.fill(to + streamed, value, length - streamed);
    FlushEnds(environment, to, length, parts);
    return;
  }
  path.fill(to, value, length);
  if ((how & kFlush) != 0) FlushBytes(environment, to, length);
}

}  // namespace

// chooseStores(width) -> 0; -ENOTSUP: this CPU has no such non-temporal stores
Napi::Value ChooseStores(const Napi::CallbackInfo& info) {
  const stores::Path* const path = stores::With(Int32(info, 0));
  if (path == nullptr) return Return(info, -ENOTSUP);
  Environment::Of(info.Env()).SetStores(path);
  return Return(info, 0);
}

// storeBytes(Uint8Array)
napi_value StoreBytes(napi_env env, napi_callback_info info) {
  napi_value argument = nullptr;
  const Environment& environment = register_calls::EnvironmentOf(env, info, &argument);
  const std::uintptr_t address = register_calls::AddressOf(environment);
  std::size_t length = 0;
  void* from = nullptr;
  if (napi_get_typedarray_info(env, argument, nullptr, &length, &from, nullptr, nullptr) != napi_ok || address == 0) {
    return nullptr;
  }
  const auto how = static_cast<unsigned>(environment.Float(3));
  // SAFETY: TypeScript has checked [register 1, register 1 + register 2) against the range. The source may have grown
  // since then (a growable SharedArrayBuffer), so the copy is limited to register 2. It cannot shrink; if it did, no
  // byte behind its end would be read.
  length = std::min(length, environment.Size(2));
  char* const to = reinterpret_cast<char*>(address);
  Copy(environment, to, static_cast<const char*>(from), length, how);
  if ((how & kDrain) != 0) cache_lines::Drain();
  return nullptr;
}

// fillBytes()
napi_value FillBytes(napi_env env, napi_callback_info info) {
  const Environment& environment = register_calls::EnvironmentOf(env, info);
  const std::uintptr_t address = register_calls::AddressOf(environment);
  if (address == 0) return nullptr;
  const auto how = static_cast<unsigned>(environment.Float(3));
  Fill(environment, reinterpret_cast<char*>(address), static_cast<unsigned char>(environment.Float(4)),
       environment.Size(2), how);
  if ((how & kDrain) != 0) cache_lines::Drain();
  return nullptr;
}

// storeWord(); register 4 is an integer
napi_value StoreWord(napi_env env, napi_callback_info info) {
  const Environment& environment = register_calls::EnvironmentOf(env, info);
  const std::uintptr_t address = register_calls::AddressOf(environment);
  if (address % atomic_words::kSize != 0 || address == 0 || environment.Size(2) != atomic_words::kSize) return nullptr;
  const auto how = static_cast<unsigned>(environment.Float(3));
  // SAFETY: the word is aligned and inside the range.
  atomic_words::Publish(reinterpret_cast<char*>(address), environment.Uint(4));
  if ((how & kFlush) != 0) environment.Flush()(address, address + atomic_words::kSize);
  if ((how & kDrain) != 0) cache_lines::Drain();
  return nullptr;
}

}  // namespace mapdirect
