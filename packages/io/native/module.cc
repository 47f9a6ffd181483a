// The addon's entry: what each environment that loads it gets.
#include <napi.h>

#include "arguments.h"
#include "environment.h"
#include "net_syscalls.h"
#include "reactor.h"
#include "signals.h"
#include "syscalls.h"
#include "unparker.h"

namespace treadle {
namespace {

// unpark(id): wakes any reactor of the process; 1 when that took a system call, -ESRCH when there is none.
napi_value UnparkById(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  std::shared_ptr<Unparker> unparker = FindUnparker(arguments.Int(0));
  if (unparker == nullptr) return Number(env, -ESRCH);
  return Number(env, unparker->Unpark() ? 1 : 0);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  std::shared_ptr<Environment> environment = Environment::Create(env);
  if (environment == nullptr) {
    Napi::Error::New(env, "the environment is shutting down").ThrowAsJavaScriptException();
    return exports;
  }
  napi_value open;
  napi_create_function(env, "open", NAPI_AUTO_LENGTH, Reactor::Open, environment.get(), &open);
  exports.Set("open", Napi::Value(env, open));
  napi_value unpark;
  napi_create_function(env, "unpark", NAPI_AUTO_LENGTH, UnparkById, nullptr, &unpark);
  exports.Set("unpark", Napi::Value(env, unpark));
  ExportSyscalls(env, exports);
  ExportSignals(env, exports);
  ExportNetSyscalls(env, exports);
  return exports;
}

}  // namespace
}  // namespace treadle

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  return treadle::Init(env, exports);
}

NODE_API_MODULE(treadle_io, Init)
