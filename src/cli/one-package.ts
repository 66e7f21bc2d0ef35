import { Effect, Schema } from "effect"
import { Argument, Flag } from "effect/cli"
import { findPackages } from "../../db/packages.ts"

/** Thrown when: no package, or more than one, is what the operator named. */
export class PackageNotFound extends Schema.TaggedError<PackageNotFound>()("PackageNotFound", {
  wanted: Schema.String,
  found: Schema.Int,
}) {
  override get message(): string {
    return this.found === 0
      ? `no package has the id or file name ${this.wanted}, or a content hash that begins so`
      : `${this.found} packages are called ${this.wanted}: name one by its id or content hash`
  }
}

export const json = Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("print JSON"))
export const wanted = Argument.String("package").pipe(
  Argument.withDescription("its id, its file name, or the beginning of its content hash (8 digits or more)"),
)

/** Fails with `PackageNotFound`. */
export const onePackage = Effect.fn("onePackage")(function* (text: string) {
  const found = yield* findPackages(text)
  const [only] = found
  if (only === undefined || found.length > 1) return yield* new PackageNotFound({ wanted: text, found: found.length })
  return only
})
