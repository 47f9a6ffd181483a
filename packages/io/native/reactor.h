// One reactor: a selector, the words it shares with JavaScript, its park word, and its place on Node's event loop.
//
// Layout of the words: [unparked, 0, token, readiness, token, readiness, ...]. Written by Poll(), read by JavaScript
// afterwards on the same thread. Static functions with the reactor as their data and numbers as their arguments: a call
// costs about 30 ns, and a method of a wrapped object three times that.
#pragma once

#include <node_api.h>

#include <memory>

#include "environment.h"
#include "host_watch.h"
#include "selector.h"
#include "unparker.h"

namespace treadle {

class Reactor {
 public:
  // open(capacity, kind, callback): the object with the functions below, or a negative errno.
  static napi_value Open(napi_env env, napi_callback_info info);

  // Lets everything go that the system knows of; a second call does nothing.
  void Close();

 private:
  Reactor(std::shared_ptr<Environment> environment, Selector* selector, int32_t capacity);
  ~Reactor();

  static napi_value Poll(napi_env env, napi_callback_info info);
  static napi_value Add(napi_env env, napi_callback_info info);
  static napi_value Modify(napi_env env, napi_callback_info info);
  static napi_value Remove(napi_env env, napi_callback_info info);
  static napi_value Rearm(napi_env env, napi_callback_info info);
  static napi_value Host(napi_env env, napi_callback_info info);
  static napi_value Unpark(napi_env env, napi_callback_info info);
  static napi_value CloseFunction(napi_env env, napi_callback_info info);

  bool Export(napi_env env, napi_value callback, napi_value* result);
  bool ExportFunction(napi_env env, napi_value object, const char* name, napi_callback function);
  int32_t PollOnce(int32_t timeout);
  int32_t SetHosted(bool on);
  void Release();

  std::shared_ptr<Environment> environment_;
  std::unique_ptr<Selector> selector_;
  std::shared_ptr<Unparker> unparker_;
  HostWatch* host_ = nullptr;
  napi_ref callback_ = nullptr;
  napi_ref words_ref_ = nullptr;
  int32_t* words_ = nullptr;
  int32_t capacity_;
  int32_t id_;
  // How many JavaScript functions still point here.
  int functions_ = 0;
};

}  // namespace treadle
