/** A proxy as TDLib's addProxy takes it. */
export interface SandboxProxy {
  readonly _: "proxy"
  readonly server: "127.0.0.1"
  readonly port: number
  readonly type: { readonly _: "proxyTypeSocks5"; readonly username: ""; readonly password: "" }
}

/**
 * The proxy that leads TDLib to the sandbox wherever it wants to go. To be set by addProxy before TDLib's parameters, or
 * TDLib would dial Telegram's own addresses. port: the endpoint's.
 */
export const sandboxProxy = ({ port }: { readonly port: number }): SandboxProxy => ({
  _: "proxy",
  server: "127.0.0.1",
  port,
  type: { _: "proxyTypeSocks5", username: "", password: "" },
})
