import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { ChatAnswer, ChatRefusal, ChatRequest } from "./chat-requests.ts"
import { DocumentPage, DocumentsWanted, FetchEvent } from "./document-requests.ts"
import { describeProblem, LoginProblem } from "./login-problem.ts"
import { FilesPublished, FilesWanted } from "./publish-requests.ts"

/** What stops an account. `who` says who must act: the operator, nobody (it is tried again), or we (a bug). */
export class AccountError extends Schema.TaggedError<AccountError>()("AccountError", {
  who: Schema.Literals(["operator", "retry", "bug"]),
  message: Schema.String,
  /** What is wrong with the login, if it is that. */
  problem: Schema.optionalKey(LoginProblem),
  /** When Telegram takes the next attempt: Unix milliseconds. */
  until: Schema.optionalKey(Schema.Number),
}) {}

/** A login that needs the operator. `said`: Telegram's own word. */
export const loginError = (problem: LoginProblem, said = "", until?: number): AccountError =>
  new AccountError({
    who: "operator",
    message: describeProblem(problem, said),
    problem,
    ...(until === undefined ? {} : { until }),
  })

/** Where a login stands. `Ready` is the last one. */
export const LoginState = Schema.Union([
  /** Another worker on the same database has the account; this one waits, offline, and takes it over when it is free. */
  Schema.TaggedStruct("RunningElsewhere", {}),
  /** `sentBy`: the way it came, in words. */
  Schema.TaggedStruct("WaitingCode", { sentBy: Schema.String }),
  Schema.TaggedStruct("WaitingPassword", { hint: Schema.String }),
  /** Another device of the account scans this link as a QR code; a new one comes about every half minute. */
  Schema.TaggedStruct("WaitingScan", { link: Schema.String }),
  /** Telegram takes no attempt before: Unix milliseconds. */
  Schema.TaggedStruct("WaitingFlood", { until: Schema.Number }),
  Schema.TaggedStruct("Ready", { isPremium: Schema.Boolean }),
])
export type LoginState = typeof LoginState.Type

export const stages = ["downloading", "hashing", "inspecting", "uploading", "recording"] as const
export type Stage = (typeof stages)[number]

export const outcomes = ["published", "duplicate", "skipped", "waiting", "deferred"] as const
/** How a set left this cycle. The first three are settled; the other two are looked at again. */
export type Outcome = (typeof outcomes)[number]

/** A set is known by its channel and its first message. */
const setIdentity = { setKey: Schema.String, name: Schema.String }

export const CycleEvent = Schema.Union([
  /** How far the reading of a source is: what was read and found in this cycle so far. */
  Schema.TaggedStruct("SourceReading", {
    channelId: Schema.String,
    title: Schema.String,
    messages: Schema.Int,
    sets: Schema.Int,
  }),
  Schema.TaggedStruct("SourceScanned", {
    title: Schema.String,
    messages: Schema.Int,
    sets: Schema.Int,
    /** Documents that are no archive. */
    ignored: Schema.Int,
  }),
  Schema.TaggedStruct("SetStarted", { ...setIdentity, bytes: Schema.Int, volumes: Schema.Int }),
  Schema.TaggedStruct("SetProgress", {
    ...setIdentity,
    stage: Schema.Literals(stages),
    doneBytes: Schema.Int,
    totalBytes: Schema.Int,
  }),
  Schema.TaggedStruct("SetLeft", {
    ...setIdentity,
    sourceTitle: Schema.String,
    outcome: Schema.Literals(outcomes),
    /** Why, in words an operator can read; empty when published. */
    reason: Schema.String,
    contentHash: Schema.NullOr(Schema.String),
    parts: Schema.Int,
    bytes: Schema.Int,
  }),
  /** The set was settled in an earlier cycle; nothing was to be done. */
  Schema.TaggedStruct("SetKnown", setIdentity),
  /** The source cannot be read now; the others go on. It is tried again soon, unless it stays so for long. */
  Schema.TaggedStruct("SourceFailed", { title: Schema.String, reason: Schema.String, isPassing: Schema.Boolean }),
])
export type CycleEvent = typeof CycleEvent.Type

/** What settling found and did before new work began. */
export const SettleReport = Schema.Struct({
  /** Parts that were delivered though their confirmation was never written down. */
  adopted: Schema.Int,
  /** Sends of TDLib that had become pointless and were cancelled before the network was turned on. */
  cancelled: Schema.Int,
  /** Publications completed from parts that were all delivered. */
  completed: Schema.Int,
  /** Publications that go on in the next cycle with their missing parts. */
  open: Schema.Int,
  /** As Telegram says now that the account is online. */
  isPremium: Schema.Boolean,
})
export type SettleReport = typeof SettleReport.Type

/** The commands a supervisor gives to an account cell. */
export class AccountRpcs extends RpcGroup.make(
  /** Opens TDLib and logs in; ends with `Ready`. An account that is logged in already stays offline until `Settle`. */
  Rpc.make("Login", { success: LoginState, error: AccountError, stream: true }),
  Rpc.make("SubmitCode", { payload: { code: Schema.String }, error: AccountError }),
  Rpc.make("SubmitPassword", { payload: { password: Schema.String }, error: AccountError }),
  /** Has another code sent; the one before is good no more. */
  Rpc.make("RenewCode", { error: AccountError }),
  /** Ends the session at Telegram and empties TDLib's folder; answers whether there was one. Instead of `Login`. */
  Rpc.make("EndSession", { success: Schema.Boolean, error: AccountError }),
  /** Fails once the session has ended, by whomever; to be asked after the login, and for as long as the account lives. */
  Rpc.make("AwaitSessionEnd", { success: Schema.Never, error: AccountError }),
  /** Finishes what an earlier life left half done and goes online. Must be called once, before the first cycle. */
  Rpc.make("Settle", { success: SettleReport, error: AccountError }),
  /**
   * Takes no more sets up: the cycle that is running ends when those under way have left. With `interrupts` it ends as
   * soon as the parts that are being uploaded have arrived; everything else is dropped.
   */
  Rpc.make("Drain", { payload: { interrupts: Schema.Boolean } }),
  /** Ends a drain: the next cycle takes sets up again. */
  Rpc.make("TakeUp"),
  /** Goes once through all sources of the account. */
  Rpc.make("RunCycle", { success: CycleEvent, error: AccountError, stream: true }),
  /** Completes packages, for which there is time while the account rests. Whatever it is at may be interrupted at any moment. */
  Rpc.make("CompletePackages", { error: AccountError }),
  /** Does something with chats for an operator, beside whatever else the account does. */
  Rpc.make("AskChat", { payload: { request: ChatRequest }, success: ChatAnswer, error: ChatRefusal }),
  /** Publishes files that lie on the disk, beside whatever else the account does. */
  Rpc.make("PublishFiles", {
    payload: FilesWanted,
    success: FilesPublished,
    error: Schema.Union([ChatRefusal, AccountError]),
  }),
  /** Downloads documents of a chat into a folder, beside whatever else the account does; ends with `Fetched`. */
  Rpc.make("FetchDocuments", { payload: DocumentsWanted, success: FetchEvent, error: ChatRefusal, stream: true }),
  /** All documents of a chat, page by page, the newest first. */
  Rpc.make("ListDocuments", {
    payload: { chatId: Schema.Int },
    success: DocumentPage,
    error: ChatRefusal,
    stream: true,
  }),
) {}
