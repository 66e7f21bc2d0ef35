import type * as Td from "tdlib-types"
import type { TelegramProxy } from "../../src/channel/proxy.ts"
import type { SandboxEndpoint } from "../../src/channel/warden-messages.ts"

type AddProxy = { readonly _: "addProxy" } & Td.$FunctionInputByName["addProxy"]

const typeOf = (proxy: TelegramProxy): Td.ProxyType$Input => {
  switch (proxy._tag) {
    case "Socks5":
      return { _: "proxyTypeSocks5", username: proxy.username, password: proxy.password }
    case "Http":
      return { _: "proxyTypeHttp", username: proxy.username, password: proxy.password, http_only: false }
    case "Mtproto":
      return { _: "proxyTypeMtproto", secret: proxy.secret }
  }
}

const add = (server: string, port: number, type: Td.ProxyType$Input): AddProxy => ({
  _: "addProxy",
  proxy: { _: "proxy", server, port, type },
  enable: true,
})

/**
 * How TDLib is told its proxy; undefined for none. In the sandbox it is the sandbox's own, whatever the operator has set:
 * by another one TDLib would leave this machine.
 */
export const proxyRequest = (options: {
  readonly sandbox: SandboxEndpoint | null
  readonly proxy?: TelegramProxy | null
}): AddProxy | undefined => {
  const { proxy, sandbox } = options
  if (sandbox !== null) return add(sandbox.host, sandbox.port, { _: "proxyTypeSocks5", username: "", password: "" })
  return proxy === null || proxy === undefined ? undefined : add(proxy.server, proxy.port, typeOf(proxy))
}
