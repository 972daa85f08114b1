// The process-wide ledger of registrations: devices, and other users outside of this process's control, that hold
// addresses of our ranges.
//
//   kLive ──RevokeTenants(), RevokeAllOf()─► kRevoking ──confirmed──► kRevoked ──Deregister()──► gone
//     │                                          │  ▲                                              ▲
//     │                             not confirmed▼  │ tried again                                  │
//     │                                       kUnfenced                                            │
//     └────────────────────────────Deregister()────────────────────────────────────────────────────┘
//
// There is one ledger for all threads of the process, because the thread that ends a lease must revoke registrations
// while the JavaScript thread of their owner is blocked. The order of a fence is: every registration of the range is
// invalid, CutOff() of each, Revoke() of each, and only then the pages, the locks and the lease (fence.h).
//
// No lock is held while a provider runs. Each registration is a user of its range, so its addresses stay until the
// provider has confirmed the end.

#ifndef MAPDIRECT_LEDGER_H_
#define MAPDIRECT_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "lease/listener.h"
#include "memory/ranges.h"

namespace mapdirect {

class Environment;

// The provider's side of one registration. The ledger calls its functions on any thread, and never two at once.
class Registered {
 public:
  Registered() = default;
  // After Revoke() was confirmed, or for a registration that the ledger has not accepted: then the destructor revokes
  // it. No peer knows its key yet.
  virtual ~Registered() = default;
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

  // Fast: on return no peer reaches the memory through anything that this process owns. May be called twice.
  virtual void CutOff() = 0;
  // Returns 0 if no peer can use the key any more and the provider has confirmed it, else a negative errno; then it may
  // be called again. -EBUSY is for the call without CutOff() before: operations of this process still use the memory,
  // and nothing has changed.
  [[nodiscard]] virtual int Revoke() = 0;
};

namespace ledger {

using Id = std::int64_t;  // from 1, never used again

// Slot to serial: see ranges.h.
using Tenants = std::unordered_map<std::uint32_t, std::uint64_t>;

// Bytes from the start of the range.
struct Span final {
  std::size_t offset;
  std::size_t length;
};

// Numbered as in lib/backend/native/registrations.ts.
enum class State { kGone = 0, kLive = 1, kRevoking = 2, kRevoked = 3, kUnfenced = 4 };

// Enters a registration. Returns its id, or a negative errno; then the provider's side is destroyed. -ECANCELED: the
// range is fenced, or is being fenced.
[[nodiscard]] Id Add(Range* range, Span span, const Environment* owner, std::shared_ptr<Listener> listener,
                     std::unique_ptr<Registered> registered);

// Keeps a duplicate of the provider's descriptor, numbered above `lock_fd`, until the provider has confirmed the end.
// A killed process loses its descriptors from the highest number down, so the kernel revokes the registration before it
// frees the lock of the seal. Returns 0 or a negative errno.
[[nodiscard]] int KeepAbove(Id id, int provider_fd, int lock_fd);

// By the owner. Returns 0; -ENOENT; -EBUSY: operations of this process use the memory, or another thread is revoking
// the registration at the moment; or the errno of the provider: the state is kUnfenced then.
[[nodiscard]] int Deregister(Id id);

// From now on these tenants have no new registration.
void Bar(const Tenants& tenants);

// Ends all registrations of these tenants. Each owner receives the notice kRevoked. Returns 0 if every end is
// confirmed, else a negative errno. May be called again. Any thread; takes as long as the providers take.
[[nodiscard]] int RevokeTenants(const Tenants& tenants);

// Ends one registration likewise: its device is gone.
[[nodiscard]] int Revoke(Id id);

// For the end of an environment: ends all its registrations, without a notice. Returns as RevokeTenants(). A
// registration whose end is not confirmed stays in the ledger, without an owner.
[[nodiscard]] int RevokeAllOf(const Environment* owner);

[[nodiscard]] State StateOf(Id id);

// The number of registrations whose end is not confirmed, of all ranges or of some tenants.
[[nodiscard]] std::uint32_t Count();
[[nodiscard]] std::uint32_t CountOf(const Tenants& tenants);

}  // namespace ledger
}  // namespace mapdirect

#endif  // MAPDIRECT_LEDGER_H_
