import type { Telegram } from "../state/telegram.ts"
import { accountMethods } from "./account.ts"
import type { Accounts } from "./accounts.ts"
import type { Announcements } from "./announcements.ts"
import { authMethods } from "./auth.ts"
import { authorizationMethods } from "./authorizations.ts"
import type { Methods } from "./call.ts"
import { channelAdministrationMethods } from "./channel-administration.ts"
import { channelMethods } from "./channels.ts"
import { chatFolderMethods } from "./chat-folders.ts"
import { Chats } from "./chats.ts"
import { dialogMethods } from "./dialogs.ts"
import { forumMethods } from "./forums.ts"
import { helpMethods } from "./help.ts"
import { inviteLinkMethods } from "./invite-links.ts"
import { joiningMethods } from "./joining.ts"
import { loginCodeMethods } from "./login-codes.ts"
import { loginTokenMethods } from "./login-tokens.ts"
import { messageReadingMethods } from "./messages-reading.ts"
import { messageSendingMethods } from "./messages-sending.ts"
import { participantMethods } from "./participants.ts"
import { passwordMethods } from "./password.ts"
import { updateMethods } from "./updates.ts"
import { uploadMethods } from "./upload.ts"
import { userMethods } from "./users.ts"

export interface MethodOptions {
  readonly telegramPort: () => number
  /** How many messages a history or search answer holds at most. */
  readonly pageLimit: number
}

/** Every method that the sandbox knows. */
export const allMethods = (
  telegram: Telegram,
  announcements: Announcements,
  accounts: Accounts,
  options: MethodOptions,
): Methods => {
  const chats = new Chats(telegram, announcements)
  return {
    ...helpMethods(options.telegramPort),
    ...authMethods(telegram),
    ...loginCodeMethods(telegram, accounts),
    ...loginTokenMethods(telegram, accounts),
    ...passwordMethods(telegram, accounts),
    ...authorizationMethods(telegram, accounts),
    ...accountMethods(accounts),
    ...userMethods(telegram),
    ...updateMethods(telegram),
    ...channelMethods(telegram, announcements),
    ...channelAdministrationMethods(telegram, chats),
    ...participantMethods(telegram),
    ...joiningMethods(telegram, chats),
    ...inviteLinkMethods(telegram, chats),
    ...forumMethods(telegram, announcements),
    ...dialogMethods(telegram),
    ...chatFolderMethods(telegram, chats, announcements),
    ...messageReadingMethods(telegram, options.pageLimit),
    ...messageSendingMethods(telegram, announcements),
    ...uploadMethods(telegram),
  }
}
