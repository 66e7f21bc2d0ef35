import type { ActorReport, CellConfig, SupervisorMessage } from "./warden-messages.ts"

/*
 * How a warden reads what comes from both sides: by tags alone, without the schemas of warden-messages.ts. Both ends of the
 * channel decode all of it by them; Effect in the warden's thread as well would cost every account ten mebibytes.
 */

/** How often a warden says that its process runs. */
export const WARDEN_BEAT_SECONDS = 5

const tagOf = (body: unknown): unknown => (body as { _tag?: unknown } | null | undefined)?._tag

const isTagged = <M extends { readonly _tag: string }>(body: unknown, tags: ReadonlyArray<M["_tag"]>): body is M =>
  (tags as ReadonlyArray<unknown>).includes(tagOf(body))

/** What a message that was not understood is called in an error; what it holds may be secret. */
export const nameOf = (body: unknown): string => String(tagOf(body)).slice(0, 100)

/** Whether the actor can have said this. */
export const isActorReport = (body: unknown): body is ActorReport =>
  isTagged<ActorReport>(body, ["Ready", "Beat", "Ended"]) &&
  (body._tag !== "Ended" || isTagged(body.reason, ["Closed", "Failed", "Hung"]))

/** Whether the supervisor can have said this. Of a start's configuration the actor says what is wrong. */
export const isSupervisorMessage = (body: unknown): body is SupervisorMessage =>
  isTagged<SupervisorMessage>(body, ["Start", "Close"])

/** The memory limits of a configuration; none when they cannot be read: the actor will say what is wrong with it. */
export const memoryLimitsOf = (config: unknown): CellConfig["memory"] | undefined => {
  const memory = (config as { memory?: Partial<CellConfig["memory"]> } | null | undefined)?.memory
  const { hardBytes, softBytes } = memory ?? {}
  return typeof hardBytes === "number" && typeof softBytes === "number" ? { hardBytes, softBytes } : undefined
}
