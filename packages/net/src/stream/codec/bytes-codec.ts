/** The codec that has no frames. */
import type { BytesMut } from "../bytes-mut.ts";
import { checkBytes } from "../check.ts";
import type { Codec } from "./contract.ts";

/** Passes bytes on as they come: each read is a frame. */
export class BytesCodec implements Codec<Uint8Array> {
  /** All that is there. */
  decode(src: BytesMut): Uint8Array | undefined {
    return src.length === 0 ? undefined : src.splitTo(src.length);
  }

  /** Adds the bytes as they are. */
  encode(item: Uint8Array, dst: BytesMut): void {
    checkBytes("the frame", item);
    dst.put(item);
  }
}
