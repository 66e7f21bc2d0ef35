import { DateTime, Result } from "effect"

/** Hours of the week in which nothing new is begun: by the clock on the wall, whatever summer time does to it. */
export type QuietHours = ReadonlyArray<Window>

/** Milliseconds of local time since Monday 00:00. A window that runs into the next day, or week, belongs to the day it begins. */
interface Window {
  readonly from: number
  readonly length: number
}

export const QUIET_HOURS_FORM =
  "hours of the day as 01:00-07:30, with days before them if wanted (mon-fri 09:00-17:00, sat 22:00-08:00), several with commas"

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const WEEK = 7 * DAY
/** 1970 began on a Thursday. */
const EPOCH_IN_WEEK = 3 * DAY

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
const ENTRY = /^(?:([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+)?(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/

/** The days from `first` to `last`, over the end of the week if need be; undefined when one is no day. */
const daysBetween = (first: string, last: string): ReadonlyArray<number> | undefined => {
  const from = days.indexOf(first)
  const to = days.indexOf(last)
  if (from < 0 || to < 0) return undefined
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, step) => (from + step) % 7)
}

/** Of the day, in milliseconds; 24:00 is its end. */
const timeOf = (hour = "", minute = ""): number | undefined => {
  const time = Number(hour) * HOUR + Number(minute) * MINUTE
  return Number(minute) < 60 && time <= DAY ? time : undefined
}

const everyDay = days.map((_, day) => day)

const windowsOf = (entry: string): ReadonlyArray<Window> | undefined => {
  const [whole, first, last, fromHour, fromMinute, toHour, toMinute] = ENTRY.exec(entry) ?? []
  if (whole === undefined) return undefined
  const on = first === undefined ? everyDay : daysBetween(first, last ?? first)
  const from = timeOf(fromHour, fromMinute)
  const to = timeOf(toHour, toMinute)
  if (on === undefined || from === undefined || to === undefined || from === to || from === DAY) return undefined
  return on.map((day) => ({ from: day * DAY + from, length: to > from ? to - from : DAY - from + to }))
}

/** Whether the windows leave any time of the week free. */
const leavesTime = (hours: QuietHours): boolean =>
  hours.some(({ from, length }) => !isWithin(hours, (from + length) % WEEK))

const isWithin = (hours: QuietHours, inWeek: number): boolean =>
  hours.some(({ from, length }) => (inWeek - from + WEEK) % WEEK < length)

/** Reads quiet hours of the form {@link QUIET_HOURS_FORM}; fails with what is wrong with them. */
export const parseQuietHours = (text: string): Result.Result<QuietHours, string> => {
  const hours: Array<Window> = []
  for (const entry of text.toLowerCase().split(",")) {
    const windows = windowsOf(entry.trim())
    if (windows === undefined) return Result.fail(`"${entry.trim()}" is not of the form: ${QUIET_HOURS_FORM}`)
    hours.push(...windows)
  }
  return leavesTime(hours)
    ? Result.succeed(hours)
    : Result.fail("no time of the week is left to work in: to keep an account from working, pause it")
}

const offsetAt = (zone: DateTime.TimeZone, at: number): number =>
  DateTime.zonedOffset(DateTime.makeZonedUnsafe(at, { timeZone: zone }))

const inWeekAt = (zone: DateTime.TimeZone, at: number): number =>
  (((at + offsetAt(zone, at) + EPOCH_IN_WEEK) % WEEK) + WEEK) % WEEK

/** Whether `at` (Unix milliseconds) is quiet on the clocks of `zone`. */
export const isQuiet = (hours: QuietHours, zone: DateTime.TimeZone, at: number): boolean =>
  isWithin(hours, inWeekAt(zone, at))

/** So far ahead the clocks are changed at most once. */
const LONGEST_STEP = 12 * HOUR

/** The first moment in (from, to] at which the clocks of the zone are not those of `from`; they are others at `to`. */
const clockChange = (zone: DateTime.TimeZone, from: number, to: number): number => {
  const before = offsetAt(zone, from)
  let [low, high] = [from, to]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(zone, middle) === before) low = middle
    else high = middle
  }
  return high
}

/** The next moment after `at` at which a window may begin or end: by the clock, or because the clock is changed. */
const nextEdge = (hours: QuietHours, zone: DateTime.TimeZone, at: number): number => {
  const inWeek = inWeekAt(zone, at)
  const steps = hours.flatMap(({ from, length }) => [from, from + length]).map((edge) => (edge - inWeek + WEEK) % WEEK)
  const to = at + Math.min(LONGEST_STEP, ...steps.map((step) => (step === 0 ? WEEK : step)))
  return offsetAt(zone, to) === offsetAt(zone, at) ? to : clockChange(zone, at, to)
}

/** The next moment (Unix milliseconds) after `at` at which quiet hours begin, or end if they have begun. */
export const nextChange = (hours: QuietHours, zone: DateTime.TimeZone, at: number): number => {
  const now = isQuiet(hours, zone, at)
  let next = at
  do next = nextEdge(hours, zone, next)
  while (isQuiet(hours, zone, next) === now)
  return next
}

/** A moment as an operator reads it: `Thu 07:30 (Europe/Berlin)`. */
export const wallClock = (zone: DateTime.TimeZone, at: number): string => {
  const inWeek = inWeekAt(zone, at)
  const day = days[Math.floor(inWeek / DAY)] ?? ""
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0")
  const time = `${two((inWeek % DAY) / HOUR)}:${two((inWeek % HOUR) / MINUTE)}`
  return `${day.slice(0, 1).toUpperCase()}${day.slice(1)} ${time} (${DateTime.zoneToString(zone)})`
}
