import * as Schema from "effect/Schema"
import { Fault, FaultRule } from "../faults/fault-rule.ts"
import { LinkRule } from "../faults/links.ts"
import { bodyRoute, created, ok, Refusal, type Route, route } from "./route.ts"

const idOf = (parameters: Readonly<Record<string, string>>): number => {
  const { id = "" } = parameters
  if (!/^\d{1,9}$/.test(id)) throw new Refusal(400, `${id} is not the id of a fault`)
  return Number(id)
}

const Restart = Schema.Struct({
  /** How long the port stays closed; not at all when left out. */
  milliseconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600_000 }))),
})

/** What goes wrong. */
export const faultRoutes: readonly Route[] = [
  bodyRoute({
    method: "POST",
    path: "/faults",
    summary: "Puts a rule in force by which calls go wrong, or several.",
    body: Schema.Union([FaultRule, Schema.Array(FaultRule)]),
    what: "fault",
    answer: Schema.Struct({ faults: Schema.Array(Fault) }),
    handle: ({ faults }, { body }) =>
      created({ faults: ("effect" in body ? [body] : body).map((rule) => faults.add(rule)) }),
  }),
  route({
    method: "GET",
    path: "/faults",
    summary: "The rules in force, and how often each has matched and struck.",
    answer: Schema.Struct({ faults: Schema.Array(Fault) }),
    handle: ({ faults }) => ok({ faults: faults.list() }),
  }),
  route({
    method: "POST",
    path: "/faults/:id/release",
    summary: "Lets the calls go on that stand still because of this fault.",
    handle: ({ faults }, { parameters }) => ok({ released: faults.release(idOf(parameters)) }),
  }),
  route({
    method: "DELETE",
    path: "/faults/:id",
    summary: "Takes a rule out of force.",
    handle: ({ faults }, { parameters }) => {
      if (!faults.remove(idOf(parameters))) throw new Refusal(404, `There is no fault ${parameters["id"]}`)
      return ok({})
    },
  }),
  route({
    method: "DELETE",
    path: "/faults",
    summary: "Takes every rule out of force.",
    handle: ({ faults }) => {
      faults.clear()
      return ok({})
    },
  }),
  bodyRoute({
    method: "POST",
    path: "/links",
    summary: "Makes the connections of an account, or of everybody, slow, or lets nothing pass on them.",
    body: LinkRule,
    what: "link",
    handle: ({ links }, { body }) => {
      links.set(body)
      return ok({})
    },
  }),
  route({
    method: "DELETE",
    path: "/links",
    summary: "Makes every connection an ordinary one again.",
    handle: ({ links }) => {
      links.clear()
      return ok({})
    },
  }),
  bodyRoute({
    method: "POST",
    path: "/restart",
    summary: "Drops every connection, forgets every session, and listens again later; the state stays.",
    body: Restart,
    what: "restart",
    handle: async ({ restart }, { body }) => {
      await restart(body.milliseconds ?? 0)
      return ok({})
    },
  }),
]
