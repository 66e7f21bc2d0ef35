import { expect, it } from "vitest"
import { giveBack } from "./give-back.ts"

const LARGE = 64 * 1024

it("frees what has memory of its own, once", () => {
  const bytes = Buffer.allocUnsafeSlow(LARGE)
  giveBack(bytes)
  expect(bytes.length).toBe(0)
  giveBack(bytes)
})

it("leaves memory alone that others share, and what nobody can free", () => {
  const whole = Buffer.allocUnsafeSlow(LARGE)
  giveBack(whole.subarray(1000))
  expect(whole.length).toBe(LARGE)
  const pooled = Buffer.from("a".repeat(5000))
  giveBack(pooled)
  expect(pooled.length).toBe(5000)
  const shared = new Uint8Array(new SharedArrayBuffer(LARGE))
  giveBack(shared)
  expect(shared.length).toBe(LARGE)
})
