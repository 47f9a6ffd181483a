// The same echo server in one JavaScript loop: the addon's reactor and system calls, no tasks, no runtime.
import { writeSync } from "node:fs";
import { constants } from "node:os";
import { binding } from "@treadle/io";

const READABLE = 1;
const native = binding();
const { registers, constants: socket } = native;
const reactor = native.open(1024, 0, () => {});
const { words } = reactor;
const EAGAIN = -constants.errno.EAGAIN;
const buffer = new Uint8Array(65536);

const listener = native.socket(socket.AF_INET, socket.SOCK_STREAM, 0);
// struct sockaddr_in: the family in the machine's order, the port, 127.0.0.1.
const address = new Uint8Array(16);
new Uint16Array(address.buffer)[0] = socket.AF_INET;
address.set([127, 0, 0, 1], 4);
native.bind(listener, address);
native.listen(listener, 1024);
native.getsockname(listener, address);
writeSync(1, `${address[2] * 256 + address[3]}\n`);
reactor.add(listener, listener, READABLE);

for (;;) {
  const count = reactor.poll(100);
  for (let i = 0, at = 2; i < count; i++, at += 2) {
    if (words[at] === listener) acceptAll();
    else if (!echo(words[at])) native.close(words[at]);
  }
}

function acceptAll() {
  for (let fd = native.accept(listener); fd >= 0; fd = native.accept(listener)) {
    native.setsockopt(fd, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1);
    reactor.add(fd, fd, READABLE);
  }
}

function echo(fd) {
  for (;;) {
    registers[0] = fd;
    registers[1] = 0;
    registers[2] = buffer.length;
    native.recvInto(buffer);
    const count = registers[3];
    if (count === EAGAIN) return true;
    if (count <= 0) return false;
    registers[2] = count;
    native.sendFrom(buffer);
    if (registers[3] !== count) return false;
    // A read that did not fill the buffer has emptied the socket.
    if (count < buffer.length) return true;
  }
}
