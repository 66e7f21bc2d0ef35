import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { TokenBucket } from "./token-bucket.ts"

const PART = 1000

describe("A token bucket", () => {
  it("never lets through more than its rate, its burst and one part, however it is asked", () => {
    const asked = fc.array(fc.record({ after: fc.nat(3000), bytes: fc.integer({ min: 1, max: PART }) }), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(5000), asked, (rate, burst, requests) => {
        const bucket = new TokenBucket(rate, burst, 0)
        let now = 0
        let passed = 0
        for (const { after, bytes } of requests) {
          now += after
          if (bucket.wait(now) > 0) continue
          bucket.take(bytes, now)
          passed += bytes
          expect(passed).toBeLessThanOrEqual(burst + (rate * now) / 1000 + PART + 1)
        }
      }),
    )
  })

  it("lets something through when the wait that it named is over, and nothing a moment before", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (rate, bytes) => {
        const bucket = new TokenBucket(rate, PART, 0)
        bucket.take(PART + bytes, 0)
        const wait = bucket.wait(0)
        expect(wait).toBeGreaterThan(0)
        expect(bucket.wait(wait / 2)).toBeGreaterThan(0)
        expect(bucket.wait(wait + 1)).toBe(0)
      }),
    )
  })

  it("gives all of its rate to who comes back as soon as he may", () => {
    const bucket = new TokenBucket(1000, 500, 0)
    let now = 0
    let passed = 0
    while (now < 100_000) {
      bucket.take(PART, now)
      passed += PART
      now += bucket.wait(now)
    }
    expect(passed).toBeGreaterThanOrEqual(100_000)
  })
})
