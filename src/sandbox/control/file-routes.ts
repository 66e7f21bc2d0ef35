import * as Schema from "effect/Schema"
import { SpeedRule } from "../speeds/speed-rule.ts"
import { bodyRoute, ok, type Route, route } from "./route.ts"

const FileReferencesToChange = Schema.Struct({
  /** Whether those given out so far end now; true otherwise. */
  expire: Schema.optionalKey(Schema.Boolean),
  /** How long those given out from now on are accepted at least, and at most twice as long; null for ever. */
  seconds: Schema.optionalKey(Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400 })))),
})

/** What is demanded of downloads and uploads. */
export const fileRoutes: readonly Route[] = [
  bodyRoute({
    method: "POST",
    path: "/file-references",
    summary: "Ends the file references that clients have, which must then look at their messages again.",
    body: FileReferencesToChange,
    what: "change of file references",
    handle: ({ telegram }, { body }) => {
      telegram.commit({
        type: "file-references",
        expired: body.expire ?? true,
        ...(body.seconds === undefined ? {} : { lifetime: body.seconds }),
      })
      return ok({})
    },
  }),
  bodyRoute({
    method: "POST",
    path: "/speed",
    summary: "Limits the bytes per second of an account, of all free or premium ones, or of everybody.",
    body: SpeedRule,
    what: "speed",
    handle: ({ speeds }, { body }) => {
      speeds.set(body)
      return ok({})
    },
  }),
  route({
    method: "DELETE",
    path: "/speed",
    summary: "Takes every limit of speed away.",
    handle: ({ speeds }) => {
      speeds.clear()
      return ok({})
    },
  }),
]
