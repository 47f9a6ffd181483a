// One thread's ear for signals, as JavaScript holds it.
//
// Layout of the words: [signals 1 to 32, signals 33 to 64], one bit each. Written by take(), read by JavaScript afterwards
// on the same thread. Functions are static with the object as their data, as those of a reactor.
#pragma once

#include <napi.h>

#include <memory>

#include "signal_hub.h"

namespace treadle {

class SignalEnvironment;

class Signals {
 public:
  // openSignals(reactor): the object with the functions below, or a negative errno.
  static napi_value Open(napi_env env, napi_callback_info info);

  // From now on the hub does not know this; a second call does nothing.
  void Close();

 private:
  Signals(SignalEnvironment* environment, std::shared_ptr<Unparker> unparker);
  ~Signals();

  static napi_value Take(napi_env env, napi_callback_info info);
  static napi_value Listen(napi_env env, napi_callback_info info);
  static napi_value Ignore(napi_env env, napi_callback_info info);
  static napi_value CloseFunction(napi_env env, napi_callback_info info);

  bool Export(napi_env env, napi_value* result);
  bool ExportFunction(napi_env env, napi_value object, const char* name, napi_callback function);
  void Release();

  // Null once it is closed.
  SignalEnvironment* environment_;
  SignalReceiver receiver_;
  uint64_t listening_ = 0;
  napi_ref words_ref_ = nullptr;
  int32_t* words_ = nullptr;
  // How many JavaScript functions still point here.
  int functions_ = 0;
};

// Adds openSignals, sigrtmin and sigrtmax.
void ExportSignals(Napi::Env env, Napi::Object exports);

}  // namespace treadle
