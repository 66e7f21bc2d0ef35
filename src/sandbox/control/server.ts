import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { Content } from "../state/content.ts"
import { allRoutes } from "./all-routes.ts"
import { type ControlContext, Refusal, type Reply, type Route } from "./route.ts"

/** A request body may have this many bytes. */
const MAX_BODY_BYTES = 1024 * 1024

export interface Control {
  readonly url: string
  readonly close: () => Promise<void>
}

const FILE_STEP = 1024 * 1024

function* stepsOf(content: Content): Generator<Buffer> {
  for (let offset = 0; offset < content.bytes; offset += FILE_STEP) yield content.read(offset, FILE_STEP)
}

const sendFile = async (response: ServerResponse, content: Content): Promise<void> => {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": content.bytes })
  await pipeline(Readable.from(stepsOf(content), { objectMode: false }), response)
}

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

const decodeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new Refusal(400, `The path has a wrong escape: ${segment}`)
  }
}

/** What stands in the path for the names of the route's; undefined when it is not the route's path. */
const parametersOf = ({ path }: Route, pathname: string): Record<string, string> | undefined => {
  const wanted = path.split("/")
  const found = pathname.split("/")
  if (wanted.length !== found.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const given = found[index] ?? ""
    if (segment.startsWith(":")) parameters[segment.slice(1)] = decodeSegment(given)
    else if (segment !== given) return undefined
  }
  return parameters
}

const findRoute = (method: string, pathname: string) => {
  for (const route of allRoutes) {
    const parameters = route.method === method ? parametersOf(route, pathname) : undefined
    if (parameters !== undefined) return { route, parameters }
  }
  throw new Refusal(
    404,
    `There is no ${method} ${pathname}`,
    allRoutes.map(({ method: known, path }) => `${known} ${path}`),
  )
}

const answer = async (context: ControlContext, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1")
  const { parameters, route } = findRoute(request.method ?? "GET", pathname)
  const gone = new AbortController()
  response.once("close", () => gone.abort())
  const body = await readBody(request)
  const reply = await route.handle(context, { body, parameters, query: searchParams, signal: gone.signal })
  if (reply.file === undefined) send(response, reply)
  else await sendFile(response, reply.file)
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
