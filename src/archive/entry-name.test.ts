import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type codePages, decodeInCodePage, decodeUtf8, flagsOfPath, guessCodePage, safeText } from "./entry-name.ts"

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex")

/** Bytes of a text in a single-byte code page, found by trying all 256. */
const encode = (text: string, codePage: (typeof codePages)[number]): Uint8Array =>
  Uint8Array.from([...text], (character) => {
    for (let byte = 0; byte < 256; byte++)
      if (decodeInCodePage(Uint8Array.of(byte), codePage) === character) return byte
    throw new Error(`${codePage} has no ${character}`)
  })

describe("guessing a code page", () => {
  it.each([
    ["cp437", ["Drache größer.stl", "Küche/Türgriff.stl"]],
    ["cp437", ["Château fort.obj", "pièces/démon.stl"]],
    ["cp437", ["dragón.stl", "año/niño.stl"]],
    ["cp866", ["ПРИВЕТ", "привет"]],
    ["cp866", ["Дракон/Голова дракона.stl", "Дракон/крыло.stl"]],
    ["macintosh", ["Château fort.obj", "pièces détachées/démon.stl"]],
    ["macintosh", ["Größe/Drachenflügel.stl"]],
    ["windows-1252", ["Größe/Drachenflügel.stl", "Château.obj"]],
    ["koi8-r", ["ПРИВЕТ"]],
    ["koi8-r", ["Дракон/Голова дракона.stl"]],
    ["windows-1251", ["Дракон/Голова дракона.stl", "крыло.stl"]],
  ] as const)("finds %s in %j", (codePage, names) => {
    const encoded = names.map((name) => encode(name, codePage))
    expect(encoded.map((name) => decodeUtf8(name))).toContain(undefined)
    expect(guessCodePage(encoded)).toBe(codePage)
    expect(encoded.map((name) => decodeInCodePage(name, codePage))).toEqual(names)
  })

  it("finds cp932, whose second bytes may be ASCII", () => {
    const names = [bytes("955c 82be 82e6 2f 88ea 9797 955c 2e747874"), bytes("955c 82be 82e6 2f 8abf 8e9a 2e747874")]
    expect(guessCodePage(names)).toBe("cp932")
    expect(names.map((name) => decodeInCodePage(name, "cp932"))).toEqual(["表だよ/一覧表.txt", "表だよ/漢字.txt"])
  })

  it("ends in well-formed text for any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), (names) => {
        const codePage = guessCodePage(names)
        for (const name of names) {
          const text = safeText(decodeInCodePage(name, codePage))
          expect(text.isWellFormed()).toBe(true)
          expect(text).not.toMatch(/[\p{Cc}\u2028\u202e]/u)
        }
      }),
    )
  })
})

describe("safe text", () => {
  it("shows control characters instead of sending them", () => {
    expect(safeText("a\0b\u001b[31m\r\u007f\u0085")).toBe("a\u2400b\u241b[31m\u240d\u2421\ufffd")
  })

  it("replaces lone surrogates and marks that turn the text around", () => {
    expect(safeText("a\ud800b")).toBe("a\ufffdb")
    expect(safeText("a\u202egpj.exe")).toBe("a\ufffdgpj.exe")
  })
})

describe("the flags of a path", () => {
  it.each([
    ["../../etc/passwd", ["parent_path"]],
    ["a/../b", ["parent_path"]],
    ["..\\x.dll", ["parent_path"]],
    ["/etc/passwd", ["absolute_path"]],
    ["C:\\x.dll", ["absolute_path"]],
    ["\\\\host\\share", ["absolute_path"]],
    ["a\u001b]0;title\u0007.stl", ["control_characters"]],
    ["a..b/..c/d..", []],
    ["models/dragon.stl", []],
  ])("of %j are %j", (path, flags) => {
    expect(flagsOfPath(path)).toEqual(flags)
  })
})
