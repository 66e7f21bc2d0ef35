import { readFile } from "node:fs/promises"
import type * as JsonSchema from "effect/JsonSchema"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaRepresentation from "effect/SchemaRepresentation"
import { describe, expect, it } from "vitest"
import { defaultWorld } from "./default-world.ts"
import { startSandbox } from "./sandbox.ts"
import { worldSchema, worldSchemaFile } from "./world-schema.ts"

/** Reads the published schema as any other program would: as JSON Schema. */
const published = async () => {
  const schema = JSON.parse(await readFile(worldSchemaFile, "utf8")) as JsonSchema.JsonSchema
  const read = SchemaRepresentation.fromJsonSchemaDocument(
    { dialect: "draft-2020-12", schema, definitions: {} },
    { patterns: "apply" },
  )
  const decode = Schema.decodeUnknownResult(read as Schema.Decoder<unknown>, { onExcessProperty: "error" })
  return (world: unknown): boolean => Result.isSuccess(decode(world))
}

describe("The published schema of worlds", () => {
  it("is that of this sandbox; `npm run world-schema` writes it anew", async () => {
    expect(JSON.parse(await readFile(worldSchemaFile, "utf8"))).toEqual(JSON.parse(JSON.stringify(worldSchema())))
  })

  it("accepts the worlds that come with the sandbox", async () => {
    const accepts = await published()
    expect(accepts(JSON.parse(await readFile(new URL("../demo/world.json", import.meta.url), "utf8")))).toBe(true)
    expect(accepts(JSON.parse(JSON.stringify(defaultWorld)))).toBe(true)
  })

  it("refuses unknown fields and phone numbers that are none", async () => {
    const accepts = await published()
    expect(accepts({ ...defaultWorld, chanels: [] })).toBe(false)
    expect(accepts({ ...defaultWorld, accounts: [{ phone: "+1 555", firstName: "Alice" }] })).toBe(false)
  })

  it("is served by the control interface", async () => {
    await using sandbox = await startSandbox({ world: defaultWorld })
    const answer = await fetch(`${sandbox.controlUrl}/world-schema.json`)
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(worldSchema())))
  })
})
