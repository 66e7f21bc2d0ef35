import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { FaultRule } from "./faults/fault-rule.ts"
import { Speed, WorldSpeed } from "./speeds/speed-rule.ts"
import { LoginFlood } from "./state/account.ts"
import { Phone, problemsOfChannel, worldChannelFields } from "./world-channel.ts"
import { WorldMessage } from "./world-message.ts"
import { problemsOfMessages } from "./world-message-references.ts"

/** A login code. */
export const Code = Schema.String.check(Schema.isPattern(/^[0-9]{5}$/u, { expected: "five digits" }))

/** An account that exists, or a phone number that may sign up. */
export const WorldFolder = Schema.Struct({
  title: Schema.NonEmptyString.check(Schema.isMaxLength(12)),
  channels: Schema.Array(Schema.String).check(Schema.isMinLength(1)),
})
export type WorldFolder = typeof WorldFolder.Type

export const WorldAccount = Schema.Struct({
  phone: Phone,
  firstName: Schema.NonEmptyString,
  lastName: Schema.optionalKey(Schema.String),
  premium: Schema.optionalKey(Schema.Boolean),
  /** The login code; "12345" otherwise. */
  code: Schema.optionalKey(Code),
  /** The two-step verification password, asked for after the code. */
  password: Schema.optionalKey(Schema.NonEmptyString),
  passwordHint: Schema.optionalKey(Schema.String),
  banned: Schema.optionalKey(Schema.Boolean),
  /** Nobody has this phone number yet: the first to log in signs up, and chooses the name. */
  signUp: Schema.optionalKey(Schema.Boolean),
  /** After how many wrong codes or passwords in a row it must be left alone for how long; 10 and 300 seconds otherwise. */
  loginFlood: Schema.optionalKey(LoginFlood),
  /** How many bytes per second it may upload and download, whatever its kind may. */
  speed: Schema.optionalKey(Speed),
  /** The chat folders, with the names of channels in them. */
  folders: Schema.optionalKey(Schema.Array(WorldFolder)),
}).check(
  Schema.makeFilter(({ password, passwordHint }) =>
    passwordHint !== undefined && password === undefined ? "Expected a password beside passwordHint" : undefined,
  ),
)
export type WorldAccount = typeof WorldAccount.Type

export const WorldChannel = Schema.Struct({
  ...worldChannelFields,
  messages: Schema.optionalKey(Schema.Array(WorldMessage)),
})
export type WorldChannel = typeof WorldChannel.Type

/** What the sandbox's Telegram consists of when it starts. */
export const World = Schema.Struct({
  accounts: Schema.Array(WorldAccount),
  channels: Schema.Array(WorldChannel),
  /** What goes wrong from the start on. */
  faults: Schema.optionalKey(Schema.Array(FaultRule)),
  /** How many bytes per second accounts without and with Telegram Premium may upload and download; no limit otherwise. */
  speed: Schema.optionalKey(WorldSpeed),
  /** Where the JSON Schema of worlds is, for editors. */
  $schema: Schema.optionalKey(Schema.String),
})
export type World = typeof World.Type

/** A world that was checked, and the directory that its file paths are relative to. */
export interface LoadedWorld {
  readonly world: World
  readonly directory: string
}

/** Thrown for a world with mistakes; the message has one line for each: its path in the JSON and what was expected. Act: its author. */
export class WorldError extends Error {
  override readonly name = "WorldError"
  readonly problems: readonly string[]

  constructor(source: string, problems: readonly string[], options?: ErrorOptions) {
    super(`${source} cannot be used:\n${problems.map((problem) => `  ${problem}`).join("\n")}`, options)
    this.problems = problems
  }
}

const formatPath = (path: readonly PropertyKey[]): string =>
  path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "")

/** Each issue as "path: what was expected". */
export const describeIssues = (error: Schema.SchemaError): readonly string[] =>
  SchemaIssue.makeFormatterStandardSchemaV1()(error.issue).issues.map((issue) => {
    const keys = (issue.path ?? []).map((segment) => (typeof segment === "object" ? segment.key : segment))
    return `${formatPath(keys) || "(top)"}: ${issue.message}`
  })

/** Decodes the shape alone, with every mistake reported and unknown keys refused. */
export const decodeStrictly = <S extends Schema.Decoder<unknown>>(schema: S, input: unknown) =>
  Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })(input)

const problemsOfRepetition = (values: readonly string[], path: (index: number) => string): readonly string[] =>
  values.flatMap((value, index) =>
    values.indexOf(value) === index ? [] : [`${path(index)}: Expected a value of its own, found ${value} again`],
  )

const problemsOfWorld = ({ world, directory }: LoadedWorld): readonly string[] => {
  const names = new Set(world.channels.map((channel) => channel.name))
  const phones = new Set(world.accounts.map((account) => account.phone))
  return [
    ...problemsOfRepetition(
      world.accounts.map((account) => account.phone),
      (index) => `accounts[${index}].phone`,
    ),
    ...problemsOfRepetition(
      world.channels.map((channel) => channel.name),
      (index) => `channels[${index}].name`,
    ),
    ...problemsOfRepetition(
      world.channels.map((channel) => channel.username?.toLowerCase() ?? `channel ${channel.name}`),
      (index) => `channels[${index}].username`,
    ),
    ...world.accounts.flatMap((account, index) =>
      (account.folders ?? []).flatMap((folder, at) =>
        folder.channels.flatMap((name, position) =>
          names.has(name)
            ? []
            : [
                `accounts[${index}].folders[${at}].channels[${position}]: Expected the name of a channel, found ${name}`,
              ],
        ),
      ),
    ),
    ...world.channels.flatMap((channel, index) =>
      problemsOfChannel(channel, `channels[${index}].`, (phone) => phones.has(phone)),
    ),
    ...problemsOfMessages(
      world.channels.map(({ name, messages = [] }, index) => ({ name, messages, path: `channels[${index}].` })),
      { directory, isAccount: (phone) => phones.has(phone) },
    ),
  ]
}

const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch (cause) {
    throw new WorldError(path, [cause instanceof Error ? cause.message : String(cause)], { cause })
  }
}

/**
 * Checks a world, given as a value (file paths relative to the working directory) or as the path of a JSON file (file
 * paths relative to it). Throws WorldError.
 */
export const loadWorld = (input: World | string): LoadedWorld => {
  const source = typeof input === "string" ? input : "The world"
  const decoded = decodeStrictly(World, typeof input === "string" ? readJson(input) : input)
  if (Result.isFailure(decoded)) throw new WorldError(source, describeIssues(decoded.failure))
  const directory = typeof input === "string" ? dirname(resolve(input)) : process.cwd()
  const loaded = { world: decoded.success, directory }
  const problems = problemsOfWorld(loaded)
  if (problems.length > 0) throw new WorldError(source, problems)
  return loaded
}
