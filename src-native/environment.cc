#include "environment.h"

#include <utility>

#include "leases.h"
#include "ranges.h"
#include "watches.h"

namespace mapdirect {

Environment::Environment(Napi::Env env) : env_(env) {
  Napi::ArrayBuffer registers = Napi::ArrayBuffer::New(env, kRegisterCount * sizeof(Register));
  registers_ = static_cast<Register*>(registers.Data());
  registers_object_ = Napi::Persistent(registers);
  napi_add_env_cleanup_hook(env_, CleanUp, this);
}

std::shared_ptr<Mailbox> Environment::OpenMailbox() {
  if (mailbox_ == nullptr) {
    mailbox_ = Mailbox::Open(env_, descriptors_);
    if (mailbox_ != nullptr) napi_add_env_cleanup_hook(env_, ShutMailbox, this);
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
  if (!was_open && listener_->IsOpen()) napi_add_env_cleanup_hook(env_, ShutListener, this);
  return listening;
}

void Environment::ShutMailbox(void* self) { static_cast<Environment*>(self)->mailbox_->Shut(); }

void Environment::ShutListener(void* self) { static_cast<Environment*>(self)->listener_->Shut(); }

void Environment::CleanUp(void* self) {
  auto* const environment = static_cast<Environment*>(self);
  ranges::CloseAllOf(environment);
  leases::DropAllOf(environment);
  watches::DropAllOf(environment);
  environment->mailbox_.reset();
  environment->descriptors_.reset();
}

}  // namespace mapdirect
