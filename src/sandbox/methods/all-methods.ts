import type { Telegram } from "../state/telegram.ts"
import { accountMethods } from "./account.ts"
import type { Accounts } from "./accounts.ts"
import type { Announcements } from "./announcements.ts"
import { authMethods } from "./auth.ts"
import { authorizationTransferMethods } from "./authorization-transfer.ts"
import { authorizationMethods } from "./authorizations.ts"
import type { Methods } from "./call.ts"
import { channelAdministrationMethods } from "./channel-administration.ts"
import { channelMethods } from "./channels.ts"
import { chatFolderMethods } from "./chat-folders.ts"
import { Chats } from "./chats.ts"
import { dialogMethods } from "./dialogs.ts"
import { emptyAnswers } from "./empty-answers.ts"
import { forumMethods } from "./forums.ts"
import { globalSearchMethods } from "./global-search.ts"
import { helpMethods } from "./help.ts"
import { inviteLinkMethods } from "./invite-links.ts"
import { joiningMethods } from "./joining.ts"
import { loginCodeMethods } from "./login-codes.ts"
import { loginTokenMethods } from "./login-tokens.ts"
import { messageEditingMethods } from "./messages-editing.ts"
import { messageForwardingMethods } from "./messages-forwarding.ts"
import { messageReadingMethods } from "./messages-reading.ts"
import { messageSearchMethods } from "./messages-search.ts"
import { messageSendingMethods } from "./messages-sending.ts"
import type { Pages } from "./pages.ts"
import { participantMethods } from "./participants.ts"
import { passwordMethods } from "./password.ts"
import { Sender } from "./sender.ts"
import { updateMethods } from "./updates.ts"
import { uploadMethods } from "./upload.ts"
import { userMethods } from "./users.ts"

export interface MethodOptions {
  readonly telegramPort: () => number
  /** How full the pages of histories and searches are. */
  readonly pages: Pages
}

/** Every method that the sandbox knows. */
export const allMethods = (
  telegram: Telegram,
  announcements: Announcements,
  accounts: Accounts,
  options: MethodOptions,
): Methods => {
  const chats = new Chats(telegram, announcements)
  const sender = new Sender(telegram, announcements)
  return {
    // First, so that what is there takes its place.
    ...emptyAnswers(telegram),
    ...helpMethods(options.telegramPort),
    ...authMethods(telegram),
    ...loginCodeMethods(telegram, accounts),
    ...loginTokenMethods(telegram, accounts),
    ...passwordMethods(telegram, accounts),
    ...authorizationMethods(telegram, accounts),
    ...authorizationTransferMethods(telegram),
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
    ...messageReadingMethods(telegram, options.pages),
    ...messageSearchMethods(telegram, options.pages),
    ...globalSearchMethods(telegram, options.pages),
    ...messageSendingMethods(telegram, sender),
    ...messageForwardingMethods(telegram, sender),
    ...messageEditingMethods(telegram, announcements),
    ...uploadMethods(telegram),
  }
}
