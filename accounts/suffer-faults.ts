import { readFileSync, rmSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type CellFault, CellFaultFile, cellFaultPath } from "../src/cell-fault.ts"
import { logEvent } from "../src/log-line.ts"
import { AccountConfig } from "./account-config.ts"
import { Tdlib } from "./telegram/tdlib.ts"

const LOOK_EVERY = "200 millis"
/** The line that says so has to be out before the process is gone. */
const SUFFER_AFTER = "200 millis"
const LEAK_EVERY = "50 millis"
const LEAK_BYTES = 8 * 1024 * 1024

/** Takes the fault that this account is to suffer, so that its next life does not suffer it again. */
const takeFault = (path: string): CellFault | undefined => {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch {
    return undefined
  }
  rmSync(path, { force: true })
  return Schema.decodeUnknownSync(CellFaultFile)(text).what
}

const leaked: Array<Uint8Array> = []

const suffer = (what: CellFault): Effect.Effect<unknown, unknown, Tdlib> => {
  switch (what) {
    case "leak memory":
      // Written to, since the system gives no memory to pages that nobody has touched.
      return Effect.sync(() => leaked.push(new Uint8Array(LEAK_BYTES).fill(1))).pipe(
        Effect.delay(LEAK_EVERY),
        Effect.forever,
      )
    case "block the actor":
      return Effect.sync(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
    case "abort TDLib":
      // A message of level 0 is fatal: TDLib ends the process, as it does where it finds itself to be wrong.
      return Effect.flatMap(Tdlib, ({ invoke }) =>
        invoke({ _: "addLogMessage", verbosity_level: 0, text: "asked to abort" }),
      )
    case "throw in the actor":
      return Effect.sync(() =>
        setImmediate(() => {
          throw new Error("asked to throw")
        }),
      )
  }
}

/** Suffers what the files of the folder ask of this account, for as long as its scope lives. */
export const sufferFaults = (directory: string) =>
  Effect.gen(function* () {
    const { accountId } = yield* AccountConfig
    const path = cellFaultPath(directory, accountId)
    yield* Effect.sync(() => takeFault(path)).pipe(
      Effect.tap((what) =>
        what === undefined
          ? Effect.void
          : Effect.andThen(
              logEvent.warn("cell.fault", `Asked to suffer: ${what}`, { what }),
              Effect.delay(suffer(what), SUFFER_AFTER),
            ),
      ),
      Effect.delay(LOOK_EVERY),
      Effect.forever,
      Effect.forkScoped,
    )
  })
