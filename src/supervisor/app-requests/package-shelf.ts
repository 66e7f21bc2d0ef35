import { Effect, Exit, FiberHandle, Semaphore } from "effect"
import { removeFetched } from "./fetched-package.ts"

/** So long a package lies on the disk after it was used: people look at one picture after the other. */
const KEEP = "5 minutes"

/** The one package that an account has fetched from the destination for others to look into. */
export interface PackageShelf {
  /** Does something with a package that is fetched by it, to `directory`; it stays there for a while. One at a time. */
  readonly using: <A, E, R>(
    packageId: string,
    use: Effect.Effect<{ readonly value: A; readonly directory: string }, E, R>,
  ) => Effect.Effect<A, E, R>
}

/** Empties itself when the scope ends. */
export const makePackageShelf = Effect.gen(function* () {
  const place = yield* Semaphore.make(1)
  const removal = yield* FiberHandle.make<void>()
  let lying: { readonly packageId: string; readonly directory: string } | undefined
  const clear = Effect.suspend(() => {
    const directory = lying?.directory
    lying = undefined
    return directory === undefined ? Effect.void : removeFetched(directory)
  })
  yield* Effect.addFinalizer(() => clear)
  const shelf: PackageShelf = {
    using: (packageId, use) =>
      place.withPermits(1)(
        Effect.gen(function* () {
          yield* FiberHandle.clear(removal)
          if (lying !== undefined && lying.packageId !== packageId) yield* clear
          const exit = yield* Effect.exit(use)
          if (Exit.isSuccess(exit)) lying = { packageId, directory: exit.value.directory }
          yield* FiberHandle.run(removal, Effect.andThen(Effect.sleep(KEEP), clear))
          return (yield* exit).value
        }),
      ),
  }
  return shelf
})
