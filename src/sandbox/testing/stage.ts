import { join } from "node:path"
import { type Sandbox, type SandboxOptions, startSandbox, type World } from "../sandbox.ts"
import { DEFAULT_CODE } from "../state/build.ts"
import { TdlibProcess } from "./tdlib-process.ts"
import { type TemporaryDirectory, temporaryDirectory } from "./temporary-directory.ts"

/** A sandbox and the TDLibs that tests log in to it; all of it ends together. */
export class Stage implements AsyncDisposable {
  readonly sandbox: Sandbox
  readonly directory: TemporaryDirectory
  readonly #tdlibs: TdlibProcess[] = []

  private constructor(sandbox: Sandbox, directory: TemporaryDirectory) {
    this.sandbox = sandbox
    this.directory = directory
  }

  static async start(world: World, options: Omit<SandboxOptions, "world"> = {}): Promise<Stage> {
    const directory = await temporaryDirectory()
    return new Stage(await startSandbox({ world, ...options }), directory)
  }

  /** A TDLib that is logged in to this account, and has loaded its main list. name: its directory. */
  async logIn(phone: string, name = phone): Promise<TdlibProcess> {
    const tdlib = this.open(name)
    await tdlib.logIn(phone, DEFAULT_CODE)
    await tdlib.loadAllChats()
    return tdlib
  }

  /** A TDLib on a directory of its own, or on the one that another of this name had before it was closed. */
  open(name: string): TdlibProcess {
    const tdlib = new TdlibProcess({ ...this.sandbox.endpoint, directory: join(this.directory.path, "tdlib", name) })
    this.#tdlibs.push(tdlib)
    return tdlib
  }

  /** TDLib's id of the chat with this name. */
  chatId(name: string): number {
    const found = this.sandbox.state().channels.find((channel) => channel.name === name)
    if (found === undefined) throw new Error(`no channel ${name}`)
    return found.chatId
  }

  /** What every TDLib has printed as an error so far. */
  get errorLines(): readonly string[] {
    return this.#tdlibs.flatMap((tdlib) => tdlib.errorLines)
  }

  /** Sends a request to the control interface; rejects with its answer when it is refused. */
  async control(method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(new URL(path, this.sandbox.controlUrl), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${answer}`)
    return JSON.parse(answer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#tdlibs.map((tdlib) => tdlib[Symbol.asyncDispose]()))
    await this.sandbox.close()
    await this.directory[Symbol.asyncDispose]()
  }
}
