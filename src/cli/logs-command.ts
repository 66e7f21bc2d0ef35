import { createReadStream, statSync } from "node:fs"
import { open } from "node:fs/promises"
import { createInterface } from "node:readline"
import { Console, Effect, Exit, Option, Schema, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { loadConfig, logFileOf } from "../config.ts"
import { logFilesOf } from "../log-file.ts"
import { logLineLevels } from "../log-line.ts"
import { printable } from "./table.ts"

/** A line of our own log file, as far as this command reads it. */
const WrittenLine = Schema.StructWithRest(
  Schema.Struct({
    level: Schema.Literals(logLineLevels),
    time: Schema.Number,
    event: Schema.optionalKey(Schema.String),
    msg: Schema.optionalKey(Schema.String),
  }),
  [Schema.Record(Schema.String, Schema.Unknown)],
)
type WrittenLine = typeof WrittenLine.Type

const decodeLine = Schema.decodeUnknownExit(Schema.fromJsonString(WrittenLine))

/** Thrown when: there is no log file to read. */
export class NoLogFile extends Schema.TaggedError<NoLogFile>()("NoLogFile", { path: Schema.String }) {
  override get message(): string {
    return `there is no log at ${this.path}: is STASH_DATA_DIR the one of the worker, and STASH_LOG_MB not 0?`
  }
}

interface Wanted {
  readonly account: Option.Option<string>
  readonly set: Option.Option<string>
  readonly hash: Option.Option<string>
  readonly event: Option.Option<string>
  readonly level: (typeof logLineLevels)[number]
  readonly since: Option.Option<number>
}

const has = (value: unknown, wanted: Option.Option<string>, isPart: (text: string, part: string) => boolean): boolean =>
  Option.isNone(wanted) || (typeof value === "string" && isPart(value.toLowerCase(), wanted.value.toLowerCase()))

const includes = (text: string, part: string): boolean => text.includes(part)
const startsWith = (text: string, part: string): boolean => text.startsWith(part)

const isWanted = (line: WrittenLine, { account, event, hash, level, set, since }: Wanted): boolean =>
  logLineLevels.indexOf(line.level) >= logLineLevels.indexOf(level) &&
  (Option.isNone(since) || line.time >= since.value) &&
  has(line["account"], account, startsWith) &&
  has(line["set"] ?? line["name"], set, includes) &&
  has(line["hash"] ?? line["contentHash"], hash, startsWith) &&
  has(line.event, event, startsWith)

const shownElsewhere = new Set(["level", "time", "event", "msg", "account"])

const pretty = (line: WrittenLine): string => {
  const fields = Object.entries(line).filter(([name, value]) => !shownElsewhere.has(name) && value !== null)
  const words = fields.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
  const time = new Date(line.time).toISOString().slice(0, 23).replace("T", " ")
  const account = typeof line["account"] === "string" ? ` ${line["account"].slice(0, 8)}` : ""
  return printable(
    `${time} ${line.level.padEnd(5)}${account} ${line.event ?? ""}: ${line.msg ?? ""} ${words.join(" ")}`,
  )
}

/** The lines of files, one after the other. */
const linesOf = (paths: ReadonlyArray<string>): Stream.Stream<string> =>
  Stream.fromIterable(paths).pipe(
    Stream.flatMap((path) =>
      Stream.fromAsyncIterable(createInterface({ input: createReadStream(path) }), () => "ended").pipe(
        Stream.catch(() => Stream.empty),
      ),
    ),
  )

const LOOK_EVERY = "500 millis"

const identityOf = (path: string): { readonly inode: number; readonly size: number } => {
  try {
    const { ino, size } = statSync(path)
    return { inode: ino, size }
  } catch {
    return { inode: 0, size: 0 }
  }
}

const readFrom = async (path: string, start: number, end: number): Promise<string> => {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
    return buffer.toString("utf8", 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Lines that are written from now on, for ever; goes on with the new file when the old one is put aside. */
const linesToCome = (path: string): Stream.Stream<string> => {
  let { inode, size: position } = identityOf(path)
  let rest = ""
  const look = Effect.promise(async () => {
    const now = identityOf(path)
    if (now.inode !== inode) {
      inode = now.inode
      position = 0
    }
    if (now.size <= position) return []
    const text = rest + (await readFrom(path, position, now.size).catch(() => ""))
    position = now.size
    const lines = text.split("\n")
    rest = lines.pop() ?? ""
    return lines
  })
  return Stream.fromEffectRepeat(Effect.delay(look, LOOK_EVERY)).pipe(Stream.flatMap(Stream.fromIterable))
}

const text = (name: string, about: string) => Flag.String(name).pipe(Flag.withDescription(about), Flag.optional)

const since = Flag.String("since").pipe(
  Flag.withDescription("a time (2026-11-24T15:00:00Z) or an age (90s, 15m, 2h, 7d)"),
  Flag.optional,
)

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Thrown when: --since is neither a time nor an age. */
export class BadTime extends Schema.TaggedError<BadTime>()("BadTime", { text: Schema.String }) {
  override get message(): string {
    return `--since ${this.text}: expected a time like 2026-11-24T15:00:00Z, or an age like 15m`
  }
}

/** Unix milliseconds. */
const timeOf = (given: string, now: number): Effect.Effect<number, BadTime> => {
  const [, count, unit = ""] = /^(\d{1,9})([smhd])$/.exec(given) ?? []
  if (count !== undefined) return Effect.succeed(now - Number(count) * (unitSeconds[unit] ?? 0) * 1000)
  const time = Date.parse(given)
  return Number.isNaN(time) ? new BadTime({ text: given }) : Effect.succeed(time)
}

/** `stash logs`: the worker's own log file, filtered. */
export const logsCommand = Command.make(
  "logs",
  {
    account: text("account", "lines of this account: its id, or the beginning of it"),
    set: text("set", "lines about sets with this in their names"),
    hash: text("hash", "lines about the content whose hash begins so"),
    event: text("event", "events whose name begins so, such as set. or part.sent"),
    level: Flag.Literals("level", logLineLevels).pipe(
      Flag.withDefault("info"),
      Flag.withDescription("this severe or more"),
    ),
    since,
    follow: Flag.Boolean("follow").pipe(
      Flag.withDefault(false),
      Flag.withDescription("go on with what comes, until Ctrl-C"),
    ),
    json: Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("print the lines as they are")),
  },
  Effect.fn(function* ({ follow, json, since, ...flags }) {
    const config = yield* loadConfig(process.env)
    const { files, path } = logFileOf(config)
    const paths = logFilesOf(path, files)
    if (paths.length === 0 && !follow) return yield* new NoLogFile({ path })
    const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
    const wanted: Wanted = {
      ...flags,
      since: Option.isSome(since) ? Option.some(yield* timeOf(since.value, now)) : Option.none(),
    }
    const lines = follow ? Stream.concat(linesOf(paths), linesToCome(path)) : linesOf(paths)
    yield* lines.pipe(
      Stream.runForEach((written) => {
        const line = decodeLine(written)
        if (Exit.isFailure(line) || !isWanted(line.value, wanted)) return Effect.void
        return Console.log(json ? written : pretty(line.value))
      }),
    )
  }),
).pipe(
  Command.withDescription("Read the worker's log: by account, set, content, event, level and time; or follow it"),
  Command.withExamples([
    { command: "stash logs --level warn --since 1h", description: "what went wrong in the last hour" },
    { command: "stash logs --set Dragon --follow", description: "watch one set" },
  ]),
)
