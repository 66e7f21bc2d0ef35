import * as Schema from "effect/Schema"

const address = {
  server: Schema.NonEmptyString,
  port: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 })),
}
const login = { username: Schema.String, password: Schema.String }

/** A proxy that TDLib reaches Telegram through. Holds secrets. */
export const TelegramProxy = Schema.Union([
  Schema.TaggedStruct("Socks5", { ...address, ...login }),
  Schema.TaggedStruct("Http", { ...address, ...login }),
  Schema.TaggedStruct("Mtproto", { ...address, secret: Schema.NonEmptyString }),
])
export type TelegramProxy = typeof TelegramProxy.Type

export const proxyForms =
  "socks5://USER:PASSWORD@HOST:PORT, http://USER:PASSWORD@HOST:PORT or mtproto://SECRET@HOST:PORT"

/** Reads a proxy's URL, and links as Telegram's apps share them (tg://proxy?server=...); undefined for anything else. */
export const parseProxy = (text: string): TelegramProxy | undefined => {
  const url = URL.parse(text)
  if (url === null) return undefined
  const decode = Schema.decodeUnknownOption(TelegramProxy)
  // Protocols that URL does not know keep no port of their own, and no decoded parts.
  const server = url.hostname.replace(/^\[|\]$/g, "")
  const port = url.port === "" && url.protocol === "http:" ? 80 : Number(url.port)
  try {
    const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
    const shared = (name: string) => url.searchParams.get(name) ?? ""
    const read = {
      "socks5:": () => ({ _tag: "Socks5", server, port, username, password }),
      "http:": () => ({ _tag: "Http", server, port, username, password }),
      "mtproto:": () => ({ _tag: "Mtproto", server, port, secret: username }),
      "tg:": () => ({
        _tag: "Mtproto",
        server: shared("server"),
        port: Number(shared("port")),
        secret: shared("secret"),
      }),
    }[url.protocol]
    const found = decode(read?.())
    return found._tag === "Some" ? found.value : undefined
  } catch {
    return undefined
  }
}

/** Where it is, without its secrets. */
export const describeProxy = ({ _tag, port, server }: TelegramProxy): string =>
  `${_tag.toLowerCase()} proxy ${server}:${port}`
