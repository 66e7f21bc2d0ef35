import { DateTime, Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isQuiet, nextChange, parseQuietHours, type QuietHours, wallClock } from "./quiet-hours.ts"

const MINUTE = 60_000
const zoneOf = (name: string) => DateTime.zoneMakeNamedUnsafe(name)
const hoursOf = (text: string): QuietHours => Result.getOrThrow(parseQuietHours(text))
const at = (text: string): number => Date.parse(text)

const berlin = zoneOf("Europe/Berlin")
/** Summer time of an hour, of half an hour, none at all beside an odd offset, and one that is left for Ramadan. */
const zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "UTC"]
const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

const two = (value: number): string => String(value).padStart(2, "0")
const clock = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
const entry = fc
  .tuple(fc.option(fc.tuple(fc.constantFrom(...days), fc.option(fc.constantFrom(...days)))), clock, clock)
  .filter(([, from, to]) => from[0] !== to[0] || from[1] !== to[1])
  .map(([on, from, to]) => {
    const prefix = on === null ? "" : `${on[1] === null ? on[0] : `${on[0]}-${on[1]}`} `
    return `${prefix}${two(from[0])}:${two(from[1])}-${two(to[0])}:${two(to[1])}`
  })
const quietHours = fc
  .array(entry, { minLength: 1, maxLength: 3 })
  .map((entries) => entries.join(", "))
  .filter((text) => Result.isSuccess(parseQuietHours(text)))
/** Any minute of some weeks around the changes of clocks in both hemispheres. */
const moment = fc
  .tuple(fc.constantFrom("2026-03-05", "2026-03-25", "2026-04-01", "2026-10-22", "2026-10-30"), fc.nat(7 * 24 * 60))
  .map(([day, minute]) => at(`${day}T00:00:00Z`) + minute * MINUTE)

describe("quiet hours", () => {
  it("are those of every day, or of the days before them, and may run into the next one", () => {
    const quiet = (text: string, when: string) => isQuiet(hoursOf(text), berlin, at(when))
    // A Thursday, in winter: one hour after UTC.
    expect(quiet("01:00-07:30", "2026-11-26T00:00:00Z")).toBe(true)
    expect(quiet("01:00-07:30", "2026-11-26T06:29:59Z")).toBe(true)
    expect(quiet("01:00-07:30", "2026-11-26T06:30:00Z")).toBe(false)
    expect(quiet("mon-fri 09:00-17:00, sat 10:00-12:00", "2026-11-26T08:00:00Z")).toBe(true)
    expect(quiet("mon-fri 09:00-17:00, sat 10:00-12:00", "2026-11-28T08:00:00Z")).toBe(false)
    expect(quiet("mon-fri 09:00-17:00, sat 10:00-12:00", "2026-11-28T09:00:00Z")).toBe(true)
    expect(quiet("sun 22:00-06:00", "2026-11-30T04:00:00Z")).toBe(true)
    expect(quiet("fri-mon 00:00-24:00", "2026-11-26T12:00:00Z")).toBe(false)
    expect(quiet("FRI-MON 0:00-24:00", "2026-11-29T12:00:00Z")).toBe(true)
  })

  it("that cannot be meant are refused with what is wrong", () => {
    const refused = [
      "",
      "1:00",
      "01:00-25:00",
      "01:60-02:00",
      "07:00-07:00",
      "mo 01:00-02:00",
      "24:00-01:00",
      "01:00-02:00,",
    ]
    for (const text of refused) expect(Result.getFailure(parseQuietHours(text)), text).toMatchObject({ _tag: "Some" })
    expect(parseQuietHours("00:00-12:00, 12:00-24:00")).toMatchObject({
      failure: expect.stringContaining("no time of the week is left"),
    })
  })

  it("begin and end as the clocks on the wall say, when those are changed too", () => {
    const next = (text: string, when: string) =>
      new Date(nextChange(hoursOf(text), berlin, at(when))).toISOString().slice(0, 16)
    expect(next("01:00-07:30", "2026-03-28T23:00:00Z")).toBe("2026-03-29T00:00")
    // Summer time has begun meanwhile: an hour earlier than on the days before.
    expect(next("01:00-07:30", "2026-03-29T00:30:00Z")).toBe("2026-03-29T05:30")
    // A quarter past two does not exist on that day.
    expect(next("02:15-02:45", "2026-03-29T00:00:00Z")).toBe("2026-03-30T00:15")
    // In autumn it comes twice.
    expect(next("02:15-02:45", "2026-10-25T00:16:00Z")).toBe("2026-10-25T00:45")
    expect(next("02:15-02:45", "2026-10-25T00:46:00Z")).toBe("2026-10-25T01:15")
    expect(wallClock(berlin, at("2026-03-29T05:30:00Z"))).toBe("Sun 07:30 (Europe/Berlin)")
  })

  it("change when a clock that is looked at every minute says so, in any zone", () => {
    fc.assert(
      fc.property(quietHours, fc.constantFrom(...zones), moment, (text, zoneName, from) => {
        const [hours, zone] = [hoursOf(text), zoneOf(zoneName)]
        const now = isQuiet(hours, zone, from)
        let minute = from + MINUTE
        while (isQuiet(hours, zone, minute) === now) minute += MINUTE
        expect(nextChange(hours, zone, from)).toBe(minute)
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  it("are read or refused, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), quietHours), (text) => {
        const read = parseQuietHours(text)
        return Result.isFailure(read) ? read.failure !== "" : read.success.length > 0
      }),
    )
  })
})
