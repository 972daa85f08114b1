#include "environment.h"

#include <utility>

#include "futex/waiter_table.h"
#include "lease/lease_table.h"
#include "lease/watches.h"
#include "memory/fault_log.h"
#include "memory/ranges.h"
#include "rdma/domain.h"
#include "rdma/endpoint.h"
#include "registration/ledger.h"
#include "thread/counts.h"
#include "uring/ring.h"

namespace mapdirect {

Environment* Environment::Open(napi_env env, napi_value* registers) {
  std::unique_ptr<Environment> made(new Environment(env));
  const auto destroy = [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); };
  if (!made->MakeRegisters(registers)) return nullptr;
  if (napi_set_instance_data(env, made.get(), destroy, /*finalize_hint=*/nullptr) != napi_ok) return nullptr;
  Environment* const environment = made.release();
  napi_add_env_cleanup_hook(env, CleanUp, environment);
  return environment;
}

bool Environment::MakeRegisters(napi_value* registers) {
  void* data = nullptr;
  if (napi_create_arraybuffer(env_, kRegisterCount * sizeof(Register), &data, registers) != napi_ok) return false;
  if (napi_create_reference(env_, *registers, /*initial_refcount=*/1, &registers_buffer_) != napi_ok) return false;
  registers_ = static_cast<Register*>(data);
  return true;
}

napi_value Environment::FaultCount() const {
  napi_value made = nullptr;
  const napi_status status =
      napi_create_external_arraybuffer(env_, &fault_log::count, sizeof(fault_log::count), /*finalize_cb=*/nullptr,
                                       /*finalize_hint=*/nullptr, &made);
  if (status == napi_ok) return made;
  // This runtime forbids external memory, so there will be no window and no fault either.
  void* data = nullptr;
  const bool is_possible = status == napi_no_external_buffers_allowed &&
                           napi_create_arraybuffer(env_, sizeof(fault_log::count), &data, &made) == napi_ok;
  return is_possible ? made : nullptr;
}

std::shared_ptr<Mailbox> Environment::OpenMailbox() {
  if (mailbox_ == nullptr) {
    mailbox_ = Mailbox::Open(env_);
    if (mailbox_ != nullptr) EndFirst();
  }
  return mailbox_;
}

void Environment::Keep(std::int64_t ticket, std::shared_ptr<ExtentList> list) {
  kept_.emplace(ticket, std::move(list));
}

std::shared_ptr<ExtentList> Environment::Take(std::int64_t ticket) {
  const auto found = kept_.find(ticket);
  if (found == kept_.end()) return nullptr;
  std::shared_ptr<ExtentList> list = std::move(found->second);
  kept_.erase(found);
  return list;
}

int Environment::Listen(napi_value function) {
  const bool was_open = listener_->IsOpen();
  const int listening = listener_->Listen(env_, function);
  if (!was_open && listener_->IsOpen()) EndFirst();
  return listening;
}

void Environment::EndFirst() {
  napi_remove_env_cleanup_hook(env_, CleanUp, this);
  napi_add_env_cleanup_hook(env_, CleanUp, this);
}

void Environment::CleanUp(void* self) { static_cast<Environment*>(self)->End(); }

// The order counts: registrations first, then pages, then the locks of seals, then leases. So no other process can move
// the blocks of a page that is still mapped, or that a device still reaches.
void Environment::End() {
  if (has_ended_) return;
  has_ended_ = true;
  if (mailbox_ != nullptr) mailbox_->Shut();
  listener_->Shut(env_);
  rdma::endpoints::DropAllOf(this);
  const bool is_revoked = ledger::RevokeAllOf(this) == 0;
  waiters::DropAllOf(this);  // before the pages go: a waiter that is woken meanwhile hands the wake-up on
  rdma::domains::DropAllOf(this);
  uring::rings::DropAllOf(this);
  windows_.End(env_);
  ranges::CloseAllOf(this);
  if (is_revoked) {
    descriptors_.DropNotedLocks();
    lease_table::DropAllOf(this);
  } else {
    lease_table::DisownAllOf(this);
    descriptors_.KeepForever();
  }
  watches::DropAllOf(this);
  counts::EndAllOf(this);
  mailbox_.reset();
  descriptors_.LetGo();
  napi_delete_reference(env_, registers_buffer_);
}

}  // namespace mapdirect
