/** 7-Zip finds further volumes by their file names, so it is given links with the names that it expects. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { extname, join, resolve } from "node:path"
import type { Family } from "../archive/volume-name.ts"
import type { Volume } from "./jobs.ts"

/** The links of one set; `first` is the name to open within `directory`. */
export interface VolumeLinks {
  readonly directory: string
  readonly first: string
}

const padded = (index: number, width: number): string => String(index).padStart(width, "0")

/** Extensions of tar and its compressors that 7-Zip goes by; anything else is left to its own signature search. */
const tarExtension =
  /\.(?:tar\.(?:gz|bz2|xz|zst|lz4|lz|z)|tar|tgz|tbz2?|txz|tzst|tlz|taz|gz|bz2|xz|zst|lz4|lz|lzma)(?=$|\.)/i

/** The names under which 7-Zip recognises `count` volumes of a family, in volume order. */
const linkNames = (family: Family, volumes: ReadonlyArray<Volume>): ReadonlyArray<string> => {
  const count = volumes.length
  const firstName = volumes[0]?.name ?? ""
  const isProgram = extname(firstName).toLowerCase() === ".exe"
  const numbered = (stem: string) => volumes.map((_, index) => `${stem}.${padded(index + 1, 3)}`)
  const tarName = `set${tarExtension.exec(firstName)?.[0].toLowerCase() ?? ""}`
  switch (family) {
    case "zip":
      return ["set.zip"]
    case "zip_spanned":
      return volumes.map((_, index) => (index === count - 1 ? "set.zip" : `set.z${padded(index + 1, 2)}`))
    case "zip_split":
      return numbered("set.zip")
    case "rar":
      return ["set.rar"]
    case "rar_parts": {
      const width = String(count).length
      return volumes.map(
        (_, index) => `set.part${padded(index + 1, width)}.${index === 0 && isProgram ? "exe" : "rar"}`,
      )
    }
    case "rar_old":
      return volumes.map((_, index) => {
        if (index === 0) return isProgram ? "set.exe" : "set.rar"
        const letter = String.fromCharCode("r".charCodeAt(0) + Math.floor((index - 1) / 100))
        return `set.${letter}${padded((index - 1) % 100, 2)}`
      })
    case "rar_split":
      return numbered("set.rar")
    case "seven_z":
      return ["set.7z"]
    case "seven_z_split":
      return numbered("set.7z")
    case "tar":
      return [tarName]
    case "tar_split":
      return numbered(tarName)
    case "plain_split":
      return numbered("set")
    case "document":
      return ["set"]
  }
}

/**
 * Makes links to the volumes in a fresh directory below `workDirectory`, runs `use`, and removes them again. Names that
 * came from outside are never part of a path here.
 */
export const withVolumeLinks = async <A>(
  family: Family,
  volumes: ReadonlyArray<Volume>,
  workDirectory: string,
  use: (links: VolumeLinks) => Promise<A>,
): Promise<A> => {
  mkdirSync(workDirectory, { recursive: true })
  const directory = mkdtempSync(join(workDirectory, "volumes-"))
  try {
    const names = linkNames(family, volumes)
    volumes.forEach((volume, index) => {
      const name = names[index]
      if (name !== undefined) symlinkSync(resolve(volume.path), join(directory, name))
    })
    // The directory of a spanned ZIP is in its last volume.
    const first = (family === "zip_spanned" ? names.at(-1) : names[0]) ?? "set"
    return await use({ directory, first })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
