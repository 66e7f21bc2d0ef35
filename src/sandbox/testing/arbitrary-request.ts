import { createRequire } from "node:module"
import fc from "fast-check"
import type { TlObject } from "../protocol/tl-types.ts"

interface Entry {
  readonly kind: "class" | "method"
  readonly name: string
  readonly type: string
  readonly arguments: readonly {
    readonly name: string
    readonly type: string
    readonly typeModifiers?: { readonly predicate?: string; readonly isVector?: boolean }
  }[]
}

const require = createRequire(import.meta.url)
const { e: entries }: { readonly e: readonly Entry[] } = require("@mtcute/tl/api-schema.json")

const constructors = Map.groupBy(
  entries.filter(({ kind }) => kind === "class"),
  ({ type }) => type,
)
const methods = entries.filter(({ kind, type }) => kind === "method" && type !== "X")

/** Deeper fields get a constructor without fields, or the shortest one. */
const MAX_DEPTH = 3

/** Numbers at which arithmetic goes wrong, and ordinary ones. */
const int = fc.oneof(fc.integer({ min: -2, max: 200 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 524_288, 65_536))
const long = fc.oneof(fc.bigInt({ min: -2n, max: 20n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))

const camelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

const arbitraryValue = (type: string, depth: number): fc.Arbitrary<unknown> => {
  switch (type) {
    case "int":
      return int
    case "long":
      return long
    case "int53":
      return fc.oneof(fc.integer({ min: -2, max: 20 }), fc.maxSafeInteger())
    case "double":
      return fc.double()
    case "string":
      return fc.string({ unit: "grapheme", maxLength: 20 })
    case "bytes":
      return fc.uint8Array({ maxLength: 40 })
    case "int128":
    case "int256":
      return fc.uint8Array({ minLength: type === "int128" ? 16 : 32, maxLength: type === "int128" ? 16 : 32 })
    case "true":
      return fc.constant(true)
    case "Bool":
      return fc.boolean()
    default:
      return arbitraryOf(constructors.get(type) ?? [], depth)
  }
}

/** Fields that share a bit of the flags are all there or none is. */
const arbitraryObject = (entry: Entry, depth: number): fc.Arbitrary<TlObject> => {
  const fields = entry.arguments.filter(({ type }) => type !== "#")
  const values = fields.map(({ type, typeModifiers }) => {
    const value = arbitraryValue(type, depth + 1)
    return typeModifiers?.isVector === true ? fc.array(value, { maxLength: 3 }) : value
  })
  return fc.tuple(fc.nat(), fc.tuple(...values)).map(([flags, drawn]) => ({
    _: entry.name,
    ...Object.fromEntries(
      fields.flatMap(({ name, typeModifiers }, index) => {
        const bit = Number(typeModifiers?.predicate?.split(".")[1] ?? -1)
        return bit >= 0 && ((flags >>> bit) & 1) === 0 ? [] : [[camelCase(name), drawn[index]] as const]
      }),
    ),
  }))
}

const arbitraryOf = (candidates: readonly Entry[], depth: number): fc.Arbitrary<TlObject> => {
  // A channel is what a server of channels can do something with.
  const peer = candidates.find(({ name }) => name === "inputPeerChannel" || name === "inputChannel")
  if (peer !== undefined) return arbitraryObject(peer, depth)
  const simple = candidates.toSorted((a, b) => a.arguments.length - b.arguments.length)
  const usable = depth >= MAX_DEPTH ? simple.slice(0, 1) : simple
  // Made when it is needed: all of them at once would be as many as the schema has paths.
  return fc.nat({ max: Math.max(usable.length - 1, 0) }).chain((index) => {
    const entry = usable[index]
    return entry === undefined ? fc.constant({ _: "inputPeerEmpty" }) : arbitraryObject(entry, depth)
  })
}

/** Calls of the methods that pass, with arguments of the right types and no sense. */
export const arbitraryRequest = (accepts: (method: string) => boolean): fc.Arbitrary<TlObject> =>
  arbitraryOf(
    methods.filter(({ name }) => accepts(name)),
    0,
  )
