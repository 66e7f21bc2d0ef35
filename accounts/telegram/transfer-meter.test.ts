import * as fc from "fast-check"
import type * as Td from "tdlib-types"
import { describe, expect, it } from "vitest"
import type { Measurement } from "../../src/channel/measurements.ts"
import { makeTransferMeter } from "./transfer-meter.ts"

const SIZE = 300_000

interface Seen {
  readonly id?: number
  readonly down?: number
  readonly isDown?: boolean
  readonly up?: number
  readonly isUp?: boolean
}

/** An update of a file as TDLib 1.8.62 sends them; only what the meter reads. */
const update = ({ down = 0, id = 1, isDown = false, isUp = false, up = 0 }: Seen) =>
  ({
    _: "updateFile",
    file: {
      id,
      size: SIZE,
      local: {
        downloaded_size: down,
        is_downloading_active: isDown,
        is_downloading_completed: down === SIZE,
      },
      remote: { uploaded_size: up, is_uploading_active: isUp, is_uploading_completed: up === SIZE },
    },
  }) as Td.updateFile

const hear = (seen: ReadonlyArray<Seen>): ReadonlyArray<Measurement> => {
  const told: Array<Measurement> = []
  const { listener } = makeTransferMeter((measurement) => told.push(measurement))
  for (const one of seen) listener(update(one))
  return told
}

const bytesOf = (told: ReadonlyArray<Measurement>, direction: "down" | "up"): number =>
  told.reduce((sum, one) => sum + (one._tag === "Moved" && one.direction === direction ? one.bytes : 0), 0)

describe("the meter of an account's transfers", () => {
  it("counts a download from its first byte to its last, and the file", () => {
    const told = hear([
      { isDown: true, up: SIZE },
      { down: 100_000, isDown: true, up: SIZE },
      { down: SIZE, up: SIZE },
      { down: SIZE, up: SIZE },
    ])
    expect(bytesOf(told, "down")).toBe(SIZE)
    expect(bytesOf(told, "up")).toBe(0)
    expect(told.filter(({ _tag }) => _tag === "FileMoved")).toEqual([{ _tag: "FileMoved", direction: "down" }])
  })

  it("does not count what an earlier life brought", () => {
    const told = hear([
      { down: 200_000, isDown: true },
      { down: 200_000 },
      { down: 200_000, isDown: true },
      { down: 250_000, isDown: true },
      { down: SIZE },
    ])
    expect(bytesOf(told, "down")).toBe(100_000)
  })

  it("counts what arrives while TDLib says that it has stopped", () => {
    const told = hear([{ isDown: true }, { down: 50_000 }, { down: 90_000 }, { down: 90_000, isDown: true }])
    expect(bytesOf(told, "down")).toBe(90_000)
  })

  it("counts an upload that begins anew as what it costs", () => {
    const told = hear([
      { down: SIZE, isUp: true },
      { down: SIZE, isUp: true, up: 200_000 },
      { down: SIZE, isUp: true, up: 0 },
      { down: SIZE, isUp: true, up: 150_000 },
      { down: SIZE, up: SIZE },
    ])
    expect(bytesOf(told, "up")).toBe(200_000 + SIZE)
    expect(told.at(-1)).toEqual({ _tag: "FileMoved", direction: "up" })
  })

  it("counts nothing of a file that is only mentioned", () => {
    expect(hear([{ down: SIZE, up: SIZE }, { down: 10, up: SIZE }, { up: SIZE }])).toEqual([])
  })

  it("adds up to each file's size, however many of them move at once and in whatever steps", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ id: fc.integer({ min: 1, max: 20 }), step: fc.nat(SIZE) }), { maxLength: 200 }),
        (steps) => {
          const at = new Map<number, number>()
          const seen: Array<Seen> = []
          for (const { id, step } of steps) {
            if (!at.has(id)) seen.push({ id, isDown: true })
            const down = Math.min(SIZE, (at.get(id) ?? 0) + step)
            at.set(id, down)
            seen.push({ id, down, isDown: down < SIZE })
          }
          const told = hear(seen)
          expect(bytesOf(told, "down")).toBe([...at.values()].reduce((sum, bytes) => sum + bytes, 0))
          expect(told.filter(({ _tag }) => _tag === "FileMoved")).toHaveLength(
            [...at.values()].filter((bytes) => bytes === SIZE).length,
          )
        },
      ),
    )
  })
})
