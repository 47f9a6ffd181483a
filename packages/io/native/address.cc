// Addresses of sockets, from and to the words that JavaScript reads.
#include "address.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

namespace treadle {

namespace {

constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);
constexpr size_t kPathCapacity = sizeof(sockaddr_un) - kPathOffset;

template <typename T>
void SetLength(T* address, socklen_t length) {
#ifdef __APPLE__
  address->sin_len = static_cast<uint8_t>(length);
#else
  (void)address;
  (void)length;
#endif
}

socklen_t EncodeIpv4(const int32_t* words, sockaddr_storage* into) {
  auto* address = reinterpret_cast<sockaddr_in*>(into);
  address->sin_family = AF_INET;
  address->sin_port = htons(static_cast<uint16_t>(words[1]));
  address->sin_addr.s_addr = htonl(static_cast<uint32_t>(words[2]));
  SetLength(address, sizeof *address);
  return sizeof *address;
}

socklen_t EncodeIpv6(const int32_t* words, sockaddr_storage* into) {
  auto* address = reinterpret_cast<sockaddr_in6*>(into);
  address->sin6_family = AF_INET6;
  address->sin6_port = htons(static_cast<uint16_t>(words[1]));
  for (int i = 0; i < 4; i++) {
    uint32_t word = htonl(static_cast<uint32_t>(words[2 + i]));
    memcpy(address->sin6_addr.s6_addr + 4 * i, &word, sizeof word);
  }
  address->sin6_scope_id = static_cast<uint32_t>(words[6]);
  address->sin6_flowinfo = htonl(static_cast<uint32_t>(words[7]));
#ifdef __APPLE__
  address->sin6_len = sizeof *address;
#endif
  return sizeof *address;
}

socklen_t EncodeUnix(const int32_t* words, sockaddr_storage* into) {
  auto* address = reinterpret_cast<sockaddr_un*>(into);
  auto length = static_cast<size_t>(words[1]);
  if (length > kPathCapacity) return 0;
  address->sun_family = AF_UNIX;
  const char* path = reinterpret_cast<const char*>(words + 8);
  memcpy(address->sun_path, path, length);
  // A path ends with a 0 where there is room for one; an abstract name is as long as it is.
  if (length > 0 && path[0] != 0 && length < kPathCapacity) length++;
  auto size = static_cast<socklen_t>(kPathOffset + length);
#ifdef __APPLE__
  address->sun_len = static_cast<uint8_t>(size);
#endif
  return size;
}

}  // namespace

socklen_t EncodeAddress(const int32_t* words, sockaddr_storage* into) {
  memset(into, 0, sizeof *into);
  switch (words[0]) {
    case kIpv4: return EncodeIpv4(words, into);
    case kIpv6: return EncodeIpv6(words, into);
    case kUnix: return EncodeUnix(words, into);
    default: return 0;
  }
}

void DecodeAddress(const sockaddr_storage& from, socklen_t length, int32_t* words) {
  words[0] = kNoAddress;
  words[1] = 0;
  if (length < sizeof from.ss_family) return;
  if (from.ss_family == AF_INET) {
    auto* address = reinterpret_cast<const sockaddr_in*>(&from);
    words[0] = kIpv4;
    words[1] = ntohs(address->sin_port);
    words[2] = static_cast<int32_t>(ntohl(address->sin_addr.s_addr));
  } else if (from.ss_family == AF_INET6) {
    auto* address = reinterpret_cast<const sockaddr_in6*>(&from);
    words[0] = kIpv6;
    words[1] = ntohs(address->sin6_port);
    for (int i = 0; i < 4; i++) {
      uint32_t word;
      memcpy(&word, address->sin6_addr.s6_addr + 4 * i, sizeof word);
      words[2 + i] = static_cast<int32_t>(ntohl(word));
    }
    words[6] = static_cast<int32_t>(address->sin6_scope_id);
    words[7] = static_cast<int32_t>(ntohl(address->sin6_flowinfo));
  } else if (from.ss_family == AF_UNIX) {
    auto* address = reinterpret_cast<const sockaddr_un*>(&from);
    size_t bytes = length > kPathOffset ? std::min<size_t>(length - kPathOffset, kPathCapacity) : 0;
    // The system counts the 0 at the end of a path.
    if (bytes > 0 && address->sun_path[0] != 0) bytes = strnlen(address->sun_path, bytes);
    words[0] = kUnix;
    words[1] = static_cast<int32_t>(bytes);
    memcpy(words + 8, address->sun_path, bytes);
  }
}

}  // namespace treadle
