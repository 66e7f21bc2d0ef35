import { writeFileSync } from "node:fs"
import { worldSchema, worldSchemaFile } from "./world-schema.ts"

/* Publishes the JSON Schema of world files anew: npm run world-schema */

writeFileSync(worldSchemaFile, `${JSON.stringify(worldSchema(), undefined, 2)}\n`)
