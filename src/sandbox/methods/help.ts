import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import { DATA_CENTRES, dataCentreOf, HOME_DATA_CENTRE, isTestEnvironment } from "../state/data-centres.ts"
import type { Methods } from "./call.ts"
import { MAX_PARTS, MAX_PARTS_PREMIUM } from "./upload.ts"
import { unixSeconds } from "./view.ts"

const DAY = 86_400
/** What help.getAppConfig tells; numbers only. */
const APP_CONFIG: Readonly<Record<string, number>> = {
  upload_max_fileparts_default: MAX_PARTS,
  upload_max_fileparts_premium: MAX_PARTS_PREMIUM,
  upload_premium_speedup_upload: 10,
  upload_premium_speedup_download: 10,
  upload_premium_speedup_notify_period: 3600,
}

/** Configuration. telegramPort: where every data centre of this Telegram is. */
export const helpMethods = (telegramPort: () => number) =>
  ({
    "help.getConfig": (_, { authKey }) => ({
      _: "config",
      date: unixSeconds(),
      expires: unixSeconds() + DAY,
      testMode: isTestEnvironment(authKey.dc),
      // TDLib asks again about 15 times a second unless this is the data centre of the key.
      thisDc: dataCentreOf(authKey),
      dcOptions: DATA_CENTRES.map(
        (id): Wire<tl.RawDcOption> => ({
          _: "dcOption",
          id,
          ipAddress: "127.0.0.1",
          port: telegramPort(),
          thisPortOnly: true,
        }),
      ),
      dcTxtDomainName: "localhost",
      chatSizeMax: 200,
      megagroupSizeMax: 200_000,
      forwardedCountMax: 100,
      onlineUpdatePeriodMs: 210_000,
      offlineBlurTimeoutMs: 5000,
      offlineIdleTimeoutMs: 30_000,
      onlineCloudTimeoutMs: 300_000,
      notifyCloudDelayMs: 30_000,
      notifyDefaultDelayMs: 1500,
      pushChatPeriodMs: 60_000,
      pushChatLimit: 2,
      editTimeLimit: 2 * DAY,
      revokeTimeLimit: 2_147_483_647,
      revokePmTimeLimit: 2_147_483_647,
      ratingEDecay: 2_419_200,
      stickersRecentLimit: 200,
      channelsReadMediaPeriod: 7 * DAY,
      callReceiveTimeoutMs: 20_000,
      callRingTimeoutMs: 90_000,
      callConnectTimeoutMs: 30_000,
      callPacketTimeoutMs: 10_000,
      meUrlPrefix: "https://t.me/",
      captionLengthMax: 1024,
      messageLengthMax: 4096,
      webfileDcId: HOME_DATA_CENTRE,
    }),
    "help.getAppConfig": () => ({
      _: "help.appConfig",
      hash: 1,
      config: {
        _: "jsonObject",
        value: Object.entries(APP_CONFIG).map(([key, value]) => ({
          _: "jsonObjectValue" as const,
          key,
          value: { _: "jsonNumber" as const, value },
        })),
      },
    }),
    "help.getNearestDc": () => ({
      _: "nearestDc",
      country: "US",
      thisDc: HOME_DATA_CENTRE,
      nearestDc: HOME_DATA_CENTRE,
    }),
    "help.getTermsOfServiceUpdate": () => ({ _: "help.termsOfServiceUpdateEmpty", expires: unixSeconds() + DAY }),
    "help.getPromoData": () => ({ _: "help.promoDataEmpty", expires: unixSeconds() + DAY }),
  }) satisfies Methods
