import type { ArchiveType } from "../archive/archive-set.ts"

/** What is smaller is fetched as a whole: a second at TDLib's speed, and a picture may be inside. */
export const WORTH_RANGES_BYTES = 32 * 1024 * 1024

/**
 * What will be fetched to list a package, as far as the database can tell: the directory of a large zip or 7z, all of
 * everything else.
 */
export const listingCost = ({
  archiveType,
  fileSize,
}: {
  readonly archiveType: ArchiveType
  readonly fileSize: number
}): "directory" | "whole" =>
  fileSize >= WORTH_RANGES_BYTES && (archiveType === "ZIP" || archiveType === "SEVEN_Z") ? "directory" : "whole"
