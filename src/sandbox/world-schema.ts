import * as Schema from "effect/Schema"
import { World } from "./world.ts"

/** Where the published schema lies. */
export const worldSchemaFile = new URL("./world.schema.json", import.meta.url)

/**
 * The JSON Schema (draft 2020-12) of world files, for editors and for programs that write worlds. It says less than the
 * sandbox checks: that files exist and that names refer to something, JSON Schema cannot say.
 */
export const worldSchema = (): unknown => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(World, {
    onExcessProperty: "error",
    generateDescriptions: true,
  })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "World of the sandbox",
    description: "The accounts, channels and messages that a local Telegram begins with",
    ...schema,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
  }
}
