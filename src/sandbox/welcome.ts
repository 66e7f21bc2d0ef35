import type { Sandbox } from "./sandbox.ts"
import { DEFAULT_CODE } from "./state/build.ts"
import type { World, WorldAccount } from "./world.ts"

const describeAccount = ({ banned, code, firstName, password, phone, premium, signUp }: WorldAccount): string =>
  [
    `${phone}  ${firstName}`,
    `code ${code ?? DEFAULT_CODE}`,
    ...(password === undefined ? [] : [`password ${password}`]),
    ...(premium === true ? ["premium"] : []),
    ...(banned === true ? ["banned"] : []),
    ...(signUp === true ? ["signs up"] : []),
  ].join(", ")

/** What somebody in front of a terminal needs to use a sandbox that is ready: several lines. */
export const welcome = ({ accounts, channels }: World, { controlUrl, endpoint }: Sandbox): string =>
  `A local Telegram is ready; Ctrl-C ends it.

Control   ${controlUrl}           (${controlUrl}/openapi.json describes it)
Telegram  ${endpoint.host}:${endpoint.port}, a SOCKS5 proxy
TDLib     ${endpoint.library}

Accounts
${accounts.map((account) => `  ${describeAccount(account)}`).join("\n")}
Channels
${channels.map(({ kind, messages = [], name }) => `  ${name}  ${kind}, ${messages.length} messages`).join("\n")}

With tdl, any api id and hash will do:
  tdl.configure({ tdjson: "${endpoint.library}" })
  const client = tdl.createBareClient()
  await client.invoke({ _: "addProxy", enable: true, proxy: { _: "proxy", server: "${endpoint.host}", port: ${endpoint.port},
    type: { _: "proxyTypeSocks5", username: "", password: "" } } })       // before setTdlibParameters
See what happened:
  curl ${controlUrl}/state
  curl ${controlUrl}/counters
`
