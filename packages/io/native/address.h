// Addresses of sockets as JavaScript has them: an Int32Array of one layout on every system.
//
// Words: 0 the kind; 1 the port, or how many bytes a path has; 2-5 the address in host order, the first word of IPv4;
// 6 the scope and 7 the flow of IPv6; from word 8 on the bytes of a path, which begin with 0 if it is abstract.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

namespace treadle {

enum AddressKind : int32_t { kNoAddress = 0, kUnix = 1, kIpv4 = 4, kIpv6 = 6 };

constexpr size_t kAddressWords = 36;

// Fills `into` with what the words say; its length, or 0 when they say nothing that the system knows.
socklen_t EncodeAddress(const int32_t* words, sockaddr_storage* into);

// Writes an address of the system into the words.
void DecodeAddress(const sockaddr_storage& from, socklen_t length, int32_t* words);

}  // namespace treadle
