import { readFileSync } from "node:fs"
import { HttpRouter, HttpServerResponse } from "effect/http"

/** What the page may do: nothing but run its own script and style, and ask this very server. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  // Previews are fetched with the token, and shown from there.
  "img-src blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")

const SCRIPT = "text/javascript; charset=utf-8"

/** By path; there is nothing of anybody in them, so they need no token. */
export const pageFiles = {
  "/": { file: "index.html", contentType: "text/html; charset=utf-8" },
  "/console.css": { file: "console.css", contentType: "text/css; charset=utf-8" },
  "/console.js": { file: "console.js", contentType: SCRIPT },
  "/accounts.js": { file: "accounts.js", contentType: SCRIPT },
  "/activities.js": { file: "activities.js", contentType: SCRIPT },
  "/channels.js": { file: "channels.js", contentType: SCRIPT },
  "/chart.js": { file: "chart.js", contentType: SCRIPT },
  "/dom.js": { file: "dom.js", contentType: SCRIPT },
  "/library.js": { file: "library.js", contentType: SCRIPT },
  "/login.js": { file: "login.js", contentType: SCRIPT },
  "/overview.js": { file: "overview.js", contentType: SCRIPT },
  "/words.js": { file: "words.js", contentType: SCRIPT },
  "/worker.js": { file: "worker.js", contentType: SCRIPT },
} as const

/** The console's page: its files, as they are. */
export const layerPage = () =>
  HttpRouter.addAll(
    Object.entries(pageFiles).map(([path, { contentType, file }]) => {
      const text = readFileSync(new URL(`./page/${file}`, import.meta.url), "utf8")
      return HttpRouter.route(
        "GET",
        path as keyof typeof pageFiles,
        HttpServerResponse.text(text, { contentType, headers: { "content-security-policy": POLICY } }),
      )
    }),
  )
