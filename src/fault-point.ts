import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * The moments at which a crash has another outcome: before and after every durable step of an archive's way. The crash
 * matrix (test/crash) kills at each of them; outside it they cost a function call.
 */
export const faultPoints = [
  "settle.begin",
  "settle.cancelled",
  "settle.online",
  "settle.replayed",
  "settle.adopted",
  "settle.done",
  "scan.done",
  "claim.taken",
  "volume.downloaded",
  "volume.moved",
  "download.done",
  "digest.done",
  "inspect.done",
  "lock.taken",
  "journal.opening",
  "journal.opened",
  "replay.awaited",
  "delivered.adopted",
  "part.ready",
  "part.handed",
  "part.delivered",
  "part.confirmed",
  "parts.done",
  "package.written",
  "metadata.made",
  "metadata.written",
  "lock.released",
  "folder.removed",
  "sweep.found",
  "sweep.done",
  "mark.moved",
  "cycle.done",
] as const
export type FaultPoint = (typeof faultPoints)[number]

/** What is to happen when a point is reached the `nth` time: a kill, or a stop in which the other side can do worse. */
export const Fault = Schema.Struct({
  point: Schema.Literals(faultPoints),
  nth: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  /** cell and supervisor die at once; with `hold` the account stands still until the file `held` is removed. */
  what: Schema.Literals(["kill cell", "kill supervisor", "hold"]),
})
export type Fault = typeof Fault.Type

const HOLD_LIMIT_MILLISECONDS = 30_000

const sleepSync = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** Counts this visit over all processes that share the folder. */
const visit = (directory: string, point: FaultPoint): number => {
  for (let nth = 1; ; nth++) {
    try {
      closeSync(openSync(join(directory, `${point}.${nth}`), "wx"))
      return nth
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") return 0
    }
  }
}

const strike = (directory: string, { what }: Fault): void => {
  const held = join(directory, "held")
  rmSync(join(directory, "fault.json"), { force: true })
  writeFileSync(join(directory, "struck"), `${process.ppid}`)
  if (what === "kill cell") process.kill(process.pid, "SIGKILL")
  if (what === "kill supervisor") process.kill(process.ppid, "SIGKILL")
  if (what !== "hold") return
  writeFileSync(held, "")
  for (let waited = 0; existsSync(held) && waited < HOLD_LIMIT_MILLISECONDS; waited += 5) sleepSync(5)
}

const reachIn =
  (directory: string) =>
  (point: FaultPoint): void => {
    const nth = visit(directory, point)
    let text: string
    try {
      text = readFileSync(join(directory, "fault.json"), "utf8")
    } catch {
      return
    }
    const fault = Schema.decodeUnknownSync(Schema.fromJsonString(Fault))(text)
    if (fault.point === point && fault.nth <= nth) strike(directory, fault)
  }

/** Where faults are asked for; nowhere, unless the crash matrix runs. */
export const FaultPoints = Context.Reference<(point: FaultPoint) => void>("src/FaultPoints", {
  defaultValue: () => () => undefined,
})

/**
 * Faults as the files of this folder ask for them: fault.json (what to do), POINT.N (visits), held, and struck, which
 * holds the process id of the supervisor whose cell has come to the point.
 */
export const faultPointsIn = (directory: string): ((point: FaultPoint) => void) => reachIn(directory)

/** Says that the work is at this point; here it may be killed. */
export const reach = (point: FaultPoint): Effect.Effect<void> =>
  Effect.flatMap(FaultPoints, (at) => Effect.sync(() => at(point)))
