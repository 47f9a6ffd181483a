// The system calls of sockets that need addresses, options or several buffers.
#pragma once

#include <napi.h>

namespace treadle {

void ExportNetSyscalls(Napi::Env env, Napi::Object exports);

}  // namespace treadle
