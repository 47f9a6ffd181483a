// What `mutate-shared.mjs` breaks in packages/sync/src/shared: file, what is broken, the edits, and why it may survive.
const at = (name) => `packages/sync/src/shared/${name}.ts`;
const model = (name) => `packages/sync/test/model/${name}.model.test.ts`;
const lock = at("robust-lock");
const line = at("line");
const guarded = at("guarded");
const lined = at("shared-line");
const semaphore = at("shared-semaphore");
const notify = at("shared-notify");
const oneshot = at("shared-oneshot");
const watch = at("shared-watch");
const barrier = at("shared-barrier");
const broadcast = at("shared-broadcast");
const values = at("value-ring");
const long = at("long");
const channel = at("shared-channel");
const held = at("held");

/** The tests of each file. */
export const syncTests = {
  [lock]: [model("lock"), model("semaphore")],
  [line]: [model("lock"), model("semaphore")],
  [guarded]: [model("semaphore"), model("watch"), model("notify")],
  [lined]: [model("semaphore"), model("notify")],
  [semaphore]: [model("semaphore")],
  [notify]: [model("notify")],
  [oneshot]: [model("oneshot")],
  [watch]: [model("watch")],
  [barrier]: [model("barrier")],
  [broadcast]: [model("broadcast")],
  [values]: [model("broadcast")],
  [long]: [model("broadcast")],
  [channel]: [model("shared"), model("mpsc")],
  [held]: [model("shared"), model("mpsc")],
};

export const syncMutants = [
  // robust-lock
  [
    lock,
    "a free lock is taken without a swap",
    [
      [
        "const found = compareExchange(this.host.words, this.at, 0, this.me);",
        "const found = load(this.host.words, this.at);\n    if (found === 0) exchange(this.host.words, this.at, this.me);",
      ],
    ],
  ],
  [
    lock,
    "the lock is not given back",
    [["(exchange(words, this.at, 0) & SLEEPERS)", "(load(words, this.at) & SLEEPERS)"]],
  ],
  [lock, "who sleeps is not woken", [["notify(words, this.at, 1);", "return;"]]],
  [
    lock,
    "who has slept forgets that others may sleep",
    [["        me = this.me | SLEEPERS;\n", ""]],
  ],
  [
    lock,
    "who takes the lock of a dead holder is not told",
    [["if (seen === word) return dead;", "if (seen === word) return false;"]],
  ],
  [
    lock,
    "who takes a free lock is told that its holder died",
    [["if (seen === word) return dead;", "if (seen === word) return true;"]],
  ],
  [
    lock,
    "the lock of a dead holder is not taken",
    [["const dead = word !== 0 && !this.host", "const dead = word < 0 && !this.host"]],
  ],
  [
    lock,
    "who sleeps does not say so",
    [
      [
        "if (asleep !== word && compareExchange(words, this.at, word, asleep) !== word) return;",
        "if (load(words, this.at) !== word) return;",
      ],
      ["wait(words, this.at, asleep, SLEEP_MS)", "wait(words, this.at, word, SLEEP_MS)"],
    ],
  ],

  // line
  [
    line,
    "a push does not link the way forth",
    [
      [
        "words[last === 0 ? at + FIRST : last + NEXT] = node;",
        "if (last === 0) words[at + FIRST] = node;",
      ],
    ],
  ],
  [line, "a push does not move the end", [["    words[at + LAST] = node;\n", ""]]],
  [
    line,
    "a removal keeps the way forth",
    [["    words[previous === 0 ? at + FIRST : previous + NEXT] = next;\n", ""]],
  ],
  [
    line,
    "a removal keeps the way back",
    [["    words[next === 0 ? at + LAST : next + PREVIOUS] = previous;\n", ""]],
  ],
  [line, "the last node is not mended", [["    words[at + LAST] = previous;\n", ""]]],
  [line, "the way back is not mended", [["      words[node + PREVIOUS] = previous;\n", ""]]],

  // guarded
  [
    guarded,
    "the dead are not buried",
    [
      [
        "if (owner !== 0 && !this.host.isCurrent(owner - 1)) this.buryMember(member);",
        "if (owner < 0) this.buryMember(member);",
      ],
    ],
  ],
  [
    guarded,
    "a death is not noticed",
    [["if (!broken && this.words[this.at + DEATHS] === deaths) return;", "if (!broken) return;"]],
  ],
  [guarded, "nothing is mended", [["    if (broken) this.mend();\n", ""]]],
  [guarded, "nothing follows from burials", [["    this.buried();\n", ""]]],
  [
    guarded,
    "after a death in the lock nobody is told",
    [["    if (broken) this.tellAll();\n", ""]],
    "right as well: a death wakes whoever waits for anything among threads, and these look (`died`)",
  ],
  [
    guarded,
    "those that are told are not woken",
    [["else this.host.wakeAll(member + WAKE);", "else continue;"]],
  ],
  [guarded, "the thread itself is not told", [["    if (here) this.look();\n", ""]]],
  [
    guarded,
    "those that are told are woken before the lock is given back",
    [
      [
        "    this.lock.give();\n    if (this.told.length > 0) this.wakeTold();",
        "    for (const member of this.told.splice(0)) this.host.wakeAll(member + WAKE);\n    this.lock.give();",
      ],
    ],
  ],
  [
    guarded,
    "the last use does not destroy the thing",
    [["if (release(this.host, this.at)) this.destroy();", "release(this.host, this.at);"]],
  ],
  [
    guarded,
    "a record that was not needed is kept",
    [["    if (this.member !== spare) this.host.free(spare);\n", ""]],
    "memory only: such a record is a thread's second one",
  ],
  [
    guarded,
    "the use of the dead is kept",
    [["    if (attached) release(this.host, this.at);\n", ""]],
  ],
  [
    guarded,
    "a record does not say whose it is",
    [["    words[member + OWNER] = this.host.ref + 1;\n", ""]],
  ],

  // shared-line
  [
    lined,
    "who waits is not registered",
    [["    this.host.register(this.member + WAKE, this);\n", ""]],
  ],
  [
    lined,
    "who waits on is not registered again",
    [["    if (this.waits.size > 0) this.arm();\n", ""]],
  ],
  [lined, "who ends a wait tells nobody", [["    this.tell(member);\n", ""]]],
  [
    lined,
    "the first that waits is not followed by the next",
    [
      [
        "    if (this.firstWaiting === node) this.words[this.at + FIRST_WAITING] = this.waitingFrom(node);\n",
        "",
      ],
    ],
  ],
  [
    lined,
    "a wait that is given up stays the first",
    [
      [
        "    if (this.firstWaiting === node)\n      this.words[this.at + FIRST_WAITING] = this.waitingFrom(this.line.next(node));\n",
        "",
      ],
    ],
  ],
  [
    lined,
    "the first wait of a line is not the first",
    [["    if (this.firstWaiting === 0) this.words[this.at + FIRST_WAITING] = node;\n", ""]],
  ],
  [
    lined,
    "a wait that has ended and is given up stays among the ready",
    [["    if (this.words[node + STATE] !== 0) this.takeOffReady(node);\n", ""]],
  ],
  [
    lined,
    "the dead keep their places",
    [["if (words[node + MEMBER] === member) {", "if (words[node + MEMBER] === -1) {"]],
  ],
  [
    lined,
    "the nodes of the dead are kept",
    [
      [
        "        this.remove(node, Leaves.BURIED);\n        this.host.free(node);",
        "        this.remove(node, Leaves.BURIED);",
      ],
    ],
    "it costs memory only, of a thread that has died",
  ],
  [
    lined,
    "those that are ready are not mended",
    [
      [
        "      if (words[node + STATE] !== 0) this.putReady(node);",
        "      if (words[node + STATE] === -1) this.putReady(node);",
      ],
    ],
  ],
  [
    lined,
    "the first that waits is not mended",
    [["    words[this.at + FIRST_WAITING] = this.waitingFrom(line.first);\n", ""]],
  ],
  [lined, "the line is not mended", [["    line.mend();\n", ""]]],

  // shared-semaphore
  [
    semaphore,
    "permits that come back serve nobody",
    [
      [
        "    this.put(FREE, (this.words[this.at + FREE] as number) + count);\n    this.serve();",
        "    this.put(FREE, (this.words[this.at + FREE] as number) + count);",
      ],
    ],
  ],
  [
    semaphore,
    "new permits serve nobody",
    [
      [
        "      this.put(FREE, (words[at + FREE] as number) + count);\n      this.serve();",
        "      this.put(FREE, (words[at + FREE] as number) + count);",
      ],
    ],
  ],
  [
    semaphore,
    "a wait that is given up serves nobody",
    [
      [
        "    this.put(FREE, (words[at + FREE] as number) + got);\n    this.serve();",
        "    this.put(FREE, (words[at + FREE] as number) + got);",
      ],
    ],
  ],
  [
    semaphore,
    "a wait that is given up keeps what it has got",
    [["    this.put(FREE, (words[at + FREE] as number) + got);\n", ""]],
  ],
  [
    semaphore,
    "permits that are taken are not counted as held",
    [["    (words[member + HELD] as number) += count;\n", ""]],
  ],
  [
    semaphore,
    "permits that were waited for are not counted as held",
    [["if (why === Leaves.COLLECTED) (words[this.member + HELD] as number) += got;", ""]],
  ],
  [
    semaphore,
    "permits that are given back stay counted as held",
    [["    (this.words[this.member + HELD] as number) -= count;\n    this.put", "    this.put"]],
  ],
  [semaphore, "the dead keep their permits", [["    this.words[member + HELD] = 0;\n", ""]]],
  [
    semaphore,
    "what is free is not made anew",
    [["    this.put(FREE, (words[at + TOTAL] as number) - out);\n", ""]],
  ],
  [
    semaphore,
    "what waits have got is taken for free",
    [["      out += words[node + GOT] as number;", "      out += 0;"]],
  ],
  [semaphore, "the death of who had permits serves nobody", [["    else this.serve();\n", ""]]],
  [
    semaphore,
    "a closed semaphore lets waits join",
    [["if (this.words[this.at + CLOSED] !== 0) return CLOSED_NOW;", ""]],
  ],
  [
    semaphore,
    "closing refuses nobody",
    [["    this.put(CLOSED, 1);\n    this.refuseAll();", "    this.put(CLOSED, 1);"]],
  ],
  [
    semaphore,
    "a death while it is closed refuses nobody",
    [["if (words[at + CLOSED] !== 0) this.refuseAll();", "if (words[at + CLOSED] !== 0) return;"]],
  ],
  [
    semaphore,
    "closing keeps what waits had got",
    [["      this.put(FREE, (words[at + FREE] as number) + (words[node + GOT] as number));\n", ""]],
  ],
  [
    semaphore,
    "forgetting does not lower the total",
    [["    (words[at + TOTAL] as number) -= gone;\n", ""]],
  ],
  [
    semaphore,
    "adding does not raise the total",
    [["      (words[at + TOTAL] as number) += count;\n", ""]],
  ],
  [
    semaphore,
    "who is served first is the one that came last",
    [
      [
        "for (let node = this.firstWaiting; node !== 0; node = this.firstWaiting) {\n      const free",
        "for (let node = this.line.last; node !== 0; node = this.firstWaiting) {\n      const free",
      ],
    ],
  ],

  // shared-notify
  [
    notify,
    "a wait does not look at the calls",
    [["    if (words[at + CALLS] !== since) return false;\n", ""]],
  ],
  [notify, "a permit is taken twice", [["    words[at + PERMIT] = 0;\n", ""]]],
  [
    notify,
    "a notification that nobody waits for is lost",
    [["if (node === 0) this.words[this.at + PERMIT] = 1;", "if (node === 0) return;"]],
  ],
  [
    notify,
    "notifyWaiters notifies nobody",
    [
      [
        "    this.put(CALLS, ((this.words[this.at + CALLS] as number) + 1) | 0);\n    this.notifyOlder();",
        "    this.put(CALLS, ((this.words[this.at + CALLS] as number) + 1) | 0);",
      ],
    ],
  ],
  [
    notify,
    "notifyWaiters does not count",
    [["    this.put(CALLS, ((this.words[this.at + CALLS] as number) + 1) | 0);\n", ""]],
  ],
  [
    notify,
    "a wait that is given up keeps its notification",
    [["if (state === Notice.BY_ONE || state === Notice.BY_LAST) this.give(state);", ""]],
  ],
  [
    notify,
    "those that notifyWaiters left behind are not mended",
    [["    super.mend();\n    this.notifyOlder();", "    super.mend();"]],
  ],
  [
    notify,
    "the newest wait is the oldest",
    [["let node = this.line.last;", "let node = this.firstWaiting;"]],
  ],

  // shared-oneshot
  [
    oneshot,
    "a phase is stored, not swapped",
    [
      [
        "if (compareExchange(this.words, this.at + STATE, Phase.OPEN, phase) !== Phase.OPEN)",
        "if (load(this.words, this.at + STATE) === Phase.OPEN) store(this.words, this.at + STATE, phase);\n    else",
      ],
    ],
  ],
  [
    oneshot,
    "the receiver is not woken",
    [["      return false;\n    this.host.wakeAll(this.at + VALUE_WAIT);", "      return false;"]],
  ],
  [
    oneshot,
    "the sender is not woken",
    [["    this.host.wakeAll(this.at + GONE_WAIT);\n    return true;", "    return true;"]],
  ],
  [
    oneshot,
    "a value that is too late is kept",
    [["    if (!sent) this.host.discard(node);\n", ""]],
  ],
  [
    oneshot,
    "a value that nobody takes is kept",
    [
      [
        "if (load(this.words, at + STATE) === Phase.SENT) host.discard(this.words[at + VALUE] as number);",
        "",
      ],
    ],
  ],
  [
    oneshot,
    "a value that was taken stays sent",
    [["    store(this.words, this.at + STATE, Phase.TAKEN);\n", ""]],
  ],
  [
    oneshot,
    "the value is written after it was sent",
    [
      [
        "    this.words[this.at + VALUE] = node;\n    const sent = this.move(Phase.SENT);",
        "    const sent = this.move(Phase.SENT);\n    this.words[this.at + VALUE] = node;",
      ],
    ],
  ],
  [oneshot, "an end does not look after the other", [["    this.move(phase);\n  }\n", "  }\n"]]],
  [
    oneshot,
    "an end does not say where it is",
    [["    store(this.words, this.at + SENDER, this.host.ref);\n", ""]],
  ],
  [
    oneshot,
    "the receiver does not say where it is",
    [["    store(this.words, this.at + RECEIVER, this.host.ref);\n", ""]],
  ],
  [
    oneshot,
    "an end keeps its use",
    [["    this.last = this.phase;\n    this.giveUse();", "    this.last = this.phase;"]],
  ],

  // shared-watch
  [
    watch,
    "a value is replaced whatever its version",
    [["const fits = expected < 0 || before === expected;", "const fits = true;"]],
  ],
  [
    watch,
    "a new value has the old version",
    [["    this.put(VERSION, (version + 1) & MOST_VERSIONS);\n", ""]],
  ],
  [
    watch,
    "a new value wakes nobody",
    [["    host.wakeAll(this.newsAt);\n    return true;", "    return true;"]],
  ],
  [
    watch,
    "a value is read without being used",
    [
      ["    add(words, node, 1);\n    this.leave();", "    this.leave();"],
      [
        "      this.giveUse(node);\n    }\n  }\n\n  /** The value that was read last may",
        "    }\n  }\n\n  /** The value that was read last may",
      ],
    ],
  ],
  [watch, "the value that is replaced is kept", [["    this.giveUse(old);\n", ""]]],
  [watch, "the last sender wakes nobody", [["    if (last) this.wakeAfter(end);\n", ""]]],
  [
    watch,
    "an end that comes stays with its sender",
    [
      [
        "      this.change(member, end, -1);\n    this.leave();\n    if (!first)",
        "      this.change(member, end, 0);\n    this.leave();\n    if (!first)",
      ],
    ],
  ],
  [
    watch,
    "the ends of the dead stay open",
    [["    this.words[member + ENDS + WatchEnd.SENDER] = 0;\n", ""]],
  ],
  [watch, "the count of ends is not made anew", [["      this.put(COUNTS + end, left);\n", ""]]],

  // shared-barrier
  [
    barrier,
    "the last to come lets nobody go",
    [["    words[at + ARRIVED] = 0;\n    this.passOlder();\n", "    words[at + ARRIVED] = 0;\n"]],
  ],
  [
    barrier,
    "a round that is complete is not counted",
    [["    words[at + ROUND] = ((words[at + ROUND] as number) + 1) | 0;\n", ""]],
  ],
  [
    barrier,
    "a round begins with those of the last",
    [["    words[at + ARRIVED] = 0;\n    this.passOlder();\n", "    this.passOlder();\n"]],
  ],
  [barrier, "an arrival is not counted", [["    (words[at + ARRIVED] as number) += 1;\n", ""]]],
  [
    barrier,
    "a wait that is given up stays counted",
    [["      (this.words[this.at + ARRIVED] as number) -= 1;\n", "      return;\n"]],
  ],
  [
    barrier,
    "a wait whose round is complete is taken back from the next",
    [["why === Leaves.GIVEN_UP && this.words[node + STATE] === 0", "why === Leaves.GIVEN_UP"]],
  ],
  [
    barrier,
    "those that a round left behind are not mended",
    [["    super.mend();\n    this.passOlder();\n", "    super.mend();\n"]],
  ],
  [
    barrier,
    "the arrivals of the dead stay counted",
    [["    words[this.at + ARRIVED] = waiting;\n", ""]],
  ],

  // shared-broadcast, value-ring, long
  [
    broadcast,
    "a value wakes nobody",
    [["    if (receivers > 0) host.wakeAll(this.newsAt);\n", ""]],
  ],
  [
    broadcast,
    "a value that is overwritten is kept",
    [["    if (old !== 0) this.ring.giveUse(old);\n", ""]],
  ],
  [
    broadcast,
    "the last sender wakes nobody",
    [["    if (last) this.host.wakeAll(this.newsAt);\n", ""]],
  ],
  [
    broadcast,
    "the last receiver wakes nobody",
    [["    if (left === 0) this.host.wakeAll(this.goneAt);\n", ""]],
  ],
  [
    broadcast,
    "a receiver that reads stays where it stands",
    [["    writeLong(this.words, place + POSITION, next);\n", ""]],
  ],
  [
    broadcast,
    "a receiver that is closed leaves its values unread",
    [["    this.ring.release(position);\n", ""]],
  ],
  [
    broadcast,
    "a sender that comes stays with its sender",
    [
      [
        "this.changeSenders(member, -1);\n    this.leave();\n    if (!first)",
        "this.changeSenders(member, 0);\n    this.leave();\n    if (!first)",
      ],
    ],
  ],
  [
    broadcast,
    "a receiver that comes stays with its sender",
    [["    if (place !== 0) words[place + MEMBER] = this.member;\n", ""]],
  ],
  [
    broadcast,
    "a receiver that was given up is taken for another",
    [["(place !== sent.place || words[place + TICKET] !== sent.ticket)", "false"]],
  ],
  [
    broadcast,
    "the senders of the dead stay open",
    [["    words[member + HAS_SENDERS] = 0;\n", ""]],
  ],
  [
    broadcast,
    "the receivers of the dead stay open",
    [["if (words[place + MEMBER] === member) {", "if (words[place + MEMBER] === -1) {"]],
  ],
  [
    broadcast,
    "the count of receivers is not made anew",
    [["    this.put(RECEIVERS, positions.length);\n", ""]],
  ],
  [
    broadcast,
    "what is unread is not made anew",
    [
      [
        "    this.put(RECEIVERS, positions.length);\n    this.ring.recount(positions);\n",
        "    this.put(RECEIVERS, positions.length);\n",
      ],
    ],
  ],
  [broadcast, "the line is not mended", [["    this.line.mend();\n", ""]]],
  [values, "a value is read without being used", [["    else add(words, node, 1);\n", ""]]],
  [
    values,
    "the value that is overwritten stays",
    [["    words[oldest + NODE] = 0;\n    return old;", "    return old;"]],
  ],
  [
    values,
    "the end is shown before the value is there",
    [
      [
        "    words[slot + NODE] = node;\n    words[slot + UNREAD] = unread;\n    writeLong(words, this.at + END, end + 1);\n",
        "    writeLong(words, this.at + END, end + 1);\n    words[slot + NODE] = node;\n    words[slot + UNREAD] = unread;\n",
      ],
    ],
  ],
  [
    values,
    "what was read by all is kept",
    [
      [
        "    if (unread === 0) words[slot + NODE] = 0;\n    else add(words, node, 1);\n",
        "    add(words, node, 1);\n",
      ],
    ],
  ],
  [
    values,
    "what was not sent wholly is kept",
    [["    this.empty(this.slot(end));\n", ""]],
    "it costs memory only, of a thread that has died in the middle of sending",
  ],
  [
    values,
    "receivers that are too slow are not counted",
    [
      [
        "    for (const position of positions)\n      if (position < end)",
        "    for (const position of positions)\n      if (position < end && position >= start)",
      ],
    ],
  ],
  [
    long,
    "the high word is written first",
    [
      [
        "  store(words, at + LOW, value | 0);\n  store(words, at + HIGH, Math.floor(value / HALF));\n",
        "  store(words, at + HIGH, Math.floor(value / HALF));\n  store(words, at + LOW, value | 0);\n",
      ],
    ],
  ],
  [
    long,
    "the low word is read first",
    [
      [
        "  const high = load(words, at + HIGH);\n  const low = load(words, at + LOW);\n",
        "  const low = load(words, at + LOW);\n  const high = load(words, at + HIGH);\n",
      ],
    ],
  ],
  [
    long,
    "a high word that is one too low is believed",
    [["high + ((high ^ (low >>> 31)) & 1)", "high"]],
  ],

  // shared-channel, held
  [
    channel,
    "places of the dead stay taken",
    [["    if (this.taken !== null) this.freePlaces(this.taken.sweep());\n", ""]],
  ],
  [channel, "a place is not counted as its thread's", [["    taken.addHere(count);\n", ""]]],
  [
    channel,
    "a place stays its thread's after the value was pushed",
    [["      taken.dropHere();\n", ""]],
  ],
  [channel, "the senders of the dead stay open", [["    this.senders.sweep();\n", ""]]],
  [
    channel,
    "a value wakes nobody",
    [["    if (pushed) host.wakeAll(at + RECEIVES);\n    else", "    if (!pushed)"]],
  ],
  [
    channel,
    "a place that comes back wakes nobody",
    [["    this.host.wakeAll(this.at + PLACES);\n  }", "  }"]],
  ],
  [
    channel,
    "a place is taken without a swap",
    [
      [
        "const found = compareExchange(words, at + FREE, free, free - count);\n      if (found === free) return true;",
        "const found = load(words, at + FREE);\n      if (found === free) {\n        store(words, at + FREE, free - count);\n        return true;\n      }",
      ],
    ],
  ],
  [
    channel,
    "values are looked for before the end of the senders",
    [
      [
        "    if (!this.senders.end() && load(this.words, this.at + CLOSED) === 0) return false;\n    // After the end of the senders: until then somebody could come, send and go.\n    if (this.values.hasAny() || !this.isIdle()) return false;\n",
        "    if (this.values.hasAny() || !this.isIdle()) return false;\n    if (!this.senders.end() && load(this.words, this.at + CLOSED) === 0) return false;\n",
      ],
    ],
  ],
  [
    channel,
    "the receiver ends although somebody has made a sender",
    [
      [
        "    if (!this.senders.end() && load(this.words, this.at + CLOSED) === 0) return false;\n",
        "    this.senders.end();\n",
      ],
    ],
  ],
  [
    held,
    "the end is no swap",
    [
      [
        "return compareExchange(this.host.words, this.at, 0, -ENDED) <= 0;",
        "return load(this.host.words, this.at) <= 0;",
      ],
    ],
  ],
  [
    held,
    "who counts one more while there is one does not swap",
    [
      [
        "const found = compareExchange(words, this.at, total, total + 1);",
        "const found = total;\n      add(words, this.at, 1);",
      ],
    ],
  ],
  [
    held,
    "an end that comes is not taken from its sender",
    [["if (!this.debit(from, 1)) add(this.host.words, this.at, 1);", "this.debit(-1, 1);"]],
  ],
  [
    held,
    "a sweep takes nothing off the sum",
    [["      add(host.words, at, -count);\n      swept", "      swept"]],
  ],
  [
    held,
    "a sweep does not swap",
    [
      [
        "      if (compareExchange(host.words, at + 1 + index, word, word - count) !== word) continue;\n",
        "",
      ],
    ],
  ],
];
