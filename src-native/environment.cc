#include "environment.h"

#include <utility>

#include "leases.h"
#include "ranges.h"
#include "watches.h"

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
  napi_ref held = nullptr;  // for the life of the environment, which destroys it
  if (napi_create_arraybuffer(env_, kRegisterCount * sizeof(Register), &data, registers) != napi_ok) return false;
  if (napi_create_reference(env_, *registers, /*initial_refcount=*/1, &held) != napi_ok) return false;
  registers_ = static_cast<Register*>(data);
  return true;
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
