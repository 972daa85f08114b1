#include "actor.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "interrupt_timer.h"
#include "memory.h"

using runtime::Object;

namespace storm {

Actor::Actor(World& world, std::size_t number)
    : world_(world),
      number_(number),
      random_(world.Stream()),
      env_(std::make_unique<napi_env__>(random_.Below(20) == 0)) {
  world_.Count(kEnvironments);
}

void Actor::Live() {
  static constexpr Act kActs[] = {
      &Actor::Map,
      &Actor::Map,
      &Actor::ReserveAndPlace,
      &Actor::Unmap,
      &Actor::OpenWindow,
      &Actor::Flush,
      &Actor::OpenWindow,
      &Actor::DropWindow,
      &Actor::CoverTail,
      &Actor::Flush,
      &Actor::Share,
      &Actor::Attach,
      &Actor::Extents,
      &Actor::Lock,
      &Actor::TakeSeal,
      &Actor::Watch,
      &Actor::Unwatch,
      &Actor::Touch,
      &Actor::CheckSeal,
      &Actor::CheckSeal,
      &Actor::DropSeal,
      &Actor::Ask,
      &Actor::Turn,
      &Actor::Turn,
      &Actor::Wait,
      &Actor::Wait,
      &Actor::EndWait,
      &Actor::RegisterPlain,
      &Actor::RegisterPeer,
      &Actor::RegisterPeer,
      &Actor::RegisterPeer,
      &Actor::EndRegistration,
      &Actor::RevokeRange,
  };
  constexpr std::size_t kCount = sizeof(kActs) / sizeof(kActs[0]);
  const InterruptTimer timer(world_);
  if (env_->stopping) return;  // it was stopped during the load of the addon
  if (random_.Below(5) != 0) Listen();
  for (std::uint64_t left = random_.Below(300); left > 0 && !world_.IsOver(); left--) {
    (this->*kActs[random_.Below(kCount)])();
  }
  const std::uint64_t end = random_.Below(3);
  if (end == 0) CloseEverything();
  if (end == 1) {
    env_->Stop();
    LastCall();
  }
  LetProvidersConfirm();
  env_.reset();
}

// The call that runs when the environment is stopped.
void Actor::LastCall() {
  const Mapped* const mapped = AnyMapped();
  if (mapped == nullptr) return;
  Object* const slot = env_->New(mapped->slot);
  Object* const fd = env_->New(mapped->fd);
  Object* const none = env_->New(0.0);
  Object* const length = env_->New(4096.0);
  switch (random_.Below(8)) {
    case 0:
      return void(env_->Call("window", {slot, none, length}));
    case 1:
      return void(env_->Call("syncAsync", {slot, none, length}));
    case 2:
      return void(env_->Call("readExtentsAsync", {fd, none, length, none, none}));
    case 3:
      return void(env_->Call("map", {fd, none, length, env_->New(1.0), env_->New(1.0)}));
    case 4:
      return void(env_->Call("watch", {fd}));
    case 5:
      return void(env_->Call("onNotices", {env_->New(runtime::Kind::kFunction)}));
    case 6:
      return Wait();
    default:
      return void(env_->Call("takeExtents", {none}));
  }
}

void Actor::Turn() { env_->Turn(); }

double Actor::Open(const std::string& path) {
  const double fd = env_->Call("open", {env_->New(path), env_->New(O_RDWR | O_NONBLOCK), env_->New(0.0)})->number;
  if (fd < 0 && fd != -EWOULDBLOCK) runtime::Die("open of %s: %g", path.c_str(), fd);
  return fd;
}

void Actor::Register(double slot, double fd, std::size_t file) {
  if (slot < 0) runtime::Die("map: %g", slot);
  world_.Count(kRanges);
  if (env_->Number("address", {slot}) != 0) runtime::Die("a range without an address");
  mapped_.push_back({slot, fd, env_->Uint(0), file, {}});
}

Actor::Mapped* Actor::AnyMapped() { return mapped_.empty() ? nullptr : &mapped_[random_.Below(mapped_.size())]; }

void Actor::Map() {
  if (mapped_.size() > 20) return Unmap();
  const std::size_t file = random_.Below(kPlainFiles);
  const double fd = Open(world_.PlainFile(file));
  Register(env_->Number("map", {fd, 0, kFileSize, PROT_READ | PROT_WRITE, MAP_SHARED}), fd, file);
}

void Actor::ReserveAndPlace() {
  const double fd = Open(world_.PlainFile(random_.Below(kPlainFiles)));
  Register(env_->Number("reserve", {kFileSize * 2, /*flags=*/0, /*align=*/4096, /*phase=*/0}), fd);
  const double slot = mapped_.back().slot;
  if (env_->Number("mapFixed", {slot, 0, fd, 0, kFileSize, PROT_READ | PROT_WRITE, MAP_SHARED}) != 0)
    runtime::Die("mapFixed");
  if (env_->Number("mapFixed", {slot, kFileSize * 4, fd, 0, kFileSize, PROT_READ, MAP_SHARED}) != -EINVAL)
    runtime::Die("mapFixed outside of the range");
}

void Actor::CoverTail() {
  const Mapped* const mapped = AnyMapped();
  if (mapped == nullptr) return;
  if (env_->Number("cover", {mapped->slot, kFileSize / 2, kFileSize / 2}) != 0) runtime::Die("cover");
}

void Actor::OpenWindow() {
  Mapped* const mapped = AnyMapped();
  if (mapped != nullptr) OpenWindowOf(*mapped);
}

void Actor::OpenWindowOf(Mapped& mapped) {
  if (random_.Below(8) == 0) {
    env_->next_buffer = random_.Below(2) == 0 ? napi_no_external_buffers_allowed : napi_generic_failure;
  }
  Object* const window = env_->Window(mapped.slot, kFileSize / 2.0);
  if (window == nullptr) return;
  world_.Count(kWindows);
  window->roots++;
  mapped.windows.push_back(window);
  if (window->memory != nullptr) Store(reinterpret_cast<std::uintptr_t>(window->memory) + 1, kOurs);
}

void Actor::DropWindow() {
  Mapped* const mapped = AnyMapped();
  if (mapped == nullptr || mapped->windows.empty()) return;
  Object* const window = mapped->windows.back();
  mapped->windows.pop_back();
  if (random_.Below(2) == 0) env_->Call("detach", {window});
  window->roots--;
}

void Actor::Forget(Mapped& mapped, bool abandon) {
  // The order of lib/: registrations, views, then the calls on the descriptor, then the range, then the descriptor.
  EndRegistrationsOf(mapped.slot);
  const bool all = random_.Below(2) == 0;
  for (Object* const window : mapped.windows) {
    if (!abandon) env_->Call("detach", {window});
    if (all || abandon) window->roots--;  // otherwise a request holds it until the end of the environment
  }
  mapped.windows.clear();
  LeaveWords(mapped.slot);
  Settle();
  if (env_->Number(abandon ? "abandon" : "close", {mapped.slot}) != 0) runtime::Die("close");
  if (mapped.fd >= 0 && env_->Number("closeDescriptor", {mapped.fd}) != 0) runtime::Die("closeDescriptor");
}

void Actor::Unmap() {
  if (mapped_.empty()) return;
  std::swap(mapped_[random_.Below(mapped_.size())], mapped_.back());
  Forget(mapped_.back(), random_.Below(3) == 0);
  mapped_.pop_back();
}

void Actor::Expect(Object* promise) {
  if (promise->kind != runtime::Kind::kPromise) return;
  promise->roots++;
  promises_.push_back(promise);
}

// A stopping environment has no event loop any more.
void Actor::Settle() {
  while (!env_->stopping && !promises_.empty()) {
    Object* const promise = promises_.back();
    while (!promise->settled) env_->WaitAndTurn();
    if (std::isnan(promise->number) || promise->number <= -4096) runtime::Die("settled with %g", promise->number);
    world_.Count(kSettled);
    promise->roots--;
    promises_.pop_back();
  }
}

void Actor::Flush() {
  const Mapped* const mapped = AnyMapped();
  if (mapped == nullptr) return;
  Object* const slot = env_->New(mapped->slot);
  Object* const fd = env_->New(mapped->fd);
  Object* const none = env_->New(0.0);
  Object* const length = env_->New(kFileSize / 2.0);
  switch (random_.Below(8)) {
    case 0:
      return Expect(env_->Call("syncFileAsync", {fd}));
    case 1:
      return Expect(env_->Call("writeBackAsync", {fd, none, length, env_->New(1.0)}));
    case 2:
      return Expect(env_->Call("populateAsync", {slot, none, length, env_->New(1.0)}));
    case 3:
      return Expect(env_->Call("persistLinesAsync", {slot, none, length}));
    case 4:
      return Expect(env_->Call("copyBytesAsync", {fd, none, fd, length, env_->New(4096.0)}));
    case 5:
      return Expect(env_->Call("openAndWait", {env_->New(world_.LeasedFile(random_.Below(kActors), false))}));
    default:
      return Expect(env_->Call("syncAsync", {slot, none, length}));
  }
}

void Actor::Extents() {
  const Mapped* const mapped = AnyMapped();
  if (mapped == nullptr) return;
  env_->Number("readExtents", {mapped->fd, 0, kFileSize, 2, 1});
  env_->Call("takeExtents", {env_->New(1.0)});
}

void Actor::CloseEverything() {
  DropSeal();
  while (!watches_.empty()) Unwatch();
  while (!waits_.empty()) EndWait();
  while (!mapped_.empty()) Unmap();
  env_->RunToEnd();
  for (const Object* const promise : promises_) {
    if (!promise->settled) runtime::Die("the loop ended before a call did");
  }
}

}  // namespace storm
