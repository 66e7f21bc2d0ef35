import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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
import { transaction } from "../../db/statement.ts"
import { LONGEST_GAP_SECONDS } from "../../src/library/group-signals.ts"
import { planGroups } from "../../src/library/plan-groups.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"

const nothing = { groups: 0, packages: 0, conflicts: 0 }

const groupChannel = Effect.fn("groupChannel")(function* (channelId: string, timeWindowMinutes: number) {
  const held = yield* holdForGrouping(channelId)
  const posts = yield* considerNewPosts(channelId)
  if (Option.isNone(held) || posts.length === 0) return nothing
  const times = posts.map(({ postedAt }) => postedAt)
  const range = {
    from: times.reduce((a, b) => Math.min(a, b)) - LONGEST_GAP_SECONDS,
    to: times.reduce((a, b) => Math.max(a, b)) + LONGEST_GAP_SECONDS,
    messageIds: posts.flatMap(({ replyToMessageId }) => replyToMessageId ?? []),
  }
  const candidates = yield* ungroupedPackages(channelId, range)
  const albumIds = candidates.flatMap(({ albumId }) => albumId ?? [])
  const { conflicts, groups } = planGroups({
    candidates,
    known: yield* joinableGroups(channelId, { ...range, albumIds }),
    groupOfMessage: new Map(
      (yield* groupsOfMessages(channelId, range.messageIds)).map(({ groupId, messageId }) => [messageId, groupId]),
    ),
    rules: yield* groupingRules(channelId),
    timeWindowMinutes,
    isAutomatic: held.value.isAutomatic,
  })
  for (const group of groups) yield* fillGroup(channelId, group)
  for (const { rule, ...conflict } of conflicts)
    yield* tellGroupingConflict({ ...conflict, ruleId: rule.id, pattern: rule.pattern })
  return {
    groups: groups.length,
    packages: groups.reduce((sum, { packageIds }) => sum + packageIds.length, 0),
    conflicts: conflicts.length,
  }
})

/**
 * Puts the packages of the account's sources into groups that nobody has looked at for that (src/library/group-signals.ts says
 * by what). A group is a courtesy: one that cannot be made is logged, and tried again after the next cycle.
 */
export const groupPackages = Effect.fn("groupPackages")(
  function* () {
    const { accountId, groupWindowMinutes } = yield* AccountConfig
    for (const { channelId, title } of yield* channelsToGroup(accountId)) {
      const done = yield* transaction("groupChannel", groupChannel(channelId, groupWindowMinutes))
      if (done.groups > 0)
        yield* logEvent.info("packages.grouped", `${title}: put ${done.packages} packages into ${done.groups} groups`, {
          channel: title,
          ...done,
        })
    }
  },
  Effect.catchTag("DatabaseError", (error) =>
    logEvent.warn("packages.ungrouped", "Packages could not be put into groups", { error: error.message }),
  ),
)
