// The bits of interest and readiness, the same as in src/interest.ts and src/ready.ts.
#pragma once

#include <cstdint>

namespace treadle {

constexpr int32_t kReadable = 1;
constexpr int32_t kWritable = 2;
constexpr int32_t kReadClosed = 4;
constexpr int32_t kWriteClosed = 8;
constexpr int32_t kPriority = 16;
constexpr int32_t kError = 32;

}  // namespace treadle
