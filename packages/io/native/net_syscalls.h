// The system calls of sockets, and the numbers of their options on this system.
#pragma once

#include <napi.h>

namespace treadle {

void ExportNetSyscalls(Napi::Env env, Napi::Object exports);

}  // namespace treadle
