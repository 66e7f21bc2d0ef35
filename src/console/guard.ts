import { Cause, Effect, Exit } from "effect"
import { HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { logEvent } from "../log-line.ts"
import { type Access, namesThisMachine, showsToken } from "./access.ts"
import { pageFiles } from "./page.ts"
import { makeRequestLimit, type RequestLimit } from "./request-limit.ts"

/** What Prometheus, a few probes and a few open pages need, many times over. */
const REQUESTS = { perSecond: 50, burst: 100 }
/** Tokens that are wrong: whoever guesses gets nowhere. */
const WRONG_TOKENS = { perSecond: 1, burst: 10 }

const headers = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cache-control": "no-store",
}

const refuse = (status: number, text: string, more: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.text(`${text}\n`, { status, headers: more })

const tooMany = refuse(429, "too many requests", { "retry-after": "1" })

/** Probes need no token, and are told no more than yes or no without it; nor does the page, which is empty without answers. */
const needsNoToken = (path: string): boolean =>
  path === "/health/live" || path === "/health/ready" || Object.hasOwn(pageFiles, path)

const pathOf = ({ url }: HttpServerRequest.HttpServerRequest): string => url.split("?")[0] ?? ""

/** Whether whoever asks may be told everything. */
export const isTrusted = ({ token }: Access, request: HttpServerRequest.HttpServerRequest): boolean =>
  token === undefined || showsToken(token, request.headers["authorization"])

const isUnknownRoute = (error: unknown): boolean =>
  error instanceof HttpServerError.HttpServerError && error.reason._tag === "RouteNotFound"

/** An answer for whatever went wrong, that tells nothing of it. */
const answerFailure = (cause: Cause.Cause<unknown>) =>
  isUnknownRoute(Cause.squash(cause))
    ? Effect.succeed(refuse(404, "there is nothing here"))
    : Effect.as(
        logEvent.error("console.failed", "A request to the console failed", { error: Cause.pretty(cause) }),
        refuse(500, "the request failed; the log says why"),
      )

const admit = Effect.fnUntraced(function* (
  access: Access,
  wrongTokens: RequestLimit,
  request: HttpServerRequest.HttpServerRequest,
) {
  if (access.token === undefined)
    return namesThisMachine(access, request.headers["host"]) ? undefined : refuse(421, "not the name of this machine")
  if (needsNoToken(pathOf(request)) || isTrusted(access, request)) return undefined
  return (yield* wrongTokens.pass)
    ? refuse(401, "show the token: Authorization: Bearer TOKEN", { "www-authenticate": "Bearer" })
    : tooMany
})

/** Stands before every route: bounds how often one may ask and who, and gives every answer its headers. */
export const guarded = <R>(access: Access, app: Effect.Effect<HttpServerResponse.HttpServerResponse, unknown, R>) => {
  const requests = makeRequestLimit(REQUESTS.perSecond, REQUESTS.burst)
  const wrongTokens = makeRequestLimit(WRONG_TOKENS.perSecond, WRONG_TOKENS.burst)
  return Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    if (!(yield* requests.pass)) return tooMany
    const refused = yield* admit(access, wrongTokens, request)
    if (refused !== undefined) return refused
    const answer = yield* Effect.exit(app)
    if (Exit.isSuccess(answer)) return answer.value
    if (Cause.hasInterruptsOnly(answer.cause)) return yield* Effect.interrupt
    return yield* answerFailure(answer.cause)
  }).pipe(Effect.map((response) => HttpServerResponse.setHeaders(response, { ...headers, ...response.headers })))
}
