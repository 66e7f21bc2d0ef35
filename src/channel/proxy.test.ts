import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { describeProxy, parseProxy } from "./proxy.ts"

describe("a proxy's URL", () => {
  it("is read in the forms that people have", () => {
    expect(parseProxy("socks5://me:p%40ss@proxy.example:1080")).toEqual({
      _tag: "Socks5",
      server: "proxy.example",
      port: 1080,
      username: "me",
      password: "p@ss",
    })
    expect(parseProxy("http://10.0.0.1:3128")).toMatchObject({ _tag: "Http", port: 3128, username: "" })
    expect(parseProxy("mtproto://dd0123456789abcdef@[2001:db8::1]:443")).toEqual({
      _tag: "Mtproto",
      server: "2001:db8::1",
      port: 443,
      secret: "dd0123456789abcdef",
    })
    expect(parseProxy("tg://proxy?server=a.example&port=443&secret=ee01")).toMatchObject({ _tag: "Mtproto", port: 443 })
  })

  it("is refused in every other, and never thrown at", () => {
    for (const text of ["", "socks5://", "socks5://host", "socks4://host:1", "mtproto://host:443", "http://%zz@a:1"])
      expect(parseProxy(text)).toBeUndefined()
    fc.assert(fc.property(fc.string(), (text) => parseProxy(text) === undefined || text.includes(":")))
  })

  it("is shown without its secrets", () => {
    const proxy = parseProxy("socks5://me:geheim@a.example:1080")
    expect(proxy && describeProxy(proxy)).toBe("socks5 proxy a.example:1080")
  })
})
