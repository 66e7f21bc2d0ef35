import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { giveBack, isKept, layoutOf, takeOver } from "./tdlib-folder.ts"

describe("an account's TDLib folder", () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "stash-adopt-"))
  })
  afterEach(() => rm(folder, { recursive: true }))
  const write = async (...names: ReadonlyArray<string>) => {
    for (const name of names) {
      await mkdir(join(folder, name, ".."), { recursive: true })
      await writeFile(join(folder, name), `what ${name} holds`)
    }
  }
  const read = (name: string) => readFile(join(folder, name), "utf8")

  it("says whose databases lie in it", async () => {
    expect(await layoutOf(join(folder, "missing"))).toBe("none")
    expect(await layoutOf(folder)).toBe("none")
    await write("td.binlog")
    expect(await layoutOf(folder)).toBe("former")
    await write("db/td.binlog")
    expect(await layoutOf(folder)).toBe("both")
    await rm(join(folder, "td.binlog"))
    expect(await layoutOf(folder)).toBe("ours")
  })

  it("is taken over with all that TDLib has there, and what the former worker needs is kept", async () => {
    await write("td.binlog", "db.sqlite", "db.sqlite-wal", "files/documents/x.zip")
    await takeOver(folder)
    expect(await layoutOf(folder)).toBe("ours")
    expect((await readdir(join(folder, "db"))).sort()).toEqual(["db.sqlite", "db.sqlite-wal", "td.binlog"])
    expect(await read("former/td.binlog")).toBe("what td.binlog holds")
    expect((await readdir(folder)).sort()).toEqual(["db", "files", "former"])
    expect(await isKept(folder)).toBe(true)
  })

  it("is taken over by doing it again when that was cut off in the middle", async () => {
    await write("td.binlog", "db/db.sqlite", "former/td.binlog.draft")
    expect(await layoutOf(folder)).toBe("former")
    await takeOver(folder)
    expect((await readdir(join(folder, "db"))).sort()).toEqual(["db.sqlite", "td.binlog"])
    expect(await readdir(join(folder, "former"))).toEqual(["td.binlog"])
  })

  it("is given back as the former worker left it, and taken over again", async () => {
    await write("td.binlog", "db.sqlite")
    await takeOver(folder)
    await writeFile(join(folder, "db/td.binlog"), "written by a newer TDLib")
    await giveBack(folder)
    expect(await layoutOf(folder)).toBe("former")
    expect(await read("td.binlog")).toBe("what td.binlog holds")
    expect(await read("db.left/td.binlog")).toBe("written by a newer TDLib")
    await takeOver(folder)
    expect(await layoutOf(folder)).toBe("ours")
    expect(await read("db/td.binlog")).toBe("what td.binlog holds")
  })
})
