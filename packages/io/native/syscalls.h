// The thin system calls: numbers and bytes in, a result or a negative errno out, never blocking.
#pragma once

#include <napi.h>

namespace treadle {

void ExportSyscalls(Napi::Env env, Napi::Object exports);

}  // namespace treadle
