import type { Model, Move } from "./explorer.ts"

/*
 * The protocol by which two accounts bring the same content into the destination, small enough to look at every order of
 * events: claim, hash lock, journal, send, confirm, stub, settle and sweep, with crashes at every moment, a lock session
 * that dies, and packets that arrive after their sender has died. Each move below names the code it stands for.
 */

/** The parts of the protocol that keep it right; a test takes each away and sees what breaks. */
export interface Safeguards {
  /** publish.ts runs under the hash lock. */
  readonly hashLock: boolean
  /** ingest-set.ts looks for the package once more under the lock. */
  readonly recheck: boolean
  /** journal.ts lets only the holder of the newest token confirm and finish. */
  readonly fencing: boolean
  /** adopt-delivered.ts looks in the destination for what was delivered unrecorded. */
  readonly adopt: boolean
  /** settle.ts withdraws TDLib's pointless unsent messages before the network is on. */
  readonly cancelOffline: boolean
  /** sweep.ts deletes messages that are one too many. */
  readonly sweep: boolean
  /** What send.ts must not do: withdraw a message in the middle of sending. TDLib then deletes the server's copy too. */
  readonly withdraw: boolean
  /** surplus.ts deletes a message only when its part is recorded as another one, and not when it is unrecorded. */
  readonly surplusNeedsRecord: boolean
}

export const allSafeguards: Safeguards = {
  hashLock: true,
  recheck: true,
  fencing: true,
  adopt: true,
  cancelOffline: true,
  sweep: true,
  withdraw: false,
  surplusNeedsRecord: true,
}

export interface Budget {
  readonly accounts: number
  readonly parts: number
  readonly crashes: number
  readonly lockLosses: number
}

/** An unsent message in TDLib's own log; it outlives a crash. */
interface Pending {
  readonly part: number
  readonly random: number
  /** local: not sent yet; wire: the request is on its way; stored: the server has it and TDLib has not heard so. */
  readonly phase: "local" | "wire" | "stored"
  /** Deleted by us while it was on its way: TDLib deletes the server's copy when it hears of it. */
  readonly doomed: boolean
}

interface Actor {
  readonly at:
    | "off"
    | "starting"
    | "replaying"
    | "idle"
    | "claimed"
    | "locked"
    | "opened"
    | "working"
    | "finished"
    | "done"
  readonly token: number
  readonly pending: ReadonlyArray<Pending>
  /** Deliveries that TDLib has told and that are not recorded yet. */
  readonly heard: ReadonlyArray<{ readonly part: number; readonly id: number }>
  /** A message that a late writer is about to look at and delete. */
  readonly surplus: number
}

interface Message {
  readonly part: number
  readonly random: number
  readonly isLive: boolean
}

export interface State {
  /** The destination; a message's id is its place, from 1. */
  readonly messages: ReadonlyArray<Message>
  /** Requests that are on their way though their sender has died. */
  readonly ghosts: ReadonlyArray<{ readonly part: number; readonly random: number }>
  /** The journal row: the confirmed message of each part, 0 for none. */
  readonly publication: { readonly owner: number; readonly token: number; readonly parts: ReadonlyArray<number> } | null
  readonly packages: ReadonlyArray<ReadonlyArray<number>>
  readonly lock: number
  readonly actors: ReadonlyArray<Actor>
  readonly crashes: number
  readonly lockLosses: number
}

const NOBODY = -1
const guarded: ReadonlySet<Actor["at"]> = new Set(["replaying", "locked", "opened", "working", "finished"])
const online: ReadonlySet<Actor["at"]> = new Set([...guarded, "idle", "claimed", "done"])

const withActor = (state: State, index: number, change: Partial<Actor>): State => ({
  ...state,
  actors: state.actors.map((actor, at) => (at === index ? { ...actor, ...change } : actor)),
})

/** The server takes a message: a random id that it knows is answered with the message it stands for. */
const store = (state: State, sent: { readonly part: number; readonly random: number }): State =>
  state.messages.some(({ random }) => random === sent.random)
    ? state
    : { ...state, messages: [...state.messages, { ...sent, isLive: true }] }

const removeMessage = (state: State, id: number): State => ({
  ...state,
  messages: state.messages.map((message, at) => (at === id - 1 ? { ...message, isLive: false } : message)),
})

/** Tokens and random ids only have to differ from those still in use, which keeps the number of states small. */
const nextToken = (state: State): number =>
  1 + Math.max(0, state.publication?.token ?? 0, ...state.actors.map(({ token }) => token))

const nextRandom = (state: State): number =>
  1 +
  Math.max(
    0,
    ...[...state.messages, ...state.ghosts, ...state.actors.flatMap(({ pending }) => pending)].map(
      ({ random }) => random,
    ),
  )

const isRecorded = (state: State, id: number): boolean =>
  state.packages.some((ids) => ids.includes(id)) || state.publication?.parts.includes(id) === true

/** Whether the part of this message is recorded as another message, for good. */
const isSurplus = (state: State, id: number): boolean => {
  const part = state.messages[id - 1]?.part ?? 0
  if (isRecorded(state, id)) return false
  return state.packages.length > 0 || (state.publication?.parts[part] ?? 0) !== 0
}

/** One content that `accounts` accounts find at the same time. */
export const publicationModel = (safeguards: Safeguards, budget: Budget): Model<State> => {
  const unlock = (state: State, index: number): State => (state.lock === index ? { ...state, lock: NOBODY } : state)

  const mayWrite = (state: State, actor: Actor): boolean =>
    state.publication != null && (!safeguards.fencing || state.publication.token === actor.token)

  /** confirmPart; false when the part is no longer the writer's. */
  const confirm = (state: State, actor: Actor, part: number, id: number): State | undefined => {
    const { publication } = state
    if (publication == null || !mayWrite(state, actor)) return undefined
    const known = publication.parts[part] ?? 0
    if (known !== 0 && known !== id) return undefined
    return {
      ...state,
      publication: { ...publication, parts: publication.parts.map((old, at) => (at === part ? id : old)) },
    }
  }

  const nextUnconfirmed = (state: State): number => state.publication?.parts.indexOf(0) ?? -1

  const delivered = (state: State, part: number): number =>
    state.messages.findIndex((message) => message.part === part && message.isLive) + 1

  /** settle.ts: reads the open publications, takes their locks, withdraws the rest offline. */
  const startMoves = (state: State, actor: Actor, index: number): ReadonlyArray<Move<State>> => {
    if (actor.at === "off") {
      const token = state.publication?.owner === index ? state.publication.token : 0
      return [{ label: `${index}: starts, network off`, next: withActor(state, index, { at: "starting", token }) }]
    }
    const isHeld = actor.token > 0 && (state.lock === NOBODY || !safeguards.hashLock)
    const wanted = (pending: Pending) => isHeld && state.publication?.parts[pending.part] === 0
    const pending = safeguards.cancelOffline ? actor.pending.filter(wanted) : actor.pending
    const locked = isHeld && safeguards.hashLock ? { ...state, lock: index } : state
    return [
      {
        label: `${index}: withdraws ${actor.pending.length - pending.length} unsent, goes online`,
        next: withActor(locked, index, { at: isHeld ? "replaying" : "idle", token: isHeld ? actor.token : 0, pending }),
      },
    ]
  }

  /** Waits for TDLib's replays, adopts, and completes what is whole (settle.ts). */
  const replayMoves = (state: State, actor: Actor, index: number): ReadonlyArray<Move<State>> => {
    if (actor.pending.length > 0 || actor.heard.length > 0) return []
    return adoptMoves(state, actor, index, () => ({
      label: `${index}: leaves the rest to the next cycle`,
      next: withActor(unlock(state, index), index, { at: "idle", token: 0 }),
    }))
  }

  /** adopt-delivered.ts, one part at a time; then finish, or what else is to be done. */
  const adoptMoves = (
    state: State,
    actor: Actor,
    index: number,
    otherwise: (part: number) => Move<State>,
  ): ReadonlyArray<Move<State>> => {
    if (!mayWrite(state, actor)) {
      return [
        { label: `${index}: was overtaken`, next: withActor(unlock(state, index), index, { at: "idle", token: 0 }) },
      ]
    }
    const open = state.publication?.parts.flatMap((id, part) => (id === 0 ? [part] : [])) ?? []
    const found = safeguards.adopt ? open.find((part) => delivered(state, part) !== 0) : undefined
    if (found !== undefined) {
      const id = delivered(state, found)
      const next = confirm(state, actor, found, id)
      return next === undefined ? [] : [{ label: `${index}: adopts message ${id} as part ${found}`, next }]
    }
    const [part] = open
    if (part !== undefined) return [otherwise(part)]
    return [finishMove(state, actor, index)]
  }

  /** finishPublication: package stub, journal row gone, in one transaction. */
  const finishMove = (state: State, actor: Actor, index: number): Move<State> => {
    const { publication } = state
    if (publication == null || !mayWrite(state, actor) || publication.parts.includes(0)) {
      return {
        label: `${index}: may not finish`,
        next: withActor(unlock(state, index), index, { at: "idle", token: 0 }),
      }
    }
    const finished = { ...state, packages: [...state.packages, publication.parts], publication: null }
    return { label: `${index}: writes the package`, next: withActor(finished, index, { at: "finished" }) }
  }

  /** ingest-set.ts and publish.ts. */
  const workMoves = (state: State, actor: Actor, index: number): ReadonlyArray<Move<State>> => {
    switch (actor.at) {
      case "idle":
        if (state.packages.length > 0) {
          return [{ label: `${index}: sees a duplicate`, next: withActor(state, index, { at: "done", token: 0 }) }]
        }
        return [
          {
            label: `${index}: claims`,
            next: withActor(state, index, { at: "claimed", token: nextToken(state) }),
          },
        ]
      case "claimed": {
        if (safeguards.hashLock && state.lock !== NOBODY) return []
        const locked = safeguards.hashLock ? { ...state, lock: index } : state
        return [{ label: `${index}: locks`, next: withActor(locked, index, { at: "locked" }) }]
      }
      case "locked": {
        if (safeguards.recheck && state.packages.length > 0) {
          return [
            {
              label: `${index}: sees a duplicate`,
              next: withActor(unlock(state, index), index, { at: "done", token: 0 }),
            },
          ]
        }
        const { publication } = state
        if (publication != null && publication.token > actor.token && safeguards.fencing) {
          return [
            { label: `${index}: is too late`, next: withActor(unlock(state, index), index, { at: "idle", token: 0 }) },
          ]
        }
        const parts = publication?.parts ?? Array.from({ length: budget.parts }, () => 0)
        const opened = { ...state, publication: { owner: index, token: actor.token, parts } }
        // A new journal row needs no look into the destination: whatever lies there is older.
        return [
          {
            label: `${index}: opens the journal`,
            next: withActor(opened, index, { at: publication == null ? "working" : "opened" }),
          },
        ]
      }
      case "opened": {
        // An unsent message of an earlier try is waited for; another one would be a second copy.
        if (actor.pending.length > 0 || actor.heard.length > 0) return []
        return adoptMoves(state, actor, index, () => ({
          label: `${index}: has looked into the destination`,
          next: withActor(state, index, { at: "working" }),
        }))
      }
      case "working": {
        const part = nextUnconfirmed(state)
        if (!mayWrite(state, actor) || part < 0) return [finishMove(state, actor, index)]
        // One part at a time: the next is sent when this one is recorded.
        if (actor.pending.some((pending) => pending.part === part && !pending.doomed) || actor.heard.length > 0)
          return []
        const pending: Pending = { part, random: nextRandom(state), phase: "local", doomed: false }
        return [
          {
            label: `${index}: hands part ${part} to TDLib`,
            next: withActor(state, index, {
              pending: [...actor.pending, pending],
            }),
          },
        ]
      }
      case "finished":
        return [{ label: `${index}: unlocks`, next: withActor(unlock(state, index), index, { at: "done", token: 0 }) }]
      default:
        return []
    }
  }

  /** What TDLib and the network do by themselves with one unsent message. */
  const networkMove = (state: State, actor: Actor, index: number, at: number, pending: Pending): Move<State> => {
    const others = actor.pending.filter((_, other) => other !== at)
    const become = (changed: Pending) => actor.pending.with(at, changed)
    switch (pending.phase) {
      case "local":
        return {
          label: `${index}: TDLib sends part ${pending.part}`,
          next: withActor(state, index, { pending: become({ ...pending, phase: "wire" }) }),
        }
      case "wire":
        return {
          label: `the server stores part ${pending.part} of ${index}`,
          next: withActor(store(state, pending), index, { pending: become({ ...pending, phase: "stored" }) }),
        }
      case "stored": {
        const id = state.messages.findIndex(({ random }) => random === pending.random) + 1
        const learnt = withActor(state, index, { pending: others })
        if (pending.doomed) return { label: `${index}: TDLib deletes message ${id}`, next: removeMessage(learnt, id) }
        return {
          label: `${index}: TDLib hears of message ${id}`,
          next: withActor(learnt, index, { heard: [...actor.heard, { part: pending.part, id }] }),
        }
      }
    }
  }

  /** A confirmation is recorded, or the message is one too many (surplus.ts). */
  const recordMoves = (state: State, actor: Actor, index: number): ReadonlyArray<Move<State>> => {
    if (actor.surplus !== 0) {
      return [
        {
          label: `${index}: deletes its surplus message ${actor.surplus}`,
          next: withActor(removeMessage(state, actor.surplus), index, { surplus: 0 }),
        },
      ]
    }
    const [first, ...rest] = actor.heard
    if (first === undefined) return []
    const isListening = guarded.has(actor.at)
    const confirmed = isListening ? confirm(state, actor, first.part, first.id) : undefined
    if (confirmed !== undefined) {
      return [
        {
          label: `${index}: confirms message ${first.id} as part ${first.part}`,
          next: withActor(confirmed, index, { heard: rest }),
        },
      ]
    }
    const isTooMany = safeguards.surplusNeedsRecord ? isSurplus(state, first.id) : !isRecorded(state, first.id)
    return [
      {
        label: `${index}: finds message ${first.id} ${isTooMany ? "one too many" : "not its own"}`,
        next: withActor(state, index, { heard: rest, ...(isTooMany ? { surplus: first.id } : {}) }),
      },
    ]
  }

  const sweepMoves = (state: State, actor: Actor, index: number): ReadonlyArray<Move<State>> => {
    if (!safeguards.sweep || (actor.at !== "idle" && actor.at !== "done")) return []
    const ids = state.messages.flatMap((message, at) => (message.isLive && isSurplus(state, at + 1) ? [at + 1] : []))
    return ids.slice(0, 1).map((id) => ({ label: `${index}: sweeps message ${id}`, next: removeMessage(state, id) }))
  }

  const faultMoves = (state: State, actor: Actor, index: number): ReadonlyArray<Move<State>> => {
    const moves: Array<Move<State>> = []
    const lostLock = guarded.has(actor.at) && safeguards.hashLock && state.lock !== index
    if (state.crashes > 0 && actor.at !== "off") {
      const ghosts = actor.pending.filter(({ phase }) => phase === "wire").map(({ part, random }) => ({ part, random }))
      const pending = actor.pending
        .filter(({ doomed }) => !doomed)
        .map((message): Pending => ({ ...message, phase: "local" }))
      const dead = withActor(unlock(state, index), index, { at: "off", token: 0, pending, heard: [], surplus: 0 })
      moves.push({
        label: `${index}: is killed`,
        next: { ...dead, crashes: state.crashes - 1, ghosts: [...state.ghosts, ...ghosts] },
      })
    }
    if (lostLock) {
      const pending = safeguards.withdraw
        ? actor.pending.map((message) => ({ ...message, doomed: true }))
        : actor.pending
      moves.push({
        label: `${index}: notices that its lock is lost`,
        next: withActor(state, index, { at: "idle", token: 0, pending }),
      })
    }
    if (state.lockLosses > 0 && state.lock === index) {
      moves.push({
        label: `the lock session of ${index} dies`,
        next: { ...state, lock: NOBODY, lockLosses: state.lockLosses - 1 },
      })
    }
    return moves
  }

  const movesOf = (state: State, actor: Actor, index: number): ReadonlyArray<Move<State>> => {
    if (actor.at === "off" || actor.at === "starting") {
      return [...startMoves(state, actor, index), ...faultMoves(state, actor, index)]
    }
    return [
      ...(actor.at === "replaying" ? replayMoves(state, actor, index) : workMoves(state, actor, index)),
      ...(online.has(actor.at)
        ? actor.pending.map((pending, at) => networkMove(state, actor, index, at, pending))
        : []),
      ...recordMoves(state, actor, index),
      ...sweepMoves(state, actor, index),
      ...faultMoves(state, actor, index),
    ]
  }

  const ghostMoves = (state: State): ReadonlyArray<Move<State>> =>
    state.ghosts.flatMap((ghost, at) => {
      const ghosts = state.ghosts.filter((_, other) => other !== at)
      return [
        { label: `a late request brings part ${ghost.part}`, next: store({ ...state, ghosts }, ghost) },
        { label: `a late request is lost`, next: { ...state, ghosts } },
      ]
    })

  const actor: Actor = { at: "idle", token: 0, pending: [], heard: [], surplus: 0 }
  return {
    initial: {
      messages: [],
      ghosts: [],
      publication: null,
      packages: [],
      lock: NOBODY,
      actors: Array.from({ length: budget.accounts }, () => actor),
      crashes: budget.crashes,
      lockLosses: budget.lockLosses,
    },
    moves: (state) => [...state.actors.flatMap((one, index) => movesOf(state, one, index)), ...ghostMoves(state)],
    problem: (state, isFinal) => {
      if (state.packages.length > 1) return "two packages of one content"
      const ids = state.packages[0] ?? []
      const lost = ids.find((id) => state.messages[id - 1]?.isLive !== true)
      if (lost !== undefined) return `the package names message ${lost}, which is not there`
      if (!isFinal) return undefined
      if (state.actors.some(({ at }) => at !== "done")) return "an account is stuck"
      const live = state.messages.filter(({ isLive }) => isLive).length
      if (ids.length !== budget.parts) return "the content is not published"
      if (live !== ids.length) return `${live} messages for ${ids.length} parts`
      return undefined
    },
  }
}
