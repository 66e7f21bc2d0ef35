import { Schema } from "effect"
import worldFile from "./world.json" with { type: "json" }

/** The part of the demo's world file that the demo itself reads; the sandbox checks the whole. */
const DemoWorld = Schema.Struct({
  accounts: Schema.Array(Schema.Struct({ phone: Schema.String, firstName: Schema.String, premium: Schema.Boolean })),
  channels: Schema.Array(Schema.Struct({ name: Schema.String, members: Schema.Array(Schema.String) })),
})
export type DemoWorld = typeof DemoWorld.Type

export const demoWorld = Schema.decodeUnknownSync(DemoWorld)(worldFile)
