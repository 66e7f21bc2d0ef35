import { bodyRoute, ok, type Route } from "./route.ts"
import { SaltsToRotate } from "./salt-control.ts"

/** The server's salts. */
export const saltRoutes: readonly Route[] = [
  bodyRoute({
    method: "POST",
    path: "/salts",
    summary: "Changes every server salt now.",
    body: SaltsToRotate,
    what: "change of salts",
    handle: ({ telegram }, { body }) => {
      telegram.rotateSalts(body.overlap)
      return ok({})
    },
  }),
]
