// What `mutate-shared.mjs` breaks in packages/task/src/shared: file, what is broken, the edits, and why it may survive.
const at = (name) => `packages/task/src/shared/${name}.ts`;
const cell = at("cell");
const pool = at("cell-pool");
const dead = at("dead-mail");
const heap = at("payload-heap");
const idle = at("idle");
const inject = at("inject");
const keys = at("key-table");
const lifo = at("lifo-slot");
const mail = at("mailbox");
const offers = at("offers");
const outbox = at("outbox");
const park = at("park-word");
const people = at("participants");
const ring = at("run-ring");
const segment = at("segment");
const shared = at("shared-memory");
const waiters = at("waiters");

/** The tests of each file beside `test/model/shared/<file>.model.test.ts`. */
export const segmentTests = {
  [cell]: ["model/shared/cell", "model/shared/cell-pool", "shared/cell"],
  [pool]: ["model/shared/cell-pool", "shared/payload-heap"],
  [dead]: ["model/shared/mailbox", "model/shared/cell-pool"],
  [heap]: ["model/shared/payload-heap", "shared/payload-heap"],
  [idle]: ["model/shared/idle", "shared/idle"],
  [inject]: ["model/shared/outbox", "shared/outbox"],
  [keys]: ["model/shared/key-table", "shared/payload-heap"],
  [lifo]: ["model/shared/lifo-slot"],
  [mail]: ["model/shared/mailbox", "model/shared/cell"],
  [offers]: ["model/shared/outbox", "shared/outbox"],
  [outbox]: ["model/shared/outbox", "shared/outbox", "shared/run-ring"],
  [park]: ["model/shared/park-word", "model/shared/mailbox"],
  [people]: ["model/shared/participants", "model/shared/mailbox", "model/shared/cell"],
  [ring]: ["model/shared/run-ring", "model/shared/outbox", "shared/run-ring"],
  [segment]: ["model/shared/segment", "shared/segment"],
  [shared]: ["model/shared/cell", "model/shared/idle"],
  [waiters]: ["model/shared/waiters"],
};

const storeFor = ["import { compareExchange, load }", "import { compareExchange, load, store }"];

export const segmentMutants = [
  // cell
  [
    cell,
    "a claim does not compare the ticket",
    [["(PHASE_MASK | TICKET_MASK)) !== (ticket | Phase.QUEUED)", "PHASE_MASK) !== Phase.QUEUED"]],
  ],
  [
    cell,
    "a claim stores instead of swapping",
    [
      [
        "const found = compareExchange(this.words, at, state, next);\n      if (found === state) return next;\n      if ((found & (PHASE",
        "const found = load(this.words, at);\n      if (found === state) {\n        store(this.words, at, next);\n        return next;\n      }\n      if ((found & (PHASE",
      ],
    ],
  ],
  [
    cell,
    "a claim is not tried again when a flag was set",
    [
      [
        "      // The spawner has set a flag: once more with it.\n      state = found;",
        "      return 0;",
      ],
    ],
  ],
  [
    cell,
    "a claim drops the flags",
    [["(state & (TICKET_MASK | FLAGS)) | Phase.STARTED", "(state & TICKET_MASK) | Phase.STARTED"]],
  ],
  [
    cell,
    "a claim does not name the executor",
    [[" | Phase.STARTED | (ref << REF_SHIFT)", " | Phase.STARTED"]],
  ],
  [
    cell,
    "offering again keeps the ticket",
    [
      [
        "const ticket = (state + (1 << TICKET_SHIFT)) & TICKET_MASK;",
        "const ticket = state & TICKET_MASK;",
      ],
    ],
  ],
  [
    cell,
    "offering again does not compare",
    [
      [
        "if (compareExchange(this.words, at, state, next) === state) return entryOf(cell, ticket);",
        "store(this.words, at, next);\n      return entryOf(cell, ticket);",
      ],
    ],
  ],
  [
    cell,
    "withdrawing keeps the ticket",
    [
      [
        "const next = (state + (1 << TICKET_SHIFT)) & TICKET_MASK;",
        "const next = state & TICKET_MASK;",
      ],
    ],
  ],
  [
    cell,
    "withdrawing does not compare",
    [
      [
        "if (compareExchange(this.words, at, state, next) === state) return true;",
        "store(this.words, at, next);\n      return true;",
      ],
    ],
  ],
  [
    cell,
    "an abort of a task that runs is not mailed",
    [["queued ? CANCELLED : CANCELLED | ABORT_MAILED", "CANCELLED"]],
  ],
  [
    cell,
    "an abort of a queued task is mailed",
    [
      ["queued ? CANCELLED : CANCELLED | ABORT_MAILED", "CANCELLED | ABORT_MAILED"],
      ["return queued ? Abort.MARKED : Abort.MAIL;", "return Abort.MARKED;"],
    ],
  ],
  [
    cell,
    "an abort is tried again on the old state",
    [["      // It has been started, or has ended, meanwhile.\n      state = found;\n", ""]],
  ],
  [cell, "a second abort is as the first", [["(state & CANCELLED) !== 0 || ", ""]]],
  [
    cell,
    "an ended task is aborted",
    [[" || (state & PHASE_MASK) === Phase.DONE) return Abort", ") return Abort"]],
  ],
  [
    cell,
    "completion overlooks the abort mail",
    [["return (state & ABORT_MAILED) === 0;", "return true;"]],
  ],
  [
    cell,
    "completion stores instead of swapping",
    [
      [
        "const found = compareExchange(this.words, at, state, (state & ~PHASE_MASK) | Phase.DONE);\n      if (found === state) return",
        "const found = state;\n      store(this.words, at, (state & ~PHASE_MASK) | Phase.DONE);\n      if (found === state) return",
      ],
    ],
  ],
  [
    cell,
    "the abort mail leaves its flag",
    [["compareExchange(this.words, at, state, state & ~ABORT_MAILED)", "state"]],
  ],
  [
    cell,
    "the abort mail sends the cell back though it runs",
    [
      [
        "return (state & PHASE_MASK) === Phase.DONE;\n      // The spawner has",
        "return true;\n      // The spawner has",
      ],
    ],
  ],
  [
    cell,
    "a detached task that ends is not seen to end",
    [
      [
        "while ((state & PHASE_MASK) !== Phase.DONE) {\n      const found = compareExchange(this.words, at, state, state | DETACHED);\n      if (found === state) return true;",
        "for (;;) {\n      const found = state;\n      store(this.words, at, state | DETACHED);\n      if (found === state) return true;",
      ],
      ["      state = found;\n    }\n    return false;\n  }", "      state = found;\n    }\n  }"],
    ],
  ],
  [
    cell,
    "fate takes the dead for living",
    [
      [
        "if (participants.isCurrent(executorOf(state))) return",
        "if (phase === Phase.STARTED) return",
      ],
    ],
  ],
  [
    cell,
    "fate takes what has ended for lost",
    [["return phase === Phase.DONE ? Fate.DONE : Fate.LOST;", "return Fate.LOST;"]],
  ],
  // mailbox, dead mail
  [
    mail,
    "a post does not ask whether the addressee lives",
    [["    if (!this.participants.isCurrent(ref)) return Posted.REFUSED;\n", ""]],
    "right as well with fewer than 8 incarnations, for the head carries 3 bits of them: the question is there for more",
  ],
  [
    mail,
    "a post overlooks the incarnation in the head",
    [["if ((head & INCARNATION_MASK) !== empty) return Posted.REFUSED;", ""]],
  ],
  [
    mail,
    "a post stores instead of swapping",
    [
      ["import { compareExchange, exchange, load }", "import { exchange, load, store }"],
      [
        "const found = compareExchange(words, at, head, node | empty | kind);",
        "const found = head;\n      store(words, at, node | empty | kind);",
      ],
    ],
  ],
  [
    mail,
    "a post is tried again with the old link",
    [
      [
        "      words[link] = head;\n      const found",
        "      if (words[link] === 0 || nodeOf(head) === 0) words[link] = head;\n      const found",
      ],
    ],
  ],
  [
    mail,
    "a post links after it has swapped",
    [
      ["      words[link] = head;\n", ""],
      [
        "if (found === head) return nodeOf",
        "if (found === head) words[link] = head;\n      if (found === head) return nodeOf",
      ],
    ],
  ],
  [
    mail,
    "every mail says it is the first",
    [["nodeOf(head) === 0 ? Posted.FIRST : Posted.JOINED", "Posted.FIRST"]],
  ],
  [
    mail,
    "no mail says it is the first",
    [["nodeOf(head) === 0 ? Posted.FIRST : Posted.JOINED", "Posted.JOINED"]],
  ],
  [
    mail,
    "all kinds have one link",
    [["const link = node + LINKS + kind;", "const link = node + LINKS;"]],
  ],
  [
    mail,
    "draining takes by load and store",
    [
      ["import { compareExchange, exchange, load }", "import { compareExchange, load, store }"],
      [
        "let mail = exchange(words, block + MAILBOX, seen & INCARNATION_MASK);",
        "let mail = load(words, block + MAILBOX);\n    store(words, block + MAILBOX, seen & INCARNATION_MASK);",
      ],
    ],
  ],
  [
    mail,
    "draining forgets the incarnation",
    [
      [
        "exchange(words, block + MAILBOX, seen & INCARNATION_MASK)",
        "exchange(words, block + MAILBOX, 0)",
      ],
    ],
  ],
  [
    mail,
    "draining does not turn the list round",
    [
      ["words[link] = newer;\n", ""],
      [
        "newer = mail;\n      mail = older;\n    }\n",
        "newer = newer === 0 ? mail : newer;\n      mail = older;\n    }\n",
      ],
    ],
  ],
  [mail, "what is in hand is not noted", [["    words[block + IN_HAND] = newer;\n", ""]]],
  [
    mail,
    "what is in hand is noted only at first",
    [["    words[this.participants.block(index) + IN_HAND] = next;\n", ""]],
  ],
  [
    dead,
    "a node is given up before its link is read",
    [
      [
        "    mail = words[node + LINKS + kind]!;\n    if (kind !== ABORT) giveUp(words, node);",
        "    if (kind !== ABORT) giveUp(words, node);\n    mail = words[node + LINKS + kind]!;",
      ],
    ],
    "right as well: nobody takes the place, and so the nodes, before the declaration of death is over",
  ],
  [dead, "a cell to be aborted is given up", [["if (kind !== ABORT) giveUp", "giveUp"]]],
  [dead, "one mail is given up only", [["while ((mail", "if ((mail"]]],
  // participants
  [
    people,
    "a place is taken by a store",
    [
      [
        "if (compareExchange(this.words, at, word, next) !== word) return false;\n    this.raise",
        "store(this.words, at, next);\n    this.raise",
      ],
    ],
  ],
  [
    people,
    "a place that was dead is taken without being reset",
    [["    if (status === Status.DEAD) this.reset(index, word >>> INCARNATION_SHIFT);\n", ""]],
  ],
  [
    people,
    "the highest place is not counted again",
    [["      used = found;\n    }\n  }", "      return;\n    }\n  }"]],
  ],
  [
    people,
    "the incarnation stays at a death",
    [["(word >>> INCARNATION_SHIFT) + 1", "word >>> INCARNATION_SHIFT"]],
  ],
  [
    people,
    "the mailbox of the dead is left",
    [["    disown(words, exchange(words, block + MAILBOX, emptyMailbox(incarnation)));\n", ""]],
  ],
  [
    people,
    "the mailbox of the dead keeps its incarnation",
    [["emptyMailbox(incarnation)));", "emptyMailbox(incarnation - 1)));"]],
  ],
  [
    people,
    "what the dead had in hand is left",
    [["    disown(words, exchange(words, block + IN_HAND, 0));\n", ""]],
  ],
  [
    people,
    "a death is announced before the mailbox is reset",
    [
      [
        "      this.reset(index, incarnation);\n      if (status",
        "      add(this.words, DEATHS, 1);\n      if (status",
      ],
      [
        "    // Last: who sees it finds the rest done (invariant 2).\n    add(this.words, DEATHS, 1);\n",
        "    this.reset(index, this.incarnationOf(index));\n",
      ],
    ],
  ],
  [people, "a death is not counted", [["    add(this.words, DEATHS, 1);\n", ""]]],
  [
    people,
    "a death is not declared again",
    [
      [
        "      if ((word & STATUS_MASK) !== Status.DEAD) return false;\n      this.reset(index, word >>> INCARNATION_SHIFT);",
        "      return (word & STATUS_MASK) === Status.DEAD;",
      ],
    ],
  ],
  [
    people,
    "who leaves is dead",
    [["if (status === Status.FREE) compareExchange", "if (status === null) compareExchange"]],
  ],
  [
    people,
    "an end is a store",
    [
      [
        "if (compareExchange(this.words, at, word, next) !== word) continue;",
        "store(this.words, at, next);",
      ],
    ],
  ],
  // run ring
  [
    ring,
    "a push shows the tail before the entry",
    [
      [
        "    store(words, this.slotsAt + (tail & last), entry);\n    this.tail = (tail + 1) | 0;\n    store(words, this.tailAt, this.tail);",
        "    this.tail = (tail + 1) | 0;\n    store(words, this.tailAt, this.tail);\n    store(words, this.slotsAt + (tail & last), entry);",
      ],
    ],
  ],
  [
    ring,
    "a push writes the entry plainly",
    [
      [
        "store(words, this.slotsAt + (tail & last), entry);",
        "words[this.slotsAt + (tail & last)] = entry;",
      ],
    ],
  ],
  [
    ring,
    "a push takes one entry too many",
    [["if (((tail - this.head) | 0) > last) {", "if (((tail - this.head) | 0) > last + 1) {"]],
  ],
  [
    ring,
    "a push takes one entry too few",
    [
      [
        "if (((tail - this.head) | 0) > last) return false;",
        "if (((tail - this.head) | 0) >= last) return false;",
      ],
    ],
  ],
  [
    ring,
    "a push does not look at the head again",
    [["      this.head = load(words, this.headAt);\n      if (((tail", "      if (((tail"]],
  ],
  [
    ring,
    "a pop stores the head",
    [
      [
        "const found = compareExchange(words, this.headAt, head, (head + 1) | 0);\n      if (found === head) return entry;",
        "const found = head;\n      store(words, this.headAt, (head + 1) | 0);\n      if (found === head) return entry;",
      ],
    ],
  ],
  [
    ring,
    "a pop gives up when a thief was faster",
    [["      // A thief was faster.\n      head = found;", "      return 0;"]],
  ],
  [
    ring,
    "a pop reads the entry after it has taken it",
    [
      ["      const entry = words[this.slotsAt + (head & this.last)]!;\n", ""],
      [
        "if (found === head) return entry;",
        "if (found === head) return words[this.slotsAt + (head & this.last)]!;",
      ],
    ],
    "right as well, for the owner alone overwrites slots; it is the thieves that must read first",
  ],
  [
    ring,
    "a thief takes before it reads",
    [
      [
        "    const first = load(words, slots + (head & mask));\n",
        "    if (compareExchange(words, source.headAt, head, (head + count) | 0) !== head) return 0;\n    const first = load(words, slots + (head & mask));\n",
      ],
      [
        "    if (compareExchange(words, source.headAt, head, (head + count) | 0) !== head) return 0;\n    this.taken",
        "    this.taken",
      ],
    ],
  ],
  [
    ring,
    "a thief stores the head",
    [
      [
        "    if (compareExchange(words, source.headAt, head, (head + count) | 0) !== head) return 0;\n    this.taken",
        "    store(words, source.headAt, (head + count) | 0);\n    this.taken",
      ],
    ],
  ],
  [
    ring,
    "a thief shows its entries before it has taken them",
    [
      [
        "    if (compareExchange(words, source.headAt, head, (head + count) | 0) !== head) return 0;\n    this.taken = count;\n    if (count > 1) {\n      this.tail = (tail + count - 1) | 0;\n      store(words, this.tailAt, this.tail);\n    }",
        "    this.taken = count;\n    if (count > 1) {\n      this.tail = (tail + count - 1) | 0;\n      store(words, this.tailAt, this.tail);\n    }\n    if (compareExchange(words, source.headAt, head, (head + count) | 0) !== head) return 0;",
      ],
    ],
  ],
  [
    ring,
    "a thief writes its slots plainly",
    [
      [
        "store(words, this.slotsAt + ((tail + i - 1) & last), entry);\n    }\n    if",
        "words[this.slotsAt + ((tail + i - 1) & last)] = entry;\n    }\n    if",
      ],
    ],
  ],
  [
    ring,
    "a thief reads the slots plainly",
    [
      [
        "const entry = load(words, slots + ((head + i) & mask));",
        "const entry = words[slots + ((head + i) & mask)]!;",
      ],
    ],
  ],
  [
    ring,
    "a thief shows one entry too many",
    [["this.tail = (tail + count - 1) | 0;", "this.tail = (tail + count) | 0;"]],
  ],
  [
    ring,
    "a thief trusts a head that is far behind",
    [["      if (length > victim.last + 1) continue;\n", ""]],
    "right as well: such a head has moved, so the swap fails; the question only saves the copying",
  ],
  [ring, "a thief steals though it has enough", [["    if (this.length > half) return 0;\n", ""]]],
  [
    ring,
    "a thief reads the tail first",
    [
      [
        "      const head = load(words, victim.headAt);\n      const length = (load(words, victim.tailAt) - head) | 0;\n      const count",
        "      const tail = load(words, victim.tailAt);\n      const head = load(words, victim.headAt);\n      const length = (tail - head) | 0;\n      const count",
      ],
    ],
  ],
  [
    ring,
    "a consumer reads the outbox's buffer before its tail",
    [
      [
        "      const head = load(words, outbox.headAt);\n      // The tail",
        "      const slots = outbox.slots();\n      const head = load(words, outbox.headAt);\n      // The tail",
      ],
      ["this.take(outbox, outbox.slots(), head, Math", "this.take(outbox, slots, head, Math"],
    ],
  ],
  [
    ring,
    "a consumer takes more than it has room for",
    [["Math.min(share, length, most)", "Math.min(share, length)"]],
  ],
  [
    ring,
    "a spill stores the head",
    [
      [
        "if (compareExchange(words, this.headAt, head, (head + count) | 0) !== head) return Spilled.ROOM;",
        "store(words, this.headAt, (head + count) | 0);",
      ],
    ],
  ],
  [
    ring,
    "a spill is shown before it is taken",
    [
      [
        "    if (compareExchange(words, this.headAt, head, (head + count) | 0) !== head) return Spilled.ROOM;\n    outbox.stage(count, entry);\n    outbox.publish(count + 1);",
        "    outbox.stage(count, entry);\n    outbox.publish(count + 1);\n    if (compareExchange(words, this.headAt, head, (head + count) | 0) !== head) return Spilled.ROOM;",
      ],
    ],
  ],
  [
    ring,
    "a spill reserves no memory",
    [["    if (!outbox.reserve(count + 1)) return Spilled.NO_MEMORY;\n", ""]],
  ],
  [
    ring,
    "a spill forgets the new entry",
    [["    outbox.publish(count + 1);", "    outbox.publish(count);"]],
  ],
  [
    ring,
    "a spill does not see that there is room",
    [["    if (((this.tail - head) | 0) <= last) return Spilled.ROOM;\n", ""]],
  ],
  // outbox, offers, inject
  [
    outbox,
    "the tail is shown before the entry",
    [
      [
        "    store(this.words, this.slotsAt + (this.tail & (this.capacity - 1)), entry);\n    this.publish(1);",
        "    this.publish(1);\n    store(this.words, this.slotsAt + ((this.tail - 1) & (this.capacity - 1)), entry);",
      ],
    ],
  ],
  [outbox, "the new buffer is not published", [["    store(words, this.bufferAt, buffer);\n", ""]]],
  [
    outbox,
    "the new buffer is published before it is filled",
    [
      [
        "    words[buffer] = capacity - 1;\n",
        "    store(words, this.bufferAt, buffer);\n    words[buffer] = capacity - 1;\n",
      ],
      [
        "    this.capacity = capacity;\n    store(words, this.bufferAt, buffer);\n",
        "    this.capacity = capacity;\n",
      ],
    ],
  ],
  [
    outbox,
    "the entries are not copied at the same indices",
    [
      [
        "words[buffer + 1 + (i & (capacity - 1))]",
        "words[buffer + 1 + ((i - this.head) & (capacity - 1))]",
      ],
    ],
  ],
  [
    outbox,
    "growth forgets the newest entry",
    [
      [
        "for (let i = this.head; i !== this.tail;",
        "for (let i = this.head; i !== ((this.tail - 1) | 0);",
      ],
    ],
  ],
  [
    outbox,
    "a full buffer is overwritten",
    [[">= this.capacity && !this.reserve(1)", "> this.capacity && !this.reserve(1)"]],
  ],
  [
    outbox,
    "a consumer stores the head",
    [
      [
        "if (compareExchange(words, this.headAt, head, (head + 1) | 0) === head) return entry;",
        "store(words, this.headAt, (head + 1) | 0);\n      return entry;",
      ],
    ],
  ],
  [
    outbox,
    "a consumer reads the entry after it has taken it",
    [
      [
        "      const slots = this.slots();\n      const entry = load(words, slots + (head & this.mask(slots)));\n      if (compareExchange(words, this.headAt, head, (head + 1) | 0) === head) return entry;",
        "      if (compareExchange(words, this.headAt, head, (head + 1) | 0) !== head) continue;\n      const slots = this.slots();\n      return load(words, slots + (head & this.mask(slots)));",
      ],
    ],
  ],
  [
    outbox,
    "a consumer reads the buffer first",
    [
      [
        "    for (;;) {\n      const head = load(words, this.headAt);\n      if (load(words, this.tailAt) === head) return 0;\n      const slots = this.slots();",
        "    for (;;) {\n      const slots = this.slots();\n      const head = load(words, this.headAt);\n      if (load(words, this.tailAt) === head) return 0;",
      ],
    ],
  ],
  [
    outbox,
    "entries are written plainly",
    [
      [
        "    store(this.words, this.slotsAt + (this.tail & (this.capacity - 1)), entry);",
        "    this.words[this.slotsAt + (this.tail & (this.capacity - 1))] = entry;",
      ],
    ],
  ],
  [
    outbox,
    "an heir does not know the buffer",
    [["    const buffer = load(words, this.bufferAt);\n", "    const buffer = 0;\n"]],
  ],
  [
    offers,
    "a bit is set by a store",
    [
      storeFor,
      [
        "const found = compareExchange(this.words, at, word, word | bit);",
        "const found = word;\n      store(this.words, at, word | bit);",
      ],
    ],
  ],
  [
    offers,
    "a bit is cleared by a store",
    [
      storeFor,
      [
        "const found = compareExchange(this.words, at, word, word & ~bit);",
        "const found = word;\n      store(this.words, at, word & ~bit);",
      ],
    ],
  ],
  [offers, "all bits are cleared", [["word & ~bit", "0"]]],
  [
    offers,
    "a search does not go round",
    [["for (let i = 0; i <= words; i += 1) {", "for (let i = 0; i < words; i += 1) {"]],
  ],
  [
    inject,
    "what is pushed is not offered",
    [["    this.offers.offer(index);\n    return true;", "    return true;"]],
  ],
  [
    inject,
    "what is pushed is offered before",
    [
      [
        "    if (!this.outbox(index).push(entry)) return false;\n    this.offers.offer(index);\n    return true;",
        "    this.offers.offer(index);\n    return this.outbox(index).push(entry);",
      ],
    ],
  ],
  [
    inject,
    "who clears a bit does not look again",
    [["    if (this.outbox(index).length !== 0) this.offers.offer(index);\n", ""]],
  ],
  [
    inject,
    "who clears a bit has looked before",
    [
      [
        "    this.offers.withdraw(index);\n    if (this.outbox(index).length !== 0) this.offers.offer(index);",
        "    if (this.outbox(index).length === 0) this.offers.withdraw(index);",
      ],
    ],
  ],
  [inject, "every search begins at the first", [["    this.cursor = index + 1;\n", ""]]],
  [
    lifo,
    "taking is a load and a store",
    [
      ["import { exchange, load }", "import { exchange, load, store }"],
      [
        "return load(this.words, this.at) === 0 ? 0 : exchange(this.words, this.at, 0);",
        "const entry = load(this.words, this.at);\n    store(this.words, this.at, 0);\n    return entry;",
      ],
    ],
  ],
  [
    lifo,
    "putting is a store",
    [
      ["import { exchange, load }", "import { exchange, load, store }"],
      [
        "return exchange(this.words, this.at, entry);",
        "const old = load(this.words, this.at);\n    store(this.words, this.at, entry);\n    return old;",
      ],
    ],
  ],
  // idle, park
  [
    idle,
    "notifyOne does not ask for searchers",
    [
      [
        "      if (word >>> 16 !== 0) return -1;\n      sleepers |= word;",
        "      sleepers |= word;",
      ],
      ["        if (word >>> 16 !== 0) return -1;\n        const bit", "        const bit"],
    ],
  ],
  [
    idle,
    "notifyOne does not claim",
    [
      [
        "const found = compareExchange(this.words, at, word, (word ^ bit) | (bit << 16));\n        if",
        "const found = word;\n        if",
      ],
    ],
  ],
  [idle, "a claimed sleeper does not search", [["(word ^ bit) | (bit << 16)", "word ^ bit"]]],
  [
    idle,
    "a claimed sleeper is still asleep",
    [["(word ^ bit) | (bit << 16)", "word | (bit << 16)"]],
  ],
  [
    idle,
    "notifyOne gives up when the word has changed",
    [
      [
        "        // Somebody has gone to sleep, woken up or been claimed.\n        word = found;",
        "        return -1;",
      ],
    ],
  ],
  [
    idle,
    "the cap on searchers is missing",
    [["      if (2 * this.searching() >= this.workers) return false;\n", ""]],
  ],
  [idle, "the cap is one too low", [["2 * this.searching() >=", "2 * this.searching() + 1 >="]]],
  [
    idle,
    "searching is announced by a store",
    [
      storeFor,
      [
        "if (compareExchange(this.words, at, word, word | (bit << 16)) === word) return true;",
        "store(this.words, at, word | (bit << 16));\n      return true;",
      ],
    ],
  ],
  [
    idle,
    "who has found something goes on searching",
    [
      [
        "    this.change(worker, false);\n    return !this.anySearching();\n  }\n\n  /**",
        "    return !this.anySearching();\n  }\n\n  /**",
      ],
    ],
  ],
  [
    idle,
    "the last searcher does not know it",
    [
      [
        "    this.change(worker, false);\n    return !this.anySearching();",
        "    this.change(worker, false);\n    return false;",
      ],
    ],
  ],
  [
    idle,
    "the last searcher asks before it stops",
    [
      [
        "    this.change(worker, false);\n    return !this.anySearching();",
        "    const last = !this.anySearching();\n    this.change(worker, false);\n    return last;",
      ],
    ],
  ],
  [
    idle,
    "a sleeper need not look again",
    [
      [
        "    this.change(worker, true);\n    return !this.anySearching();",
        "    this.change(worker, true);\n    return false;",
      ],
    ],
  ],
  [
    idle,
    "a sleeper asks for searchers before it sleeps",
    [
      [
        "    this.change(worker, true);\n    return !this.anySearching();",
        "    const look = !this.anySearching();\n    this.change(worker, true);\n    return look;",
      ],
    ],
  ],
  [idle, "a sleeper does not say that it sleeps", [[" | (asleep ? bit : 0)", ""]]],
  [idle, "a sleeper goes on searching", [["(word & ~(bit | (bit << 16)))", "(word & ~bit)"]]],
  [
    idle,
    "changes are stores",
    [
      storeFor,
      [
        "const found = compareExchange(this.words, at, word, next);\n      if (found === word) return;",
        "const found = word;\n      store(this.words, at, next);\n      if (found === word) return;",
      ],
    ],
  ],
  [
    idle,
    "who wakes does not see that it was claimed",
    [
      [
        "    return (word & (bit << 16)) !== 0;\n  }\n\n  /** Forgets",
        "    return false;\n  }\n\n  /** Forgets",
      ],
    ],
  ],
  [
    idle,
    "who wakes clears its bit by a store",
    [
      storeFor,
      [
        "const found = compareExchange(this.words, at, word, word ^ bit);",
        "const found = word;\n      store(this.words, at, word ^ bit);",
      ],
    ],
  ],
  [shared, "the dead are not forgotten", [["this.idle.forget(index - 1);", "void index;"]]],
  [
    shared,
    "nobody is woken for a death",
    [["    this.unparkAll();\n    return true;", "    return true;"]],
  ],
  [
    shared,
    "the first mail does not wake",
    [["    if (posted === Posted.FIRST) this.parks.wake(indexOfRef(ref));\n", ""]],
  ],
  [
    shared,
    "a worker that is claimed is not unparked",
    [["if (worker >= 0) this.parks.unpark(worker + 1);", "void worker;"]],
  ],
  [
    shared,
    "a worker that is claimed is only woken",
    [
      [
        "if (worker >= 0) this.parks.unpark(worker + 1);",
        "if (worker >= 0) this.parks.wake(worker + 1);",
      ],
    ],
  ],
  [
    park,
    "announcing is a store",
    [
      [
        "if (compareExchange(this.words, at, EMPTY, how) === EMPTY) return true;",
        "store(this.words, at, how);\n    if (how >= 2) return true;",
      ],
    ],
  ],
  [
    park,
    "a notification is not used up",
    [["    exchange(this.words, at, EMPTY);\n    return false;", "    return false;"]],
  ],
  [
    park,
    "unpark does not set the word",
    [
      [
        "if (exchange(this.words, at, NOTIFIED) >= Parked.BLOCKED)",
        "if (load(this.words, at) >= Parked.BLOCKED)",
      ],
    ],
  ],
  [
    park,
    "unpark stores and does not see the sleeper",
    [
      [
        "if (exchange(this.words, at, NOTIFIED) >= Parked.BLOCKED)",
        "store(this.words, at, NOTIFIED);\n    if (load(this.words, at) >= Parked.BLOCKED)",
      ],
    ],
  ],
  [
    park,
    "unpark calls only the hosted",
    [["NOTIFIED) >= Parked.BLOCKED)", "NOTIFIED) > Parked.BLOCKED)"]],
  ],
  [
    park,
    "wake does not set the word",
    [
      [
        "if (compareExchange(this.words, at, seen, NOTIFIED) === seen) this.call(index, at);",
        "this.call(index, at);",
      ],
    ],
  ],
  [
    park,
    "wake calls before it sets the word",
    [
      [
        "if (compareExchange(this.words, at, seen, NOTIFIED) === seen) this.call(index, at);",
        "this.call(index, at);\n    compareExchange(this.words, at, seen, NOTIFIED);",
      ],
    ],
  ],
  [park, "wake makes no call", [["=== seen) this.call(index, at);", "=== seen) void index;"]]],
  [
    park,
    "everybody makes the native call",
    [
      [
        "if (compareExchange(this.words, at, seen, NOTIFIED) === seen) this.call(index, at);",
        "exchange(this.words, at, NOTIFIED);\n    this.call(index, at);",
      ],
    ],
  ],
  [
    park,
    "who wakes up stays announced",
    [
      [
        "return exchange(this.words, this.address(index), EMPTY) === NOTIFIED;",
        "return load(this.words, this.address(index)) === NOTIFIED;",
      ],
    ],
  ],
  // memory
  [
    segment,
    "memory is taken by a store",
    [
      [
        "const found = compareExchange(this.words, TOP, top, top + size);",
        "const found = top;\n      store(this.words, TOP, top + size);",
      ],
    ],
  ],
  [
    segment,
    "the limit is passed by one",
    [["while (size <= this.sizes.limit - top)", "while (size <= this.sizes.limit - top + 32)"]],
  ],
  [
    segment,
    "the limit is not reached",
    [["while (size <= this.sizes.limit - top)", "while (size < this.sizes.limit - top)"]],
  ],
  [
    segment,
    "a second try is where the first was",
    [["      top = found;\n", "      if (found < 0) top = found;\n"]],
  ],
  [
    heap,
    "a remote free stores",
    [
      ["import { compareExchange, exchange, load, store }", "import { exchange, load, store }"],
      [
        "const found = compareExchange(words, at, head, block);",
        "const found = head;\n      store(words, at, block);",
      ],
    ],
  ],
  [
    heap,
    "a remote free links after it has swapped",
    [
      ["      words[block + LINK] = head;\n      const found", "      const found"],
      [
        "      if (found === head) return;\n      head = found;\n    }\n  }\n\n  /** Takes in",
        "      if (found === head) {\n        words[block + LINK] = head;\n        return;\n      }\n      head = found;\n    }\n  }\n\n  /** Takes in",
      ],
    ],
  ],
  [
    heap,
    "a remote free goes to the freer's own list",
    [["if (owner === this.index) {", "if (owner >= 0) {"]],
  ],
  [
    heap,
    "reclaiming takes by load and store",
    [
      [
        "let block = exchange(words, this.remoteAt, 0);",
        "let block = load(words, this.remoteAt);\n    store(words, this.remoteAt, 0);",
      ],
    ],
  ],
  [heap, "reclaiming takes one block only", [["while (block !== 0) {", "if (block !== 0) {"]]],
  [
    heap,
    "reclaiming reads the link too late",
    [
      [
        "      const next = words[block + LINK]!;\n      this.live -= 1;\n      this.push(block);\n      block = next;",
        "      this.live -= 1;\n      this.push(block);\n      block = words[block + LINK]!;",
      ],
    ],
  ],
  [
    heap,
    "all sizes go to one list",
    [
      [
        "const list = this.at + LISTS + (words[block]! >>> CLASS_SHIFT);",
        "const list = this.at + LISTS;",
      ],
    ],
  ],
  [
    heap,
    "an arena is overrun",
    [["< count && !this.newArena()", "< count - 8 && !this.newArena()"]],
  ],
  [
    heap,
    "a block stays in its list",
    [["else words[list] = words[block + LINK]!;", "else words[list] = block;"]],
  ],
  [
    heap,
    "a size is rounded down",
    [["(words - 1) >>> (doubling - 2)) - 3", "(words - 1) >>> (doubling - 2)) - 4"]],
  ],
  [
    pool,
    "a cell stays in the list",
    [["    words[at + FREE] = words[cell + LINKS]!;\n    this.live", "    this.live"]],
  ],
  [
    pool,
    "an heir counts free cells among those that are out",
    [["if (free.has(cell)) words", "if (free.size < 0) words"]],
  ],
  [
    pool,
    "an heir does not offer what is queued",
    [["        heir.offer(this.cells.enqueueDetached(cell));\n        return;", "        return;"]],
  ],
  [
    pool,
    "an heir offers with the old spawner",
    [
      [
        "      if (this.cells.withdraw(cell)) {\n        this.words[cell + SPAWNER] = this.ref;\n",
        "      if (this.cells.withdraw(cell)) {\n",
      ],
    ],
  ],
  [
    pool,
    "an heir offers what is running",
    [
      [
        "      if (this.cells.withdraw(cell)) {",
        "      this.cells.withdraw(cell);\n      if (cell > 0) {",
      ],
    ],
  ],
  [
    pool,
    "an heir takes what has ended without waiting for its executor",
    [
      [
        "    if (phase === Phase.FREE) return true;\n    if (participants",
        "    if (phase === Phase.FREE || phase === Phase.DONE) return true;\n    if (participants",
      ],
    ],
  ],
  [
    pool,
    "an heir takes what runs",
    [["    return !participants.isCurrent(executorOf(state));", "    return true;"]],
  ],
  [
    pool,
    "an heir never looks again",
    [["      this.free(cell);\n      return false;", "      return false;"]],
  ],
  [
    keys,
    "a key is appended by a store",
    [
      storeFor,
      [
        "while (compareExchange(this.words, this.end, 0, node) !== 0) {",
        "while (load(this.words, this.end) === 0 ? (store(this.words, this.end, node), false) : true) {",
      ],
    ],
  ],
  [
    keys,
    "who was slower adds the key again",
    [
      ["      if (same !== undefined) return same;\n", ""],
      ["      const same = this.numbers.get(key);\n", ""],
    ],
  ],
  [
    keys,
    "the list is not read on after a lost race",
    [["      this.readOn();\n      const same", "      const same"]],
  ],
  [
    waiters,
    "registering is a store",
    [
      [
        "const found = compareExchange(this.words, at, head, node);",
        "const found = head;\n      store(this.words, at, node);",
      ],
    ],
  ],
  [
    waiters,
    "registering links after it is shown",
    [
      ["      this.words[node + NEXT] = head;\n", ""],
      [
        "      if (found === head) return;\n      head = found;",
        "      if (found === head) {\n        this.words[node + NEXT] = head;\n        return;\n      }\n      head = found;",
      ],
    ],
  ],
  [
    waiters,
    "waking takes by load and store",
    [
      [
        "let node = exchange(words, at, 0);",
        "let node = load(words, at);\n    store(words, at, 0);",
      ],
    ],
  ],
  [
    waiters,
    "waking reads the link after the node is mailed",
    [
      [
        "      const next = words[node + NEXT]!;\n      this.mail(node);\n      node = next;",
        "      this.mail(node);\n      node = words[node + NEXT]!;",
      ],
    ],
  ],
  [waiters, "waking wakes one", [["while (node !== 0) {", "if (node !== 0) {"]]],
  [
    waiters,
    "the node of the dead is not given up",
    [["else if (posted === Posted.REFUSED) giveUp(this.words, node);", ""]],
  ],
  [
    waiters,
    "the first mail does not wake its owner",
    [["if (posted === Posted.FIRST) this.parks.wake(indexOfRef(ref));\n    else if", "if"]],
  ],
];
