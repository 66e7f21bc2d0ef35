import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { rootFolderOf } from "./root-folder.ts"

const root = (...paths: ReadonlyArray<string>) => rootFolderOf(paths.map((path) => ({ path })))

describe("the root folder of an archive", () => {
  it("is the first folder of most files, whatever the separator", () => {
    expect(root("Dragon/a.stl", "Dragon\\b.stl", "./Dragon/c/d.stl", "read me.txt")).toBe("Dragon")
  })

  it("is none where files lie side by side, in many folders, or are few", () => {
    expect(root("a.stl", "b.stl", "c.stl")).toBeNull()
    expect(root("one/a.stl", "two/b.stl", "three/c.stl")).toBeNull()
    expect(root("Dragon/a.stl", "Dragon/b.stl")).toBeNull()
  })

  it("is none where its name is that of a kind of files", () => {
    expect(root("STL/a.stl", "STL/b.stl", "STL/c.stl")).toBeNull()
    expect(root("__MACOSX/a", "__MACOSX/b", "__MACOSX/c")).toBeNull()
  })

  it("is a segment of some path or none, whatever the paths", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (paths) => {
        const found = root(...paths)
        if (found !== null) expect(paths.some((path) => path.includes(found))).toBe(true)
      }),
    )
  })
})
