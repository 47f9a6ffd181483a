// Two tasks that pass one byte to and fro through two pipes, each waiting by its AsyncFd: what a round trip costs.
import { treadleRuntime } from "../lib/peers.mjs";

const ROUNDS = 2000;

export const scenario = {
  name: "async_fd",
  title: "AsyncFd, one byte to and fro through two pipes, in one thread",
  about:
    "A round trip is two writes, two reads and two waits for readiness. `bare` makes the four system calls and waits for" +
    " nothing, by the same addon.",
  says: {
    treadle: "two tasks, `AsyncFd.asyncIo`",
    bare: "`sys.write` and `sys.read` one after the other, no task, no waiting",
  },
  ops: ROUNDS,
  metrics: { wall: { unit: "ns", tokio: [3100, 3100] } },
  goals: [{ metric: "wall", atMost: 3100 }],
  variants: {
    async treadle() {
      const { Builder, spawn, AsyncFd, Interest } = await treadleRuntime();
      const { sys } = await import("@treadle/io");
      const runtime = Builder.newCurrentThread().enableIo().build();
      const [thereOut, thereIn] = sys.pipe();
      const [backOut, backIn] = sys.pipe();
      const byte = new Uint8Array(1);
      const reads = (fd) => {
        const source = new AsyncFd(fd, Interest.READABLE);
        const buffer = new Uint8Array(64);
        const read = () => sys.read(fd, buffer);
        return () => source.asyncIo(Interest.READABLE, read);
      };
      const [ping, pong] = runtime.blockOn(function* () {
        return [reads(backOut), reads(thereOut)];
      });
      function* answer() {
        for (let i = 0; i < ROUNDS; i++) {
          yield* pong();
          sys.write(backIn, byte);
        }
      }
      function* main() {
        const other = spawn(answer);
        let got = 0;
        for (let i = 0; i < ROUNDS; i++) {
          sys.write(thereIn, byte);
          got += yield* ping();
        }
        yield* other;
        return got;
      }
      return () => runtime.blockOn(main);
    },
    async bare() {
      const { sys } = await import("@treadle/io");
      const [thereOut, thereIn] = sys.pipe();
      const [backOut, backIn] = sys.pipe();
      const byte = new Uint8Array(1);
      return () => {
        let got = 0;
        for (let i = 0; i < ROUNDS; i++) {
          sys.write(thereIn, byte);
          sys.read(thereOut, byte);
          sys.write(backIn, byte);
          got += sys.read(backOut, byte);
        }
        return got;
      };
    },
  },
};
