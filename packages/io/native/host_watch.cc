// The one place where the addon calls JavaScript.
#include "host_watch.h"

namespace treadle {

HostWatch* HostWatch::Open(const std::shared_ptr<Environment>& environment, int fd,
                           napi_value callback, int32_t* error) {
  auto* watch = new HostWatch(environment);
  *error = uv_poll_init(environment->loop(), &watch->poll_, fd);
  if (*error != 0) {
    delete watch;
    return nullptr;
  }
  watch->poll_.data = watch;
  environment->HandleOpened();
  napi_create_reference(environment->env(), callback, 0, &watch->callback_);
  return watch;
}

int32_t HostWatch::Set(bool on) {
  if (on == on_) return 0;
  on_ = on;
  uint32_t count;
  if (on) {
    napi_reference_ref(environment_->env(), callback_, &count);
    return uv_poll_start(&poll_, UV_READABLE, OnReady);
  }
  napi_reference_unref(environment_->env(), callback_, &count);
  return uv_poll_stop(&poll_);
}

void HostWatch::Close() {
  napi_delete_reference(environment_->env(), callback_);
  callback_ = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
    auto* watch = static_cast<HostWatch*>(handle->data);
    std::shared_ptr<Environment> environment = watch->environment_;
    delete watch;
    environment->HandleClosed();
  });
}

void HostWatch::OnReady(uv_poll_t* poll, int, int) { static_cast<HostWatch*>(poll->data)->Call(); }

void HostWatch::Call() {
  napi_env env = environment_->env();
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback = nullptr;
  napi_value global = nullptr;
  napi_get_reference_value(env, callback_, &callback);
  napi_get_global(env, &global);
  // JavaScript may close this watch; nothing of it is touched after the call.
  if (callback != nullptr && napi_make_callback(env, nullptr, global, callback, 0, nullptr, nullptr) ==
                                 napi_pending_exception) {
    napi_value error;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

}  // namespace treadle
