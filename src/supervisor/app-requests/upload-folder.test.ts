import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { uploadedFiles } from "./upload-folder.ts"

let folder = ""

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stash-uploads-"))
  await mkdir(join(folder, "up1"))
  await mkdir(join(folder, "up2"))
  await writeFile(join(folder, "up1", "a.zip"), "12345")
  await writeFile(join(folder, "up2", "b.zip"), "12345")
  await writeFile(join(folder, "outside.zip"), "12345")
})
afterEach(() => rm(folder, { recursive: true }))

const find = (filePath: string, fileSize = 5) =>
  Effect.runPromise(
    Effect.match(uploadedFiles(folder, "up1", [{ id: "f", fileName: "a.zip", filePath, fileSize, packageId: null }]), {
      onSuccess: ([file]) => file?.path ?? "none",
      onFailure: (error) => `refused: ${error.message}`,
    }),
  )

describe("uploaded files", () => {
  it("are found in the upload's folder, wherever the app has that", async () => {
    expect(await find(join(folder, "up1", "a.zip"))).toBe(join(folder, "up1", "a.zip"))
    expect(await find("/data/uploads/up1/a.zip")).toBe(join(folder, "up1", "a.zip"))
  })

  it("are refused when they lie elsewhere, are links or folders, are gone, or have another size", async () => {
    await symlink(join(folder, "outside.zip"), join(folder, "up1", "link.zip"))
    await mkdir(join(folder, "up1", "folder"))
    for (const path of [
      ...["outside.zip", "up2/b.zip", "up1/../outside.zip", "up1/../up1/../outside.zip"].map((one) =>
        join(folder, one),
      ),
      ...["/etc/passwd", "a.zip", "", "/up1/", "/up1/..", "/up1/.", "/up1/x/../../outside.zip", "/up1/a.zip\0"],
      ...["/up1/link.zip", "/up1/folder", "/up1/gone.zip"],
    ])
      expect(await find(path), path).toMatch(/^refused: /)
    expect(await find("/up1/a.zip", 6)).toBe("refused: a.zip: it has 5 bytes, and 6 were uploaded")
  })

  it("lie in the upload's folder whatever path is given", async () => {
    const piece = fc.constantFrom("up1", "up2", "..", ".", "a.zip", "b.zip", "outside.zip", "", "\\", "\0", "data")
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 7 }), async (pieces) => {
        const found = await find(pieces.join("/"))
        expect(found === join(folder, "up1", "a.zip") || found.startsWith("refused: ")).toBe(true)
      }),
    )
  })
})
