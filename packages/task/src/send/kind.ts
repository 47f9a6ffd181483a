/** How objects say themselves that they cross threads; the contract is core's, so that every package can keep it. */
import { SEND, type SendKind } from "@treadle/core";

export { type HasSendKind, SEND, type SendKind, sendKind } from "@treadle/core";

/** The kind of an object, if its class has one. */
export function kindOf(object: object): SendKind | undefined {
  return (object as { [SEND]?: SendKind })[SEND];
}
