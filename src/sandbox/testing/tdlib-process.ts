import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { stripVTControlCharacters } from "node:util"
import type * as Td from "tdlib-types"
import type { ChildMessage, ParentMessage, TdlibSettings } from "./messages.ts"

type Request<Name extends Td.$FunctionName> = { readonly _: Name } & Td.$FunctionInputByName[Name]

const DEFAULT_PATIENCE = 30_000

interface Waiter {
  readonly accepts: (update: Td.Update) => boolean
  readonly resolve: (update: Td.Update) => void
}

/** A TDLib in a child process, for tests: what it printed can be looked at, and killing it harms nobody else. */
export class TdlibProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #updates: Td.Update[] = []
  readonly #waiters = new Set<Waiter>()
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #patience: number
  #stderr = ""
  #nextId = 1

  /** Starts TDLib on a directory and connects it to a sandbox. */
  constructor(settings: TdlibSettings) {
    this.#patience = settings.patience ?? DEFAULT_PATIENCE
    this.#child = fork(new URL("./child.ts", import.meta.url), { stdio: ["ignore", "inherit", "pipe", "ipc"] })
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text
    })
    this.#child.on("message", (message) => this.#receive(message as ChildMessage))
    this.#child.once("exit", () => this.#fail(new Error(`the process with TDLib ended; it printed:\n${this.#stderr}`)))
    this.#tell({ type: "open", settings })
  }

  get processId(): number {
    return this.#child.pid ?? 0
  }

  /** The lines that TDLib printed as errors, without the colours that it gives them. */
  get errorLines(): readonly string[] {
    return stripVTControlCharacters(this.#stderr)
      .split("\n")
      .filter((line) => line.startsWith("[ 0]") || line.startsWith("[ 1]"))
  }

  /** Everything TDLib has told so far. */
  get updates(): readonly Td.Update[] {
    return this.#updates
  }

  /** Calls TDLib; rejects with its error text. */
  async invoke<Name extends Td.$FunctionName>(request: Request<Name>): Promise<Td.$FunctionResultByName[Name]> {
    const id = this.#nextId++
    const pending = Promise.withResolvers<unknown>()
    this.#pending.set(id, pending)
    this.#tell({ type: "invoke", id, request: request as unknown as Td.$Function })
    return withPatience(this.#patience, `an answer to ${request._}`, pending.promise) as Promise<
      Td.$FunctionResultByName[Name]
    >
  }

  /** The first update, since the start or still to come, that passes. */
  update<Update extends Td.Update>(accepts: (update: Td.Update) => update is Update): Promise<Update>
  update(accepts: (update: Td.Update) => boolean): Promise<Td.Update>
  update(accepts: (update: Td.Update) => boolean): Promise<Td.Update> {
    const old = this.#updates.find(accepts)
    if (old !== undefined) return Promise.resolve(old)
    const { promise, resolve } = Promise.withResolvers<Td.Update>()
    this.#waiters.add({ accepts, resolve })
    return withPatience(this.#patience, "an update", promise)
  }

  /** The first authorization state of this name, since the start or still to come, that passes. */
  async authorization<Name extends Td.AuthorizationState["_"]>(
    name: Name,
    accepts: (state: Extract<Td.AuthorizationState, { readonly _: Name }>) => boolean = () => true,
  ): Promise<Extract<Td.AuthorizationState, { readonly _: Name }>> {
    type State = Extract<Td.AuthorizationState, { readonly _: Name }>
    const isWanted = (state: Td.AuthorizationState): state is State => state._ === name && accepts(state as State)
    const update = await this.update(
      (candidate): candidate is Td.updateAuthorizationState =>
        candidate._ === "updateAuthorizationState" && isWanted(candidate.authorization_state),
    )
    return update.authorization_state as State
  }

  /** Logs in with phone and code; resolves when TDLib is ready, at once if it already was logged in. */
  async logIn(phone: string, code: string): Promise<Td.user> {
    const state = (name: Td.AuthorizationState["_"]) => (update: Td.Update) =>
      update._ === "updateAuthorizationState" && update.authorization_state._ === name
    const isReady = state("authorizationStateReady")
    const isAsked = state("authorizationStateWaitPhoneNumber")
    const first = await this.update((update) => isReady(update) || isAsked(update))
    if (!isReady(first)) {
      await this.invoke({ _: "setAuthenticationPhoneNumber", phone_number: phone })
      await this.update(state("authorizationStateWaitCode"))
      await this.invoke({ _: "checkAuthenticationCode", code })
      await this.update(isReady)
    }
    return this.invoke({ _: "getMe" })
  }

  /** Loads every chat of the main list. */
  async loadAllChats(): Promise<void> {
    for (;;) {
      try {
        await this.invoke({ _: "loadChats", chat_list: { _: "chatListMain" }, limit: 100 })
      } catch (error) {
        // 404 is how TDLib says that there are no more.
        if (error instanceof Error && error.message === "Not Found") return
        throw error
      }
    }
  }

  /** The id of a sent message on the server, in TDLib's numbering; rejects when it cannot be sent. */
  async delivered(message: Td.message): Promise<number> {
    const update = await this.update(
      (candidate) =>
        (candidate._ === "updateMessageSendSucceeded" || candidate._ === "updateMessageSendFailed") &&
        candidate.old_message_id === message.id &&
        // Ids of messages in different chats can be the same.
        candidate.message.chat_id === message.chat_id,
    )
    if (update._ === "updateMessageSendSucceeded") return update.message.id
    throw new Error(update._ === "updateMessageSendFailed" ? update.error.message : update._)
  }

  /** Ends TDLib orderly and its process; everything it printed has then been read. Rejects when it does not end. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, "close")
    this.#tell({ type: "close" })
    await withPatience(this.#patience, "its end when it was to close", exited)
  }

  /** Ends the process with SIGKILL. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, "exit")
    this.#child.kill("SIGKILL")
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  #tell(message: ParentMessage): void {
    if (this.#child.connected) this.#child.send(message)
  }

  #receive(message: ChildMessage): void {
    switch (message.type) {
      case "update":
        this.#updates.push(message.update)
        for (const waiter of this.#waiters) {
          if (!waiter.accepts(message.update)) continue
          this.#waiters.delete(waiter)
          waiter.resolve(message.update)
        }
        return
      case "result":
        this.#pending.get(message.id)?.resolve(message.result)
        this.#pending.delete(message.id)
        return
      case "error":
        this.#pending.get(message.id)?.reject(new Error(message.error))
        this.#pending.delete(message.id)
        return
      case "failed":
        this.#fail(new Error(message.error))
    }
  }

  #fail(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(error)
    this.#pending.clear()
  }
}

const withPatience = async <Value>(patience: number, what: string, promise: Promise<Value>): Promise<Value> => {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`TDLib did not give ${what} in ${patience} ms`)), patience)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
