import { accountRoutes } from "./account-routes.ts"
import { channelRoutes } from "./channel-routes.ts"
import { faultRoutes } from "./fault-routes.ts"
import { fileRoutes } from "./file-routes.ts"
import { messageRoutes } from "./message-routes.ts"
import { openApiOf } from "./openapi.ts"
import { ok, type Route, route } from "./route.ts"
import { saltRoutes } from "./salt-routes.ts"
import { stateRoutes } from "./state-routes.ts"
import { waitRoutes } from "./wait-routes.ts"

const described: readonly Route[] = [
  ...stateRoutes,
  ...messageRoutes,
  ...accountRoutes,
  ...channelRoutes,
  ...saltRoutes,
  ...fileRoutes,
  ...faultRoutes,
  ...waitRoutes,
]

/** Everything that the control interface can do. */
export const allRoutes: readonly Route[] = [
  ...described,
  route({
    method: "GET",
    path: "/openapi.json",
    summary: "This description.",
    handle: () => ok(openApiOf(allRoutes)),
  }),
]
