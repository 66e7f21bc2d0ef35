import { randomBytes } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { Result, type Schema } from "effect"
import { AccountToChange, acceptLogin, addAccount, controlAccount, LoginToAccept } from "./account-control.ts"
import {
  ChannelToChange,
  controlChannel,
  controlNewChannel,
  problemsOfChange,
  problemsOfNewChannel,
} from "./channel-control.ts"
import { readChannelState } from "./channel-state.ts"
import type { SandboxCounters } from "./counters.ts"
import type { Accounts } from "./methods/accounts.ts"
import type { Announcements } from "./methods/announcements.ts"
import { Chats } from "./methods/chats.ts"
import { RpcError } from "./methods/rpc-error.ts"
import { SaltsToRotate } from "./salt-control.ts"
import type { Endpoint } from "./sandbox.ts"
import { prepareDigests, readAccount, readState, tdlibChatId, tdlibMessageId } from "./sandbox-state.ts"
import type { Account } from "./state/account.ts"
import { draftOfMessage, fileOfMessage } from "./state/build.ts"
import type { Content } from "./state/content.ts"
import type { Telegram } from "./state/telegram.ts"
import {
  decodeStrictly,
  describeIssues,
  MessageToPost,
  problemsOfReferences,
  WorldAccount,
  WorldChannel,
} from "./world.ts"

/** A request body may have this many bytes. */
const MAX_BODY_BYTES = 1024 * 1024

export interface ControlContext {
  readonly endpoint: Endpoint
  readonly telegram: Telegram
  readonly announcements: Announcements
  readonly accounts: Accounts
  /** What file paths in requests are relative to: the world's directory. */
  readonly directory: string
  readonly counters: () => SandboxCounters
}

export interface Control {
  readonly url: string
  readonly close: () => Promise<void>
}

interface Reply {
  readonly status: number
  readonly body: unknown
}

type Route = (context: ControlContext, body: unknown) => Reply | Promise<Reply>

/** A request that cannot be fulfilled; becomes the answer {error, problems?}. */
class Refusal extends Error {
  readonly status: number
  readonly problems: readonly string[] | undefined

  constructor(status: number, message: string, problems?: readonly string[]) {
    super(message)
    this.status = status
    this.problems = problems
  }
}

const postMessage: Route = ({ telegram, announcements, directory }, body) => {
  const decoded = decodeStrictly(MessageToPost, body)
  if (Result.isFailure(decoded)) throw new Refusal(400, "The message is not valid", describeIssues(decoded.failure))
  const { channel: name, ...message } = decoded.success
  const channel = telegram.channels.get(name)
  if (channel === undefined) throw new Refusal(404, `No channel is called ${name}`, [...telegram.channels.keys()])
  const problems = problemsOfReferences(message, "", directory, (phone) => telegram.accounts.has(phone))
  if (problems.length > 0) throw new Refusal(400, "The message is not valid", problems)
  const record = fileOfMessage(message, directory)
  const file =
    record === undefined ? undefined : telegram.addFile({ id: String(randomBytes(8).readBigInt64LE()), ...record })
  const draft = draftOfMessage(message, name, telegram.accounts)
  const posted = telegram.post(channel, [file === undefined ? draft : { ...draft, file }])
  announcements.posted(channel, posted)
  const id = posted[0]?.id ?? 0
  return { status: 201, body: { channel: name, id, tdlibId: tdlibMessageId(id) } }
}

const decodeBody = <S extends Schema.Decoder<unknown>>(schema: S, body: unknown, what: string): S["Type"] => {
  const decoded = decodeStrictly(schema, body)
  if (Result.isFailure(decoded)) throw new Refusal(400, `The ${what} is not valid`, describeIssues(decoded.failure))
  return decoded.success
}

const postAccount: Route = ({ telegram }, body) => {
  const wanted = decodeBody(WorldAccount, body, "account")
  if (telegram.accounts.has(wanted.phone)) throw new Refusal(409, `There is an account with phone ${wanted.phone}`)
  return { status: 201, body: readAccount(telegram, addAccount(telegram, wanted)) }
}

/** What can be posted below /accounts/PHONE. */
const ACCOUNT_ROUTES: ReadonlyMap<string, (context: ControlContext, account: Account, body: unknown) => void> = new Map(
  [
    [
      "",
      ({ telegram, accounts }, account, body) =>
        controlAccount(telegram, accounts, account, decodeBody(AccountToChange, body, "change")),
    ],
    [
      "/accept-login",
      ({ accounts }, account, body) => {
        const login = decodeBody(LoginToAccept, body, "token")
        try {
          acceptLogin(accounts, account, login)
        } catch (error) {
          throw error instanceof RpcError ? new Refusal(409, error.message) : error
        }
      },
    ],
  ],
)

/** The route of POST /accounts/PHONE..., if this is one. */
const accountRoute = (name: string): Route | undefined => {
  const [, phone = "", rest = ""] = /^POST \/accounts\/([0-9]+)(\/[a-z-]+)?$/.exec(name) ?? []
  const change = ACCOUNT_ROUTES.get(rest)
  if (phone === "" || change === undefined) return undefined
  return (context, body) => {
    const account = context.telegram.accounts.get(phone)
    if (account === undefined) throw new Refusal(404, `No account has the phone ${phone}`)
    change(context, account, body)
    return { status: 200, body: readAccount(context.telegram, account) }
  }
}

const postChannel: Route = ({ telegram, announcements, directory }, body) => {
  const wanted = decodeBody(WorldChannel, body, "channel")
  const problems = problemsOfNewChannel(telegram, wanted, directory)
  if (problems.length > 0) throw new Refusal(400, "The channel is not valid", problems)
  const added = controlNewChannel(new Chats(telegram, announcements), wanted, directory)
  return { status: 201, body: { name: wanted.name, chatId: tdlibChatId(added), ...readChannelState(added) } }
}

/** The route of POST /channels/NAME, if this is one. */
const channelRoute = (name: string): Route | undefined => {
  const [, encoded] = /^POST \/channels\/([^/]+)$/.exec(name) ?? []
  if (encoded === undefined) return undefined
  return ({ telegram, announcements }, body) => {
    const channelName = decodeURIComponent(encoded)
    const channel = telegram.channels.get(channelName)
    if (channel === undefined)
      throw new Refusal(404, `No channel is called ${channelName}`, [...telegram.channels.keys()])
    const change = decodeBody(ChannelToChange, body, "change")
    const problems = problemsOfChange(telegram, channel, change)
    if (problems.length > 0) throw new Refusal(400, "The change is not valid", problems)
    controlChannel(telegram, new Chats(telegram, announcements), channel, change)
    return { status: 200, body: { name: channelName, chatId: tdlibChatId(channel), ...readChannelState(channel) } }
  }
}

/** The one route that answers with bytes instead of JSON. */
const FILES_ROUTE = "GET /files"

/** The bytes of the file in the message ?channel=NAME&id=N, as they were really received or are served. */
const fileOfQuery = ({ telegram }: ControlContext, query: URLSearchParams): Content => {
  const name = query.get("channel") ?? ""
  const id = Number(query.get("id"))
  const channel = telegram.channels.get(name)
  if (channel === undefined) throw new Refusal(404, `No channel is called ${name}`, [...telegram.channels.keys()])
  const file = channel.messages.find((message) => message.id === id)?.file
  if (file === undefined) throw new Refusal(404, `Message ${query.get("id")} of ${name} has no file`)
  return file.content
}

const FILE_STEP = 1024 * 1024

function* stepsOf(content: Content): Generator<Buffer> {
  for (let offset = 0; offset < content.bytes; offset += FILE_STEP) yield content.read(offset, FILE_STEP)
}

const sendFile = async (response: ServerResponse, content: Content): Promise<void> => {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": content.bytes })
  await pipeline(Readable.from(stepsOf(content), { objectMode: false }), response)
}

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["GET /endpoint", ({ endpoint }) => ({ status: 200, body: endpoint })],
  [
    "GET /state",
    async ({ telegram }) => {
      await prepareDigests(telegram)
      return { status: 200, body: readState(telegram) }
    },
  ],
  ["GET /counters", ({ counters }) => ({ status: 200, body: counters() })],
  ["POST /messages", postMessage],
  ["POST /channels", postChannel],
  [
    "POST /salts",
    ({ telegram }, body) => {
      telegram.rotateSalts(decodeBody(SaltsToRotate, body ?? {}, "change of salts").overlap)
      return { status: 200, body: {} }
    },
  ],
  ["POST /accounts", postAccount],
])

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > MAX_BODY_BYTES) throw new Refusal(413, `The body has more than ${MAX_BODY_BYTES} bytes`)
    chunks.push(bytes)
  }
  if (length === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"))
  } catch (cause) {
    throw new Refusal(400, `The body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

/** Answers one request: with a file's bytes, or with JSON. */
const answer = async (context: ControlContext, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1")
  const name = `${request.method} ${pathname}`
  if (name === FILES_ROUTE) return sendFile(response, fileOfQuery(context, searchParams))
  const route = ROUTES.get(name) ?? accountRoute(name) ?? channelRoute(name)
  if (route === undefined) throw new Refusal(404, `There is no ${name}`, [FILES_ROUTE, ...ROUTES.keys()])
  send(response, await route(context, await readBody(request)))
}

const send = (response: ServerResponse, { status, body }: Reply): void => {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify(body))
}

const failure = (error: unknown): Reply =>
  error instanceof Refusal
    ? { status: error.status, body: { error: error.message, problems: error.problems } }
    : { status: 500, body: { error: error instanceof Error ? error.message : String(error) } }

/** Serves the control interface on 127.0.0.1: JSON over HTTP, for tests and operators. */
export const startControl = (context: ControlContext, port: number): Promise<Control> =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      answer(context, request, response).catch((error: unknown) => {
        // A file that broke off in the middle cannot be taken back.
        if (response.headersSent) {
          response.destroy()
          return
        }
        // The rest of a refused body is not read.
        response.setHeader("connection", "close")
        send(response, failure(error))
      })
    })
    server.once("error", reject)
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      const actualPort = typeof address === "object" && address !== null ? address.port : port
      resolve({
        url: `http://127.0.0.1:${actualPort}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            server.closeAllConnections()
          }),
      })
    })
  })
