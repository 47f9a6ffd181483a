import { CancellationToken } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";

describe("a cancellation token", () => {
  conforms(
    [
      "sync_cancellation_token::drop_multiple_child_tokens",
      "sync_cancellation_token::drop_parent_before_child_tokens",
    ],
    "is not cancelled because its children or its parent are disposed of, in any order",
    () => {
      for (const order of [
        [0, 1, 2],
        [2, 1, 0],
      ]) {
        const parent = new CancellationToken();
        const children = [parent.childToken(), parent.childToken(), parent.childToken()];
        for (const i of order) {
          children[i]?.[Symbol.dispose]();
          expect(parent.isCancelled).toBe(false);
        }
        const last = parent.childToken();
        parent[Symbol.dispose]();
        expect([parent, last, ...children].map((token) => token.isCancelled)).toEqual(
          [parent, last, ...children].map(() => false),
        );
      }
    },
  );

  conforms(
    [
      "sync_cancellation_token::child_cancellation_tokens_are_not_considered_equal",
      "sync_cancellation_token::independent_cancellation_tokens_are_not_considered_equal",
      "sync_cancellation_token::different_cancellation_tokens_have_different_hash",
    ],
    "is no other, so that sets and maps tell them apart",
    () => {
      const token = new CancellationToken();
      const tokens = [token, token.childToken(), token.childToken(), new CancellationToken()];
      expect(new Set(tokens).size).toBe(4);
      expect(new Set([...tokens, ...tokens]).size).toBe(4);
    },
  );

  conforms(
    "sync_cancellation_token::cancel_grandchild_token_through_parent_if_child_was_dropped",
    "wakes those who wait below a token that nobody holds any more",
    () => {
      const token = new CancellationToken();
      const grandchild = token.childToken().childToken();
      const hands = [new Hand(grandchild.cancelled()), new Hand(token.cancelled())];
      expect(hands.map((hand) => hand.isReady())).toEqual([false, false]);
      token.cancel();
      expect(hands.map((hand) => [hand.wakes, hand.isReady()])).toEqual([
        [1, true],
        [1, true],
      ]);
      expect(grandchild.isCancelled).toBe(true);
    },
  );
});
