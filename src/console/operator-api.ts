import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { LoginMethod } from "../../db/logins.ts"
import { SeenChat } from "../channel/chat-requests.ts"
import { accountTurns } from "../operator/account-turns.ts"
import { LibraryAway, NotThere, Refused } from "./api-errors.ts"

const Id = Schema.NonEmptyString.check(Schema.isMaxLength(64))
const ofAccount = { accountId: Id }
const ChatId = Schema.Int.check(Schema.isBetween({ minimum: -(10 ** 15), maximum: 10 ** 15 }))
const line = (length: number) => Schema.NonEmptyString.check(Schema.isMaxLength(length))

/** What came of an action, in a sentence. */
const Done = Schema.Struct({ what: Schema.String })
const error = [LibraryAway, NotThere, Refused]

const LoginView = Schema.Struct({
  method: LoginMethod,
  state: Schema.NullOr(Schema.String).annotate({ description: "waiting_code, waiting_password, waiting_scan, ..." }),
  problem: Schema.NullOr(Schema.String).annotate({ description: "what is wrong, and what to do then" }),
  detail: Schema.String.annotate({ description: "how the code was sent, or the hint of the password" }),
  until: Schema.NullOr(Schema.Date).annotate({ description: "before this Telegram takes no attempt" }),
  takesAnswer: Schema.Boolean,
  qr: Schema.NullOr(Schema.Array(Schema.String)).annotate({
    description: "rows of the QR code, with 1 for a dark module; another one about every half minute",
  }),
})
export type LoginView = typeof LoginView.Type

const described = (description: string) => OpenApi.annotations({ description })

/** What an operator has accounts do. Here as below, every action is also a command of `stash`, and goes the same way. */
export const accountsGroup = HttpApiGroup.make("accounts").add(
  HttpApiEndpoint.post("add", "/api/accounts", {
    payload: Schema.Struct({ phone: line(32), name: Schema.NullOr(line(64)) }),
    success: Schema.Struct({ id: Schema.String, ...Done.fields }),
    error,
  }).annotateMerge(described("Adds an account by its phone number. As: stash account add")),
  HttpApiEndpoint.post("turn", "/api/accounts/:accountId/turn", {
    params: ofAccount,
    payload: Schema.Struct({ turn: Schema.Literals(accountTurns) }),
    success: Done,
    error,
  }).annotateMerge(described("As: stash account run, cancel, pause, pause --now, resume, restart, disable, enable")),
  HttpApiEndpoint.get("login", "/api/accounts/:accountId/login", {
    params: ofAccount,
    success: LoginView,
    error,
  }).annotateMerge(described("Where an account's login stands.")),
  HttpApiEndpoint.post("logIn", "/api/accounts/:accountId/login", {
    params: ofAccount,
    payload: Schema.Struct({ method: LoginMethod }),
    success: Done,
    error,
  }).annotateMerge(described("Begins a login. As: stash account login")),
  HttpApiEndpoint.post("answerLogin", "/api/accounts/:accountId/login/answer", {
    params: ofAccount,
    payload: Schema.Union([
      Schema.Struct({ secret: line(256).annotate({ description: "the code or the password" }) }),
      Schema.Struct({ newCode: Schema.Literal(true) }),
    ]),
    success: Done,
    error,
  }).annotateMerge(described("Answers a login that waits for a code or a password.")),
  HttpApiEndpoint.get("chats", "/api/accounts/:accountId/chats", {
    params: ofAccount,
    success: Schema.Array(SeenChat),
    error,
  }).annotateMerge(described("The chats of an account, as Telegram says now. As: stash channel chats")),
  HttpApiEndpoint.post("read", "/api/accounts/:accountId/sources", {
    params: ofAccount,
    payload: Schema.Union([Schema.Struct({ chatId: ChatId }), Schema.Struct({ join: line(256) })]),
    success: Done,
    error,
  }).annotateMerge(
    described("Has an account read a chat that it sees, or join one and read it. As: stash channel link, join"),
  ),
  HttpApiEndpoint.post("publish", "/api/accounts/:accountId/destination", {
    params: ofAccount,
    payload: Schema.Union([
      Schema.Struct({ chatId: ChatId }),
      Schema.Struct({ join: line(256) }),
      Schema.Struct({ create: line(128) }),
    ]),
    success: Done,
    error,
  }).annotateMerge(
    described("Has everything published in a chat from now on, for all accounts. As: stash channel destination"),
  ),
)

export const ChannelView = Schema.Struct({
  id: Schema.String,
  chatId: Schema.Int,
  title: Schema.String,
  role: Schema.Literals(["source", "destination"]),
  state: Schema.String,
  category: Schema.NullOr(Schema.String),
  sets: Schema.Int,
  unsettledSets: Schema.Int,
  readers: Schema.Array(Schema.String),
  scannedAt: Schema.NullOr(Schema.Date),
})

export const channelsGroup = HttpApiGroup.make("channels").add(
  HttpApiEndpoint.get("list", "/api/channels", { success: Schema.Array(ChannelView), error }).annotateMerge(
    described("The sources and the destination. As: stash channel list"),
  ),
  HttpApiEndpoint.post("rescan", "/api/channels/:channelId/rescan", {
    params: { channelId: Id },
    payload: Schema.Struct({
      from: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 31 }))).annotate({
        description: "the number of a message, as in its t.me link; null: from the beginning",
      }),
    }),
    success: Done,
    error,
  }).annotateMerge(described("Has a source looked through anew. As: stash channel rescan")),
)

export const skippedGroup = HttpApiGroup.make("skipped").add(
  HttpApiEndpoint.post("retry", "/api/skipped/retry", {
    payload: Schema.Struct({ ids: Schema.Array(Id).check(Schema.isBetweenLength(1, 100)) }),
    success: Done,
    error,
  }).annotateMerge(described("Has skipped sets tried again, with all their attempts. As: stash skipped retry")),
)
