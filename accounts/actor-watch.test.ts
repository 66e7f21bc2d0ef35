import { describe, expect, it } from "vitest"
import { ActorWatch, makeBeats } from "./actor-watch.ts"

const looks = (watch: ActorWatch, count: number) => Array.from({ length: count }, () => watch.look())
const nothing = (count: number) => Array.from({ length: count }, () => undefined)

describe("the watch over an actor", () => {
  it("gives it a minute to start, and half a minute from then on", () => {
    const watch = new ActorWatch(makeBeats())
    expect(looks(watch, 11)).toEqual(nothing(11))
    expect(watch.look()).toBe(60_000)
    const ready = new ActorWatch(makeBeats())
    ready.ready()
    expect(looks(ready, 5)).toEqual(nothing(5))
    expect(ready.look()).toBe(30_000)
  })

  it("begins anew with every beat", () => {
    const beats = makeBeats()
    const watch = new ActorWatch(beats)
    watch.ready()
    for (let beat = 0; beat < 3; beat++) {
      expect(looks(watch, 5)).toEqual(nothing(5))
      Atomics.add(beats, 0, 1)
    }
    expect(watch.look()).toBeUndefined()
  })
})
