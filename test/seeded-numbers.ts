import { createHash } from "node:crypto"

/** A sequence of numbers in [0, 1) that depends on the seed alone. */
export const numbersOf = (seed: string): (() => number) => {
  let count = 0
  return () => createHash("sha256").update(`${seed}:${count++}`).digest().readUInt32LE() / 2 ** 32
}
