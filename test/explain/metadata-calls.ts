import { Effect } from "effect"
import type { Database } from "../../db/database.ts"
import { containedFiles, packagePreview } from "../../db/package-contents.ts"
import {
  channelsToGroup,
  considerNewPosts,
  fillGroup,
  groupingRules,
  groupsOfMessages,
  holdForGrouping,
  joinableGroups,
  tellGroupingConflict,
  ungroupedPackages,
} from "../../db/package-groups.ts"
import { noteFoundPost, notePackagePost, noteRootFolder } from "../../db/package-posts.ts"
import { recentEvents } from "../../db/recent.ts"
import {
  endListing,
  noteRealHash,
  packagesToList,
  packageToList,
  putListingOff,
  unlistedPackages,
  wantRelisted,
} from "../../db/relists.ts"

const SERVER_ID = 2 ** 20
const DAY = 24 * 3600
const accountId = "account6"
const channelId = "source6"
const now = Math.floor(Date.now() / 1000)
const range = { from: now - 2 * DAY, to: now, messageIds: [5 * SERVER_ID, 105 * SERVER_ID] }
const group = { key: "key", name: "Group", packageIds: ["package5", "package105"], firstAt: now - DAY, lastAt: now }

/** What is asked of the database to list, describe and group packages. */
export const metadataCalls: Readonly<Record<string, Effect.Effect<unknown, unknown, Database>>> = {
  containedFiles: containedFiles("package5", 1000),
  packagePreview: packagePreview("package5"),
  recentEvents: recentEvents(100),
  notePackagePost: notePackagePost("package5", channelId, { date: now, senderId: null, albumId: null }),
  noteFoundPost: noteFoundPost({
    ...{ packageId: "package5", sourceChannelId: channelId, messageIds: [5 * SERVER_ID] },
    ...{ sourceTopicId: null, sourceCaption: "words", replyToMessageId: null },
    post: { date: now, senderId: null, albumId: null },
  }),
  noteRootFolder: noteRootFolder("package5", "Folder"),
  channelsToGroup: channelsToGroup(accountId),
  holdForGrouping: holdForGrouping(channelId),
  considerNewPosts: considerNewPosts(channelId),
  ungroupedPackages: ungroupedPackages(channelId, range),
  joinableGroups: joinableGroups(channelId, { ...range, albumIds: ["album 5", "album 105"] }),
  groupsOfMessages: groupsOfMessages(channelId, range.messageIds),
  groupingRules: groupingRules(channelId),
  "fillGroup, an album": fillGroup(channelId, { ...group, groupId: null, signal: "album" }),
  "fillGroup, one that is there": fillGroup(channelId, { ...group, groupId: "group5", signal: "pattern" }),
  tellGroupingConflict: tellGroupingConflict({
    ...{ packageId: "package4", fileName: "Pack 4.zip", signal: "pattern", ruleId: "rule5", pattern: "pattern 5" },
  }),
  packagesToList: packagesToList(accountId, 20),
  packageToList: packageToList(accountId, "package5"),
  "a listing": Effect.gen(function* () {
    yield* wantRelisted(["package5", "package6"])
    yield* putListingOff({ packageId: "package5", problem: "gone", retryAfterSeconds: 60 })
    yield* noteRealHash("package5", "0".repeat(64))
    yield* endListing("package5")
  }),
  unlistedPackages: unlistedPackages(),
}
