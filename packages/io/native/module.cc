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

// own(fd), disown(fd): whether the environment is to close it at its end.
napi_value Own(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  static_cast<Environment*>(arguments.data())->Own(arguments.Int(0));
  return nullptr;
}

napi_value Disown(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  static_cast<Environment*>(arguments.data())->Disown(arguments.Int(0));
  return nullptr;
}

void Export(Napi::Env env, Napi::Object exports, const char* name, napi_callback function, void* data) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, data, &value);
  exports.Set(name, Napi::Value(env, value));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  std::shared_ptr<Environment> environment = Environment::Create(env);
  if (environment == nullptr) {
    Napi::Error::New(env, "the environment is shutting down").ThrowAsJavaScriptException();
    return exports;
  }
  Export(env, exports, "open", Reactor::Open, environment.get());
  Export(env, exports, "unpark", UnparkById, nullptr);
  Export(env, exports, "own", Own, environment.get());
  Export(env, exports, "disown", Disown, environment.get());
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
