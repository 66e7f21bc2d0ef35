import { createRequire } from "node:module"

/**
 * The type language schema as tables: every combinator (constructor or method) of the API layer and of MTProto itself, by id and by
 * name. Read from the JSON files of @mtcute/tl, because its generated readers lack the methods (a client never reads
 * them), which are what a server reads.
 */
export interface Combinator {
  readonly name: string
  readonly id: number
  readonly isMethod: boolean
  readonly fields: readonly Field[]
  /** The type that a constructor belongs to; for a method, how its answer is written. */
  readonly result: { readonly type: string; readonly vector: boolean }
}

export interface Field {
  /** In camel case, as in the type declarations of @mtcute/tl. */
  readonly name: string
  readonly type: string
  readonly vector: boolean
  /** Elements carry no constructor id and the vector none either (only future_salts has this). */
  readonly bare: boolean
  /** Present only when this bit of that flags field is set. */
  readonly condition: { readonly flags: string; readonly bit: number } | undefined
}

interface SchemaEntry {
  readonly kind: "class" | "method"
  readonly name: string
  readonly id: number
  readonly type: string
  readonly typeModifiers?: { readonly isVector?: boolean }
  readonly arguments: readonly {
    readonly name: string
    readonly type: string
    readonly typeModifiers?: {
      readonly predicate?: string
      readonly isVector?: boolean
      readonly isBareVector?: boolean
    }
  }[]
}

const require = createRequire(import.meta.url)
const api: { readonly l: number; readonly e: readonly SchemaEntry[] } = require("@mtcute/tl/api-schema.json")
const mtproto: readonly SchemaEntry[] = require("@mtcute/tl/mtp-schema.json")

/** The API layer that the schema describes. */
export const LAYER = api.l

export const VECTOR_ID = 0x1cb5c415
export const TRUE_ID = 0x997275b5
export const FALSE_ID = 0xbc799737
export const GZIP_PACKED_ID = 0x3072cfa1
export const MESSAGE_CONTAINER_ID = 0x73f1f8dc
export const RPC_RESULT_ID = 0xf35c6d01

const camelCase = (name: string): string => name.replace(/_([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())

const compileCondition = (predicate: string | undefined): Field["condition"] => {
  if (predicate === undefined) return undefined
  const [flags = "", bit = ""] = predicate.split(".")
  return { flags: camelCase(flags), bit: Number(bit) }
}

const compile = (entry: SchemaEntry): Combinator => ({
  name: entry.name,
  id: entry.id >>> 0,
  isMethod: entry.kind === "method",
  result: { type: entry.type, vector: entry.typeModifiers?.isVector === true },
  fields: entry.arguments.map((argument) => ({
    name: camelCase(argument.name),
    type: argument.type,
    vector: argument.typeModifiers?.isVector === true || argument.typeModifiers?.isBareVector === true,
    bare: argument.typeModifiers?.isBareVector === true,
    condition: compileCondition(argument.typeModifiers?.predicate),
  })),
})

const combinators = [...mtproto, ...api.e].map(compile)
const byId = new Map(combinators.map((combinator) => [combinator.id, combinator]))
const byName = new Map(combinators.map((combinator) => [combinator.name, combinator]))

/** The constructor or method with this 32-bit id, or undefined. */
export const combinatorById = (id: number): Combinator | undefined => byId.get(id)

/** The constructor or method with this name ("upload.getFile", "mt_pong"), or undefined. */
export const combinatorByName = (name: string): Combinator | undefined => byName.get(name)
