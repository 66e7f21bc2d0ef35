import { Console, Effect, Layer, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { maskPhone } from "../log-line.ts"
import { addByPhone } from "../operator/add-account.ts"
import { logInWithOperator } from "./account-login.ts"
import { Ask } from "./ask.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { json, oneAccount, wanted } from "./one-account.ts"

const withOperator = Layer.merge(layerLibraryDatabase, Ask.layer)

/** `stash account add`: an account that has to log in. */
export const addCommand = Command.make(
  "add",
  {
    phone: Argument.String("phone").pipe(
      Argument.withDescription("with its country code; asked for when it is left out, so that no history keeps it"),
      Argument.optional,
    ),
    label: Flag.String("label").pipe(Flag.withDescription("what you call it"), Flag.optional),
    json,
  },
  Effect.fn(function* ({ json, label, phone }) {
    const account = yield* Effect.gen(function* () {
      const { ask } = yield* Ask
      const given = Option.isSome(phone) ? phone.value : yield* ask("Phone number with its country code", "shown")
      return yield* addByPhone(given, Option.getOrNull(label))
    }).pipe(Effect.provide(withOperator))
    const shown = { id: account.id, name: account.displayName, phone: maskPhone(account.phone) }
    if (json) return yield* Console.log(JSON.stringify(shown))
    yield* Console.log(
      `${shown.phone} is an account now: ${shown.id}. Next: stash account login ${label ? (shown.name ?? shown.id) : shown.id}`,
    )
  }),
).pipe(
  Command.withDescription("Add an account by its phone number; a running worker asks Telegram for a login code then"),
  Command.withExamples([
    {
      command: "stash account add --label Alice",
      description: "asks for the phone number, so that no history keeps it",
    },
  ]),
)

/** `stash account login`: the code, password or QR code, through the running worker. */
export const loginCommand = Command.make(
  "login",
  {
    wanted,
    qr: Flag.Boolean("qr").pipe(Flag.withDefault(false), Flag.withDescription("by a QR code instead of a login code")),
    json,
  },
  Effect.fn(function* ({ json, qr, wanted }) {
    const what = yield* Effect.flatMap(oneAccount(wanted), (account) =>
      Effect.map(logInWithOperator(account, qr ? "qr" : "code"), (said) => ({ id: account.id, what: said })),
    ).pipe(Effect.provide(withOperator))
    yield* Console.log(json ? JSON.stringify(what) : what.what)
  }),
).pipe(
  Command.withDescription(
    "Log an account in through the running worker: asks for code and password, or shows a QR code",
  ),
  Command.withExamples([
    { command: "stash account login Alice", description: "asks for the code, and the password if there is one" },
    { command: "stash account login Alice --qr", description: "with a QR code instead" },
  ]),
)
