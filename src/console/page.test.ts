import { readdirSync, readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { pageFiles } from "./page.ts"

const KILOBYTE = 1000
const folder = new URL("./page/", import.meta.url)
const textOf = (file: string) => readFileSync(new URL(file, folder), "utf8")

describe("the console's page", () => {
  it("is small: everything that it is made of has less than 100 kB, compressed file by file", () => {
    const sizes = Object.values(pageFiles).map(({ file }) => gzipSync(textOf(file)).length)
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(100 * KILOBYTE)
  })

  it("is served whole", () => {
    const served = Object.values(pageFiles).map(({ file }) => file)
    expect([...served].sort()).toEqual(readdirSync(folder).sort())
  })

  it("asks nobody but the worker, and makes nothing but text of what it is told", () => {
    for (const { file } of Object.values(pageFiles)) {
      // The name of a vocabulary, which nobody asks for.
      const text = textOf(file).replaceAll("http://www.w3.org/2000/svg", "")
      expect(text, file).not.toMatch(/https?:\/\//)
      expect(text, file).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/)
      expect(text, file).not.toMatch(/<style|<script(?![^>]*\ssrc="\/)|\son\w+=|\sstyle=/)
    }
  })
})
