// The end of an environment: close everything, and hold its end up until libuv has called back for every handle.
#include "environment.h"

#include <unistd.h>

#include <vector>

#include "reactor.h"

namespace treadle {

std::shared_ptr<Environment> Environment::Create(napi_env env) {
  auto created = std::make_shared<Environment>();
  created->env_ = env;
  if (napi_get_uv_event_loop(env, &created->loop_) != napi_ok) return nullptr;
  created->self_ = created;
  if (napi_add_async_cleanup_hook(env, OnCleanup, created.get(), &created->hook_) != napi_ok) {
    created->self_.reset();
    return nullptr;
  }
  return created;
}

void Environment::Own(int fd) {
  if (fd < 0) return;
  size_t at = static_cast<size_t>(fd);
  if (at >= owned_.size()) owned_.resize(at + 64);
  owned_[at] = true;
}

void Environment::Disown(int fd) {
  if (fd >= 0 && static_cast<size_t>(fd) < owned_.size()) owned_[static_cast<size_t>(fd)] = false;
}

void Environment::CloseOwned() {
  for (size_t fd = 0; fd < owned_.size(); fd++) {
    if (owned_[fd]) close(static_cast<int>(fd));
  }
  owned_.clear();
}

void Environment::HandleClosed() {
  handles_--;
  if (closing_ && handles_ == 0) FinishCleanup();
}

void Environment::OnCleanup(napi_async_cleanup_hook_handle hook, void* data) {
  std::shared_ptr<Environment> environment = static_cast<Environment*>(data)->self_;
  environment->hook_ = hook;
  std::vector<Reactor*> reactors(environment->reactors_.begin(), environment->reactors_.end());
  for (Reactor* reactor : reactors) reactor->Close();
  // Nothing watches them any more.
  environment->CloseOwned();
  environment->closing_ = true;
  if (environment->handles_ == 0) environment->FinishCleanup();
}

void Environment::FinishCleanup() {
  napi_remove_async_cleanup_hook(hook_);
  hook_ = nullptr;
  self_.reset();
}

}  // namespace treadle
