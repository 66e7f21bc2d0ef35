import * as fc from "fast-check"
import { expect, it } from "vitest"
import { ByteQueue } from "./byte-queue.ts"

const lengths = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(4096, 5000, 65_536))

const stream = Buffer.from(Array.from({ length: 40 * 65_536 }, (_, index) => (index * index) % 251))

/** A piece of the stream, half of the time in memory of its own. */
const pieceAt = (start: number, length: number): Buffer => {
  const piece = start % 2 === 0 ? Buffer.allocUnsafeSlow(length) : Buffer.allocUnsafe(length)
  stream.copy(piece, 0, start, start + length)
  return piece
}

/** Undefined when the stream has not come so far. */
const expectPiece = (piece: Buffer | undefined, start: number, length: number, end: number): void => {
  expect(piece?.length).toBe(start + length > end ? undefined : length)
  expect(piece?.equals(pieceAt(start, length)) ?? true).toBe(true)
}

it("gives the bytes in their order, whatever pieces they come and go in", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ pushed: lengths, peeked: lengths, taken: lengths }), { minLength: 1, maxLength: 40 }),
      (steps) => {
        const [queue, other] = [new ByteQueue(), new ByteQueue()]
        let [pushed, taken] = [0, 0]
        for (const step of steps) {
          queue.push(pieceAt(pushed, step.pushed))
          pushed += step.pushed
          expect(queue.length).toBe(pushed - taken)
          expectPiece(queue.peek(step.peeked), taken, step.peeked, pushed)
          const got = queue.take(step.taken)
          expectPiece(got, taken, step.taken, pushed)
          taken += got?.length ?? 0
          other.push(pieceAt(0, 5000))
          other.take(4999)
        }
        expectPiece(queue.drain(), taken, pushed - taken, pushed)
        expect(queue.length).toBe(0)
      },
    ),
  )
})

it("frees the memory of a piece when other bytes are taken than its own", () => {
  const queue = new ByteQueue()
  const [first, second] = [Buffer.allocUnsafeSlow(65_536), Buffer.allocUnsafeSlow(65_536)]
  queue.push(first)
  queue.push(second)
  queue.take(60_000)
  expect(queue.take(5536)?.length).toBe(5536)
  expect(first.length).toBe(65_536)
  queue.take(10)
  expect([first.length, second.length]).toEqual([0, 65_536])
})
